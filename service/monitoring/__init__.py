"""Monitoring: from the store's daily counts to alarms (预警); what is looked for, `petition_nlp.monitoring` says."""

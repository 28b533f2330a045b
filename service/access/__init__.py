"""Who calls, and what they may do: scopes, roles, API keys, accounts, sessions, the audit log."""

"""三事清单: what a community's deliberation meeting needs of classified messages, by community and period.

Rows pass through one by one; what is kept of them are counts and a few masked examples for each kind of matter.
"""

from petition_nlp.ledger.job import LedgerJob, LedgerOptions
from petition_nlp.ledger.periods import Period

__all__ = ["LedgerJob", "LedgerOptions", "Period"]

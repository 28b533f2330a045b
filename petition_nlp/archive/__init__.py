"""Files of many messages: read any usual export, route every row, write the result beside its own columns.

Nothing here reads a whole archive: rows pass through in batches, and outputs appear under their names only
when they are whole.
"""

from petition_nlp.archive.job import ClassifyJob, ClassifyOptions
from petition_nlp.archive.summary import Summary
from petition_nlp.archive.worker import Routing

__all__ = ["ClassifyJob", "ClassifyOptions", "Routing", "Summary"]

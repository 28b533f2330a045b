"""The report on a routed archive: volumes, review, hot issues, places, drift, agreement with history.

`FactsWriter` takes what it needs while the archive is routed; `build_report` writes the folder at the end. pyarrow
(extra ``archive``) is imported only when they run.
"""

from petition_nlp.report.build import build_report
from petition_nlp.report.facts import Fact, FactsWriter, ReportRun, parse_date

__all__ = ["Fact", "FactsWriter", "ReportRun", "build_report", "parse_date"]

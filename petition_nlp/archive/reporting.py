"""The report of a run, from the facts of its parts."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from petition_nlp.archive.plan import Plan
from petition_nlp.archive.summary import Summary
from petition_nlp.archive.worker import Routing
from petition_nlp.report import ReportRun, build_report

_TITLE = "民情诉求分析报告"


def write_report(parts: Sequence[Path], folder: Path, *, summary: Summary, plan: Plan, router: Routing) -> None:
    """Write the report on a whole run into an empty folder."""
    identity: Mapping[str, Any] = router.identity
    run = ReportRun(
        title=_TITLE,
        model=identity["model"],
        profile=identity["profile"],
        taxonomy=identity["taxonomy"],
        target_precision=identity["target_precision"],
        files=len(plan.files),
        rows=summary.rows,
        rejected=summary.rejected,
        has_history=plan.compares,
        seconds=summary.seconds,
        date=datetime.date.today(),
    )
    build_report(parts, folder, taxonomy=router.taxonomy, run=run)

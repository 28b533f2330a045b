from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from petition_nlp.report import Fact, FactsWriter, ReportRun, build_report
from petition_nlp.report.counts import count
from petition_nlp.report.periods import timeline
from petition_nlp.report.view import View
from petition_nlp.taxonomy import Taxonomy

pytest.importorskip("pyarrow")

TAXONOMY = Taxonomy.load()


def make_fact(**values: Any) -> Fact:
    """A fact with every field filled in; the values given replace them."""
    usual: dict[str, Any] = {
        "source": "工单.csv",
        "line": 2,
        "received": datetime.date(2026, 5, 6),
        "area": "城东区",
        "topic": "城乡建设/道路",
        "matter": "government",
        "department": "municipal_works",
        "request_type": "投诉",
        "confidence": 0.9,
        "reasons": (),
        "emergency": None,
        "history": "市政处",
        "history_code": "municipal_works",
        "text": "路灯不亮",
    }
    return Fact(**{**usual, **values})


def make_run(**values: Any) -> ReportRun:
    usual: dict[str, Any] = {
        "title": "测试报告",
        "model": "default@0.1.0",
        "profile": "fast",
        "taxonomy": TAXONOMY.version,
        "target_precision": 0.9,
        "files": 1,
        "rows": 1,
        "rejected": 0,
        "has_history": True,
        "seconds": 12.0,
        "date": datetime.date(2026, 9, 1),
    }
    return ReportRun(**{**usual, **values})


@pytest.fixture
def store(tmp_path: Path) -> Callable[..., list[Path]]:
    """Write facts into parts."""

    def write(facts: Sequence[Fact], *, part: int = 1000) -> list[Path]:
        home = tmp_path / f"facts{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        parts = []
        for at in range(0, len(facts) or 1, part):
            parts.append(home / f"{at:06}.parquet")
            with FactsWriter(parts[-1]) as writer:
                writer.write(facts[at : at + part])
        return parts

    return write


@pytest.fixture
def view(store: Callable[..., list[Path]]) -> Callable[[Sequence[Fact]], View]:
    """Facts as the sections see them."""

    def make(facts: Sequence[Fact]) -> View:
        counts = count(store(facts))
        return View(make_run(), counts, timeline(counts.days), TAXONOMY)

    return make


@pytest.fixture
def report(store: Callable[..., list[Path]], tmp_path: Path) -> Callable[..., Path]:
    """Facts as a report; gives its folder."""

    def build(facts: Sequence[Fact], **run: Any) -> Path:
        folder = tmp_path / f"report{len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        build_report(store(facts), folder, taxonomy=TAXONOMY, run=make_run(**run))
        return folder

    return build

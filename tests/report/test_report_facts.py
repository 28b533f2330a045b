from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import make_fact

from petition_nlp.errors import MissingExtraError
from petition_nlp.report import FactsWriter
from petition_nlp.report.counts import OTHER, count, first_level
from petition_nlp.report.facts import BATCH_ROWS, batches


def test_facts_come_back_as_they_were_written(store: Callable[..., list[Path]]) -> None:
    fact = make_fact(reasons=("emergency", "close_call"), emergency="119", matter=None, department=None)
    empty = make_fact(received=None, area="", topic="", request_type=None, history="", history_code=None, text="")
    (part,) = store([fact, empty])
    rows = [row for batch in batches([part], list(fact.__slots__)) for row in batch.to_pylist()]
    for row, wanted in zip(rows, (fact, empty), strict=True):
        assert row["confidence"] == pytest.approx(wanted.confidence)
        for name in set(fact.__slots__) - {"confidence"}:
            assert row[name] == (list(wanted.reasons) if name == "reasons" else getattr(wanted, name))


def test_a_lone_surrogate_does_not_stop_the_run(store: Callable[..., list[Path]]) -> None:
    (batch,) = batches(store([make_fact(text="坏\ud800字")]), ["text"])
    assert batch.to_pylist() == [{"text": "坏?字"}]


def test_a_writer_without_rows_leaves_a_readable_part(tmp_path: Path) -> None:
    with FactsWriter(tmp_path / "a.parquet"):
        pass
    assert list(batches([tmp_path / "a.parquet"], ["text"])) == []


def test_parts_are_read_in_bounded_batches(tmp_path: Path) -> None:
    facts = [make_fact(line=number) for number in range(BATCH_ROWS + 5)]
    with FactsWriter(tmp_path / "a.parquet") as writer:
        writer.write(facts)
    assert max(len(batch) for batch in batches([tmp_path / "a.parquet"], ["line"])) <= BATCH_ROWS


def test_importing_the_report_imports_no_pyarrow() -> None:
    code = "import sys, petition_nlp.report; print('pyarrow' in sys.modules, 'pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]


def test_a_missing_pyarrow_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(MissingExtraError, match="archive"):
        FactsWriter(tmp_path / "a.parquet")


@pytest.mark.parametrize(
    "topic", ["城乡建设->房产->物业", "城乡建设/房产", "城乡建设-房产", "城乡建设 → 房产", "城乡建设"]
)
def test_the_first_level_of_a_topic(topic: str) -> None:
    assert first_level(topic) == "城乡建设"


def test_a_topic_of_separators_alone_is_none() -> None:
    assert first_level("//") == first_level("") == ""


def test_counting_does_not_depend_on_how_rows_are_cut_into_parts(store: Callable[..., list[Path]]) -> None:
    facts = [make_fact(line=n, area=f"区{n % 7}", department=("gas", None)[n % 2]) for n in range(60)]
    assert count(store(facts, part=60)) == count(store(facts, part=7))


def test_a_column_with_too_many_names_keeps_the_first_ones(
    store: Callable[..., list[Path]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("petition_nlp.report.counts._MOST_NAMES", 3)
    facts = [make_fact(area=f"某路{n}号", history=f"单位{n}", history_code=None) for n in range(10)]
    counts = count(store(facts))
    assert counts.areas[OTHER] == counts.unmapped[OTHER] == 7
    assert counts.areas.total() == 10

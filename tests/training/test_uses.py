"""The ledger beside a frozen set."""

from __future__ import annotations

from pathlib import Path

import pytest

from petition_nlp.errors import InputError, OutputError
from petition_nlp.training.uses import Ledger, Use


def use(candidate: str, *, current: str = "c0") -> Use:
    return Use("2026-11-30T08:00:00+00:00", f"city@{candidate}", candidate, current, promoted=False)


@pytest.fixture
def frozen(tmp_path: Path) -> Path:
    path = tmp_path / "frozen.jsonl"
    path.write_text("{}\n", encoding="utf-8")
    return path


def test_every_comparison_counts_once(frozen: Path) -> None:
    for candidate in ("a", "b", "b"):
        Ledger.beside(frozen).add(use(candidate))
    ledger = Ledger.beside(frozen)
    assert [own.digest for own in ledger.uses] == ["a", "b"]
    assert ledger.number(use("a")) == 1
    assert ledger.number(use("b", current="c1")) == 3


def test_a_comparison_that_ended_meanwhile_is_not_forgotten(frozen: Path) -> None:
    first, second = Ledger.beside(frozen), Ledger.beside(frozen)
    first.add(use("a"))
    assert second.number(use("b")) == 2
    second.add(use("b"))
    assert [own.digest for own in Ledger.beside(frozen).uses] == ["a", "b"]


def test_another_content_is_another_set_and_the_old_one_is_remembered(frozen: Path) -> None:
    Ledger.beside(frozen).add(use("a"))
    before = frozen.read_text(encoding="utf-8")
    frozen.write_text("{}\n{}\n", encoding="utf-8")
    assert Ledger.beside(frozen).number(use("b")) == 1
    Ledger.beside(frozen).add(use("b"))
    frozen.write_text(before, encoding="utf-8")
    assert Ledger.beside(frozen).number(use("c")) == 2


def test_a_damaged_ledger_is_not_taken_for_an_unused_set(frozen: Path) -> None:
    frozen.with_name("frozen.jsonl.uses.json").write_text("[]", encoding="utf-8")
    with pytest.raises(InputError, match="使用记录"):
        Ledger.beside(frozen)


def test_a_set_whose_use_cannot_be_noted_is_not_used(frozen: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.access", lambda *_: False)
    with pytest.raises(OutputError, match="无法记录"):
        Ledger.beside(frozen)


def test_a_missing_set_is_told(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="无法读取"):
        Ledger.beside(tmp_path / "none.jsonl")

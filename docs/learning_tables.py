"""The tables of docs/learning.md, from benchmarks/results/learning.json and gate.json.

python docs/learning_tables.py        (docs/refresh.py does it too)
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from scale_tables import filled

ROOT = Path(__file__).resolve().parent.parent
_PAGE = ROOT / "docs" / "learning.md"
_ARMS = ("never", "ungated", "gated")
_POISONS = {"team": "a team", "export": "an export"}
_CHECKS = {
    "frozen.department": "may be worse",
    "better": "not shown to be better",
    "review": "more for people",
    "precision": "precision",
    "departments": "a department falls",
}
_GATE = {
    "frozen.department": "departments may be worse",
    "frozen.matter": "matters may be worse",
    "better": "not shown to be better",
    "departments": "a department falls",
    "review": "more for people",
}
_MOVED = ("frozen.department", "review")
Row = dict[str, Any]


def renew() -> None:
    """Write the tables into the page."""
    found = _results("learning")
    own, text = found["seeds"]["0"], _PAGE.read_text(encoding="utf-8")
    text = filled(text, "months", _months(own["nothing"]))
    text = filled(text, "candidates", list(_candidates(own, found["poisoned"])))
    text = filled(text, "poisoned", list(_poisoned(own, found["poisoned"])))
    _PAGE.write_text(filled(text, "gate", list(_gate(_results("gate")))), encoding="utf-8")


def _results(name: str) -> Row:
    found: Row = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _months(arms: Row) -> list[str]:
    lines = [_three(months) for months in zip(*(arms[arm] for arm in _ARMS), strict=True)]
    head = (
        "| month | orders | department right, % | people look at, % | precision of the rest, % | right on others, % |"
    )
    return [head, "|---|---:|---:|---:|---:|---:|", *lines]


def _three(months: Sequence[Row]) -> str:
    cells = [" / ".join(_percent(own[name]) for own in months) for name in ("accuracy", "people", "precision", "dev")]
    return _row([_month(months[0]["month"]), f"{months[0]['orders']:,}", *cells])


def _candidates(own: Row, poisoned: str) -> Iterator[str]:
    yield "| after | candidates | rows | department on the frozen set, % | people look at, % | the gate says |"
    yield "|---|---|---:|---:|---:|---|"
    for arm, name in (("ungated", "each taken"), ("gated", "with the gate")):
        for poison, arms in own.items():
            rows = [row for row in arms[arm] if row["candidate"] and (poison == "nothing" or row["month"] == poisoned)]
            wrong = _POISONS.get(poison)
            told = f"{name}; {wrong} goes wrong" if wrong else name
            yield from (_candidate(row["month"], told, row["candidate"]) for row in rows)


def _candidate(month: str, arm: str, own: Row) -> str:
    moves = [f"{_percent(own[name]['first'])} → {_percent(own[name]['second'])}" for name in _MOVED]
    said = "yes" if own["verdict"] == "yes" else f"no: {', '.join(_CHECKS.get(name, name) for name in own['failed'])}"
    return _row([_month(month), arm, f"{own['rows']:,}", *moves, said])


def _poisoned(own: Row, since: str) -> Iterator[str]:
    yield "| month | wrong labels of | department right, % | people look at, % | precision of the rest, % |"
    yield "|---|---|---:|---:|---:|"
    for poison, name in _POISONS.items():
        for months in zip(*(own[poison][arm] for arm in _ARMS), strict=True):
            if months[0]["month"] > since:
                cells = [
                    " / ".join(_percent(row[key]) for row in months) for key in ("accuracy", "people", "precision")
                ]
                yield _row([_month(months[0]["month"]), name, *cells])


def _gate(found: Row) -> Iterator[str]:
    cases: dict[str, list[Row]] = {}
    for row in found["cases"]:
        cases.setdefault(row["case"], []).append(row)
    yield _row(["candidate", "passes, %", *(f"{name}, %" for name in _GATE.values())])
    yield f"|---|{'---:|' * (1 + len(_GATE))}"
    for name, rows in cases.items():
        counts = [[row["passed"] for row in rows], *([row["stopped"].get(check, 0) for row in rows] for check in _GATE)]
        yield _row([name, *(" / ".join(_percent(count / found["runs"]) for count in own) for own in counts)])


def _month(name: str) -> str:
    return f"{name[:4]}-{name[4:]}"


def _percent(share: float | None) -> str:
    return "–" if share is None else f"{share * 100:.1f}"


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    renew()

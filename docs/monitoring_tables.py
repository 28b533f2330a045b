"""The tables of docs/monitoring.md, from benchmarks/results/expected.json, drift.json and monitoring.json.

python docs/monitoring_tables.py        (docs/refresh.py does it too)
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from scale_tables import filled

ROOT = Path(__file__).resolve().parent.parent
_PAGE = ROOT / "docs" / "monitoring.md"
_WAYS = ("AC", "DoC", "ATC", "CBPE")
Row = dict[str, Any]


def renew() -> None:
    """Write all tables into the page."""
    tables = {"expected": _expected, "drift": _drift, "monitoring": _cost}
    text = _PAGE.read_text(encoding="utf-8")
    for name, lines in tables.items():
        text = filled(text, name, lines(_read(name)))
    _PAGE.write_text(text, encoding="utf-8")


def _read(name: str) -> Row:
    found: Row = json.loads((ROOT / "benchmarks" / "results" / f"{name}.json").read_text(encoding="utf-8"))
    return found


def _expected(found: Row) -> list[str]:
    weeks = found["weeks"]
    lines = [
        f"| month | orders | true | {' | '.join(_WAYS)} |",
        "|---|---:|---:|" + "---:|" * len(_WAYS),
        *map(_month, found["months"]),
    ]
    distances = " | ".join(f"{weeks[way]:.1%}" for way in _WAYS)
    return [
        *lines,
        f"| mean distance of a week ({weeks['weeks']}; {weeks['chance']:.1%} is chance) | | | {distances} |",
    ]


def _month(row: Row) -> str:
    estimates = " | ".join(f"{row[way]:.1%}" for way in _WAYS)
    return f"| {row['month']} | {row['orders']:,} | {row['true']:.1%} | {estimates} |"


def _drift(found: Row) -> list[str]:
    streams = found["streams"]
    planted = {name: None for stream in streams.values() for name in stream["planted"]}
    lines = [f"| planted | {' | '.join(streams)} |", "|---|" + "---:|" * len(streams)]
    for name in planted:
        cells = [_days(stream["planted"].get(name)) for stream in streams.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    quiet = [f"{stream['quiet']['a_quarter']:.2f} ({stream['quiet']['years']} years)" for stream in streams.values()]
    return [*lines, f"| **nothing: alarms a quarter** | {' | '.join(quiet)} |"]


def _cost(found: Row) -> list[str]:
    number = f"{found['petitions']:,} petitions of {found['days']} days"
    seconds = [
        f"| {name.removesuffix(', s')} | {value:.1f} s |" for name, value in found.items() if name.endswith(", s")
    ]
    sizes = [f"| {name} | {value:.0f} |" for name, value in found.items() if name.endswith(("MB", "MB more", "kB"))]
    return [f"| {number} | |", "|---|---:|", *seconds, *sizes]


def _days(row: Row | None) -> str:
    if row is None:
        return "–"
    if row["median"] is None:
        return f"{row['seen']} of {row['replays']} seen"
    late = f"{row['seen']} of {row['replays']} seen" if row["90 %"] is None else row["90 %"]
    return f"{row['median']} ({late})"


if __name__ == "__main__":
    renew()

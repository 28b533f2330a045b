"""The tables of docs/scale.md, from benchmarks/results/archive.json.

python docs/scale_tables.py        (docs/refresh.py does it too)
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
_PAGE = ROOT / "docs" / "scale.md"
_BILLION = 1_000_000_000
_CORES = (16, 64, 512)
_PROFILES = {
    "fast": "fast, Parquet, real lengths",
    "balanced": "balanced, Parquet, real lengths",
    "best": "best, Parquet, real lengths",
}
Row = dict[str, Any]


def renew() -> None:
    """Write both tables into the page."""
    archive = json.loads((ROOT / "benchmarks" / "results" / "archive.json").read_text(encoding="utf-8"))
    text = _PAGE.read_text(encoding="utf-8")
    own = [*archive["product"].items(), *archive.get("large", {}).items()]
    text = filled(text, "archive", _measured(own, archive["peers"]))
    _PAGE.write_text(filled(text, "billion", _billion(archive["product"])), encoding="utf-8")


def _measured(product: Sequence[tuple[str, Row]], peers: dict[str, Row]) -> list[str]:
    lines = [
        "| command | rows | cores | rows/s | rows/s and core | start, s | memory, MB |",
        "|---|---:|---:|---:|---:|---:|---:|",
    ]
    lines += [_line(name, own) for name, own in product]
    lines += [_line(f"{name} (peer)", own) for name, own in peers.items() if not name.startswith("petition-nlp")]
    return lines


def _line(name: str, own: Row) -> str:
    rate = own["rows_per_second_after_start"] or own["rows_per_second"]
    memory = "–" if own["pss_mb"] is None else f"{own['pss_mb']:,}"
    cells = (f"{own['rows']:,}", own["cores"], f"{rate:,}", f"{rate // own['cores']:,}", own["one_row_seconds"], memory)
    return f"| {name} | " + " | ".join(map(str, cells)) + " |"


def _billion(product: dict[str, Row]) -> list[str]:
    header = " | ".join(f"{cores} cores" for cores in _CORES)
    lines = [f"| profile | rows/s and core | {header} |", "|---|---:|" + "---:|" * len(_CORES)]
    for profile, name in _PROFILES.items():
        own = product[name]
        rate = (own["rows_per_second_after_start"] or own["rows_per_second"]) / own["cores"]
        days = " | ".join(_duration(_BILLION / (rate * cores)) for cores in _CORES)
        lines.append(f"| `{profile}` | {rate:,.0f} | {days} |")
    return lines


def _duration(seconds: float) -> str:
    days = seconds / 86_400
    return f"{days:,.1f} days" if days >= 1 else f"{seconds / 3600:,.1f} hours"


def filled(text: str, name: str, lines: list[str]) -> str:
    """A page with the lines between two comments replaced."""
    block = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    body = "\n".join(lines) + "\n"
    return block.sub(lambda match: match[1] + body + match[2], text)


if __name__ == "__main__":
    renew()

"""Orders that the model is sure of and that history gave to another department: likely mis-dispatches."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from petition_nlp.report.facts import batches

MOST_ROWS: Final = 5_000
"""Rows that the table of likely mis-dispatches holds at most, the surest first."""

_COLUMNS: Final = ("source", "line", "received", "department", "confidence", "reasons", "history_code", "text")
_EXAMPLES: Final = 2


@dataclass(frozen=True, slots=True)
class Mistake:
    """One order that was likely sent to the wrong department; codes, masked text."""

    source: str
    line: int
    received: str
    history: str
    department: str
    confidence: float
    text: str


@dataclass
class Mistakes:
    """All of them counted by (history, model), the surest kept.

    :param examples: for each pair some of the surest, the surest first.
    """

    pairs: Counter[tuple[str, str]] = field(default_factory=Counter)
    rows: list[Mistake] = field(default_factory=list)
    examples: dict[tuple[str, str], list[Mistake]] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """How many there are."""
        return self.pairs.total()


def find_mistakes(parts: Sequence[Path]) -> Mistakes:
    """Read all facts for likely mis-dispatches."""
    found = Mistakes()
    kept: list[tuple[float, int, Mistake]] = []
    number = 0
    for batch in batches(parts, _COLUMNS):
        for mistake in _of_batch(batch):
            number += 1
            pair = (mistake.history, mistake.department)
            found.pairs[pair] += 1
            _keep_example(found.examples.setdefault(pair, []), mistake)
            entry = (mistake.confidence, -number, mistake)
            if len(kept) < MOST_ROWS:
                heapq.heappush(kept, entry)
            else:
                heapq.heappushpop(kept, entry)
    found.rows = [mistake for _, _, mistake in sorted(kept, key=lambda entry: (-entry[0], -entry[1]))]
    return found


def _of_batch(batch: object) -> list[Mistake]:
    import pyarrow as pa
    from pyarrow import compute

    assert isinstance(batch, pa.RecordBatch)
    sure = compute.equal(compute.list_value_length(batch.column("reasons")), 0)
    differ = compute.not_equal(batch.column("history_code"), batch.column("department")).fill_null(False)
    return [
        Mistake(
            source=row["source"],
            line=row["line"],
            received=row["received"].isoformat() if row["received"] else "",
            history=row["history_code"],
            department=row["department"],
            confidence=row["confidence"],
            text=row["text"],
        )
        for row in batch.filter(compute.and_(sure, differ)).to_pylist()
    ]


def _keep_example(examples: list[Mistake], mistake: Mistake) -> None:
    examples.append(mistake)
    examples.sort(key=lambda example: -example.confidence)  # stable: of equals the first one met stays first
    del examples[_EXAMPLES:]

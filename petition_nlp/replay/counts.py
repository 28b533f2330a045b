"""What a replay counted; nothing grows with the number of rows but the kinds of moves and a few row numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from petition_nlp.migration import DEPARTMENT, MATTER
from petition_nlp.replay.moves import OPEN, Outcome
from petition_nlp.taxonomy import Taxonomy

EXAMPLES: Final = 5
NOBODY: Final = "（无）"
TO_PEOPLE: Final = "（人工选择）"

Flow = tuple[str | None, str | None]
"""Code before and after."""


@dataclass
class Counts:
    """Rows by what became of them.

    :param unknown: rows of which it cannot be told what they were. :param renamed: codes that are called otherwise.
    :param moved: rows that go elsewhere or that people have to look at; :param open: the latter.
    :param flows: by head, rows before and after, those that stay included. :param why: moved rows by what moved them.
    :param examples: for each move of departments some rows, as file and line.
    """

    rows: int = 0
    unknown: int = 0
    renamed: int = 0
    moved: int = 0
    open: int = 0
    rejected: int = 0
    flows: dict[str, Counter[Flow]] = field(default_factory=lambda: {MATTER: Counter(), DEPARTMENT: Counter()})
    why: Counter[str] = field(default_factory=Counter)
    examples: dict[Flow, list[str]] = field(default_factory=dict)

    def add(self, outcome: Outcome, place: str) -> None:
        """Count a row."""
        self.rows += 1
        if not outcome.known:
            self.unknown += 1
            return
        for head, before, after in zip((MATTER, DEPARTMENT), outcome.before, outcome.after, strict=True):
            self.flows[head][before, after] += 1
        self.renamed += outcome.renamed
        if not outcome.moved:
            return
        self.moved += 1
        self.open += bool(outcome.options)
        self.why[outcome.options or outcome.why] += 1
        own = self.examples.setdefault((outcome.before[1], outcome.after[1]), [])
        if len(own) < EXAMPLES:
            own.append(place)

    def moves(self, head: str) -> list[tuple[Flow, int]]:
        """Where rows go that do not stay, the largest first."""
        found = [(flow, n) for flow, n in self.flows[head].items() if flow[0] != flow[1]]
        return sorted(found, key=lambda item: (-item[1], str(item[0])))

    def to_dict(self, old: Taxonomy, new: Taxonomy) -> dict[str, Any]:
        """JSON form."""
        return {
            "rows": self.rows,
            "unknown": self.unknown,
            "unchanged": self.rows - self.unknown - self.renamed - self.moved,
            "renamed": self.renamed,
            "moved": self.moved,
            "to_people": self.open,
            "rejected": self.rejected,
            **{head: [_flow(head, flow, n, old, new) for flow, n in self.moves(head)] for head in self.flows},
            "why": [{"why": why, "count": n} for why, n in self.why.most_common()],
        }


def _flow(head: str, flow: Flow, n: int, old: Taxonomy, new: Taxonomy) -> Mapping[str, Any]:
    before, after = flow
    return {
        "from": before and {"code": before, "name": old.name(head, before)},
        "to": after and {"code": None if after == OPEN else after, "name": shown_name(new, head, after)},
        "count": n,
    }


def shown_name(taxonomy: Taxonomy, head: str, code: str | None) -> str:
    """What a code is called in a table."""
    return NOBODY if code is None else TO_PEOPLE if code == OPEN else taxonomy.name(head, code)

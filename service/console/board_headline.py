"""The board's headline figures, each beside that of the period before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from petition_nlp.taxonomy import Taxonomy
from service.board.days import Board, Days
from service.board.series import whole
from service.console.board_tables import rate_text
from service.console.texts import board as texts
from service.console.wording import number_text


@dataclass(frozen=True, slots=True)
class Headline:
    """A figure.

    :param value: as text; :param note: of what it is a part.
    :param before: the period before, :param change: how it differs from it; empty where there is nothing to compare.
    """

    name: str
    label: str
    value: str
    note: str
    before: str
    change: str


_PARTS: Final[Mapping[str, tuple[Callable[[Mapping[str, int]], int], Callable[[Mapping[str, int]], int]]]] = {
    "review": (lambda n: n["to_people"], lambda n: n["petitions"]),
    "first_dispatch_precision": (lambda n: n["dispatched"] - n["redirected"], lambda n: n["dispatched"]),
    "returned": (lambda n: n["returned"], lambda n: n["dispatched"]),
    "in_time": (lambda n: n["in_time"], lambda n: n["closed"] + n["overdue"]),
    "satisfied": (lambda n: n["satisfied"], lambda n: n["rated"]),
}
"""Share → its part and its whole, as docs/board.md defines them."""


def headlines(board: Board, days: Days, total: Mapping[str, Any], taxonomy: Taxonomy) -> list[Headline]:
    """Volume, what is open and overdue, and shares.

    :param total: of these days, as `service.board.series.whole` gives it.
    """
    before = days.before()
    earlier = whole(board, before, taxonomy)
    now_and_then = [(found["counts"], board.open(span)) for found, span in ((total, days), (earlier, before))]
    (counts, open_), (old, old_open) = now_and_then
    return [
        _count("petitions", counts["petitions"], old["petitions"], part=number_text(counts["emergencies"])),
        _count("open", open_, old_open),
        _count("overdue", counts["overdue"], old["overdue"]),
        *(_share(name, total, earlier) for name in _PARTS),
    ]


def _count(name: str, now: int, before: int, **note: str) -> Headline:
    label, template = texts.PAGE["measures"][name]
    by = abs(now - before)
    told = number_text(by)
    if before:
        told = texts.PAGE["relative"].format(n=told, percent=f"{by / before:.1%}")
    change = _difference(now - before, told)
    return Headline(name, label, number_text(now), template.format(**note), number_text(before), change)


def _share(name: str, total: Mapping[str, Any], earlier: Mapping[str, Any]) -> Headline:
    label, template = texts.PAGE["measures"][name]
    part, whole = (count(total["counts"]) for count in _PARTS[name])
    note = template.format(part=number_text(part), whole=number_text(whole))
    now, before = (found["shares"][name] for found in (total, earlier))
    change = ""
    if now is not None and before is not None:
        points = round(100 * (now - before), 1)
        change = _difference(points, texts.PAGE["points"].format(n=abs(points)))
    return Headline(
        name,
        label,
        rate_text(now),
        note if whole else texts.PAGE["nothing_to_divide"],
        rate_text(before),
        change,
    )


def _difference(by: float, told: str) -> str:
    if by == 0:
        return str(texts.PAGE["same"])
    return str(texts.PAGE["more" if by > 0 else "less"].format(n=told))

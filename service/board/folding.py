"""Counts by codes that no longer exist, under the codes that all of them became."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Final, TypeVar

from petition_nlp.taxonomy import Taxonomy
from service.board.units import DEPARTMENT, UnitCount

_Pair = TypeVar("_Pair", bound=tuple[str, ...])

PAIR: Final = ("matter", "department")
MOVE: Final = ("department", "department")


def folded(counts: Mapping[str, int], head: str, taxonomy: Taxonomy) -> Counter[str]:
    """Counts by code of a matter or department."""
    found: Counter[str] = Counter()
    for code, n in counts.items():
        found[taxonomy.current(head, code)] += n
    return found


def folded_pairs(counts: Mapping[_Pair, int], heads: tuple[str, str], taxonomy: Taxonomy) -> Counter[tuple[str, ...]]:
    """Counts by two codes."""
    found: Counter[tuple[str, ...]] = Counter()
    for (first, second), n in counts.items():
        found[taxonomy.current(heads[0], first), taxonomy.current(heads[1], second)] += n
    return found


def folded_units(counts: Mapping[str, UnitCount], taxonomy: Taxonomy) -> dict[str, UnitCount]:
    """What units did; departments stand for units that are not known."""
    found: dict[str, UnitCount] = {}
    for unit, count in counts.items():
        found.setdefault(current_unit(unit, taxonomy), UnitCount()).add(count)
    return found


def current_unit(unit: str, taxonomy: Taxonomy) -> str:
    """The key of a unit, or of the department that its department became."""
    if not unit.startswith(DEPARTMENT):
        return unit
    return DEPARTMENT + taxonomy.current("department", unit.removeprefix(DEPARTMENT))

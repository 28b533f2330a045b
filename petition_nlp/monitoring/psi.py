"""The population stability index (PSI): how much the shares of some classes differ between two times.

PSI is the sum over classes of (p - q) ln(p / q), p and q their shares now and before. That 0.1 and 0.25 part little,
some and large changes is the usual rule of credit scoring (Lewis, An Introduction to Credit Scoring, 1994; Siddiqi,
Credit Risk Scorecards, 2006). Without any change PSI is about (1/n + 1/m) times a chi-squared variable with one degree
of freedom less than there are classes (Yurdakul, Statistical Properties of Population Stability Index, 2018): what lies
within its 95 % is called stable, since few petitions in many classes always differ somewhat.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

SOME: Final = 0.1
LARGE: Final = 0.25
OTHERS: Final = ""
"""The class of what is rare in both times."""
EMPTY: Final = "（无）"
"""The class of what has none."""

_RARE: Final = 10
"""A class with fewer petitions in both times together counts among the others."""
_SMOOTHING: Final = 0.5
_Z_95: Final = 1.6449


@dataclass(frozen=True, slots=True)
class Part:
    """A class of a feature, and what it adds to the index."""

    code: str
    before: float
    recent: float
    psi: float


@dataclass(frozen=True, slots=True)
class Index:
    """How much a feature changed.

    :param unit: what each degree of freedom adds to the index where nothing has changed.
    :param parts: its classes, those that changed most first.
    """

    psi: float
    unit: float
    parts: tuple[Part, ...]

    @property
    def freedom(self) -> int:
        """Degrees of freedom of the index without change."""
        return len(self.parts) - 1

    @property
    def chance(self) -> float:
        """What the index exceeds in one of twenty cases where nothing has changed."""
        return self.unit * _chi_squared_95(self.freedom)

    @property
    def level(self) -> str:
        """``stable``, ``watch`` or ``changed``."""
        if self.psi < SOME or self.psi <= self.chance:
            return "stable"
        return "watch" if self.psi < LARGE else "changed"


def stability(before: Mapping[str, int], recent: Mapping[str, int]) -> Index:
    """The population stability index of two countings."""
    before, recent = _without_rare(before, recent)
    classes = sorted(before.keys() | recent.keys())
    whole = [sum(counts.values()) for counts in (before, recent)]
    parts = []
    for code in classes:
        q, p = (
            (counts.get(code, 0) + _SMOOTHING) / (total + _SMOOTHING * len(classes))
            for counts, total in zip((before, recent), whole, strict=True)
        )
        parts.append(Part(code, q, p, (p - q) * math.log(p / q)))
    parts.sort(key=lambda part: (-part.psi, part.code))
    unit = sum(1 / total for total in whole) if all(whole) else math.inf
    return Index(sum(part.psi for part in parts), unit, tuple(parts))


def named_empty(counts: Mapping[str, int]) -> dict[str, int]:
    """Counts in which what has no class is not taken for `OTHERS`."""
    return {code or EMPTY: n for code, n in counts.items()}


def _without_rare(before: Mapping[str, int], recent: Mapping[str, int]) -> tuple[Counter[str], Counter[str]]:
    together = Counter(before) + Counter(recent)
    found = []
    for counts in (before, recent):
        kept: Counter[str] = Counter()
        for code, n in counts.items():
            kept[code if together[code] >= _RARE else OTHERS] += n
        found.append(kept)
    return found[0], found[1]


def _chi_squared_95(freedom: int) -> float:
    """The 95 % quantile (Wilson and Hilferty, 1931)."""
    if freedom <= 0:
        return 0.0
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + _Z_95 * math.sqrt(spread)) ** 3)

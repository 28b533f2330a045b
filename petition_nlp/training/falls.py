"""Which departments a candidate serves worse than the current model, beyond chance.

A department's share of right answers is compared message by message: by an exact sign test on the groups of near
copies on which the models differ (McNemar 1947). With forty departments some fall by chance, so the tests are held
to one level together by Holm's procedure (Scandinavian Journal of Statistics 1979), among the departments that have
enough differences for any result to be beyond chance (Tarone, "A Modified Bonferroni Method for Discrete Data",
Biometrics 1990). Departments with few rows are judged together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np

from petition_nlp.classify.threshold import binomial_tail
from petition_nlp.training.bootstrap import Pairs, by_group

SMALL: Final = "*"
"""Stands for all departments with few rows together."""


@dataclass(frozen=True, slots=True)
class Fall:
    """What happens to one department.

    :param first: share of its rows that the current model gives to it; :param second: the candidate.
    :param worse: groups of near copies on which the candidate loses; :param better: on which it gains.
    :param p: one-sided p of "it does not fall". :param beyond_chance: whether it falls, all departments considered.
    """

    department: str
    n: int
    first: float
    second: float
    worse: int
    better: int
    p: float
    beyond_chance: bool = False

    @property
    def size(self) -> float:
        """How far it falls; negative where it rises."""
        return self.first - self.second

    def to_dict(self) -> dict[str, Any]:
        """All of it, rounded."""
        return {name: round(value, 6) if isinstance(value, float) else value for name, value in asdict(self).items()}


def falls(parts: Mapping[str, Pairs], *, min_rows: int, level: float) -> list[Fall]:
    """Every department, and the small ones together, the largest fall first.

    :param parts: department → right or not on the rows that are its own.
    :param min_rows: departments with fewer are judged together. :param level: of all tests together.
    """
    small = [part for part in parts.values() if len(part) < min_rows]
    judged = {name: part for name, part in parts.items() if len(part) >= min_rows}
    if small:
        judged[SMALL] = _joined(small)
    found = [_fall(name, part) for name, part in judged.items() if len(part)]
    rejected = holm([own.p for own in found], [0.5 ** (own.worse + own.better) for own in found], level=level)
    told = [replace(own, beyond_chance=beyond) for own, beyond in zip(found, rejected, strict=True)]
    return sorted(told, key=lambda own: (-own.size, own.department))


def holm(p_values: Sequence[float], smallest: Sequence[float], *, level: float) -> list[bool]:
    """Which tests reject at one level together; those that never could (``smallest`` too large) count for nothing.

    :param smallest: the smallest p that each test could have given.
    """
    able = _able(smallest, level)
    rejected = [False] * len(p_values)
    for step, place in enumerate(sorted(able, key=lambda place: p_values[place])):
        if p_values[place] > level / (len(able) - step):
            break
        rejected[place] = True
    return rejected


def _able(smallest: Sequence[float], level: float) -> list[int]:
    for divisor in range(1, len(smallest) + 1):
        able = [place for place, p in enumerate(smallest) if p <= level / divisor]
        if len(able) <= divisor:
            return able
    return []


def _fall(name: str, part: Pairs) -> Fall:
    gained, _ = by_group(part)
    worse, better = int((gained < 0).sum()), int((gained > 0).sum())
    return Fall(
        department=name,
        n=len(part),
        first=float(part.first.mean()),
        second=float(part.second.mean()),
        worse=worse,
        better=better,
        p=binomial_tail(worse, worse + better, 0.5),
    )


def _joined(parts: Sequence[Pairs]) -> Pairs:
    return Pairs(*(np.concatenate([getattr(part, name) for part in parts]) for name in ("first", "second", "groups")))

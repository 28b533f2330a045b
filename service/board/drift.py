"""Whether what comes in now differs from what came in before: the population stability index of some features.

PSI is the sum over classes of (p - q) ln(p / q), p and q their shares now and before. That 0.1 and 0.25 part little,
some and large changes is the usual rule of credit scoring (Lewis, An Introduction to Credit Scoring, 1994; Siddiqi,
Credit Risk Scorecards, 2006). Without any change PSI is about (1/n + 1/m) times a chi-squared variable with one degree
of freedom less than there are classes (Yurdakul, Statistical Properties of Population Stability Index, 2018): what lies
within its 95 % is called stable, since few petitions in many classes always differ somewhat.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from petition_nlp.taxonomy import Taxonomy
from service.board.counting import LENGTHS
from service.board.days import Board, Days
from service.board.folding import folded
from service.moments import moment_json

RECENT_DAYS: Final = 30
BEFORE_DAYS: Final = 90
SOME: Final = 0.1
LARGE: Final = 0.25

LEVEL_NAMES: Final = {"stable": "稳定", "watch": "留意", "changed": "变化明显", "too_few": "数量不足"}

_LEAST: Final = 100
"""Petitions in either time without which nothing is said."""
_RARE: Final = 10
"""A class with fewer petitions in both times together counts among the others."""
_OTHERS: Final = ""
_OTHERS_NAME: Final = "其余"
_EMPTY_NAME: Final = "（无）"
_SMOOTHING: Final = 0.5
_SHOWN: Final = 5
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

    :param chance: what the index exceeds in one of twenty cases where nothing has changed.
    :param parts: its classes, those that changed most first.
    """

    psi: float
    chance: float
    parts: tuple[Part, ...]

    @property
    def level(self) -> str:
        """A key of `LEVEL_NAMES`."""
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
    chance = sum(1 / total for total in whole) * _chi_squared_95(len(classes) - 1) if all(whole) else math.inf
    return Index(sum(part.psi for part in parts), chance, tuple(parts))


def drift(board: Board, last: date, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.board.schemas.DriftOut` describes it.

    :param last: of the recent days.
    """
    recent = Days.until(last, RECENT_DAYS)
    before = Days.until(recent.first - timedelta(days=1), BEFORE_DAYS)
    counted = [_folded(board.features(days), taxonomy) for days in (before, recent)]
    numbers = [features["matter"].total() for features in counted]
    names = _names(taxonomy)
    return {
        "as_of": moment_json(board.as_of()),
        "recent": _span(recent, numbers[1]),
        "before": _span(before, numbers[0]),
        "items": [
            _shown(feature, name, counted[0][feature], counted[1][feature], label)
            for feature, (name, label) in names.items()
        ],
    }


def _folded(features: dict[str, Counter[str]], taxonomy: Taxonomy) -> dict[str, Counter[str]]:
    """Codes that were renamed or merged are no change of what comes in."""
    return features | {head: folded(features[head], head, taxonomy) for head in ("matter", "department")}


def _names(taxonomy: Taxonomy) -> dict[str, tuple[str, Callable[[str], str]]]:
    """What features are called, and their classes."""
    return {
        "matter": ("事项类别", lambda code: taxonomy.name("matter", code)),
        "department": ("责任部门", lambda code: taxonomy.name("department", code)),
        "channel": ("来源", str),
        "length": ("内容长度", _length_name),
        "hour": ("收到时段", lambda hour: f"{hour}时"),
    }


def _length_name(code: str) -> str:
    place = int(code)
    if place == 0:
        return f"不足{LENGTHS[0]}字"
    if place == len(LENGTHS):
        return f"{LENGTHS[-1]}字以上"
    return f"{LENGTHS[place - 1]}–{LENGTHS[place] - 1}字"


def _shown(
    feature: str, name: str, before: Counter[str], recent: Counter[str], label: Callable[[str], str]
) -> dict[str, Any]:
    few = min(before.total(), recent.total()) < _LEAST
    index = stability(_named_empty(before), _named_empty(recent))
    level = "too_few" if few else index.level
    return {
        "feature": feature,
        "name": name,
        "level": level,
        "level_name": LEVEL_NAMES[level],
        "psi": None if few else round(index.psi, 4),
        "chance": None if few else round(index.chance, 4),
        "parts": []
        if few
        else [
            {
                "code": None if part.code in (_OTHERS, _EMPTY_NAME) else part.code,
                "name": _part_name(part.code, label),
                "before": round(part.before, 4),
                "recent": round(part.recent, 4),
                "psi": round(part.psi, 4),
            }
            for part in index.parts[:_SHOWN]
        ],
    }


def _named_empty(counts: Counter[str]) -> dict[str, int]:
    return {code or _EMPTY_NAME: n for code, n in counts.items()}


def _part_name(code: str, label: Callable[[str], str]) -> str:
    if code == _OTHERS:
        return _OTHERS_NAME
    return code if code == _EMPTY_NAME else label(code)


def _without_rare(before: Mapping[str, int], recent: Mapping[str, int]) -> tuple[Counter[str], Counter[str]]:
    together = Counter(before) + Counter(recent)
    found = []
    for counts in (before, recent):
        kept: Counter[str] = Counter()
        for code, n in counts.items():
            kept[code if together[code] >= _RARE else _OTHERS] += n
        found.append(kept)
    return found[0], found[1]


def _chi_squared_95(freedom: int) -> float:
    """The 95 % quantile (Wilson and Hilferty, 1931)."""
    if freedom == 0:
        return 0.0
    spread = 2 / (9 * freedom)
    return float(freedom * (1 - spread + _Z_95 * math.sqrt(spread)) ** 3)


def _span(days: Days, petitions: int) -> dict[str, Any]:
    return {"first_day": days.first.isoformat(), "last_day": days.last.isoformat(), "petitions": petitions}

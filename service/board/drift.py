"""Whether what comes in now differs from what came in before; see `petition_nlp.monitoring.psi`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final

from petition_nlp.monitoring.psi import EMPTY, OTHERS, named_empty, stability
from petition_nlp.taxonomy import Taxonomy
from service.board.counting import LENGTHS
from service.board.days import Board, Days
from service.board.folding import folded
from service.moments import moment_json

RECENT_DAYS: Final = 30
BEFORE_DAYS: Final = 90

LEVEL_NAMES: Final = {"stable": "稳定", "watch": "留意", "changed": "变化明显", "too_few": "数量不足"}

_LEAST: Final = 100
"""Petitions in either time without which nothing is said."""
_OTHERS_NAME: Final = "其余"
_SHOWN: Final = 5


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
        "length": ("内容长度", length_name),
        "hour": ("收到时段", lambda hour: f"{hour}时"),
    }


def length_name(code: str) -> str:
    """What a class of lengths is called."""
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
    index = stability(named_empty(before), named_empty(recent))
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
                "code": None if part.code in (OTHERS, EMPTY) else part.code,
                "name": _part_name(part.code, label),
                "before": round(part.before, 4),
                "recent": round(part.recent, 4),
                "psi": round(part.psi, 4),
            }
            for part in index.parts[:_SHOWN]
        ],
    }


def _part_name(code: str, label: Callable[[str], str]) -> str:
    if code == OTHERS:
        return _OTHERS_NAME
    return code if code == EMPTY else label(code)


def _span(days: Days, petitions: int) -> dict[str, Any]:
    return {"first_day": days.first.isoformat(), "last_day": days.last.isoformat(), "petitions": petitions}

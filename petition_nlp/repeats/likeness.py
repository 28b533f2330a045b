"""Whether two messages tell of the same matter: the same thing at the same place, or one message sent again."""

from __future__ import annotations

import enum
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from petition_nlp.repeats.clues import UNCOUNTED, Held
from petition_nlp.repeats.places import Reach
from petition_nlp.repeats.rarity import general_subjects
from petition_nlp.repeats.signs import Shared, Signs, signs
from petition_nlp.repeats.statement import Statement

_QUOTED: Final = 3
_LOCATED: Final = 0.5
_ON_ONE_ROAD: Final = 0.9
_REWORDED: Final = 0.25
_RARE_WORDS: Final = 0.75


class Level(enum.StrEnum):
    """What to make of a pair: ``same`` to link or merge once a person has read both, ``similar`` to look at."""

    SAME = "same"
    SIMILAR = "similar"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Match:
    """What both messages say, and where in each text as it was sent; None where only the title says it.

    :param kind: ``place`` or ``subject``.
    """

    kind: str
    text: str
    new: tuple[int, int] | None
    old: tuple[int, int] | None


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two messages are.

    :param score: estimated probability that they tell of the same matter; 0 where area or place forbid it.
    :param reason: in Chinese, for the person who decides; it quotes names of places and firms.
    """

    score: float
    level: Level
    reason: str
    matches: tuple[Match, ...]


@dataclass(frozen=True, slots=True)
class Weights:
    """What each sign adds to the log-odds, and the least scores of the levels; chosen by ``benchmarks/repeats.py``."""

    base: float = -7.06
    spot: float = 3.23
    broad: float = 3.22
    loose: float = 2.59
    several: float = 1.63
    others: float = -0.66
    alike: float = 2.46
    even: float = 1.9
    unlike: float = -1.71
    wording: float = 0.61
    rare: float = 0.66
    copied: float = 2.41
    department: float = 2.76
    house: float = 3.05
    same: float = 0.69
    similar: float = 0.09


SHIPPED: Final = Weights()


def compare(new: Statement, old: Statement, held: Held = UNCOUNTED, weights: Weights = SHIPPED) -> Likeness:
    """How likely two messages tell of the same matter, and why.

    Different areas, vehicles or places forbid it. To be the same they must share a place or firm and a subject, or one
    must be a near copy of the other.

    :param held: how common the names are among the petitions searched; without it all count as rare.
    """
    found = signs(new, old, held)
    if found.forbidden:
        return Likeness(0.0, Level.NONE, _reason(found, new, old), ())
    score = max(_score(found, weights), found.copied if found.resent else 0.0)
    level = _level(found, score, weights)
    matches = tuple(_match(each, new, old) for each in (*found.places, *found.subjects))
    return Likeness(score, level, _reason(found, new, old), matches)


def features(found: Signs) -> dict[str, float]:
    """The signs that are weighed, by the name of their weight."""
    return {
        "spot": found.spot,
        "broad": found.broad,
        "loose": found.loose,
        "several": found.several,
        "others": found.others,
        "alike": found.alike,
        "even": found.even,
        "unlike": found.unlike,
        "wording": found.wording,
        "rare": found.rare,
        "copied": found.copied,
        "department": found.department,
        "house": found.house,
    }


def _score(found: Signs, weights: Weights) -> float:
    odds = weights.base + sum(getattr(weights, name) * value for name, value in features(found).items())
    return 1 / (1 + math.exp(-odds))


def _level(found: Signs, score: float, weights: Weights) -> Level:
    again = found.resent or (score >= weights.same and _is_one_place(found) and _is_one_thing(found))
    if again and found.house >= 0 and not found.apart:
        return Level.SAME
    something = found.places or found.subjects or found.rare >= _RARE_WORDS
    return Level.SIMILAR if something and score >= weights.similar else Level.NONE


def _is_one_place(found: Signs) -> bool:
    """Whether they name one place that few others name; a road must be little spoken of, since it is long."""
    return max(found.spot, found.loose) >= _LOCATED or found.broad >= _ON_ONE_ROAD


def _is_one_thing(found: Signs) -> bool:
    """Whether they share a subject that is not reported everywhere, or much of their wording."""
    special = any(each.text not in general_subjects() for each in found.subjects)
    return special or len(found.subjects) > 1 or found.wording >= _REWORDED


def _match(shared: Shared, new: Statement, old: Statement) -> Match:
    return Match(shared.kind, shared.text, new.written(*shared.new), old.written(*shared.old))


def _reason(found: Signs, new: Statement, old: Statement) -> str:
    return "；".join(_reasons(found, new, old))


def _reasons(found: Signs, new: Statement, old: Statement) -> Iterator[str]:
    if found.other_area:
        yield "所属区域不同"
    if found.other_vehicle:
        yield "车牌不同"
    if found.elsewhere:
        yield "地点不同"
    places = [place.text for place in found.places if place.reach > Reach.LOOSE]
    others = [place.text for place in found.places if place.reach is Reach.LOOSE]
    if places:
        yield f"地点相同：{_list(places)}"
    if others:
        yield f"同提到：{_list(others)}"
    if found.house:
        yield "楼栋门牌相同" if found.house > 0 else "楼栋门牌不同"
    if found.resent:
        yield "文字几乎相同"
    if found.subjects:
        yield f"内容相近：{_list([each.text for each in found.subjects])}"
    if new.department_name and new.department_name == old.department_name:
        yield f"同属{new.department_name}"


def _list(words: list[str]) -> str:
    return "、".join(words[:_QUOTED])

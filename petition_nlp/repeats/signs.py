"""What speaks for and against one matter in two messages."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Final

from petition_nlp.repeats.clues import Held
from petition_nlp.repeats.places import Name, Reach, follows_ending
from petition_nlp.repeats.rarity import UNSEEN, personal_subjects, rarity, subject_weights
from petition_nlp.repeats.statement import Statement

_LEAST_RARITY: Final = 0.7
_RARE_PAIRS: Final = 4
_UNKNOWN: Final = 0.3
_COPY: Final = 0.75
_COPY_EVIDENCE: Final = 7.0
_MOST_CHANGES: Final = 2
"""Rare pairs that a near copy may lack; another place's name changes more."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A word that both messages hold, at a place of each text as it is read.

    :param kind: ``place`` or ``subject``; :param reach: of a place; :param telling: how much it says, from 0 to 1.
    """

    kind: str
    text: str
    new: tuple[int, int]
    old: tuple[int, int]
    reach: Reach = Reach.LOOSE
    telling: float = 1.0


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of a pair; numbers lie between 0 and 1.

    :param places: names of places, firms and people that both hold; :param subjects: subjects that both speak of.
    :param alike: the shared subjects' part of those of the message with fewer; :param even: their part of all.
    :param unlike: whether both speak of subjects, but of none together.
    :param wording: cosine of the pairs of characters outside of names; :param rare: how many of them are rare.
    :param copied: part of the shorter message that stands in the longer one, by the rarity of its pairs.
    :param resent: whether one is a near copy of the other, and long enough to be no mere phrase.
    :param department: probability that both belong to one department; :param house: 1 if they name one building or
        door, -1 if different ones, else 0.
    :param other_area: whether they come from different areas; :param other_vehicle: whether they name other vehicles.
    :param elsewhere: whether each names a place, and none is shared; :param apart: whether each names a compound or the
        like, and only a road or a firm is shared.
    :param others: whether each names a place or firm of its own besides what is shared.
    """

    places: tuple[Shared, ...]
    subjects: tuple[Shared, ...]
    alike: float
    even: float
    unlike: bool
    wording: float
    rare: float
    copied: float
    resent: bool
    department: float
    house: int
    other_area: bool
    other_vehicle: bool
    elsewhere: bool
    apart: bool
    others: bool

    @property
    def forbidden(self) -> bool:
        """Whether area, vehicle or place say that these are different matters."""
        return self.other_area or self.other_vehicle or self.elsewhere

    @property
    def spot(self) -> float:
        """How far they share a compound, a school or the like, or a crossing."""
        return max(self._best(Reach.SPOT), self._best(Reach.BROAD, 1))

    @property
    def broad(self) -> float:
        """How far they share a road, village or town, and nothing closer."""
        return max(0.0, self._best(Reach.BROAD) - self.spot)

    @property
    def loose(self) -> float:
        """How far they share a name that is no place's by its form."""
        return self._best(Reach.LOOSE)

    @property
    def several(self) -> float:
        """How far they share two compounds or the like."""
        return self._best(Reach.SPOT, 1)

    def _best(self, reach: Reach, rank: int = 0) -> float:
        """How much the most telling name of a reach says; with a rank, one that comes after it."""
        found = sorted((place.telling for place in self.places if place.reach is reach), reverse=True)
        return found[rank] if len(found) > rank else 0.0


def signs(new: Statement, old: Statement, held: Held) -> Signs:
    """Compare two messages."""
    places = tuple(_places(new, old, held))
    subjects = tuple(_subjects(new, old))
    shared = new.pairs.keys() & old.pairs.keys()
    outside = shared & new.words & old.words
    evidence = sum(new.pairs[pair] for pair in outside)
    copied = sum(new.pairs[pair] for pair in shared) / max(min(new.evidence, old.evidence), 1e-9)
    together, of_new, of_old = (_weight(each) for each in ([one.text for one in subjects], new.mentions, old.mentions))
    reaches = {place.reach for place in places}
    one, other = (_furthest(statement.names) for statement in (new, old))
    return Signs(
        places=places,
        subjects=subjects,
        alike=together / max(min(of_new, of_old), 1e-9),
        even=together / max(of_new + of_old - together, 1e-9),
        unlike=bool(new.mentions and old.mentions and not subjects),
        wording=evidence / max(math.sqrt(new.outside * old.outside), 1e-9),
        rare=min(1.0, sum(new.pairs[pair] == UNSEEN for pair in outside) / _RARE_PAIRS),
        copied=copied,
        resent=copied >= _COPY and _is_resent(new, old, outside),
        department=_agreement(new.departments, old.departments),
        house=_overlap(new.numbers, old.numbers),
        other_area=_other_area(new, old),
        other_vehicle=bool(new.plates and old.plates) and not new.plates & old.plates,
        elsewhere=not places and one > Reach.LOOSE < other,
        apart=one is other is Reach.SPOT and Reach.SPOT not in reaches,
        others=_names_more(new, places) and _names_more(old, places),
    )


def _is_resent(new: Statement, old: Statement, shared: Set[str]) -> bool:
    """Whether the shorter message stands in the longer one, by what it says outside of names.

    :param shared: pairs outside of names that both hold.
    """
    shorter = min((new, old), key=lambda statement: statement.outside)
    lacking = {pair: shorter.pairs[pair] for pair in shorter.words - shared}
    changes = sum(evidence == UNSEEN for evidence in lacking.values())
    kept = shorter.outside - sum(lacking.values())
    return shorter.outside >= _COPY_EVIDENCE and kept >= _COPY * shorter.outside and changes <= _MOST_CHANGES


def _furthest(names: tuple[Name, ...]) -> Reach:
    return max((name.reach for name in names), default=Reach.LOOSE)


def _places(new: Statement, old: Statement, held: Held) -> Iterator[Shared]:
    found: set[str] = set()
    for name in new.names:
        there = _place(name, old.text)
        if there:
            found.add(name.text)
            yield Shared("place", name.text, (name.start, name.end), *there[:2], held.telling(there[2]))
    for name in old.names:
        there = None if any(name.stem in each for each in found) else _place(name, new.text)
        if there:
            yield Shared("place", name.text, there[0], (name.start, name.end), there[1], held.telling(there[2]))


def _place(name: Name, text: str) -> tuple[tuple[int, int], Reach, str] | None:
    """Where a text holds a name, what it then covers, and as what: in full, its rare stem, or its first characters."""
    at = text.find(name.text.lower())
    if at >= 0 and (name.text != name.stem or name.reach is Reach.LOOSE):
        return (at, at + len(name.text)), name.reach, name.stem
    for part, reach in ((name.stem, name.reach), (name.head, Reach.LOOSE)):
        at = text.find(part.lower()) if part and rarity(part) >= _LEAST_RARITY else -1
        if at >= 0 and not follows_ending(text, at + len(part)):
            return (at, at + len(part)), reach, part
    return None


def _subjects(new: Statement, old: Statement) -> Iterator[Shared]:
    for subject, mention in new.mentions.items():
        other = old.mentions.get(subject)
        if other and subject not in personal_subjects():
            yield Shared("subject", subject, (mention.start, mention.end), (other.start, other.end))


def _weight(subjects: Iterable[str]) -> float:
    weights = subject_weights()
    return sum(weights[subject] for subject in subjects)


def _names_more(statement: Statement, shared: tuple[Shared, ...]) -> bool:
    """Whether a message names a compound, shop or the like that is not among those shared."""
    own = (name for name in statement.names if name.reach is Reach.SPOT)
    return any(not any(name.stem in each.text or each.text in name.text for each in shared) for name in own)


def _agreement(new: Mapping[str, float], old: Mapping[str, float]) -> float:
    if not new or not old:
        return _UNKNOWN
    return sum(min(share, old.get(code, 0.0)) for code, share in new.items())


def _overlap(new: frozenset[str], old: frozenset[str]) -> int:
    """Whether numbers of one kind agree: buildings if both name one, else entrances or doors."""
    for kind in ("栋", "号", "单元"):
        one, other = ({number for number in numbers if number.endswith(kind)} for numbers in (new, old))
        if one and other:
            return 1 if one & other else -1
    return 0


def _other_area(new: Statement, old: Statement) -> bool:
    """Whether the areas differ, or, where one is not known, the districts that the texts name.

    A street's full name holds its district's.
    """
    if new.area and old.area:
        return new.area not in old.area and old.area not in new.area
    return bool(new.districts and old.districts) and not new.districts & old.districts

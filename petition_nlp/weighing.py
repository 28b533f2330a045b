"""Signs that add up: no single word decides, wordings that stand together give points, others take some away."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from petition_nlp.wordings import any_of, positive


@dataclass(frozen=True, slots=True)
class Weighed:
    """Wordings of one meaning and their points, given or taken once."""

    points: int
    words: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a sign stands, and its points."""

    start: int
    end: int
    sign: int
    points: int


@dataclass(frozen=True, slots=True)
class Tally:
    """The points that are left at the strongest place of a text, and the hits that gave them, in their order."""

    points: int
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """How signs count.

    :param enough: points that make something.
    :param within: characters in which signs must stand to count together.
    :param around: characters before and after the signs in which calm counts.
    """

    enough: int
    within: int
    around: int

    def weigh(self, text: str, signs: Sequence[Weighed], calm: Sequence[Weighed]) -> Tally | None:
        """The place of a text where most points are left; None where they are not enough."""
        best: Tally | None = None
        for group in _groups(_hits(signs, text), self.within):
            counted = _counted(group)
            points = sum(hit.points for hit in counted)
            if points < self.enough:
                continue
            left = points - self._calm(calm, text, group)
            if left >= self.enough and (best is None or left > best.points):
                best = Tally(left, tuple(sorted(counted, key=lambda hit: hit.start)))
        return best

    def _calm(self, calm: Sequence[Weighed], text: str, group: Sequence[Hit]) -> int:
        start = max(0, group[0].start - self.around)
        end = max(hit.end for hit in group) + self.around
        return sum(each.points for each in calm if each.words.search(text, start, end))


def weighed(listed: Sequence[Mapping[int, str]], words: Mapping[str, str], where: str) -> tuple[Weighed, ...]:
    """A list of ``points: wordings`` in a configuration file.

    :param words: alternatives by name. :param where: place in the file, for messages.
    :raises ValueError: a wording or a number cannot be used; the message names its place.
    """
    pairs = [pair for entry in listed for pair in entry.items()]
    return tuple(Weighed(positive(points, where), any_of(wordings, words, where)) for points, wordings in pairs)


def _hits(signs: Sequence[Weighed], text: str) -> list[Hit]:
    found = [
        Hit(match.start(), match.end(), number, sign.points)
        for number, sign in enumerate(signs)
        for match in sign.words.finditer(text)
    ]
    return sorted(found, key=lambda hit: hit.start)


def _groups(hits: Sequence[Hit], within: int) -> Iterator[Sequence[Hit]]:
    """For each hit, it and those that begin within some characters after it."""
    last = 0
    for first, hit in enumerate(hits):
        while last < len(hits) and hits[last].start <= hit.start + within:
            last += 1
        yield hits[first:last]


def _counted(group: Sequence[Hit]) -> list[Hit]:
    """The hits that count: one for each sign, and none on characters of a stronger one."""
    taken: dict[int, Hit] = {}
    for hit in sorted(group, key=lambda hit: -hit.points):
        if hit.sign not in taken and all(hit.end <= it.start or it.end <= hit.start for it in taken.values()):
            taken[hit.sign] = hit
    return list(taken.values())

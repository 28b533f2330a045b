"""Messages that tell of an immediate danger → the line that takes them at once.

Half of such messages are quiet: someone asks about a reimbursement while describing a stroke. No single
word decides, so signs add up. Every kind of danger lists its signs with points; each sign counts once; the
points of signs that stand close together, one more for a sign of *now*, less those of what makes the
danger past, supposed or over, must reach a total. Set phrases that only sound alarming (气死了, 消防通道) are
struck out first. Everything said of the world is configuration: ``emergencies`` in ``data/policy.yaml``.
"""

from __future__ import annotations

import itertools
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.route import Emergency
from petition_nlp.scan import PlacesInText, Scanner
from petition_nlp.wordings import any_of, named_lists, only, positive

_STRUCK: Final = "□"


@dataclass(frozen=True, slots=True)
class Sign:
    """Wordings of one meaning and the points they give together, however often they occur."""

    points: int
    words: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Calm:
    """Wordings that make a danger past, supposed or over.

    :param points: taken from the total once.
    :param yields: whether a sign of *now* beside it cancels it (去年…，刚才…).
    """

    points: int
    words: re.Pattern[str]
    yields: bool


@dataclass(frozen=True, slots=True)
class Danger:
    """A kind of danger: its signs, the line that takes it, and what the operator should do."""

    name: str
    line: str
    message: str
    signs: tuple[Sign, ...]


@dataclass(frozen=True)
class EmergencyDetector:
    """Finds the danger that a message tells of.

    :param dangers: kinds of danger; the first that reaches ``enough`` decides the line.
    :param lines: what the operator should do, by line, where the kind of danger is not known.
    :param now: wordings that say it happens now, or ask for help; they give one point.
    :param calm: what takes points away.
    :param harmless: set phrases that are struck out first.
    :param enough: points from which on it is an emergency.
    :param within: characters in which signs must stand to count together.
    :param around: characters before and after the signs in which ``now`` and ``calm`` count.
    :param leisure: characters written at leisure: every so many, ``leisure_points`` more are needed.
    """

    dangers: tuple[Danger, ...] = ()
    lines: Mapping[str, str] = field(default_factory=dict)
    now: re.Pattern[str] | None = None
    calm: tuple[Calm, ...] = ()
    harmless: re.Pattern[str] | None = None
    enough: int = 6
    within: int = 80
    around: int = 25
    leisure: int = 250
    leisure_points: int = 2

    @classmethod
    def from_config(cls, raw: Mapping[str, Any]) -> EmergencyDetector:
        """The detector that the ``emergencies`` section of a policy file describes.

        :raises ValueError: a value cannot be used; the message names its place.
        """
        numbers = {"enough", "within", "around", "leisure", "leisure_points"}
        only(raw, "emergencies", numbers | {"words", "harmless", "now", "calm", "dangers", "lines"})
        words = named_lists(raw.get("words", {}))
        return cls(
            dangers=tuple(_danger(entry, words) for entry in raw.get("dangers", ())),
            lines={str(line): str(message) for line, message in raw.get("lines", {}).items()},
            now=any_of(raw["now"], words, "now") if "now" in raw else None,
            calm=tuple(_calm(entry, words) for entry in raw.get("calm", ())),
            harmless=any_of(raw["harmless"], words, "harmless") if "harmless" in raw else None,
            **{name: positive(raw[name], name) for name in numbers & set(raw)},
        )

    def find(self, text: str) -> Emergency | None:
        """The line that a normalised message should be transferred to at once, if any."""
        return self.find_all([text])[0]

    def find_all(self, texts: Sequence[str]) -> list[Emergency | None]:
        """As `find`, for many messages."""
        found: list[Emergency | None] = [None] * len(texts)
        if not self.dangers or not texts:
            return found
        places = self._scanner.places(texts)
        enough = np.array([self.enough + self.leisure_points * (len(text) // self.leisure) for text in texts])
        most = places.sums(self._points)
        for row in np.flatnonzero((most + 1 >= enough[:, None]).any(axis=1)).tolist():
            danger = self._danger(texts[row], places.of(row), most[row].tolist(), int(enough[row]))
            found[row] = Emergency(danger.line, danger.message) if danger else None
        return found

    def _danger(self, text: str, places: PlacesInText, most: Sequence[int], enough: int) -> Danger | None:
        """The danger that a text tells of; ``most`` has the points that each could have."""
        if self.harmless is not None:
            for match in places.matches(len(self._signs), self.harmless, text):
                text = text[: match.start()] + _STRUCK * len(match.group()) + text[match.end() :]
        context = _Context(self, text)
        signs = sorted(places.starts)
        for danger, numbers, points in zip(self.dangers, self._numbers, most, strict=True):
            if points + 1 < enough:
                continue
            own = signs[bisect_left(signs, numbers.start) : bisect_left(signs, numbers.stop)]
            hits = self._hits(text, places, own, enough)
            if hits and any(context.points(group) >= enough for group in self._together(hits, enough)):
                return danger
        return None

    def _hits(self, text: str, places: PlacesInText, numbers: Sequence[int], enough: int) -> list[_Hit]:
        """Where some signs stand; none if they give too few points together."""
        signs = self._signs
        left = sum(signs[number].points for number in numbers)
        hits: list[_Hit] = []
        for number in sorted(numbers, key=lambda number: -signs[number].points):
            points = signs[number].points
            own = places.matches(number, signs[number].words, text)
            hits += [_Hit(match.start(), match.end(), number, points) for match in own]
            left -= 0 if own else points
            if left + 1 < enough:
                return []
        return sorted(hits, key=lambda hit: (hit.start, hit.sign))

    def _together(self, hits: Sequence[_Hit], enough: int) -> Iterator[_Found]:
        """Every group of close signs that could reach ``enough`` points."""
        for first, hit in enumerate(hits):
            counted = _counted(_until(hits, first, hit.start + self.within))
            points = sum(each.points for each in counted)
            if points + 1 >= enough:
                yield _Found(hit.start, max(each.end for each in counted), points)

    @cached_property
    def _signs(self) -> tuple[Sign, ...]:
        """Those of all dangers; a sign's number is its place among them."""
        return tuple(sign for danger in self.dangers for sign in danger.signs)

    @cached_property
    def _numbers(self) -> list[range]:
        """Numbers of each danger's signs."""
        ends = itertools.accumulate((len(danger.signs) for danger in self.dangers), initial=0)
        return [range(start, end) for start, end in itertools.pairwise(ends)]

    @cached_property
    def _scanner(self) -> Scanner:
        """For all signs, then the harmless phrases."""
        words = [sign.words for sign in self._signs]
        return Scanner.of([*words, *([self.harmless] if self.harmless else [])], never=_STRUCK)

    @cached_property
    def _points(self) -> NDArray[np.int64]:
        """(expressions, dangers), the points of each sign for its danger."""
        points = np.zeros((self._scanner.number, len(self.dangers)), dtype=np.int64)
        for danger, numbers in enumerate(self._numbers):
            points[numbers, danger] = [self._signs[number].points for number in numbers]
        return points


@dataclass(frozen=True, slots=True)
class _Hit:
    start: int
    end: int
    sign: int
    points: int


@dataclass(frozen=True, slots=True)
class _Found:
    start: int
    end: int
    points: int


@dataclass(slots=True)
class _Context:
    """What else a text says near its signs; looked for only once a danger has signs."""

    detector: EmergencyDetector
    text: str
    _places: dict[re.Pattern[str], list[int]] = field(default_factory=dict)

    def points(self, found: _Found) -> int:
        """The points of close signs, with those of ``now`` and less those of ``calm`` around them."""
        now = self.detector.now is not None and self._near(self.detector.now, found)
        points = found.points + now
        for calm in self.detector.calm:
            if not (calm.yields and now) and self._near(calm.words, found):
                points -= calm.points
        return points

    def _near(self, words: re.Pattern[str], found: _Found) -> bool:
        places = self._places.get(words)
        if places is None:
            places = self._places[words] = [match.start() for match in words.finditer(self.text)]
        around = self.detector.around
        return bisect_right(places, found.end + around) > bisect_left(places, found.start - around)


def _until(hits: Sequence[_Hit], first: int, end: int) -> list[_Hit]:
    last = first
    while last < len(hits) and hits[last].start <= end:
        last += 1
    return list(hits[first:last])


def _counted(hits: list[_Hit]) -> list[_Hit]:
    """The hits that count: one for each sign, and none on characters of a stronger one."""
    taken: dict[int, _Hit] = {}
    for hit in sorted(hits, key=lambda hit: -hit.points):
        if hit.sign not in taken and all(hit.end <= it.start or it.end <= hit.start for it in taken.values()):
            taken[hit.sign] = hit
    return list(taken.values())


def _danger(raw: Mapping[str, Any], words: Mapping[str, str]) -> Danger:
    where = f"dangers.{raw['name']}"
    only(raw, where, {"name", "line", "message", "signs"})
    if not re.fullmatch(r"\d{3,12}", str(raw["line"])):
        raise ValueError(f"{where}.line 应是电话号码，不是 {raw['line']!r}")
    if not raw["signs"]:
        raise ValueError(f"{where}.signs 是空的")
    signs = (
        Sign(positive(points, f"{where}.signs"), any_of(listed, words, where))
        for entry in raw["signs"]
        for points, listed in entry.items()
    )
    return Danger(raw["name"], str(raw["line"]), raw["message"], tuple(signs))


def _calm(raw: Mapping[str, Any], words: Mapping[str, str]) -> Calm:
    only(raw, "calm", {"points", "words", "unless_now"})
    where = "calm"
    return Calm(positive(raw["points"], where), any_of(raw["words"], words, where), bool(raw.get("unless_now")))

"""A city's own places, found in a message's field and text without guessing."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from itertools import pairwise, product
from typing import Final

from petition_nlp.local.names import Found, NameFinder, fold
from petition_nlp.local.place import BOTH, FIELD, TEXT, Line, Place, Span, place_of
from petition_nlp.local.reading_places import roads_of
from petition_nlp.local.records import ADMINISTRATIVE, CROSSING, ROAD, Area
from petition_nlp.route import Message
from petition_nlp.text.normalise import normalise, normalise_aligned

_BETWEEN_ROADS: Final = re.compile(r"(?:路?口)?[ (]?(?:[与和同跟及、/·—-]|以及)?[ (]?")
_BEHIND_ROADS: Final = re.compile(
    "(?:的|相|之|交|处|段|附近){0,2}(?:交叉|交汇|交会|交界|交接|相交|十字|丁字|三岔|路口|红绿灯|口|转角|拐角)"
)
_MOST_MENTIONS: Final = 20
"""Names of a message that are looked at; a letter that lists more is ambiguous in any case."""
_DIGEST: Final = 12


@dataclass(frozen=True, slots=True)
class _Mention:
    """A name in a folded text, or a crossing of two, with every reading that it can have."""

    start: int
    end: int
    lines: tuple[Line, ...]


class Gazetteer:
    """Looks up places; made once for a directory.

    :param areas: every place by its id.
    """

    def __init__(self, areas: Mapping[str, Area]) -> None:
        self._areas = areas
        self._lines: dict[str, list[Line]] = defaultdict(list)
        self._roads: dict[str, list[Area]] = defaultdict(list)
        self._crossings: dict[frozenset[str], list[Line]] = defaultdict(list)
        names: list[tuple[str, str]] = []
        for area in areas.values():
            lines = self._lines_of(area)
            for name in dict.fromkeys((area.name, *area.aliases)):
                key = fold(normalise(name))
                self._lines[key] += [line for line in lines if line not in self._lines[key]]
                names.append((name, area.kind))
                if area.kind == ROAD:
                    self._roads[key].append(area)
                if area.kind == CROSSING and (roads := roads_of(name)):
                    self._crossings[frozenset(fold(normalise(road)) for road in roads)] += lines
                    names += [(road, ROAD) for road in roads]
        self._finder = NameFinder(names)

    def find(self, text: str, *, area: str | None = None) -> Place:
        """The place that a message's text and its own field for the place name."""
        read = ((FIELD, normalise_aligned(area or "")), (TEXT, normalise_aligned(text)))
        spans: list[Span] = []
        mentions: list[tuple[Line, ...]] = []
        for source, aligned in read:
            for mention in self._by_id(aligned.text) if source == FIELD else self._by_name(aligned.text):
                spans.append(Span(*aligned.origin(mention.start, mention.end), source))
                mentions.append(mention.lines)
        distinct = list(dict.fromkeys(mentions))[:_MOST_MENTIONS]
        sources = {span.source for span in spans}
        return place_of(distinct, BOTH if len(sources) > 1 else "".join(sources), spans)

    def locate(self, message: Message) -> Message:
        """A message with all that is certain of its place, each by number and name, in its field for the place.

        One that names no place of the city stays as it is.
        """
        place = self.find(message.whole, area=message.area)
        if not place.source:
            return message
        return replace(message, area=" ".join(name for area in place.areas for name in (area.id, area.name)))

    @property
    def digest(self) -> str:
        """Tells gazetteers with different places apart."""
        return sha256(repr(list(self._areas.values())).encode()).hexdigest()[:_DIGEST]

    def _lines_of(self, area: Area) -> list[Line]:
        above = [line.administrative for parent in area.parents for line in self._lines_of(self._areas[parent])] or [()]
        if area.kind in ADMINISTRATIVE:
            return [Line((*administrative, area)) for administrative in above]
        return [Line(administrative, (area,)) for administrative in above]

    def _by_id(self, field: str) -> Iterator[_Mention]:
        """The place whose id a field is, else those that it names."""
        area = self._areas.get(field)
        if area is None:
            yield from self._by_name(field)
        else:
            yield _Mention(0, len(field), tuple(self._lines_of(area)))

    def _by_name(self, text: str) -> Iterator[_Mention]:
        folded = fold(text)
        return self._with_crossings(list(self._finder.find(folded)), folded)

    def _with_crossings(self, found: Sequence[Found], text: str) -> Iterator[_Mention]:
        crossed: dict[int, tuple[Line, ...]] = {}
        for number, (one, other) in enumerate(pairwise(found)):
            if number - 1 not in crossed and _cross(one, other, text) and (lines := self._crossing(one, other)):
                crossed[number] = lines
        for number, name in enumerate(found):
            if number in crossed:
                yield _Mention(name.start, found[number + 1].end, crossed[number])
            elif number - 1 not in crossed and (own := self._lines.get(name.name)):
                yield _Mention(name.start, name.end, tuple(own))

    def _crossing(self, one: Found, other: Found) -> tuple[Line, ...]:
        """Where two roads meet: the crossing that the city lists, else one in the smallest places that both pass.

        None if no place is passed by both, which contradicts the gazetteer.
        """
        roads = [self._roads.get(found.name, []) for found in (one, other)]
        names = [
            [found.name, *(fold(normalise(road.name)) for road in own)]
            for found, own in zip((one, other), roads, strict=True)
        ]
        listed = [line for pair in product(*names) for line in self._crossings.get(frozenset(pair), ())]
        if listed:
            return tuple(dict.fromkeys(listed))
        lines = [[line.administrative for road in own for line in self._lines_of(road)] for own in roads]
        shared = [max(a, b, key=len) for a, b in product(*lines) if a[: len(b)] == b[: len(a)]]
        name = f"{'与'.join(sorted((one.name, other.name)))}路口"
        crossing = Area(name, name, CROSSING)
        return tuple(Line(administrative, (crossing,)) for administrative in dict.fromkeys(shared))


def _cross(one: Found, other: Found, text: str) -> bool:
    between = _BETWEEN_ROADS.fullmatch(text, one.end, other.start)
    return between is not None and _BEHIND_ROADS.match(text, other.end) is not None

"""Where a message is about, as far as that is certain."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Any, Final

from petition_nlp.local.records import ADMINISTRATIVE, COMPOUND, CROSSING, ROAD, Area
from petition_nlp.local.vocabulary import vocabulary

FIELD: Final = "field"
TEXT: Final = "text"
BOTH: Final = "both"


@dataclass(frozen=True, slots=True)
class Span:
    """A place's name at ``[start:end]`` of the raw text or of the raw field, whichever ``source`` names."""

    start: int
    end: int
    source: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"start": self.start, "end": self.end, "source": self.source}


@dataclass(frozen=True, slots=True)
class Line:
    """One reading of a name: the districts, streets, … that it lies in, and a compound, road or crossing itself."""

    administrative: tuple[Area, ...]
    leaves: tuple[Area, ...] = ()

    @property
    def areas(self) -> tuple[Area, ...]:
        """All of its places, the largest first."""
        return (*self.administrative, *self.leaves)

    @property
    def last(self) -> Area | None:
        """Its most exact place."""
        return self.areas[-1] if self.areas else None

    def holds(self, other: Line) -> bool:
        """Whether its smallest administrative place is one that ``other`` lies in, or the same."""
        return other.administrative[: len(self.administrative)] == self.administrative

    def fits(self, other: Line) -> bool:
        """Whether both can be said of one place: one inside the other, no two different compounds or roads."""
        return (self.holds(other) or other.holds(self)) and not self._parts_from(other)

    def _parts_from(self, other: Line) -> bool:
        return any(a.kind == b.kind and a.id != b.id for a in self.leaves for b in other.leaves)


@dataclass(frozen=True, slots=True)
class Place:
    """What field and text say of a message's place; empty if they name none that the city's gazetteer knows.

    :param areas: what is certain, the largest place first.
    :param source: ``field``, ``text``, ``both``, or empty.
    :param rivals: the places that it could be, if it is not certain; each with those that it lies in.
    """

    areas: tuple[Area, ...] = ()
    source: str = ""
    spans: tuple[Span, ...] = ()
    rivals: tuple[tuple[Area, ...], ...] = ()

    @property
    def ambiguous(self) -> bool:
        """Whether several places fit and a person has to ask."""
        return bool(self.rivals)

    @property
    def readings(self) -> tuple[tuple[Area, ...], ...]:
        """What the place can be: the rivals, or the one that is certain."""
        return self.rivals or (self.areas,)

    @property
    def district(self) -> Area | None:
        """The district or county."""
        return self._of("district")

    @property
    def street(self) -> Area | None:
        """The street or town (街道、乡镇)."""
        return self._of("street")

    @property
    def community(self) -> Area | None:
        """The community or village."""
        return self._of("community")

    @property
    def grid(self) -> Area | None:
        """The grid (网格)."""
        return self._of("grid")

    @property
    def compound(self) -> Area | None:
        """The compound (小区)."""
        return self._of(COMPOUND)

    def to_dict(self) -> dict[str, Any]:
        """JSON form: every kind with id and name, or None."""
        kinds = (*ADMINISTRATIVE, COMPOUND, ROAD, CROSSING)
        return {
            **{kind: _json(self._of(kind)) for kind in kinds},
            "source": self.source,
            "ambiguous": self.ambiguous,
            "rivals": [{**(_json(areas[-1]) or {}), "path": path_of(areas)} for areas in self.rivals],
            "spans": [span.to_dict() for span in self.spans],
        }

    def explain(self) -> str:
        """What was found, in one sentence."""
        if not self.source:
            return "没有认出地点"
        found = {FIELD: "地点字段", TEXT: "正文", BOTH: "地点字段和正文"}[self.source]
        if not self.rivals:
            return f"按{found}认出：{path_of(self.areas)}"
        certain = f"，能确定的只有 {path_of(self.areas)}" if self.areas else ""
        return f"{found}里的地点不止一种可能：{'；'.join(map(path_of, self.rivals))}{certain}"

    def _of(self, kind: str) -> Area | None:
        return next((area for area in self.areas if area.kind == kind), None)


def path_of(areas: Iterable[Area]) -> str:
    """Places from the largest to the smallest, each with its kind if its name does not end with it."""
    return " / ".join(_shown(area) for area in areas)


def _shown(area: Area) -> str:
    kind = vocabulary().value("place_kinds", area.kind)
    plain = area.kind in ADMINISTRATIVE or area.kind == ROAD or area.name.endswith(kind)
    return area.name if plain else f"{area.name}（{kind}）"


def place_of(mentions: Sequence[Sequence[Line]], source: str, spans: Sequence[Span]) -> Place:
    """The place that several names together stand for.

    :param mentions: for every name that was found, each reading that it can have.
    """
    if not mentions:
        return Place()
    lines = list(dict.fromkeys(line for own in _narrowed(mentions) for line in own))
    rivals = [line for number, line in enumerate(lines) if not _is_covered(line, number, lines)]
    if len(rivals) > 1:
        return Place(_common(rivals), source, tuple(spans), tuple(line.areas for line in rivals))
    certain = rivals[0].administrative
    leaves = list(dict.fromkeys(leaf for line in lines for leaf in line.leaves))
    kinds = [leaf.kind for leaf in leaves]
    unsure = [leaf for leaf in leaves if kinds.count(leaf.kind) > 1]
    sure = [leaf for leaf in leaves if leaf not in unsure]
    return Place((*certain, *sure), source, tuple(spans), tuple((*certain, *sure, leaf) for leaf in unsure))


def _narrowed(mentions: Sequence[Sequence[Line]]) -> list[Sequence[Line]]:
    """Leave out readings that no reading of another name fits, where some other reading does."""
    kept = list(mentions)
    for _ in range(2):
        for number, own in enumerate(kept):
            for other in (*kept[:number], *kept[number + 1 :]):
                own = [line for line in own if any(line.fits(another) for another in other)] or own
            kept[number] = own
    return kept


def _is_covered(line: Line, number: int, lines: Sequence[Line]) -> bool:
    """Whether another reading says the same and more, or the same and stands before it."""
    depth = len(line.administrative)
    return any(
        line.fits(other) and (depth < len(other.administrative) or (line.holds(other) and place < number))
        for place, other in enumerate(lines)
        if place != number
    )


def _common(lines: Sequence[Line]) -> tuple[Area, ...]:
    """What all readings have in common."""
    steps = zip(*(line.administrative for line in lines), strict=False)
    shared = tuple(step[0] for step in takewhile(lambda step: len(set(step)) == 1, steps))
    return (*shared, *(leaf for leaf in lines[0].leaves if all(leaf in line.leaves for line in lines)))


def _json(area: Area | None) -> dict[str, str] | None:
    return None if area is None else {"id": area.id, "name": area.name}

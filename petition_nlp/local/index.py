"""Places by what people write for them: an id, a name, or a path such as 城东区/和平街道."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from petition_nlp.local.records import Area

_STEP: Final = re.compile(r"\s*[/／>＞→]\s*")
PATH: Final = "/"
"""What stands between the names of a path."""


@dataclass
class AreaIndex:
    """The places read so far; one is added after those that it lies in."""

    areas: dict[str, Area] = field(default_factory=dict)
    _named: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, area: Area) -> None:
        """Make a place known by its id, name and aliases."""
        self.areas[area.id] = area
        for name in dict.fromkeys((area.name, *area.aliases)):
            self._named[name].append(area.id)

    def find(self, written: str) -> list[Area]:
        """Every place that is meant by an id, a name or a path."""
        if written in self.areas:
            return [self.areas[written]]
        *above, name = _STEP.split(written.strip())
        return [self.areas[found] for found in self._named.get(name, ()) if self._lies_in(found, above)]

    def _lies_in(self, area: str, above: list[str]) -> bool:
        around = {name for id in ancestors(self.areas, area) for name in (self.areas[id].name, *self.areas[id].aliases)}
        return all(name in around for name in above)


def ancestors(areas: Mapping[str, Area], area: str) -> Iterator[str]:
    """The ids of the places that a place lies in, from the nearest on; not its own."""
    for parent in areas[area].parents:
        yield parent
        yield from ancestors(areas, parent)


def path(areas: Mapping[str, Area], area: Area) -> str:
    """A place's name behind those of the places that it lies in, from the largest on."""
    first = area.parents[:1]
    above = path(areas, areas[first[0]]) + PATH if first else ""
    return above + area.name

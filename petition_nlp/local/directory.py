"""One version of a city's own directory: its units, rules, places and services."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from petition_nlp.local.assign import Assigner, Assignment
from petition_nlp.local.fields import Where, in_document
from petition_nlp.local.gazetteer import Gazetteer
from petition_nlp.local.place import Place
from petition_nlp.local.reading import read_document
from petition_nlp.local.records import Area, Rule, Service, Unit, to_json
from petition_nlp.local.services import Matcher, ServiceMatch
from petition_nlp.taxonomy import Taxonomy


@dataclass(frozen=True)
class Directory:
    """Which unit and which services a message belongs to. Thread-safe: nothing in it changes.

    :param version: what the caller calls it. :param taxonomy: the terms of its departments and matters.
    """

    version: str
    units: Mapping[str, Unit]
    rules: tuple[Rule, ...]
    areas: Mapping[str, Area]
    services: tuple[Service, ...]
    taxonomy: Taxonomy = field(repr=False, compare=False)

    @classmethod
    def from_dict(cls, document: Any, *, version: str, taxonomy: Taxonomy, where: Where = in_document) -> Directory:
        """Read a document with the lists ``units``, ``rules``, ``places`` and ``services``.

        References to places, departments and matters may be codes or names.

        :param where: says where a record stands in the file that the document was made from.
        :raises DirectoryError: with everything that is wrong.
        """
        contents = read_document(document, taxonomy, where)
        return cls(
            version=version,
            units={unit.code: unit for unit in contents.units},
            rules=contents.rules,
            areas={area.id: area for area in contents.areas},
            services=contents.services,
            taxonomy=taxonomy,
        )

    def to_dict(self) -> dict[str, Any]:
        """The document, every reference as a code; ``version`` is the caller's and no part of it."""
        return {
            "units": [to_json(unit) for unit in self.units.values()],
            "rules": [to_json(rule) for rule in self.rules],
            "places": [to_json(area) for area in self.areas.values()],
            "services": [to_json(service) for service in self.services],
        }

    def find_place(self, text: str, *, area: str | None = None) -> Place:
        """Where a message is about.

        :param text: the raw message. :param area: its own field for the place, if it has one.
        """
        return self.gazetteer.find(text, area=area)

    def assign(
        self,
        *,
        department: str | None,
        matter: str | None,
        place: Place,
        text: str,
        on: datetime.date,
    ) -> Assignment:
        """The unit that a message goes to, and why.

        :param department: code of the responsible department; ``matter``: that of the matter.
        :param text: the raw message, for rules with words. :param on: the day, for rules with dates.
        """
        return self._assigner.assign(department=department, matter=matter, place=place, text=text, on=on)

    def match_services(
        self, *, matter: str | None, department: str | None, place: Place, text: str
    ) -> list[ServiceMatch]:
        """Services that can help with a 小事 or 私事, the most fitting first; none for other matters."""
        return self._matcher.match(matter=matter, department=department, place=place, text=text)

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """What finds its places."""
        return Gazetteer(self.areas)

    @cached_property
    def _assigner(self) -> Assigner:
        return Assigner(self.units, self.rules, self.areas, self.taxonomy)

    @cached_property
    def _matcher(self) -> Matcher:
        return Matcher(self.services, self.areas, self.taxonomy)

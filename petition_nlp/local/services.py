"""供需对接: services near a resident that can help with what no department has to solve."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from petition_nlp.local.names import fold
from petition_nlp.local.place import Place
from petition_nlp.local.records import Area, Service
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.route import Responsible
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.normalise import normalise

_HELPED: Final = frozenset({"community", "person"})
"""Kinds of the party that acts (`Party.kind`) in matters that services help with."""
_MOST: Final = 5


@dataclass(frozen=True, slots=True)
class ServiceMatch:
    """A service that can help, and why it was chosen."""

    service: Service
    words: tuple[str, ...]
    reason: str

    def to_dict(self) -> dict[str, Any]:
        """JSON form: what a resident needs to know of the service."""
        service = self.service
        return {
            "id": service.id,
            "name": service.name,
            "kind": service.kind,
            "address": service.address,
            "phone": service.phone,
            "hours": service.hours,
            "cost": service.cost,
            "reason": self.reason,
        }

    def describe(self) -> str:
        """Name and how to reach it, in one line."""
        known = (self.service.phone, self.service.address, self.service.hours, self.service.cost)
        details = "，".join(detail for detail in known if detail)
        return f"{self.service.name}（{details}）" if details else self.service.name


class Matcher:
    """Matches services; made once for a directory."""

    def __init__(self, services: Sequence[Service], areas: Mapping[str, Area], taxonomy: Taxonomy) -> None:
        self._services, self._areas, self._taxonomy = services, areas, taxonomy
        self._offers = [[(word, fold(normalise(word))) for word in service.offers] for service in services]

    def match(self, *, matter: str | None, department: str | None, place: Place, text: str) -> list[ServiceMatch]:
        """See :meth:`Directory.match_services`."""
        known = self._taxonomy.matters.get(matter or "")
        if known is None or known.default_party is None or known.default_party.kind not in _HELPED:
            return []
        folded, around = fold(normalise(text)), {area.id: depth for depth, area in enumerate(place.areas, start=1)}
        ranked: list[tuple[tuple[int, int, int], ServiceMatch]] = []
        for service, offers in zip(self._services, self._offers, strict=True):
            words = tuple(word for word, wanted in offers if wanted in folded)
            near = [area for area in service.areas if area in around]
            serves = (not service.areas or near) and (not service.matters or matter in service.matters)
            own = department in service.departments
            if serves and (words or own):
                closest = max(near, key=around.__getitem__, default=None)
                rank = (-len(words), -int(own), -around.get(closest or "", 0))
                ranked.append((rank, ServiceMatch(service, words, self._reason(service, words, department, closest))))
        ranked.sort(key=lambda pair: pair[0])
        return [match for _, match in ranked[:_MOST]]

    def _reason(self, service: Service, words: Sequence[str], department: str | None, area: str | None) -> str:
        parts = [vocabulary().value("service_kinds", service.kind)]
        if words:
            parts.append(f"诉求里提到「{'、'.join(words)}」")
        if department in service.departments:
            parts.append(f"业务条线是{self._taxonomy.name('department', department or '')}")
        parts.append(f"服务{self._areas[area].name}" if area else "服务全市")
        return "，".join(parts)


def with_services(responsible: Responsible, matches: Sequence[ServiceMatch]) -> Responsible:
    """Who acts, with the services that can help named behind the channel."""
    if not matches:
        return responsible
    named = "；".join(match.describe() for match in matches)
    channel = f"{responsible.channel}可联系：{named}。"
    return replace(responsible, channel=channel)

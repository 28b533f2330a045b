"""A stored petition in its one JSON form."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from petition_nlp.taxonomy import Taxonomy
from service.petitions.schemas import CHINA, PetitionOut
from service.petitions.states import STATUS_NAMES, Status
from service.store.tables import Entry, Link, Petition

_AS_STORED = (
    "id",
    "version",
    "external_id",
    "channel",
    "title",
    "text",
    "area",
    "extra",
    "request_type",
    "unit_rule",
    "place",
    "status",
    "due_provisional",
    "extensions",
    "returns",
    "review",
    "review_reasons",
    "emergency",
    "sensitive",
    "restricted",
    "confidence",
    "decided_by",
    "taken_by",
    "outcome",
    "satisfied",
    "merged_into",
    "directory",
)
_MOMENTS = ("created", "received", "masked", "due_at", "taken_until", "closed")


def petition_json(petition: Petition, links: Sequence[Link], taxonomy: Taxonomy) -> dict[str, Any]:
    """A petition as `service.petitions.schemas.PetitionOut` describes it; times are China's.

    :param links: to petitions about the same matter.
    """
    shown = {
        **{name: getattr(petition, name) for name in _AS_STORED},
        **{name: moment_json(getattr(petition, name)) for name in _MOMENTS},
        "route": petition.suggestion.route,
        "due": petition.due and petition.due.isoformat(),
        "status_name": STATUS_NAMES[Status(petition.status)],
        "matter": _named(taxonomy, "matter", petition.matter),
        "department": _named(taxonomy, "department", petition.department),
        "co_departments": [_named(taxonomy, "department", code) for code in petition.co_departments],
        "unit": petition.unit and {"code": petition.unit, "name": petition.unit_name},
        "same_matter": [_link_json(link, petition.id) for link in links],
    }
    return {name: shown[name] for name in PetitionOut.model_fields}


def entry_json(entry: Entry) -> dict[str, Any]:
    """One entry of a history."""
    names = ("actor", "actor_name", "action", "why", "changes", "model", "taxonomy", "policy", "directory")
    return {"at": moment_json(entry.at), **{name: getattr(entry, name) for name in names}}


def moment_json(moment: datetime | None) -> str | None:
    """A time as answers write it."""
    return None if moment is None else moment.astimezone(CHINA).isoformat(timespec="milliseconds")


def _link_json(link: Link, own: str) -> dict[str, Any]:
    other = link.other if link.petition == own else link.petition
    return {"petition": other, "state": link.state, "score": link.score, "reason": link.reason}


def _named(taxonomy: Taxonomy, head: str, code: str | None) -> dict[str, str] | None:
    return None if code is None else {"code": code, "name": taxonomy.name(head, code)}

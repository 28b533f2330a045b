"""A stored petition in its one JSON form."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Sequence
from typing import Any, Final

from petition_nlp.taxonomy import Taxonomy
from service.moments import moment_json
from service.petitions.kinds import DELIBERATION_NAMES, KIND_NAMES, REFERRAL_NAMES, Deliberation, Kind, Referral
from service.petitions.lateness import is_overdue
from service.petitions.schemas import PetitionOut
from service.petitions.states import STATUS_NAMES, Status
from service.store.tables import Entry, Link, Petition

_AS_STORED = (
    "id",
    "version",
    "kind",
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
    "hard",
    "final",
    "urges",
    "inquiries",
    "unanswered",
    "progress",
    "resources",
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
    "directory",
)
_UNTOLD: Final[dict[str, Any]] = {
    **dict.fromkeys(("matter", "department", "request_type", "unit", "unit_rule", "directory", "route", "confidence")),
    **dict.fromkeys(("status", "status_name", "due", "due_at", "decided_by", "closed", "outcome", "satisfied")),
    "merged_into": None,
    "co_departments": [],
    "same_matter": [],
    "review": True,
    "review_reasons": [],
    "due_provisional": False,
    "extensions": 0,
    "returns": 0,
}
"""What a blind reviewer reads instead."""
_ID: Final = re.compile("[0-9a-f]{32}")
_IDS: Final = re.compile('"([0-9a-f]{32})"')
_MOMENTS = ("created", "received", "masked", "due_at", "taken_until", "closed", "urged", "inquired", "replied")


def petition_json(
    petition: Petition, links: Sequence[Link], taxonomy: Taxonomy, known: Collection[str]
) -> dict[str, Any]:
    """A petition as `service.petitions.schemas.PetitionOut` describes it; times are China's.

    :param links: to petitions about the same matter.
    :param known: petitions that whoever reads this may know of.
    """
    shown = {
        **{name: getattr(petition, name) for name in _AS_STORED},
        **{name: moment_json(getattr(petition, name)) for name in _MOMENTS},
        "route": petition.suggestion.route,
        "kind_name": KIND_NAMES[Kind(petition.kind)],
        "due": petition.due and petition.due.isoformat(),
        "overdue": is_overdue(petition),
        "deliberation": _deliberation(petition, taxonomy),
        "referral": _referral(petition),
        "status_name": STATUS_NAMES[Status(petition.status)],
        "matter": _named(taxonomy, "matter", petition.matter),
        "department": _named(taxonomy, "department", petition.department),
        "co_departments": [_named(taxonomy, "department", code) for code in petition.co_departments],
        "unit": petition.unit and {"code": petition.unit, "name": petition.unit_name},
        "merged_into": petition.merged_into if petition.merged_into in known else None,
        "same_matter": [_link_json(link, petition.id) for link in links],
    }
    return {name: shown[name] for name in PetitionOut.model_fields}


def queued_json(
    petition: Petition, links: Sequence[Link], taxonomy: Taxonomy, known: Collection[str]
) -> dict[str, Any]:
    """A petition as `service.petitions.schemas.QueuedOut` describes it.

    Of one that waits for a blind review nothing is told that follows from the suggestion, or that says whether it was
    right: whom it is with, until when, what became of it.
    """
    shown = petition_json(petition, links, taxonomy, known)
    return {**shown, **(_UNTOLD if petition.blind else {}), "blind": petition.blind}


def entry_json(entry: Entry, known: Collection[str]) -> dict[str, Any]:
    """One entry of a history.

    :param known: petitions that whoever reads this may know of.
    """
    names = ("actor", "actor_name", "action", "why", "changes", "model", "taxonomy", "policy", "directory")
    told = {name: getattr(entry, name) for name in names}
    return {"at": moment_json(entry.at), **told, "changes": _without_unknown(entry.changes, known)}


def named_in(entries: Sequence[Entry]) -> set[str]:
    """The petitions that some entries name."""
    return {found for entry in entries for found in _IDS.findall(json.dumps(entry.changes))}


def _deliberation(petition: Petition, taxonomy: Taxonomy) -> dict[str, Any] | None:
    state, level, day = petition.deliberation_state, petition.deliberation_level, petition.deliberation_date
    if state is None:
        return None
    return {
        "level": level,
        "level_name": level and _level_name(taxonomy, level),
        "state": state,
        "state_name": DELIBERATION_NAMES[Deliberation(state)],
        "date": day and day.isoformat(),
        "participants": petition.deliberation_participants,
        "outcome": petition.deliberation_outcome,
    }


def _level_name(taxonomy: Taxonomy, code: str) -> str:
    levels = (level for matter in taxonomy.matters.values() for level in matter.levels)
    return next((level["name"] for level in levels if level["code"] == code), code)


def _referral(petition: Petition) -> dict[str, Any] | None:
    kind = petition.referral_kind
    if kind is None:
        return None
    return {
        "kind": kind,
        "kind_name": REFERRAL_NAMES[Referral(kind)],
        "service": petition.referral_service,
        "to": petition.referral_to,
        "result": petition.referral_result,
    }


def _link_json(link: Link, own: str) -> dict[str, Any]:
    other = link.other if link.petition == own else link.petition
    return {"petition": other, "state": link.state, "score": link.score, "reason": link.reason}


def _without_unknown(value: Any, known: Collection[str]) -> Any:
    if isinstance(value, dict):
        return {name: _without_unknown(part, known) for name, part in value.items()}
    if isinstance(value, list):
        return [_without_unknown(part, known) for part in value]
    return None if isinstance(value, str) and _ID.fullmatch(value) and value not in known else value


def _named(taxonomy: Taxonomy, head: str, code: str | None) -> dict[str, str] | None:
    return None if code is None else {"code": code, "name": taxonomy.name(head, code)}

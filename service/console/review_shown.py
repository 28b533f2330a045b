"""What the page 复核 shows: the queue, and the petition that somebody has taken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import Request
from sqlalchemy.orm import Session

from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from service.access.audit import audit_reading
from service.access.principal import Principal, Scope
from service.api.answers import queued, shown_history
from service.api.dependencies import engine_of, settings_of
from service.console.texts import review as texts
from service.console.texts.common import HISTORY
from service.moments import CHINA, moment_json
from service.petitions import review
from service.petitions.changes import PERSON, REQUEST_TYPES
from service.petitions.intake import SENSITIVE
from service.petitions.review import Wanted
from service.petitions.states import STATUS_NAMES
from service.store.database import Database
from service.store.tables.base import now

_LISTED: Final = 50
_UNTOLD: Final = frozenset({"taken", "released"})
"""Actions that a history need not tell to whoever decides."""


def queue_shown(session: Session, caller: Principal, wanted: Wanted, taxonomy: Taxonomy) -> dict[str, Any]:
    """The queue as the page shows it; of restricted petitions it tells nothing before they are taken."""
    found = review.queue(session, caller, wanted, limit=_LISTED)
    names = review.takers(session, found.items)
    items = queued(session, caller, found.items, taxonomy)
    mine = [one.id for one in found.items if one.taken_by == caller.id]
    today = now().astimezone(CHINA).date().isoformat()
    return {
        "counts": review.counts(session, caller, wanted),
        "restricted_waiting": found.restricted,
        "items": items,
        "takers": names,
        "mine": mine,
        "today": today,
        "most": _LISTED,
    }


def item_shown(request: Request, caller: Principal, *, go_on: bool = False, sought: bool = False) -> dict[str, Any]:
    """What the caller has taken, with what is known of it.

    :param go_on: the next is fetched if there is none.
    :param sought: one was looked for just now.
    """
    taxonomy = engine_of(request).router.taxonomy
    database: Database = request.app.state.database
    with database.read() as session:
        held = review.held(session, caller)[:1]
        items = queued(session, caller, held, taxonomy)
        entries = [] if not held or held[0].blind else shown_history(session, caller, held[0])
    audit_reading(database, caller, held, "review")
    if not items:
        return {"item": None, "go_on": go_on, "sought": sought}
    [item] = items
    common = {
        "item": item,
        **clock_shown(request),
        "today": now().astimezone(CHINA).date().isoformat(),
        "matters": matters(taxonomy),
        "departments": departments(taxonomy),
        "types": [(name, name) for name in REQUEST_TYPES],
        "writes": writes(caller),
    }
    if item["blind"]:
        return common
    return {
        **common,
        "reasons": _reasons(request, item, entries),
        "options": _options(item, taxonomy),
        "by_person": item["decided_by"] == PERSON or item["returns"] > 0,
        "confirmable": item["matter"] is not None and item["matter"]["code"] != UNCLEAR,
        "duty": _duty(item, taxonomy),
        "history": [_told_entry(entry, taxonomy) for entry in entries if entry["action"] not in _UNTOLD],
    }


def clock_shown(request: Request) -> dict[str, Any]:
    """For how long a petition is kept, and what time it is here; browsers' clocks go otherwise."""
    return {"minutes": settings_of(request).review_minutes, "moment": moment_json(now())}


def _reasons(request: Request, item: Mapping[str, Any], entries: Sequence[Mapping[str, Any]]) -> list[str]:
    """Why a person has to look, in words; what came last stands first."""
    found = []
    if item["returns"]:
        why = next((entry["why"] for entry in reversed(entries) if entry["action"] == "returned"), None)
        text = texts.PAGE["reason_returned_why" if why else "reason_returned"]
        found.append(text.format(n=item["returns"], why=why))
    if any(entry["action"] == "withdrawn" for entry in entries):
        found.append(texts.PAGE["reason_withdrawn"])
    if SENSITIVE in item["review_reasons"]:
        kinds = {kind.code: kind.name for kind in engine_of(request).sensitive.kinds}
        names = "、".join(kinds.get(code, code) for code in item["sensitive"])
        found.append(texts.PAGE["reason_sensitive"].format(names=names))
    return found + [reason["message"] for reason in item["route"]["review"]["reasons"]]


def _options(item: Mapping[str, Any], taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """The departments to choose from: the one in force, then what the model thinks of, with what it gives them.

    Of those that no longer exist, the ones that they became as a whole, or none.
    """
    suggested, present = item["route"]["department"], item["department"]
    listed = [suggested, *suggested["alternatives"]] if suggested else []
    found = list({one["code"]: one for one in (_current(one, present, taxonomy) for one in listed) if one}.values())
    if present is not None:
        known = next((one for one in found if one["code"] == present["code"]), {**present, "confidence": None})
        found = [known, *(one for one in found if one["code"] != present["code"])]
    return [{name: one[name] for name in ("code", "name", "confidence")} for one in found[:5]]


def _current(
    option: Mapping[str, Any], present: Mapping[str, Any] | None, taxonomy: Taxonomy
) -> Mapping[str, Any] | None:
    """A department of a route as it can be chosen now; the one in force stays as it is."""
    if present is not None and option["code"] == present["code"]:
        return option
    code = taxonomy.current("department", option["code"])
    if code == option["code"]:
        return None if code in taxonomy.retired.get("department", {}) else option
    return {**option, "code": code, "name": taxonomy.name("department", code)}


def _duty(item: Mapping[str, Any], taxonomy: Taxonomy) -> str | None:
    known = item["department"] and taxonomy.departments.get(item["department"]["code"])
    return known.duty if known else None


def _told_entry(entry: Mapping[str, Any], taxonomy: Taxonomy) -> dict[str, Any]:
    changes = [
        (texts.FIELDS[name], _named(name, before, taxonomy), _named(name, after, taxonomy))
        for name, (before, after) in entry["changes"].items()
        if name in texts.FIELDS
    ]
    return {**entry, "action": HISTORY.get(entry["action"], entry["action"]), "changes": changes}


def _named(field: str, value: Any, taxonomy: Taxonomy) -> str:
    if not value:
        return texts.PAGE["none"]
    if isinstance(value, list):
        return "、".join(taxonomy.name("department", code) for code in value)
    if field == "status":
        return STATUS_NAMES[value]
    return taxonomy.name(field, value) if taxonomy.knows(field) else str(value)


def matters(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    """Codes and names of those that a person can decide on."""
    return [(matter.code, matter.name) for matter in taxonomy.matters.values() if matter.code != UNCLEAR]


def departments(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    """Codes and names of those that petitions are dispatched to."""
    return [(one.code, one.name) for one in taxonomy.departments.values() if one.dispatch]


def writes(caller: Principal) -> bool:
    """Whether the caller may say which petitions are about the same matter."""
    return caller.may(Scope.PETITIONS_WRITE)

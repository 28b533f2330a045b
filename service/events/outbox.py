"""Writes events in the transaction of what happened: rolled back with it, and lost only with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy.orm import Session

from service.events.kinds import Kind
from service.moments import moment_json
from service.petitions.states import Status
from service.store.tables import Entry, Event, Petition
from service.store.tables.base import new_id

_FACTS: Final = (
    "external_id",
    "channel",
    "version",
    "kind",
    "matter",
    "department",
    "co_departments",
    "request_type",
    "unit",
    "unit_name",
    "status",
    "review",
    "review_reasons",
    "emergency",
    "confidence",
    "decided_by",
    "returns",
    "model",
    "taxonomy",
    "policy",
)
_TOLD: Final = ("matter", "department", "co_departments", "request_type", "unit", "status", "due", "due_at")
"""Of a change, the fields that concern others."""
_UNASSIGNED: Final = (None, Status.PENDING)


def emit(session: Session, kind: Kind | str, about: Petition | Mapping[str, Any], *, subject: str = "") -> None:
    """Note in the transaction at hand that something happened.

    :param about: the petition; of events of other kinds their data, which must not hold anything personal.
    :param subject: what an event of another kind is about, such as the name of a model.
    """
    if isinstance(about, Petition):
        _add(session, Kind(kind), about, facts(about))
    else:
        session.add(Event(id=new_id(), kind=Kind(kind), subject=subject or str(Kind(kind)), data=dict(about)))


def on_entry(session: Session, petition: Petition, entry: Entry) -> None:
    """Note what an entry of a petition's history means to others, if anything."""
    for kind in _kinds(petition, entry):
        changes = {name: change for name, change in entry.changes.items() if name in _TOLD}
        told = {"action": entry.action, "actor": entry.actor, "why": entry.why, "changes": changes}
        _add(session, kind, petition, {**facts(petition), "change": told})


def model_promoted(
    session: Session, model: str, *, previous: str | None, actor: str, why: str | None = None, **figures: Any
) -> None:
    """Note that another model is in use.

    :param actor: who did it, as the audit log names them; :param figures: what is known of how good it is.
    """
    data = {"model": model, "previous": previous, "actor": actor, "why": why, "figures": figures}
    emit(session, Kind.PROMOTED, data, subject=model)


def alarm_raised(session: Session, alarm: str, *, level: str, title: str, todo: str, **figures: Any) -> None:
    """Note that something needs the operator.

    :param alarm: its stable name, such as ``accuracy_low``; :param level: ``watch`` or ``act``.
    :param title: what is the matter, :param todo: what to do, in Chinese.
    """
    data = {"alarm": alarm, "level": level, "title": title, "todo": todo, "figures": figures}
    emit(session, Kind.ALARM, data, subject=alarm)


def facts(petition: Petition) -> dict[str, Any]:
    """A petition's decisions as they stand, without a word of the resident's."""
    return {
        "petition": petition.id,
        "received": moment_json(petition.received),
        **{name: getattr(petition, name) for name in _FACTS},
        "due": petition.due and petition.due.isoformat(),
        "due_at": moment_json(petition.due_at),
    }


def _kinds(petition: Petition, entry: Entry) -> Iterator[Kind]:
    stored = entry.action == "stored"
    if entry.action == "corrected":
        yield Kind.CORRECTED
    if entry.action == "returned":
        yield Kind.RETURNED
    before, after = entry.changes.get("status", (None, None))
    if after == Status.ASSIGNED and before in _UNASSIGNED:
        yield Kind.ROUTED
    if petition.review and (stored or "review" in entry.changes):
        yield Kind.REVIEW_REQUIRED


def _add(session: Session, kind: Kind, petition: Petition, data: Mapping[str, Any]) -> None:
    session.add(
        Event(
            id=new_id(),
            kind=kind,
            petition=petition.id,
            subject=petition.id,
            channel=petition.channel,
            data=dict(data),
        )
    )

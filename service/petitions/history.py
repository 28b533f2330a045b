"""The one way to change a petition: every change leaves an entry that says who, when, what and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_nlp.text.strict import mask_strictly
from service.access.principal import Principal
from service.board.touched import touch
from service.events.outbox import on_entry
from service.moments import moment_json
from service.store.tables import Entry, Petition

_FREE_TEXT: Final = frozenset(
    {"title", "text", "area", "outcome", "deliberation_outcome", "referral_to", "referral_result"}
)
"""Columns that can name a person: an entry stays as long as the petition, masked or not."""


def change(
    session: Session,
    petition: Petition,
    caller: Principal,
    action: str,
    *,
    why: str | None = None,
    **values: Any,
) -> Entry:
    """Set columns of a petition and note it.

    :param why: the reason in the caller's words; personal data in it is masked.
    :param values: new values by column; the entry has them with personal data masked.
    """
    changes = {
        name: [_noted(name, getattr(petition, name)), _noted(name, value)]
        for name, value in values.items()
        if getattr(petition, name) != value
    }
    for name, value in values.items():
        setattr(petition, name, value)
    petition.version += 1
    return note(session, petition, caller, action, changes, why=why)


def note(
    session: Session,
    petition: Petition,
    caller: Principal,
    action: str,
    changes: Mapping[str, Any],
    *,
    why: str | None = None,
) -> Entry:
    """Add an entry to a petition's history."""
    entry = Entry(
        petition=petition.id,
        actor=caller.id,
        actor_name=caller.name,
        action=action,
        why=None if why is None else mask_strictly(why),
        changes=dict(changes),
        model=petition.model,
        taxonomy=petition.taxonomy,
        policy=petition.policy,
        directory=petition.directory,
    )
    session.add(entry)
    touch(session, petition.received)
    on_entry(session, petition, entry)
    return entry


def entries(session: Session, petition: str) -> Sequence[Entry]:
    """A petition's history, oldest first."""
    return session.scalars(select(Entry).where(Entry.petition == petition).order_by(Entry.id)).all()


def _noted(name: str, value: Any) -> Any:
    if name in _FREE_TEXT and value is not None:
        return mask_strictly(value)
    if name == "resources" and value is not None:
        return {side: _without_donors(part) for side, part in value.items()}
    if isinstance(value, datetime):
        return moment_json(value)
    return value.isoformat() if isinstance(value, date) else value


def _without_donors(side: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    """Needed or pledged resources with the number of donors in the place of their names."""
    if side is None:
        return None
    other = side["other"]
    noted = {**side, "other": None if other is None else mask_strictly(other)}
    return {**noted, "donors": len(side["donors"])} if "donors" in side else noted

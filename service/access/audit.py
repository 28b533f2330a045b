"""The audit log: who did what outside a petition's history, and who read what is restricted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from petition_nlp.text.mask import mask
from service.access.principal import Principal, Scope
from service.store.database import Database
from service.store.paging import Page, page_of
from service.store.tables import AuditEntry, Petition

READ: Final = "restricted_read"
BLIND_READ: Final = "blind_read"
_TELLING: Final = frozenset({"read", "history"})
"""Ways to read one petition that tell how it was routed."""


def audit(
    session: Session,
    caller: Principal,
    action: str,
    target: str | None = None,
    why: str | None = None,
    **details: Any,
) -> AuditEntry:
    """Note in the transaction at hand that somebody does something.

    :param target: what it is done to, such as ``account:ID``.
    :param why: the reason in the caller's words; personal data in it is masked.
    :param details: what else to know: never a secret, never a resident's words.
    """
    entry = AuditEntry(
        actor=caller.id,
        actor_name=caller.name,
        action=action,
        target=target,
        why=None if why is None else mask(why),
        details=details,
    )
    session.add(entry)
    return entry


def audit_reading(database: Database, caller: Principal, petitions: Iterable[Petition], how: str) -> None:
    """Note that somebody is about to read petitions that are restricted, or one that they could review blindly.

    It has a transaction of its own: call it outside the one that reads, before the answer goes out.

    :param how: ``read``, ``list``, ``export``, …
    """
    found = list(petitions)
    noted = [(READ, petition.id) for petition in found if petition.restricted]
    if how in _TELLING and caller.may(Scope.REVIEW):
        noted += [(BLIND_READ, petition.id) for petition in found if petition.blind]
    if not noted:
        return
    with database.write() as session:
        for action, petition in noted:
            audit(session, caller, action, f"petition:{petition}", how=how)


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """What entries to find; None asks for nothing."""

    action: str | None = None
    actor: str | None = None
    target: str | None = None
    at_from: datetime | None = None
    at_to: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        found = [
            getattr(AuditEntry, name) == value
            for name in ("action", "actor", "target")
            if (value := getattr(self, name)) is not None
        ]
        if self.at_from is not None:
            found.append(AuditEntry.at >= self.at_from)
        if self.at_to is not None:
            found.append(AuditEntry.at < self.at_to)
        return found


def find(session: Session, wanted: AuditFilter, *, cursor: int | None, limit: int) -> Page[AuditEntry, int]:
    """One page of the log."""
    query = select(AuditEntry).where(*wanted.conditions())
    return page_of(session, query, AuditEntry.id, cursor=cursor, limit=limit)

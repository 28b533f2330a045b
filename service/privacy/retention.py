"""Personal data has an end: some time after they are closed, petitions are masked, later deleted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.orm import Session, aliased

from petition_nlp.settings import Settings
from service.access.audit import audit
from service.access.principal import SYSTEM
from service.periodic import Task
from service.petitions.states import Status
from service.privacy.masking import mask_petition
from service.privacy.removal import delete_petitions, forget_pages
from service.store.database import Database
from service.store.tables import Petition
from service.store.tables.base import now as present

_BATCH: Final = 100
"""Petitions of a transaction: others write between two, and a run that stops goes on here the next time."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How many petitions a run masked and deleted, or would."""

    masked: int = 0
    deleted: int = 0

    def counts(self) -> Mapping[str, int]:
        """For logs."""
        return {"masked": self.masked, "deleted": self.deleted}


def retain(database: Database, settings: Settings, now: datetime) -> Kept:
    """Mask and delete what has been closed for longer than the settings say; without settings nothing.

    It works in batches, each with an entry in the audit log, and can be stopped and run again at any time.
    """
    deleted = _in_batches(database, _closed_before(now, settings.delete_after_days), "retention_deleted", _delete)
    due = _closed_before(now, settings.mask_after_days)
    masked = _in_batches(database, [*due, Petition.masked.is_(None)] if due else [], "retention_masked", _mask)
    if deleted or masked:
        forget_pages(database)
    return Kept(masked, deleted)


def task(settings: Settings) -> Task:
    """`retain` once a day."""
    return Task("retention", timedelta(days=1), lambda database: retain(database, settings, present()).counts())


def would_retain(database: Database, settings: Settings, now: datetime) -> Kept:
    """What `retain` would do at this moment."""
    to_delete = _closed_before(now, settings.delete_after_days)
    to_mask = _closed_before(now, settings.mask_after_days)
    with database.read() as session:
        deleted = _count(session, to_delete)
        masked = _count(session, [*to_mask, Petition.masked.is_(None)] if to_mask else [])
        both = _count(session, [*to_mask, *to_delete, Petition.masked.is_(None)] if to_mask and to_delete else [])
    return Kept(masked - both, deleted)


def _closed_before(now: datetime, days: int | None) -> list[ColumnElement[bool]]:
    """Closed, or merged into one that was closed, more than some days ago; nothing where no days are set."""
    if days is None:
        return []
    limit = now - timedelta(days=days)
    leader = aliased(Petition)
    leaders = select(leader.id).where(leader.closed < limit)
    merged = (Petition.status == Status.MERGED) & Petition.merged_into.in_(leaders)
    return [or_(Petition.closed < limit, merged)]


def _in_batches(
    database: Database,
    conditions: Sequence[ColumnElement[bool]],
    action: str,
    work: Callable[[Session, Sequence[Petition]], None],
) -> int:
    done = 0
    while conditions:
        with database.write() as session:
            query = select(Petition).where(*conditions).order_by(Petition.id).limit(_BATCH)
            batch = session.scalars(query.with_for_update(skip_locked=True)).all()
            if not batch:
                break
            work(session, batch)
            audit(session, SYSTEM, action, petitions=len(batch))
        done += len(batch)
    return done


def _mask(session: Session, petitions: Sequence[Petition]) -> None:
    for petition in petitions:
        mask_petition(session, petition, SYSTEM, "保存期满")


def _delete(session: Session, petitions: Sequence[Petition]) -> None:
    delete_petitions(session, petitions)


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    if not conditions:
        return 0
    return session.scalar(select(func.count()).select_from(Petition).where(*conditions)) or 0

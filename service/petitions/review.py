"""The review queue (复核队列): who looks at what, so that no two people do the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, func, not_, or_, select
from sqlalchemy.orm import Session

from service import problems
from service.access.principal import Principal
from service.petitions.history import change
from service.petitions.queries import Code, Filter, Name, visible
from service.petitions.states import OPEN
from service.store.paging import MOST
from service.store.tables import Petition
from service.store.tables.base import now


class QueueFilter(BaseModel):
    """Which part of the queue is wanted; the fields are query parameters of the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    matter: Code = Field(default=None, description="事项类别的代码或名称")
    department: Code = Field(default=None, description="责任部门的代码或名称")
    area: Name = Field(default=None, description="区、街道、社区或网格的名称")
    limit: int = Field(default=50, ge=1, le=MOST, description="最多答复的条数")


@dataclass(frozen=True, slots=True)
class Queue:
    """Petitions that wait for a person.

    :param waiting: how many the caller may see; :param restricted: how many wait besides.
    :param items: the most urgent that the caller may see.
    """

    waiting: int
    restricted: int
    items: Sequence[Petition]


def queue(session: Session, caller: Principal, wanted: Filter, *, limit: int) -> Queue:
    """What waits for a person.

    Of restricted petitions that the caller may not see nothing but their number is told, whatever the filter, so that
    no filter tells what they are about. Emergencies come first, then what is due first, then what the model is least
    sure of.
    """
    conditions = [*waiting(), *visible(caller), *wanted.conditions()]
    rows = session.scalars(select(Petition).where(*conditions).order_by(*_urgency()).limit(limit)).all()
    count = _count(session, conditions)
    hidden = _count(session, [*waiting(), *(not_(seen) for seen in visible(caller))]) if visible(caller) else 0
    return Queue(count, hidden, rows)


def take_next(session: Session, caller: Principal, wanted: Filter, *, minutes: int) -> Petition | None:
    """Take the most urgent petition that nobody has; None where there is none."""
    query = (
        select(Petition)
        .where(*waiting(), *visible(caller), *wanted.conditions(), _free(caller))
        .order_by(*_urgency())
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    found = session.scalar(query)
    if found is not None:
        _hold(session, found, caller, minutes)
    return found


def take(session: Session, petition: Petition, caller: Principal, *, minutes: int) -> None:
    """Take a certain petition, or hold it longer.

    :raises Problem: somebody else has it, or it does not wait for a person.
    """
    require_free(petition, caller)
    if not petition.review or petition.status not in OPEN:
        raise problems.not_possible("这件诉求不需要人工复核，或已经有人复核过。")
    _hold(session, petition, caller, minutes)


def release(session: Session, petition: Petition, caller: Principal) -> None:
    """Put a petition back into the queue.

    :raises Problem: somebody else has it, or nobody.
    """
    require_free(petition, caller)
    if petition.taken_by is None:
        raise problems.not_possible("这件诉求没有人领取。")
    change(session, petition, caller, "released", taken_by=None, taken_until=None)


def require_free(petition: Petition, caller: Principal) -> None:
    """Make sure that nobody else is looking at a petition.

    :raises Problem: 409.
    """
    taken = petition.taken_by not in (None, caller.id)
    if taken and petition.taken_until is not None and petition.taken_until > now():
        raise problems.taken()


def _hold(session: Session, petition: Petition, caller: Principal, minutes: int) -> None:
    change(session, petition, caller, "taken", taken_by=caller.id, taken_until=now() + timedelta(minutes=minutes))


def waiting() -> list[ColumnElement[bool]]:
    """The condition that a petition waits for a person."""
    return [Petition.review.is_(True), Petition.status.in_(OPEN)]


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(select(func.count()).select_from(Petition).where(*conditions)) or 0


def _free(caller: Principal) -> ColumnElement[bool]:
    return or_(Petition.taken_by.is_(None), Petition.taken_until <= now(), Petition.taken_by == caller.id)


def _urgency() -> list[Any]:
    return [
        Petition.emergency.is_(None),
        Petition.due.is_(None),
        Petition.due,
        Petition.confidence,
        Petition.id,
    ]

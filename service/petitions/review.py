"""The review queue (复核队列): who looks at what, so that no two people do the same."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, and_, case, func, not_, or_, select
from sqlalchemy.orm import Session

from service import problems
from service.access.principal import Principal
from service.moments import CHINA
from service.petitions import blind, changes
from service.petitions.changes import LocalRules
from service.petitions.history import change
from service.petitions.precision import Standard
from service.petitions.queries import Code, Filter, Name, visible
from service.petitions.schemas import QUEUE_KINDS, DecisionIn, QueueKind
from service.petitions.states import OPEN
from service.problems import FieldError
from service.store.paging import MOST
from service.store.tables import Entry, Petition
from service.store.tables.base import now

_UNTOLD_CONFIDENCE: Final = 0.5
"""Where petitions for a blind review stand among those of the same day, so that their place tells nothing."""


class QueueFilter(BaseModel):
    """Which part of the queue is wanted; the fields are query parameters of the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    matter: Code = Field(default=None, description="事项类别的代码或名称")
    department: Code = Field(default=None, description="责任部门的代码或名称")
    area: Name = Field(default=None, description="区、街道、社区或网格的名称")
    kind: QueueKind = Field(default="all", description=QUEUE_KINDS)
    limit: int = Field(default=50, ge=1, le=MOST, description="最多答复的条数")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which part of the queue is wanted, in codes.

    By matter or department those that were drawn for a blind review cannot be found: it would tell what was suggested.

    :raises Problem: 422, they are asked for by these.
    """

    filter: Filter = Filter()  # noqa: RUF009  frozen
    kind: QueueKind = "all"

    def __post_init__(self) -> None:
        if self.kind == "blind" and self._by_suggestion:
            raise problems.invalid_request([FieldError("kind", "盲审不能按事项类别或部门筛选")])

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        kind: QueueKind = "asked" if self._by_suggestion else self.kind
        return [_WAITING[kind], *self.filter.conditions()]

    @property
    def _by_suggestion(self) -> bool:
        return self.filter.matter is not None or self.filter.department is not None


@dataclass(frozen=True, slots=True)
class Queue:
    """Petitions that wait for a person.

    :param waiting: how many the caller may see; :param restricted: how many wait besides.
    :param items: the most urgent that the caller may see.
    """

    waiting: int
    restricted: int
    items: Sequence[Petition]


def queue(session: Session, caller: Principal, wanted: Wanted, *, limit: int) -> Queue:
    """What waits for a person, because the model asks for one or for a blind review.

    Of restricted petitions that the caller may not see nothing but their number is told, whatever the filter, so that
    no filter tells what they are about. Emergencies come first, then what is due first, then what the model is least
    sure of.
    """
    conditions = [*wanted.conditions(), *visible(caller)]
    rows = session.scalars(select(Petition).where(*conditions).order_by(*_urgency()).limit(limit)).all()
    count = _count(session, conditions)
    hidden = _count(session, [waiting(), *(not_(seen) for seen in visible(caller))]) if visible(caller) else 0
    return Queue(count, hidden, rows)


@dataclass(frozen=True, slots=True)
class Counts:
    """How many petitions wait: in all, for a blind review, as emergencies, overdue, and with a reviewer already.

    Of those for a blind review it does not count whether they are overdue: their deadline follows from the suggestion.
    """

    waiting: int
    blind: int
    emergencies: int
    overdue: int
    taken: int


def counts(session: Session, caller: Principal, wanted: Wanted) -> Counts:
    """What the caller may see of the queue, in numbers."""
    moment = now()
    today = moment.astimezone(CHINA).date()
    parts = (
        _BLIND,
        Petition.emergency.is_not(None),
        and_(Petition.blind.is_(False), Petition.due < today),
        Petition.taken_until > moment,
    )
    sums = (func.coalesce(func.sum(case((part, 1), else_=0)), 0) for part in parts)
    query = select(func.count(), *sums).where(*wanted.conditions(), *visible(caller))
    return Counts(*session.execute(query).one())


def held(session: Session, caller: Principal) -> Sequence[Petition]:
    """What the caller has taken and not yet decided on; what was taken last comes first."""
    mine = (Petition.taken_by == caller.id, Petition.taken_until > now())
    query = select(Petition).where(waiting(), *mine, *visible(caller))
    return session.scalars(query.order_by(Petition.taken_until.desc(), Petition.id)).all()


def takers(session: Session, petitions: Collection[Petition]) -> dict[str, str]:
    """The names of those who have taken some petitions, by the petition's id."""
    moment = now()
    taken = [one.id for one in petitions if one.taken_until is not None and one.taken_until > moment]
    if not taken:
        return {}
    query = select(Entry.petition, Entry.actor_name).where(Entry.petition.in_(taken), Entry.action == "taken")
    return {petition: name for petition, name in session.execute(query.order_by(Entry.id))}


def take_next(
    session: Session, caller: Principal, wanted: Wanted, *, minutes: int, besides: Collection[str] = ()
) -> Petition | None:
    """Take the most urgent petition that nobody has; None where there is none.

    :param besides: petitions that the caller leaves to others.
    """
    query = (
        select(Petition)
        .where(*wanted.conditions(), *visible(caller), _free(caller), Petition.id.not_in(besides))
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
    if not petition.blind and (not petition.review or petition.status not in OPEN):
        raise problems.not_possible("这件诉求不需要人工复核，或已经有人复核过。")
    _hold(session, petition, caller, minutes)


def decide(
    session: Session,
    petition: Petition,
    caller: Principal,
    decision: DecisionIn,
    local: LocalRules,
    standard: Standard,
) -> None:
    """A reviewer's decision, or a blind verdict where the petition was drawn for one.

    :param standard: what the model in use has to keep, for the case that a verdict shows that it does not.
    :raises Problem: somebody else has it, a code is unknown, or something is missing.
    """
    require_free(petition, caller)
    if petition.blind:
        blind.judge(session, petition, caller, decision, local, standard)
    else:
        changes.decide(session, petition, caller, decision, local)


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


def waiting() -> ColumnElement[bool]:
    """The condition that a petition waits for a person."""
    return _WAITING["all"]


def _count(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    return session.scalar(select(func.count()).select_from(Petition).where(*conditions)) or 0


def _free(caller: Principal) -> ColumnElement[bool]:
    return or_(Petition.taken_by.is_(None), Petition.taken_until <= now(), Petition.taken_by == caller.id)


def _urgency() -> list[Any]:
    return [
        Petition.emergency.is_(None),
        Petition.due.is_(None),
        Petition.due,
        case((Petition.blind, _UNTOLD_CONFIDENCE), else_=Petition.confidence),
        Petition.id,
    ]


_ASKED: Final = and_(Petition.review.is_(True), Petition.status.in_(OPEN))
_BLIND: Final = Petition.blind.is_(True)
_WAITING: Final[dict[QueueKind, ColumnElement[bool]]] = {
    "all": or_(_ASKED, _BLIND),
    "asked": and_(_ASKED, Petition.blind.is_(False)),
    "blind": _BLIND,
}

"""Finding petitions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from service import problems
from service.access.principal import Principal, Scope
from service.petitions.states import Status
from service.store.tables import Link, Petition

MOST: Final = 200
"""Petitions of a page."""
_ESCAPE: Final = "\\"


@dataclass(frozen=True)
class Filter:
    """Which petitions are wanted; what is None does not matter.

    :param text: words separated by blanks, all of which stand in title or text.
    :param received_from: first moment; :param received_to: the moment after the last.
    :param due_before: petitions that are due on an earlier day and still open.
    """

    text: str | None = None
    matter: str | None = None
    department: str | None = None
    unit: str | None = None
    request_type: str | None = None
    status: Sequence[Status] = field(default_factory=tuple)
    review: bool | None = None
    emergency: bool | None = None
    area: str | None = None
    channel: str | None = None
    external_id: str | None = None
    received_from: datetime | None = None
    received_to: datetime | None = None

    def conditions(self) -> list[ColumnElement[bool]]:
        """The filter as SQL."""
        found: list[ColumnElement[bool]] = []
        for name in ("matter", "department", "unit", "request_type", "review", "channel", "external_id"):
            value = getattr(self, name)
            if value is not None:
                found.append(getattr(Petition, name) == value)
        if self.status:
            found.append(Petition.status.in_(self.status))
        if self.emergency is not None:
            found.append(Petition.emergency.is_not(None) if self.emergency else Petition.emergency.is_(None))
        if self.received_from is not None:
            found.append(Petition.received >= self.received_from)
        if self.received_to is not None:
            found.append(Petition.received < self.received_to)
        if self.area is not None:
            places = (Petition.district, Petition.street, Petition.community, Petition.grid, Petition.area)
            found.append(or_(*(place == self.area for place in places)))
        for word in (self.text or "").split():
            found.append(or_(_contains(Petition.text, word), _contains(Petition.title, word)))
        return found


@dataclass(frozen=True, slots=True)
class Page:
    """Petitions, newest first; ``next`` is the cursor of the following page, None after the last."""

    items: Sequence[Petition]
    next: str | None


def find(session: Session, caller: Principal, wanted: Filter, *, cursor: str | None, limit: int) -> Page:
    """One page of the petitions that the caller may see.

    Pages continue where the last one ended (keyset), so that petitions which come in meanwhile shift nothing.
    """
    query = select(Petition).where(*wanted.conditions(), *visible(caller))
    if cursor is not None:
        query = query.where(Petition.id < cursor)
    rows = session.scalars(query.order_by(Petition.id.desc()).limit(limit + 1)).all()
    return Page(rows[:limit], rows[limit - 1].id if len(rows) > limit else None)


def get(session: Session, caller: Principal, petition: str, *, lock: bool = False) -> Petition:
    """One petition that the caller may see.

    :param lock: hold it until the end of the transaction.
    :raises Problem: 404.
    """
    query = select(Petition).where(Petition.id == petition, *visible(caller))
    found = session.scalar(query.with_for_update() if lock else query)
    if found is None:
        raise problems.no_such("诉求")
    return found


def links(session: Session, petitions: Sequence[Petition], caller: Principal) -> dict[str, list[Link]]:
    """For each petition its links to others that the caller may see, the likeliest first."""
    ids = [petition.id for petition in petitions]
    found: defaultdict[str, list[Link]] = defaultdict(list)
    query = select(Link).where(or_(Link.petition.in_(ids), Link.other.in_(ids))).order_by(Link.score.desc())
    all_links = session.scalars(query).all()
    shown = _visible_ids(session, caller, {side for link in all_links for side in (link.petition, link.other)})
    for link in all_links:
        if link.petition in shown and link.other in shown:
            for side in {link.petition, link.other} & set(ids):
                found[side].append(link)
    return found


def visible(caller: Principal) -> list[ColumnElement[bool]]:
    """The condition that keeps restricted petitions from callers without the scope."""
    return [] if caller.may(Scope.RESTRICTED) else [Petition.restricted.is_(False)]


def _visible_ids(session: Session, caller: Principal, ids: set[str]) -> set[str]:
    conditions = visible(caller)
    if not conditions or not ids:
        return ids
    return set(session.scalars(select(Petition.id).where(Petition.id.in_(ids), *conditions)))


def _contains(column: Any, word: str) -> ColumnElement[bool]:
    for special in (_ESCAPE, "%", "_"):
        word = word.replace(special, _ESCAPE + special)
    condition: ColumnElement[bool] = column.like(f"%{word}%", escape=_ESCAPE)
    return condition

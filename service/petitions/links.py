"""Petitions about the same matter (重复诉求): linked, merged (并单) or told apart by a person."""

from __future__ import annotations

from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from service import problems
from service.access.principal import Principal
from service.petitions import queries
from service.petitions.history import change, note
from service.petitions.schemas import SameMatterIn
from service.petitions.states import OPEN, Status
from service.problems import FieldError
from service.store.tables import Link, Petition

LIKELY: Final = "likely"
MERGED: Final = "merged"
_BY_HAND: Final = "人工关联"


def say(session: Session, petition: Petition, caller: Principal, said: SameMatterIn) -> None:
    """Note what a person says of two petitions.

    Merging ends the handling of ``petition``; saying otherwise later, of either of the two, takes it up again.

    :raises Problem: the other one does not exist or is the same, or cannot be merged into.
    """
    if said.other == petition.id:
        raise problems.invalid_request([FieldError("other", "不能是诉求本身")])
    other = queries.get(session, caller, said.other, lock=True)
    link = _link(session, petition, other)
    before = link.state
    if said.state == MERGED:
        _merge(session, petition, other, caller, said.why)
    elif petition.merged_into == other.id:
        _take_up_again(session, petition, caller, said.why)
    elif other.merged_into == petition.id:
        _take_up_again(session, other, caller, said.why)
    link.state = said.state
    changes = {"same_matter": [{"petition": other.id, "state": before}, {"petition": other.id, "state": said.state}]}
    petition.version += 1
    note(session, petition, caller, said.state, changes, why=said.why)
    other.version += 1
    note(session, other, caller, said.state, {"same_matter": [None, {"petition": petition.id, "state": said.state}]})


def take_back(session: Session, petition: Petition) -> None:
    """What was said when a petition was merged does not count any more: the two are only likely the same matter."""
    other = session.get(Petition, petition.merged_into)
    if other is not None:
        _link(session, petition, other).state = LIKELY


def _merge(session: Session, petition: Petition, other: Petition, caller: Principal, why: str | None) -> None:
    if petition.status not in OPEN:
        raise problems.not_possible("只有未办结的诉求可以并入另一件。")
    if other.status not in OPEN:
        raise problems.not_possible("另一件诉求已办结或已并单，请并入仍在办理的那一件。")
    values = {"status": Status.MERGED, "merged_into": other.id, "review": False, "unanswered": False}
    change(session, petition, caller, "moved", why=why, **values)
    for follower in session.scalars(select(Petition).where(Petition.merged_into == petition.id).with_for_update()):
        change(session, follower, caller, "moved", why=why, merged_into=other.id)


def _take_up_again(session: Session, petition: Petition, caller: Principal, why: str | None) -> None:
    change(session, petition, caller, "reopened", why=why, status=Status.PENDING, merged_into=None, review=True)


def _link(session: Session, petition: Petition, other: Petition) -> Link:
    later, earlier = sorted((petition.id, other.id), reverse=True)
    link = session.get(Link, (later, earlier))
    if link is None:
        link = Link(petition=later, other=earlier, state=LIKELY, score=1.0, reason=_BY_HAND)
        session.add(link)
    return link

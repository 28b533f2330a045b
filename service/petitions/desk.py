"""A message that comes in with a person's decision, as at the desk (分拨台), and taking that back."""

from __future__ import annotations

from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service import problems
from service.access.principal import SYSTEM, Principal, Scope
from service.petitions import changes, links, queries
from service.petitions.changes import LocalRules
from service.petitions.history import change
from service.petitions.incoming import Incoming
from service.petitions.placing import assigned_again, due_values
from service.petitions.schemas import DecisionIn, NewPetitionIn, PetitionNumber, SameMatterIn
from service.petitions.states import Status
from service.store.tables import Entry, Petition

_HANDED_OVER: Final = "话务员转复核"
_RESTRICTED: Final = "敏感诉求，由主管确认"
_WITHDRAWN: Final = "撤回"
_TAKEN_IN_ANEW: Final = "撤回后修改内容，重新受理"
_MAY_GO_BACK: Final = frozenset({Status.PENDING, Status.ASSIGNED, Status.MERGED})


class TakeInIn(NewPetitionIn):
    """A message with what the clerk decided; without a decision it is left to a reviewer.

    :param replaces: the petition that was withdrawn and is taken in again.
    """

    same_matter: SameMatterIn | None = None
    replaces: PetitionNumber | None = None


def store(
    session: Session, caller: Principal, incoming: Incoming, decision: DecisionIn | None, rules: LocalRules
) -> Petition:
    """Store a message: with the caller's decision, or sent on by the model where it is sure.

    What is restricted waits for somebody who may see it, whatever the caller decided.

    :raises Problem: the decision is none, or a petition of the same channel has this number already.
    """
    if decision is None:
        return incoming.store(session, caller)
    petition = incoming.store(session, caller, decider=changes.PERSON)
    _decide(session, petition, caller, decision, rules)
    return petition


def take_in(session: Session, caller: Principal, incoming: Incoming, wanted: TakeInIn, rules: LocalRules) -> Petition:
    """Store a message with the clerk's decision; one that was withdrawn is decided anew.

    What is restricted waits for somebody who may see it, whatever the clerk decided.

    :raises Problem: the decision is none, or somebody else has dealt with what was withdrawn.
    """
    withdrawn = _withdrawn(session, caller, wanted)
    same = withdrawn is not None and _says_the_same(withdrawn, wanted)
    petition = withdrawn if withdrawn and same else incoming.store(session, caller, decider=changes.PERSON)
    said = wanted.same_matter
    if said is None or said.state != links.MERGED:
        _decide(session, petition, caller, wanted.decision, rules)
    if said is not None:
        links.say(session, petition, caller, said)
    if withdrawn is not None and not same:
        merge = SameMatterIn(other=petition.id, state="merged", why=_TAKEN_IN_ANEW)
        links.say(session, withdrawn, caller, merge)
    return petition


def withdraw(
    session: Session, petition: Petition, caller: Principal, rules: LocalRules, why: str | None = None
) -> None:
    """Take back what the caller took in: it waits for a person again, with the suggestion as it was made.

    :raises Problem: it is somebody else's, others have dealt with it, or it is handled already.
    """
    if petition.created_by != caller.id:
        raise problems.not_possible("只能撤回自己受理的诉求；其他诉求请用更正。")
    if _others_acted(session, petition, caller):
        raise problems.not_possible("这件诉求已有他人处理过，不能撤回；需要改动时请用更正。")
    if petition.status not in _MAY_GO_BACK:
        raise problems.not_possible("这件诉求已经在办理或已办结，不能撤回；需要改动时请用更正。")
    if petition.merged_into is not None:
        links.take_back(session, petition)
    route = petition.suggestion.route
    suggested = {head: route[head] and route[head]["code"] for head in ("matter", "department", "request_type")}
    values = {
        **suggested,
        **assigned_again(petition, suggested, rules.directory),
        "co_departments": [choice["code"] for choice in route["co_departments"]],
        "status": Status.PENDING,
        "merged_into": None,
        "review": True,
        "decided_by": None,
    }
    if petition.extensions == 0:
        emergency = petition.emergency is not None
        due = rules.deadlines.due(petition.received, suggested["request_type"], emergency=emergency)
        values |= due_values(due)
    change(session, petition, caller, "withdrawn", why=why or _WITHDRAWN, **values)


def _withdrawn(session: Session, caller: Principal, wanted: TakeInIn) -> Petition | None:
    if wanted.replaces is None:
        return None
    found = queries.get(session, caller, wanted.replaces, lock=True)
    if found.status != Status.PENDING or found.created_by != caller.id:
        raise problems.not_possible("这件撤回的诉求已由他人处理，请先查看它现在的情况。")
    return found


def _others_acted(session: Session, petition: Petition, caller: Principal) -> bool:
    by_others = exists().where(Entry.petition == petition.id, Entry.actor.not_in((caller.id, SYSTEM.id)))
    return bool(session.scalar(select(by_others)))


def _says_the_same(petition: Petition, wanted: TakeInIn) -> bool:
    theirs = (petition.text, petition.title, petition.area, petition.channel, petition.external_id)
    return theirs == (wanted.text, wanted.title, wanted.area, wanted.channel or "", wanted.id)


def _decide(
    session: Session, petition: Petition, caller: Principal, decision: DecisionIn | None, rules: LocalRules
) -> None:
    if decision is None:
        change(session, petition, caller, "moved", why=_HANDED_OVER)
        return
    given = decision.model_dump(exclude_none=True, exclude={"why"})
    held = petition.restricted and not caller.may(Scope.RESTRICTED)
    if given:
        changes.decide(session, petition, caller, decision, rules)
    elif not held:
        changes.accept(session, petition, caller, decision.why, rules.taxonomy)
    if held and petition.status != Status.PENDING:
        change(session, petition, caller, "moved", why=_RESTRICTED, status=Status.PENDING, review=True, decided_by=None)

"""Blind review (盲审): a share of what the model dispatches by itself is judged by people who do not see how."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from petition_nlp.taxonomy import Taxonomy
from service import automatic, problems
from service.access.audit import BLIND_READ
from service.access.principal import Principal
from service.moments import CHINA
from service.petitions.changes import PERSON, LocalRules, decided_values, settled
from service.petitions.history import change
from service.petitions.precision import Standard
from service.petitions.schemas import DecisionIn
from service.petitions.states import OPEN
from service.problems import FieldError
from service.store.tables import AuditEntry, BlindVerdict, Entry, Petition
from service.store.tables.base import now

_JUDGED: Final = ("matter", "department", "co_departments", "request_type", "unit")
_NEEDED: Final = ("matter", "department")
_WITHOUT_LOOKING: Final = ("taken", "released")
"""What somebody does to a petition in the queue without being told how it was routed."""
_DIFFERENT: Final = "盲审结论与模型建议不同"
_unpredictable: Final = random.SystemRandom()


def drawn(share: float) -> bool:
    """Whether a petition is drawn; nobody can foresee it."""
    return _unpredictable.random() < share


def judge(
    session: Session,
    petition: Petition,
    caller: Principal,
    decision: DecisionIn,
    local: LocalRules,
    standard: Standard,
) -> None:
    """A blind verdict: keep it, correct the petition where it differs, and stop automatic routing if need be.

    A petition that was closed, or that people have moved since, keeps what they decided.

    :raises Problem: matter or department is missing, or a code is unknown.
    """
    missing = [FieldError(name, "盲审时必填") for name in _NEEDED if getattr(decision, name) is None]
    if missing:
        raise problems.invalid_request(missing)
    values = decided_values(petition, decision, local)
    session.add(_verdict(session, petition, caller, values, local.taxonomy))
    if not _is_as_dispatched(petition):
        change(session, petition, caller, "judged", why=decision.why, blind=False, taken_by=None, taken_until=None)
    elif any(getattr(petition, name) != values[name] for name in _JUDGED if getattr(decision, name) is not None):
        why = decision.why or _DIFFERENT
        change(session, petition, caller, "corrected", why=why, **values, **settled(petition, values), blind=False)
    else:
        change(session, petition, caller, "accepted", why=decision.why, **settled(petition, {}), blind=False)
    automatic.check(session, standard)


def _is_as_dispatched(petition: Petition) -> bool:
    untouched = petition.decided_by != PERSON and not petition.redirected
    return petition.status in OPEN and (petition.review or untouched)


def _verdict(
    session: Session, petition: Petition, caller: Principal, values: Mapping[str, Any], taxonomy: Taxonomy
) -> BlindVerdict:
    route = petition.suggestion.route
    matter, department = (route[head] and route[head]["code"] for head in _NEEDED)
    head, suggested = ("matter", matter) if department is None else ("department", department)
    judged = route[head]
    moment = now()
    return BlindVerdict(
        petition=petition.id,
        model=petition.model,
        profile=route["profile"],
        policy=petition.policy,
        suggested_matter=matter,
        suggested_department=department,
        suggested_co_departments=[choice["code"] for choice in route["co_departments"]],
        decided_matter=values["matter"],
        decided_department=values["department"],
        decided_co_departments=values.get("co_departments"),
        right=suggested is not None and values[head] == taxonomy.current(head, suggested),
        confidence=judged["confidence"] if judged else 0.0,
        seen=_has_seen(session, petition, caller),
        actor=caller.id,
        actor_name=caller.name,
        drawn=petition.created,
        at=moment,
        month=moment.astimezone(CHINA).strftime("%Y-%m"),
    )


def _has_seen(session: Session, petition: Petition, caller: Principal) -> bool:
    """Whether somebody knows the suggestion. Behind a key or an open service many can be: of them it is not known."""
    if not caller.id.startswith("account:"):
        return False
    if petition.created_by == caller.id:
        return True
    target = f"petition:{petition.id}"
    read = exists().where(AuditEntry.target == target, AuditEntry.action == BLIND_READ, AuditEntry.actor == caller.id)
    acted = exists().where(
        Entry.petition == petition.id, Entry.actor == caller.id, Entry.action.not_in(_WITHOUT_LOOKING)
    )
    return bool(session.scalar(select(read | acted)))

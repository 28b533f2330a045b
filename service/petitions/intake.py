"""Stores a routed message as a petition."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_nlp.local.deadlines import Deadlines
from petition_nlp.local.services import with_services
from petition_nlp.route import Route, code_of
from petition_nlp.sensitive import Sensitive
from service import automatic, problems
from service.access.principal import SYSTEM, Principal
from service.directory import Local
from service.petitions.blind import drawn
from service.petitions.changes import PERSON
from service.petitions.given import Labels
from service.petitions.history import note
from service.petitions.placing import due_values, first_due, placed
from service.petitions.queries import visible
from service.petitions.repeats import Repeats, keep
from service.petitions.schemas import PetitionIn
from service.petitions.states import Status
from service.store.tables import Petition, Suggestion
from service.store.tables.base import new_id, now

SENSITIVE: Final = "sensitive"
"""Among a petition's ``review_reasons``: by what it tells of, a person decides whom it goes to."""

Decider = Literal["model", "person"]
"""Who sends a new petition on: the model, where it is sure; or the person who takes it in, who has yet to decide."""


@dataclass(frozen=True, slots=True)
class Versions:
    """What a decision was made with.

    :param policy: target precision and a digest of the rules.
    """

    model: str
    taxonomy: str
    policy: str


def store(
    session: Session,
    caller: Principal,
    message: PetitionIn,
    route: Route,
    *,
    labels: Labels,
    versions: Versions,
    local: Local,
    repeats: Repeats,
    deadlines: Deadlines,
    sensitive: Sequence[Sensitive],
    unseen: float,
    blind_share: float,
    decider: Decider = "model",
) -> Petition:
    """Write a new petition and the first entry of its history.

    :param labels: what is in force from now on.
    :param local: what the city's directory says of the message; :param repeats: what was stored of it before.
    :param sensitive: the kinds of sensitive petitions that it is of.
    :param unseen: the share of its words that the model does not know.
    :param blind_share: of the petitions that need no person, those that are drawn for a blind review.
    :param decider: with a person, the petition waits until that person has decided.

    :raises Problem: 409, a petition of the same channel has this number already.
    """
    _require_new(session, caller, message)
    if not automatic.runs(session):
        route = automatic.held(route)
    if route.responsible is not None:
        route = replace(route, responsible=with_services(route.responsible, local.services))
    petition = Petition(
        id=new_id(),
        version=1,
        created=now(),
        created_by=caller.id,
        received=message.received or now(),
        kind=message.kind,
        external_id=message.id,
        channel=message.channel or "",
        title=message.title,
        text=message.text,
        area=message.area,
        extra=message.extra,
        model=versions.model,
        taxonomy=versions.taxonomy,
        policy=versions.policy,
        sensitive=[kind.code for kind in sensitive],
        unseen=unseen,
        restricted=any(kind.restricted for kind in sensitive),
        returns=0,
        redirected=False,
        **_decision(route, labels),
        **placed(local),
    )
    if any(kind.waits for kind in sensitive):
        petition.review_reasons = [*petition.review_reasons, SENSITIVE]
        petition.review = petition.asked_review = True
    if decider == "person":
        petition.review = True
    petition.blind = not petition.review and drawn(blind_share)
    petition.status = Status.PENDING if petition.review else Status.ASSIGNED
    petition.decided_by = None if petition.review else PERSON if labels.by_hand else "model"
    for name, value in due_values(first_due(petition, deadlines)).items():
        setattr(petition, name, value)
    session.add(petition)
    session.flush()
    keep(session, petition, repeats)
    decided = {name: getattr(petition, name) for name in ("matter", "department", "unit", "status")}
    note(session, petition, caller, "stored", {name: [None, value] for name, value in decided.items() if value})
    if sensitive:
        _note_sensitive(session, petition, sensitive)
    return petition


def _note_sensitive(session: Session, petition: Petition, sensitive: Sequence[Sensitive]) -> None:
    told = "；".join(f"{kind.name}：{'、'.join(kind.evidence)}" for kind in sensitive)
    changes = {"sensitive": [[], petition.sensitive], "restricted": [False, petition.restricted]}
    note(session, petition, SYSTEM, "flagged", changes, why=told)


def _require_new(session: Session, caller: Principal, message: PetitionIn) -> None:
    if message.id is None:
        return
    same = select(Petition.id).where(Petition.channel == (message.channel or ""), Petition.external_id == message.id)
    found = session.scalar(same)
    if found is not None:
        shown = session.scalar(select(Petition.id).where(Petition.id == found, *visible(caller)))
        raise problems.already_stored(shown)


def _decision(route: Route, labels: Labels) -> dict[str, Any]:
    reasons = [] if labels.by_hand else [reason.code for reason in route.review.reasons]
    helpers = [] if labels.by_hand and labels.department is None else route.co_departments
    return {
        "suggestion": Suggestion(route=route.to_dict()),
        "matter": labels.matter,
        "department": labels.department,
        "co_departments": [choice.code for choice in helpers],
        "request_type": code_of(route.request_type),
        "confidence": route.confidence,
        "review": bool(reasons),
        "asked_review": bool(reasons),
        "review_reasons": reasons,
        "emergency": route.emergency and route.emergency.line,
    }

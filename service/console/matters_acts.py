"""What can be done with one entry of the list, as the functions that the API calls."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel
from sqlalchemy.orm import Session

from service import problems
from service.access.principal import Scope
from service.console.matters_forms import AssignForm, LinkForm, ResourcesForm
from service.console.matters_shown import Desk
from service.console.texts import matters as texts
from service.petitions import affairs, changes, links
from service.petitions.affair_schemas import DeliberationIn, HardIn, ReferralIn, ReplyIn, UrgeIn
from service.petitions.changes import LocalRules
from service.petitions.kinds import ASKED_NAMES
from service.petitions.labels import known_code
from service.petitions.schemas import (
    CorrectionIn,
    DecisionIn,
    ExtensionIn,
    ReturnIn,
    SameMatterIn,
    SatisfactionIn,
    StatusIn,
)
from service.petitions.states import STATUS_NAMES
from service.problems import FieldError
from service.store.tables import Petition


@dataclass(frozen=True, slots=True)
class Act:
    """One of them.

    :param address: the last part of its address.
    :param model: what its form is read as.
    :param does: does it, with the form; whatever it raises has changed nothing.
    :param told: what the notice calls it.
    """

    address: str
    model: type[BaseModel]
    does: Callable[[Session, Petition, Desk, Any], None]
    told: Callable[[Any], str]


def changed_fields(petition: Petition, form: AssignForm, rules: LocalRules) -> dict[str, Any]:
    """The fields of a form that differ from what is in force; what was left empty stays as it is."""
    taxonomy = rules.taxonomy
    given = {
        "matter": known_code(taxonomy, "matter", form.matter, "matter"),
        "department": known_code(taxonomy, "department", form.department, "department"),
        "request_type": form.request_type,
        "unit": None if form.unit in (petition.unit_name, petition.unit) else form.unit,
    }
    return {name: value for name, value in given.items() if value is not None and value != getattr(petition, name)}


def _assign(session: Session, found: Petition, desk: Desk, form: AssignForm) -> None:
    """Decide on what waits for a person, as suggested or otherwise, and assign it."""
    decision = DecisionIn(**changed_fields(found, form, desk.rules), why=form.why)
    changes.decide(session, found, desk.caller, decision, desk.rules)


def _correct(session: Session, found: Petition, desk: Desk, form: AssignForm) -> None:
    """Give it to another unit; a manager can do so for good."""
    if form.why is None:
        raise problems.invalid_request([FieldError("why", "请写明理由")])
    final = bool(form.final)
    said = final if desk.caller.may(Scope.SUPERVISE) and final != found.final else None
    fields = changed_fields(found, form, desk.rules)
    if not fields and said is None:
        raise problems.not_possible(texts.PAGE["nothing_changed"])
    correction = CorrectionIn(**fields, why=form.why, final=said)
    changes.correct(session, found, desk.caller, correction, desk.rules)


def _move(session: Session, found: Petition, desk: Desk, form: StatusIn) -> None:
    changes.move(session, found, desk.caller, form)


def _return(session: Session, found: Petition, desk: Desk, form: ReturnIn) -> None:
    changes.send_back(session, found, desk.caller, form, desk.rules)


def _ask(session: Session, found: Petition, desk: Desk, form: UrgeIn) -> None:
    affairs.ask_unit(session, found, desk.caller, form)


def _reply(session: Session, found: Petition, desk: Desk, form: ReplyIn) -> None:
    affairs.reply(session, found, desk.caller, form)


def _extend(session: Session, found: Petition, desk: Desk, form: ExtensionIn) -> None:
    changes.extend(session, found, desk.caller, form, desk.rules.deadlines)


def _deliberate(session: Session, found: Petition, desk: Desk, form: DeliberationIn) -> None:
    affairs.deliberate(session, found, desk.caller, form, desk.rules.taxonomy)


def _refer(session: Session, found: Petition, desk: Desk, form: ReferralIn) -> None:
    affairs.refer(session, found, desk.caller, form, desk.rules.directory)


def _set_resources(session: Session, found: Petition, desk: Desk, form: ResourcesForm) -> None:
    affairs.set_resources(session, found, desk.caller, form.resources())


def _rate(session: Session, found: Petition, desk: Desk, form: SatisfactionIn) -> None:
    changes.rate(session, found, desk.caller, form)


def _mark_hard(session: Session, found: Petition, desk: Desk, form: HardIn) -> None:
    affairs.mark_hard(session, found, desk.caller, form)


def _link(session: Session, found: Petition, desk: Desk, form: LinkForm) -> None:
    said = SameMatterIn(other=desk.number_of(session, form.other), state=form.state, why=form.why)
    links.say(session, found, desk.caller, said)


def _named(action: str) -> Callable[[Any], str]:
    return lambda form: texts.ACTIONS[action]


ACTS: Final = (
    Act("assign", AssignForm, _assign, _named("assign")),
    Act("correct", AssignForm, _correct, _named("correct")),
    Act("status", StatusIn, _move, lambda form: STATUS_NAMES[form.status]),
    Act("return", ReturnIn, _return, _named("return")),
    Act("ask", UrgeIn, _ask, lambda form: ASKED_NAMES[form.kind]),
    Act("reply", ReplyIn, _reply, _named("reply")),
    Act("extend", ExtensionIn, _extend, _named("extend")),
    Act("deliberate", DeliberationIn, _deliberate, _named("deliberate")),
    Act("refer", ReferralIn, _refer, _named("refer")),
    Act("resources", ResourcesForm, _set_resources, _named("resources")),
    Act("rate", SatisfactionIn, _rate, _named("rate")),
    Act("hard", HardIn, _mark_hard, lambda form: texts.ACTIONS["hard" if form.hard else "not_hard"]),
    Act("link", LinkForm, _link, lambda form: texts.LINKS[form.state]),
)

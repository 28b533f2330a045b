"""What people do with a petition: correct it, send it back, close it, extend it, say what they think of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy.orm import Session

from petition_nlp.errors import InputError
from petition_nlp.local.deadlines import Deadlines
from petition_nlp.local.directory import Directory
from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from service import problems
from service.access.principal import Principal
from service.petitions import hard
from service.petitions.history import change
from service.petitions.labels import known_code
from service.petitions.placing import assigned_again, due_of, due_values
from service.petitions.schemas import CorrectionIn, DecisionIn, ExtensionIn, ReturnIn, SatisfactionIn, StatusIn
from service.petitions.states import FOLLOWS, OPEN, STATUS_NAMES, Status
from service.problems import FieldError
from service.store.tables import Petition
from service.store.tables.base import now


@dataclass(frozen=True, slots=True)
class LocalRules:
    """What a city's own decisions are checked against and lead to."""

    taxonomy: Taxonomy
    directory: Directory
    deadlines: Deadlines


PERSON: Final = "person"
"""``decided_by`` of petitions on which a person has decided."""
REQUEST_TYPES: Final = ("咨询", "求助", "投诉", "举报", "建议", "表扬")
"""诉求类型 as decisions may name them."""


def correct(
    session: Session, petition: Petition, caller: Principal, correction: CorrectionIn, local: LocalRules
) -> None:
    """Put a person's decision in the place of the present one, and assign the petition.

    :raises Problem: a code is unknown, nothing is corrected, the petition is closed, or it takes a manager.
    """
    _require_open(petition)
    values = {**decided_values(petition, correction, local), **_for_good(petition, caller, correction)}
    if not values:
        raise problems.invalid_request([FieldError("$", "至少给出一项更正")])
    _require_may_move(petition, caller, values)
    change(session, petition, caller, "corrected", why=correction.why, **values, **settled(petition, values))


def decide(session: Session, petition: Petition, caller: Principal, decision: DecisionIn, local: LocalRules) -> None:
    """A reviewer's decision: confirms the present one, or puts another in its place.

    :raises Problem: a code is unknown, a change has no reason, or the petition is closed.
    """
    if not petition.review:
        raise problems.not_possible("这件诉求不在复核中，可能已有人复核；请重新读取，需要改动时用更正。")
    values = decided_values(petition, decision, local)
    if not values:
        accept(session, petition, caller, decision.why, local.taxonomy)
        return
    _require_open(petition)
    _require_may_move(petition, caller, values)
    if decision.why is None:
        raise problems.invalid_request([FieldError("why", "改动建议时必填")])
    change(session, petition, caller, "corrected", why=decision.why, **values, **settled(petition, values))


def accept(session: Session, petition: Petition, caller: Principal, why: str | None, taxonomy: Taxonomy) -> None:
    """Confirm the present decision and assign the petition.

    :raises Problem: it is closed, there is nothing to confirm, or what was decided no longer exists.
    """
    _require_open(petition)
    if petition.matter in (None, UNCLEAR):
        raise problems.not_possible("还没有可以确认的事项类别，请更正后再交办。")
    for head, code in (("matter", petition.matter), ("department", petition.department)):
        if code is not None and taxonomy.current(head, code) in taxonomy.retired.get(head, {}):
            raise problems.not_possible(f"「{taxonomy.name(head, code)}」已不在现行分类里，请更正后再交办。")
    change(session, petition, caller, "accepted", why=why, **settled(petition, {}))


def send_back(session: Session, petition: Petition, caller: Principal, returned: ReturnIn, local: LocalRules) -> None:
    """Note that a unit sends a petition back (退单): to the unit that it names, or to people.

    :raises Problem: a code is unknown, the petition is not with a unit, or it takes a manager.
    """
    if petition.status not in (Status.ASSIGNED, Status.IN_PROGRESS):
        raise problems.not_possible(f"只有已交办或办理中的诉求可以退单，这件诉求{_state(petition)}。")
    hard.require_open_to(petition, caller)
    department = known_code(local.taxonomy, "department", returned.next_department, "next_department")
    named = {"department": department, "unit": returned.next_unit}
    target = {name: value for name, value in named.items() if value is not None}
    values = {
        "returns": petition.returns + 1,
        "redirected": True,
        "status": Status.ASSIGNED if target else Status.PENDING,
        "review": not target,
        "final": False,
        "unanswered": False,
        **hard.after_return(petition),
        **target,
        **assigned_again(petition, target, local.directory, field="next_unit"),
    }
    change(session, petition, caller, "returned", why=returned.reason, **values)


def move(session: Session, petition: Petition, caller: Principal, wanted: StatusIn) -> None:
    """Bring a petition into the next state of handling.

    :raises Problem: the state cannot follow, or a reason or outcome is missing.
    """
    present, following = Status(petition.status), wanted.status
    if following not in FOLLOWS[present] or following is Status.MERGED:
        allowed = "、".join(STATUS_NAMES[status] for status in FOLLOWS[present] if status is not Status.MERGED)
        may = f"可改为{allowed}" if allowed else "请先认定不是同一件事"
        raise problems.not_possible(f"这件诉求{_state(petition)}，不能改为{STATUS_NAMES[following]}；{may}。")
    if following is Status.RESOLVED and wanted.outcome is None:
        raise problems.invalid_request([FieldError("outcome", "办结时必填")])
    reopened = present not in OPEN and following in OPEN
    if reopened and wanted.why is None:
        raise problems.invalid_request([FieldError("why", "重新办理时必填")])
    values: dict[str, Any] = {"status": following}
    if following is Status.PENDING:
        hard.require_open_to(petition, caller)
        values |= {"review": True, "unanswered": False}
    if following is Status.RESOLVED:
        values |= {"outcome": wanted.outcome, "closed": now(), "review": False, "taken_by": None, "taken_until": None}
        values["unanswered"] = False
    if reopened:
        values |= {"closed": None, "satisfied": None}
    change(session, petition, caller, "reopened" if reopened else "moved", why=wanted.why, **values)


def rate(session: Session, petition: Petition, caller: Principal, rating: SatisfactionIn) -> None:
    """Note what the resident says of the outcome.

    :raises Problem: the petition is not closed.
    """
    if petition.status not in (Status.RESOLVED, Status.ARCHIVED):
        raise problems.not_possible(f"办结之后才能评价，这件诉求{_state(petition)}。")
    change(session, petition, caller, "rated", why=rating.why, satisfied=rating.satisfied)


def extend(
    session: Session, petition: Petition, caller: Principal, extension: ExtensionIn, deadlines: Deadlines
) -> None:
    """Give more time.

    :raises Problem: there were enough extensions, it is too long, or the petition is closed.
    """
    _require_open(petition)
    try:
        due = deadlines.extend(due_of(petition, deadlines), extension.days)
    except InputError as error:
        raise problems.not_possible(f"{error.what}。{error.todo}。") from None
    change(session, petition, caller, "extended", why=extension.why, **due_values(due))


def decided_values(petition: Petition, correction: CorrectionIn | DecisionIn, local: LocalRules) -> Mapping[str, Any]:
    """The columns that a correction sets.

    :raises Problem: 422, a code is unknown.
    """
    taxonomy = local.taxonomy
    emergency = petition.emergency is not None
    values: dict[str, Any] = {}
    if correction.matter is not None:
        values["matter"] = known_code(taxonomy, "matter", correction.matter, "matter")
    if correction.department is not None:
        values["department"] = known_code(taxonomy, "department", correction.department, "department")
    if correction.co_departments is not None:
        values["co_departments"] = [
            known_code(taxonomy, "department", name, f"co_departments[{n}]")
            for n, name in enumerate(correction.co_departments)
        ]
    if correction.request_type is not None:
        if correction.request_type not in REQUEST_TYPES:
            raise problems.invalid_request([FieldError("request_type", f"应为{'、'.join(REQUEST_TYPES)}之一")])
        values["request_type"] = correction.request_type
        if petition.extensions == 0:
            values |= due_values(local.deadlines.due(petition.received, correction.request_type, emergency=emergency))
    if correction.unit is not None:
        values["unit"] = correction.unit
    if values and values.get("matter", petition.matter) in (None, UNCLEAR):
        raise problems.invalid_request([FieldError("matter", "现为无法判断，请一并确定事项类别")])
    return {**values, **assigned_again(petition, values, local.directory)}


def _for_good(petition: Petition, caller: Principal, correction: CorrectionIn) -> dict[str, bool]:
    """The column that says whether a manager has decided for good (定责)."""
    if correction.final is None:
        return {}
    hard.require_manager(caller)
    if correction.final and (correction.matter or petition.matter) in (None, UNCLEAR):
        raise problems.invalid_request([FieldError("matter", "现为无法判断，请一并确定事项类别")])
    if correction.final and not (petition.unit or petition.department or correction.unit or correction.department):
        raise problems.invalid_request([FieldError("unit", "定责时请一并确定承办单位或责任部门")])
    return {"final": correction.final}


def _require_may_move(petition: Petition, caller: Principal, values: Mapping[str, Any]) -> None:
    if hard.moves(values):
        hard.require_open_to(petition, caller)


def settled(petition: Petition, values: Mapping[str, Any]) -> dict[str, Any]:
    """The columns that say that a person has decided and the petition is with somebody."""
    pending = petition.status == Status.PENDING
    elsewhere = values.get("department", petition.department) != petition.department
    return {
        "status": Status.ASSIGNED if pending else petition.status,
        "review": False,
        "decided_by": PERSON,
        "taken_by": None,
        "taken_until": None,
        "redirected": petition.redirected or (elsewhere and not pending),
    }


def _require_open(petition: Petition) -> None:
    if petition.status not in OPEN:
        raise problems.not_possible(f"这件诉求{_state(petition)}，请先重新办理。")


def _state(petition: Petition) -> str:
    return STATUS_NAMES[Status(petition.status)]

"""What the list of three matters (三事清单) adds to a petition: resources, deliberation, referral, urging, replies."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from sqlalchemy.orm import Session

from petition_nlp.local.directory import Directory
from petition_nlp.local.records import Service
from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from service import problems
from service.access.principal import Principal
from service.petitions.affair_schemas import DeliberationIn, HardIn, ReferralIn, ReplyIn, ResourcesIn, UrgeIn
from service.petitions.history import change
from service.petitions.kinds import DELIBERATED, Asked, Kind, Referral
from service.petitions.states import OPEN, STATUS_NAMES, Status
from service.problems import FieldError
from service.store.tables import Petition
from service.store.tables.base import now

_WITH_UNIT: Final = (Status.ASSIGNED, Status.IN_PROGRESS)
_SETTLED: Final = (Status.ARCHIVED, Status.MERGED)


def set_resources(session: Session, petition: Petition, caller: Principal, wanted: ResourcesIn) -> None:
    """Note what a wish or project needs, or what has been pledged to it.

    :raises Problem: it is a petition, it is archived or merged, or nothing is given.
    """
    if petition.kind == Kind.PETITION:
        raise problems.not_possible("只有微心愿和社区项目可以登记资源。")
    _require_kept_up(petition)
    given = {side: part.model_dump() for side in ("needed", "pledged") if (part := getattr(wanted, side)) is not None}
    if not given:
        raise problems.invalid_request([FieldError("$", "至少给出 needed 或 pledged")])
    resources = {"needed": None, "pledged": None, **(petition.resources or {}), **given}
    change(session, petition, caller, "resources", why=wanted.why, resources=resources)


def deliberate(
    session: Session, petition: Petition, caller: Principal, wanted: DeliberationIn, taxonomy: Taxonomy
) -> None:
    """Note where the deliberation (协商) of a 小事 stands.

    :raises Problem: its matter is not deliberated, there is no such level, or an outcome is missing.
    """
    _require_kept_up(petition)
    levels = levels_of(taxonomy, petition.matter)
    if not levels:
        raise problems.not_possible("这类事项不经协商；只有小事有协商层级，需要时请先更正事项类别。")
    outcome = wanted.outcome or petition.deliberation_outcome
    if wanted.state in DELIBERATED and outcome is None:
        raise problems.invalid_request([FieldError("outcome", "达成一致或未达成时必填")])
    named = petition.deliberation_level if wanted.level is None else _level(levels, wanted.level)
    values: dict[str, Any] = {
        "deliberation_state": wanted.state,
        "deliberation_level": named or suggested_level(petition, levels),
        "deliberation_date": wanted.date or petition.deliberation_date,
        "deliberation_outcome": outcome,
    }
    if wanted.participants is not None:
        values["deliberation_participants"] = wanted.participants
    if values["deliberation_level"] is None:
        raise problems.invalid_request([FieldError("level", f"请写明层级：{'、'.join(levels.values())}")])
    change(session, petition, caller, "deliberated", why=wanted.why, **values)


def levels_of(taxonomy: Taxonomy, matter: str | None) -> dict[str, str]:
    """Code → name of the levels on which a matter is deliberated, none for most."""
    found = taxonomy.matters.get(matter or "")
    return {level["code"]: level["name"] for level in found.levels} if found else {}


def suggested_level(petition: Petition, levels: dict[str, str]) -> str | None:
    """The level that the route suggests."""
    responsible = petition.suggestion.route.get("responsible") or {}
    level = responsible.get("level")
    return level if level in levels else None


def refer(session: Session, petition: Petition, caller: Principal, wanted: ReferralIn, directory: Directory) -> None:
    """Note where a resident was referred to (转介), or what came of it.

    :raises Problem: its matter is not known yet, there is no such service, or nothing says where to.
    """
    _require_kept_up(petition)
    if petition.matter in (None, UNCLEAR):
        raise problems.not_possible("还没有确定事项类别，请更正后再转介。")
    values = dict(_referral_values(petition, wanted, directory))
    if not values:
        raise problems.invalid_request([FieldError("$", "至少给出一项")])
    if values.get("referral_kind", petition.referral_kind) is None:
        raise problems.invalid_request([FieldError("kind", "请写明转介的种类")])
    if values.get("referral_to", petition.referral_to) is None:
        raise problems.invalid_request([FieldError("to", "请写明转介到哪里，或给出目录中的服务 service")])
    change(session, petition, caller, "referred", why=wanted.why, **values)


def ask_unit(session: Session, petition: Petition, caller: Principal, wanted: UrgeIn) -> None:
    """Urge the unit (催办), or ask how far it is (查询).

    :raises Problem: the petition is not with a unit.
    """
    _require_with_unit(petition, "催办和查询")
    values: dict[str, Any] = {"unanswered": True}
    if wanted.kind is Asked.URGE:
        values |= {"urges": petition.urges + 1, "urged": now()}
    else:
        values |= {"inquiries": petition.inquiries + 1, "inquired": now()}
    change(session, petition, caller, "urged" if wanted.kind is Asked.URGE else "inquired", why=wanted.why, **values)


def reply(session: Session, petition: Petition, caller: Principal, wanted: ReplyIn) -> None:
    """The unit answers; the text is in the history. A progress tells that it is at work.

    :raises Problem: the petition is not with a unit.
    """
    _require_with_unit(petition, "答复")
    values: dict[str, Any] = {"unanswered": False, "replied": now()}
    if wanted.progress is not None:
        values |= {"progress": wanted.progress, "status": Status.IN_PROGRESS}
    change(session, petition, caller, "replied", why=wanted.text, **values)


def mark_hard(session: Session, petition: Petition, caller: Principal, wanted: HardIn) -> None:
    """Say by hand whether a petition is a hard case (疑难).

    :raises Problem: it is as wanted already, or closed.
    """
    if petition.status not in OPEN:
        raise problems.not_possible(f"这件诉求{_state(petition)}，请先重新办理。")
    if petition.hard == wanted.hard:
        raise problems.not_possible("这件诉求已是疑难。" if wanted.hard else "这件诉求不是疑难。")
    change(session, petition, caller, "hard" if wanted.hard else "not_hard", why=wanted.why, hard=wanted.hard)


def _level(levels: dict[str, str], wanted: str) -> str:
    for code, name in levels.items():
        if wanted in (code, name):
            return code
    raise problems.invalid_request([FieldError("level", f"应为下列之一：{'、'.join(levels.values())}")])


def _referral_values(petition: Petition, wanted: ReferralIn, directory: Directory) -> Iterator[tuple[str, Any]]:
    if wanted.service is not None:
        service = _service(wanted.service, directory)
        yield "referral_service", service.id
        yield "referral_to", service.name
        if wanted.kind is None and petition.referral_kind is None:
            yield "referral_kind", _kind_of(service)
    elif wanted.to is not None:
        yield "referral_service", None
    if wanted.to is not None:
        yield "referral_to", wanted.to
    if wanted.kind is not None:
        yield "referral_kind", wanted.kind
    if wanted.result is not None:
        yield "referral_result", wanted.result


def _service(wanted: str, directory: Directory) -> Service:
    found = [service for service in directory.services if service.id == wanted]
    found = found or [service for service in directory.services if service.name == wanted]
    if len(found) == 1:
        return found[0]
    raise problems.invalid_request([FieldError("service", "目录中没有这项服务，见 /v1/directory；或用 to 直接写明")])


def _kind_of(service: Service) -> Referral:
    return Referral(service.kind) if service.kind in set(Referral) else Referral.OTHER


def _require_with_unit(petition: Petition, what: str) -> None:
    if petition.status not in _WITH_UNIT:
        raise problems.not_possible(f"只有已交办或办理中的诉求可以{what}，这件诉求{_state(petition)}。")


def _require_kept_up(petition: Petition) -> None:
    if petition.status in _SETTLED:
        raise problems.not_possible(f"这件诉求{_state(petition)}，请先重新办理，或看并入的那一件。")


def _state(petition: Petition) -> str:
    return STATUS_NAMES[Status(petition.status)]

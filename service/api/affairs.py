"""What the list of three matters (三事清单) changes: resources, deliberation, referral, urging, replies, hard cases."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.answers import CHANGING, PetitionId, change_petition
from service.api.bodies import body_of, described
from service.api.dependencies import EngineOfApp, LocalRulesOfApp
from service.petitions import affairs
from service.petitions.affair_schemas import DeliberationIn, HardIn, ReferralIn, ReplyIn, ResourcesIn, UrgeIn
from service.petitions.schemas import PetitionOut

router = APIRouter(prefix="/v1/petitions", tags=["三事清单"])

Writer = Annotated[Principal, Depends(needs(Scope.PETITIONS_WRITE))]


@router.post(
    "/{petition}/resources",
    summary="微心愿、社区项目的资源",
    response_model=PetitionOut,
    responses=CHANGING,
    openapi_extra=described(ResourcesIn, 登记资源=examples.RESOURCES),
)
async def set_resources(
    request: Request,
    caller: Writer,
    engine: EngineOfApp,
    petition: PetitionId,
    body: Annotated[ResourcesIn, body_of(ResourcesIn)],
) -> Response:
    """登记需要的和已认领的资金、志愿者和其他。给出的一侧整体替换，没有给出的一侧不变。"""
    taxonomy = engine.router.taxonomy
    return await change_petition(
        request, caller, petition, taxonomy, lambda s, found: affairs.set_resources(s, found, caller, body)
    )


@router.post(
    "/{petition}/deliberation",
    summary="小事的协商",
    response_model=PetitionOut,
    responses=CHANGING,
    openapi_extra=described(DeliberationIn, 达成一致=examples.DELIBERATION),
)
async def deliberate(
    request: Request,
    caller: Writer,
    engine: EngineOfApp,
    petition: PetitionId,
    body: Annotated[DeliberationIn, body_of(DeliberationIn)],
) -> Response:
    """登记在哪一级协商、进行到哪一步、何时、多少人参加、结果如何。没有给出的各项不变。"""
    taxonomy = engine.router.taxonomy
    return await change_petition(
        request, caller, petition, taxonomy, lambda s, found: affairs.deliberate(s, found, caller, body, taxonomy)
    )


@router.post(
    "/{petition}/referral",
    summary="转介",
    response_model=PetitionOut,
    responses=CHANGING,
    openapi_extra=described(ReferralIn, 转介调解=examples.REFERRAL, 登记结果={"result": "双方已签调解协议"}),
)
async def refer(
    request: Request,
    caller: Writer,
    rules: LocalRulesOfApp,
    petition: PetitionId,
    body: Annotated[ReferralIn, body_of(ReferralIn)],
) -> Response:
    """登记转介到调解、法律援助、市场服务或其他，以及结果。没有给出的各项不变。"""
    return await change_petition(
        request,
        caller,
        petition,
        rules.taxonomy,
        lambda s, found: affairs.refer(s, found, caller, body, rules.directory),
    )


@router.post(
    "/{petition}/urges",
    summary="催办、查询",
    response_model=PetitionOut,
    responses=CHANGING,
    openapi_extra=described(UrgeIn, 催办=examples.URGE),
)
async def urge(
    request: Request,
    caller: Writer,
    engine: EngineOfApp,
    petition: PetitionId,
    body: Annotated[UrgeIn, body_of(UrgeIn)],
) -> Response:
    """催承办单位，或问办到哪一步。次数和最近一次的时间记在诉求上，内容记在经过里。"""
    taxonomy = engine.router.taxonomy
    return await change_petition(
        request, caller, petition, taxonomy, lambda s, found: affairs.ask_unit(s, found, caller, body)
    )


@router.post(
    "/{petition}/replies",
    summary="承办单位答复",
    response_model=PetitionOut,
    responses=CHANGING,
    openapi_extra=described(ReplyIn, 答复=examples.REPLY),
)
async def reply(
    request: Request,
    caller: Writer,
    engine: EngineOfApp,
    petition: PetitionId,
    body: Annotated[ReplyIn, body_of(ReplyIn)],
) -> Response:
    """承办单位答复催办或查询，答复记在经过里。给出进度的，已交办的诉求转为办理中。"""
    taxonomy = engine.router.taxonomy
    return await change_petition(
        request, caller, petition, taxonomy, lambda s, found: affairs.reply(s, found, caller, body)
    )


@router.post(
    "/{petition}/hard",
    summary="认定或解除疑难",
    response_model=PetitionOut,
    responses=CHANGING,
    openapi_extra=described(HardIn, 认定=examples.HARD),
)
async def mark_hard(
    request: Request,
    caller: Writer,
    engine: EngineOfApp,
    petition: PetitionId,
    body: Annotated[HardIn, body_of(HardIn)],
) -> Response:
    """两个单位退过单的诉求自动成为疑难；也可以人工认定或解除，须写明理由。"""
    taxonomy = engine.router.taxonomy
    return await change_petition(
        request, caller, petition, taxonomy, lambda s, found: affairs.mark_hard(s, found, caller, body)
    )

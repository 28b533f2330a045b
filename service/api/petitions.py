"""``/v1/petitions``: store and route, find, read, and change what was decided."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Annotated, Any, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service.access.audit import audit_reading
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.answers import CHANGING, READING, PetitionId, change_petition, petition_answer, shown, shown_history
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp, LocalRulesOfApp, ReceptionOfApp
from service.api.writing import Answer, is_known, write
from service.openapi import problem_responses
from service.petitions import changes, desk, links, queries
from service.petitions.queries import PageFilter
from service.petitions.schemas import (
    CorrectionIn,
    ExtensionIn,
    HistoryOut,
    NewPetitionIn,
    PetitionOut,
    PetitionPageOut,
    ReturnIn,
    SameMatterIn,
    SatisfactionIn,
    StatusIn,
    WithdrawalIn,
)
from service.store.tables import Petition

router = APIRouter(prefix="/v1/petitions", tags=["诉求"])

Reader = Annotated[Principal, Depends(needs(Scope.PETITIONS_READ))]
Writer = Annotated[Principal, Depends(needs(Scope.PETITIONS_WRITE))]
Change = Callable[[Callable[[Session, Petition], None]], Awaitable[Response]]
Handler = TypeVar("Handler", bound=Callable[..., Any])


async def _change(request: Request, caller: Writer, engine: EngineOfApp, petition: PetitionId) -> Change:
    return partial(change_petition, request, caller, petition, engine.router.taxonomy)


ChangeOfIt = Annotated[Change, Depends(_change)]
"""Does what it is given with the petition that the address names, and answers with it."""


@router.post(
    "",
    summary="登记并分拨一条诉求",
    status_code=201,
    response_model=PetitionOut,
    responses={**CHANGING, **problem_responses("already_stored", "loading", "overloaded")},
    openapi_extra=described(NewPetitionIn, 一条诉求=examples.PETITION, 已有决定=examples.DECIDED_PETITION),
)
async def create_petition(
    request: Request,
    caller: Writer,
    reception: ReceptionOfApp,
    rules: LocalRulesOfApp,
    body: Annotated[NewPetitionIn, body_of(NewPetitionIn)],
) -> Response:
    """保存诉求和分拨建议，答复 201 和地址。带 Idempotency-Key 重发同一请求，得到同一答复，不会重复登记。

    带 decision 的，登记和确认一步完成：改动建议须写明理由，随之交办，不再抽作盲审。
    """
    incoming = await reception.read(body)

    def work(session: Session) -> Answer:
        petition = desk.store(session, caller, incoming, body.decision, rules)
        answer = petition_answer(session, caller, petition, rules.taxonomy)
        headers = {**answer.headers, "Location": f"/v1/petitions/{petition.id}"}
        return replace(answer, status=201, headers=headers)

    return await write(request, caller, work)


@router.get("", summary="查询诉求", response_model=PetitionPageOut, responses=READING)
def find_petitions(
    caller: Reader,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    wanted: Annotated[PageFilter, Query()],
) -> dict[str, Any]:
    """最新的在前，每页答复下一页的游标 next。翻页期间新登记的诉求不会使后面的页错位。"""
    taxonomy = engine.router.taxonomy
    with database.read() as session:
        page = queries.find(session, caller, wanted.resolved(taxonomy, directories.deadlines.calendar))
        items = shown(session, caller, page.items, taxonomy)
    audit_reading(database, caller, page.items, "list")
    return {"items": items, "next": page.next}


@router.get("/{petition}", summary="读取一条诉求", response_model=PetitionOut, responses=READING)
async def get_petition(
    request: Request, caller: Reader, database: DatabaseOfApp, engine: EngineOfApp, petition: PetitionId
) -> Response:
    """答复带 ETag；请求头 If-None-Match 与它相同时答复 304，不带内容。"""
    taxonomy = engine.router.taxonomy

    def read() -> Answer:
        with database.read() as session:
            found = queries.get(session, caller, petition)
            answer = petition_answer(session, caller, found, taxonomy)
        audit_reading(database, caller, [found], "read")
        return answer

    answer = await run_in_threadpool(read)
    if is_known(request, answer.headers["ETag"]):
        return Response(status_code=304, headers=dict(answer.headers))
    return answer.response()


@router.get("/{petition}/history", summary="一条诉求的经过", response_model=HistoryOut, responses=READING)
def get_history(caller: Reader, database: DatabaseOfApp, petition: PetitionId) -> dict[str, Any]:
    """谁、何时、改了什么、为什么，以及当时的模型、分类、规则和目录的版本。只增不改。"""
    with database.read() as session:
        found = queries.get(session, caller, petition)
        items = shown_history(session, caller, found)
    audit_reading(database, caller, [found], "history")
    return {"items": items}


def _changing(address: str, summary: str, model: type[BaseModel], **example: Any) -> Callable[[Handler], Handler]:
    """A change of one petition by a body of a model."""
    return router.post(
        f"/{{petition}}/{address}",
        summary=summary,
        response_model=PetitionOut,
        responses=CHANGING,
        openapi_extra=described(model, **example),
    )


@_changing("corrections", "更正分拨", CorrectionIn, 改派=examples.CORRECTION)
async def correct_petition(
    change: ChangeOfIt, caller: Writer, rules: LocalRulesOfApp, body: Annotated[CorrectionIn, body_of(CorrectionIn)]
) -> Response:
    """改正事项类别、责任部门、协办部门、诉求类型或承办单位，并写明理由；诉求随之交办。"""
    return await change(lambda s, found: changes.correct(s, found, caller, body, rules))


@_changing("withdrawal", "撤回", WithdrawalIn, 撤回={})
async def withdraw_petition(
    change: ChangeOfIt, caller: Writer, rules: LocalRulesOfApp, body: Annotated[WithdrawalIn, body_of(WithdrawalIn)]
) -> Response:
    """撤回自己刚登记的诉求：回到待分类，恢复模型的建议。他人处理过的、已在办理或已办结的不能撤回。"""
    return await change(lambda s, found: desk.withdraw(s, found, caller, rules, body.why))


@_changing("returns", "退单", ReturnIn, 退单=examples.RETURN)
async def return_petition(
    change: ChangeOfIt, caller: Writer, rules: LocalRulesOfApp, body: Annotated[ReturnIn, body_of(ReturnIn)]
) -> Response:
    """承办单位退回诉求。写明下一个部门或单位的，转交过去；没有写明的，进入人工复核。"""
    return await change(lambda s, found: changes.send_back(s, found, caller, body, rules))


@_changing("status", "改变办理状态", StatusIn, 办结=examples.RESOLUTION)
async def move_petition(change: ChangeOfIt, caller: Writer, body: Annotated[StatusIn, body_of(StatusIn)]) -> Response:
    """交办、办理、办结、归档，或重新办理。办结须写明结果，重新办理须写明理由。"""
    return await change(lambda s, found: changes.move(s, found, caller, body))


@_changing("satisfaction", "回访评价", SatisfactionIn, 不满意=examples.SATISFACTION)
async def rate_petition(
    change: ChangeOfIt, caller: Writer, body: Annotated[SatisfactionIn, body_of(SatisfactionIn)]
) -> Response:
    """办结之后记录诉求人是否满意。"""
    return await change(lambda s, found: changes.rate(s, found, caller, body))


@_changing("extension", "延期", ExtensionIn, 延期=examples.EXTENSION)
async def extend_petition(
    change: ChangeOfIt, caller: Writer, rules: LocalRulesOfApp, body: Annotated[ExtensionIn, body_of(ExtensionIn)]
) -> Response:
    """把办理期限延长若干个工作日，须写明理由；次数和天数以本地时限规则为限。"""
    return await change(lambda s, found: changes.extend(s, found, caller, body, rules.deadlines))


@_changing("links", "关联、并单，或认定不是同一件事", SameMatterIn, 并单=examples.SAME_MATTER)
async def link_petition(
    change: ChangeOfIt, caller: Writer, body: Annotated[SameMatterIn, body_of(SameMatterIn)]
) -> Response:
    """对可能重复的另一件诉求表态。并单后本件不再单独办理，结果看另一件；改为其他意见即恢复办理。"""
    return await change(lambda s, found: links.say(s, found, caller, body))

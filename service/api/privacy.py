"""Restriction of sensitive petitions, and a resident's data found and erased."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service import problems
from service.access.audit import audit_reading
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.answers import CHANGING, PetitionId, change_petition
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, EngineOfApp, SettingsOfApp
from service.api.writing import Answer, write
from service.moments import moment_json
from service.petitions.schemas import PetitionOut
from service.privacy.erasure import erase
from service.privacy.files import search_files
from service.privacy.removal import forget_pages
from service.privacy.restriction import restrict
from service.privacy.schemas import ErasureIn, ErasureOut, FileSearchOut, RestrictionIn, SearchIn, SearchOut
from service.privacy.search import SHORTEST, Finding, Terms, search
from service.problems import FieldError

router = APIRouter(prefix="/v1", tags=["敏感诉求与个人信息"])

Officer = Annotated[Principal, Depends(needs(Scope.PRIVACY))]


@router.post(
    "/petitions/{petition}/restriction",
    summary="设为或解除敏感诉求",
    response_model=PetitionOut,
    responses=CHANGING,
    openapi_extra=described(RestrictionIn, 设为敏感=examples.RESTRICTION),
)
async def restrict_petition(
    request: Request,
    caller: Annotated[Principal, Depends(needs(Scope.RESTRICTED))],
    engine: EngineOfApp,
    petition: PetitionId,
    body: Annotated[RestrictionIn, body_of(RestrictionIn)],
) -> Response:
    """敏感诉求只有有 restricted 权限的人能查到、读到和处理；每次读取记入审计日志。"""
    taxonomy = engine.router.taxonomy
    return await change_petition(
        request, caller, petition, taxonomy, lambda s, found: restrict(s, found, caller, body.restricted, body.why)
    )


@router.post(
    "/privacy/search",
    summary="查找某位居民的资料",
    response_model=SearchOut,
    responses=CHANGING,
    openapi_extra=described(SearchIn, 按电话和姓名=examples.SEARCH),
)
def search_petitions(
    caller: Officer, database: DatabaseOfApp, body: Annotated[SearchIn, body_of(SearchIn)]
) -> dict[str, Any]:
    """在诉求和经过里查找；号码的写法不限（空格、横线、全角、中文数字）。一次最多看两万条，答复 next 的再查一次。

    要找的内容不写入日志；审计日志只留加盐的散列值和条数。
    """
    found = search(database, caller, _terms(body), body.cursor)
    audit_reading(database, caller, [item.petition for item in found.items], "search")
    items = [_finding_json(item) for item in found.items]
    return {"items": items, "scanned": found.scanned, "next": found.next, "complete": found.complete}


@router.post(
    "/privacy/search/files",
    summary="在批量任务的文件里查找某位居民的资料",
    response_model=FileSearchOut,
    responses=CHANGING,
    openapi_extra=described(SearchIn, 按电话和姓名=examples.SEARCH),
)
def search_job_files(
    caller: Officer, database: DatabaseOfApp, settings: SettingsOfApp, body: Annotated[SearchIn, body_of(SearchIn)]
) -> dict[str, Any]:
    """在本机数据文件夹里的上传文件和结果中查找，最新的任务在前；答复 next 的再查一次。要删除的，删除整个任务。"""
    found = search_files(database, settings.data_folder, caller, _terms(body), body.cursor)
    items = [{"job": item.job, "part": item.part, "rows": item.rows} for item in found.items]
    return {"items": items, "scanned": found.scanned, "unreadable": found.unreadable, "next": found.next}


@router.post(
    "/privacy/erasures",
    summary="遮盖或删除某位居民的资料",
    response_model=ErasureOut,
    responses=CHANGING,
    openapi_extra=described(ErasureIn, 删除=examples.ERASURE),
)
async def erase_petitions(
    request: Request, caller: Officer, database: DatabaseOfApp, body: Annotated[ErasureIn, body_of(ErasureIn)]
) -> Response:
    """不可恢复。有一个编号找不到，就一个也不做。编号、依据和条数记入审计日志。"""

    def work(session: Session) -> Answer:
        count = erase(session, caller, body.petitions, body.action, body.reason)
        return Answer({"action": body.action, "petitions": count})

    answer = await write(request, caller, work)
    await run_in_threadpool(forget_pages, database)
    return answer


def _terms(body: SearchIn) -> Terms:
    terms = Terms(body.phone, body.name, body.id_number, body.external_id, body.text)
    if not terms.given():
        raise problems.invalid_request([FieldError("$", "至少给出一项要找的内容")])
    if short := terms.too_short():
        raise problems.invalid_request([FieldError(name, f"至少 {SHORTEST[name]} 个字或数字") for name in short])
    return terms


def _finding_json(finding: Finding) -> dict[str, Any]:
    petition = finding.petition
    return {
        "petition": petition.id,
        "external_id": petition.external_id,
        "channel": petition.channel,
        "received": moment_json(petition.received),
        "status": petition.status,
        "restricted": petition.restricted,
        "masked": moment_json(petition.masked),
        "places": finding.places,
        "replies": finding.replies,
    }

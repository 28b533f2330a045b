"""Restriction of sensitive petitions, and a resident's data found and erased."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.settings import Settings
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
from service.privacy.files import FileFindings, search_files
from service.privacy.removal import forget_pages
from service.privacy.restriction import restrict
from service.privacy.schemas import ErasureIn, ErasureOut, FileSearchOut, RestrictionIn, SearchIn, SearchOut
from service.privacy.search import SHORTEST, Finding, Findings, Terms, search
from service.problems import FieldError
from service.store.database import Database

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
    found = find(database, caller, body)
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
    found = find_in_files(database, settings, caller, body)
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
    request: Request, caller: Officer, body: Annotated[ErasureIn, body_of(ErasureIn)]
) -> Response:
    """不可恢复。有一个编号找不到，就一个也不做。编号、依据和条数记入审计日志。"""
    return await erase_now(request, caller, body)


def find(database: Database, caller: Principal, wanted: SearchIn) -> Findings:
    """Petitions that hold what is looked for; who sees restricted ones is noted.

    :raises Problem: 422, the terms would find almost everything.
    """
    found = search(database, caller, _terms(wanted), wanted.cursor)
    audit_reading(database, caller, [item.petition for item in found.items], "search")
    return found


def find_in_files(database: Database, settings: Settings, caller: Principal, wanted: SearchIn) -> FileFindings:
    """Files of jobs that hold what is looked for.

    :raises Problem: 422, the terms would find almost everything.
    """
    return search_files(database, settings.data_folder, caller, _terms(wanted), wanted.cursor)


async def erase_now(request: Request, caller: Principal, wanted: ErasureIn) -> Response:
    """Mask or delete petitions, all or none; the same request twice does it once.

    :raises Problem: 404, one of them is not there.
    """

    def work(session: Session) -> Answer:
        count = erase(session, caller, wanted.petitions, wanted.action, wanted.reason)
        return Answer({"action": wanted.action, "petitions": count})

    answer = await write(request, caller, work)
    await run_in_threadpool(forget_pages, request.app.state.database)
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

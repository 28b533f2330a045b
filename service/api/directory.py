"""``/v1/directory`` and ``/v1/services``: the city's own units, rules, places and services, version by version."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.local.compare import diff
from petition_nlp.local.directory import Directory
from service import directory as store
from service import directory_uploads as uploads
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import directory_examples as examples
from service.api.answers import CHANGING, READING
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp, SettingsOfApp
from service.api.directory_changes import checked, compared, replace
from service.api.directory_schemas import (
    MOST_VERSION,
    AssignmentOut,
    CaseIn,
    DiffOut,
    DirectoryIn,
    DirectoryOut,
    ImportOut,
    ServicesOut,
    VersionsOut,
)
from service.api.directory_trial import try_out
from service.api.writing import Answer, etag, is_known
from service.directory_files import workbook
from service.limits import read_upload
from service.moments import moment_json
from service.openapi import problem_responses
from service.petitions.labels import known_code
from service.store.paging import MOST
from service.store.tables import DirectoryVersion

router = APIRouter(tags=["单位目录"])

Reader = Annotated[Principal, Depends(needs(Scope.DIRECTORY_READ))]
Editor = Annotated[Principal, Depends(needs(Scope.DIRECTORY_WRITE))]
Version = Annotated[int | None, Query(ge=0, le=MOST_VERSION, description="版本号；不给则为在用的版本")]

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
_ZIP: Final = "application/zip"
_FILE: Final = {"schema": {"type": "string", "format": "binary"}}
_EDITING = {**CHANGING, **problem_responses("bad_directory", "invalid_request", "unsupported_upload")}


@router.get("/v1/directory", summary="单位目录", response_model=DirectoryOut, responses=READING)
async def get_directory(request: Request, _: Reader, database: DatabaseOfApp, version: Version = None) -> Response:
    """单位、规则、地点和服务。还没有目录时为版本 0，各项为空。ETag 即版本号。"""

    def read() -> Answer:
        with database.read() as session:
            wanted = store.newest(session) if version is None else version
            body = _version_json(session, wanted)
        return Answer(body, headers={"ETag": etag(wanted)})

    answer = await run_in_threadpool(read)
    if is_known(request, answer.headers["ETag"]):
        return Response(status_code=304, headers=dict(answer.headers))
    return answer.response()


@router.put(
    "/v1/directory",
    summary="换上新的单位目录",
    response_model=ImportOut,
    responses=_EDITING,
    openapi_extra=described(DirectoryIn, 一个单位=examples.DIRECTORY),
)
async def put_directory(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[DirectoryIn, body_of(DirectoryIn)],
) -> Response:
    """整份替换，成为新的版本；旧版本保留。请求头 If-Match 写读取时的版本，防止覆盖他人的修改。有错则一项不改。"""
    taxonomy = engine.router.taxonomy
    document = body.model_dump(include={"units", "rules", "places", "services"})
    new = await run_in_threadpool(checked, lambda: Directory.from_dict(document, version="new", taxonomy=taxonomy))
    return await replace(request, caller, directories, taxonomy, new, body.why)


@router.post(
    "/v1/directory/import",
    summary="导入单位目录",
    response_model=ImportOut,
    responses=_EDITING,
    openapi_extra={"requestBody": {"required": True, "content": {_XLSX: _FILE, _ZIP: _FILE}}},
)
async def import_directory(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    settings: SettingsOfApp,
    why: Annotated[str, Query(min_length=1, max_length=2000, description="修改的理由")],
    dry_run: Annotated[bool, Query(description="只检查和比较，不保存")] = False,
) -> Response:
    """请求内容是一个 XLSX 工作簿，或装有几个 CSV 的 ZIP。模板见 `petition-nlp directory template`。

    答复与在用版本的差异，以及值得注意之处；dry_run 只检查不保存。
    """
    taxonomy = engine.router.taxonomy
    suffixes = {_XLSX: ".xlsx", _ZIP: ".zip"}
    async with read_upload(request, suffixes, settings.max_body_bytes * 10) as path:
        new = await run_in_threadpool(checked, lambda: uploads.read_directory(path, taxonomy))
    if not dry_run:
        return await replace(request, caller, directories, taxonomy, new, why)

    def compare() -> Answer:
        with database.read() as session:
            version = store.newest(session)
            return Answer(compared(directories.readable(session, version, taxonomy), new, None))

    return (await run_in_threadpool(compare)).response()


@router.get("/v1/directory/versions", summary="单位目录的版本", response_model=VersionsOut, responses=READING)
def get_versions(
    _: Reader,
    database: DatabaseOfApp,
    cursor: Annotated[int | None, Query(ge=1, le=MOST_VERSION, description="上一页答复中的 next")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="一页的条数")] = 50,
) -> dict[str, Any]:
    """谁在何时因为什么换上了哪个版本，最新的在前。"""
    with database.read() as session:
        page = store.versions(session, cursor=cursor, limit=limit)
    return {"items": [_row_json(row) for row in page.items], "next": page.next}


@router.get("/v1/directory/diff", summary="两个目录版本的差异", response_model=DiffOut, responses=READING)
def get_diff(
    _: Reader,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    old: Annotated[int, Query(ge=0, le=MOST_VERSION, description="旧版本")],
    new: Annotated[int, Query(ge=0, le=MOST_VERSION, description="新版本")],
) -> dict[str, Any]:
    """增加、删除和修改了哪些单位、规则、地点和服务，修改的逐项列出前后的值。"""
    taxonomy = engine.router.taxonomy
    with database.read() as session:
        found = diff(store.load(session, old, taxonomy), store.load(session, new, taxonomy))
    return {"old": old, "new": new, "changes": found.to_dict()}


@router.get(
    "/v1/directory/export",
    summary="下载单位目录",
    responses={200: {"content": {_XLSX: _FILE}, "description": "可以改好再导入的工作簿"}, **READING},
    response_class=Response,
)
def export_directory(_: Reader, database: DatabaseOfApp, engine: EngineOfApp, version: Version = None) -> Response:
    """XLSX 工作簿，改好后可用 `POST /v1/directory/import` 导入。"""
    with database.read() as session:
        wanted = store.newest(session) if version is None else version
        document = store.document(session, wanted)
    content = workbook(document, engine.router.taxonomy)
    name = f"directory-{wanted}.xlsx"
    return Response(content, media_type=_XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'})


@router.post(
    "/v1/directory/test",
    summary="试一试派给哪个单位",
    response_model=AssignmentOut,
    responses={**READING, **problem_responses("malformed_json", "invalid_request", "unsupported_media_type")},
    openapi_extra=described(CaseIn, 占道经营=examples.CASE),
)
async def try_directory(
    _: Reader,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[CaseIn, body_of(CaseIn)],
) -> Response:
    """认出的地点、逐条规则是否适用、派往的单位和可用的服务。没有给部门或事项类别的，由模型判断。不保存。"""
    taxonomy = engine.router.taxonomy
    tried = await try_out(engine, database, directories, body)
    matter, department = tried.matter, tried.department
    answer = {
        "version": int(tried.directory.version),
        "matter": matter and {"code": matter, "name": taxonomy.name("matter", matter)},
        "department": department and {"code": department, "name": taxonomy.name("department", department)},
        "place": tried.place.to_dict(),
        "assignment": tried.assignment.to_dict(),
        "services": [match.to_dict() for match in tried.services],
        "steps": [tried.place.explain(), *tried.assignment.explain()],
    }
    return Answer(answer).response()


@router.get("/v1/services", summary="可用的服务", response_model=ServicesOut, responses=READING)
def get_services(
    _: Reader,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    text: Annotated[str, Query(max_length=2000, description="需要什么帮助")],
    matter: Annotated[str, Query(max_length=64, description="事项类别：小事或私事的代码或名称")],
    department: Annotated[str | None, Query(max_length=64, description="责任部门的代码或名称")] = None,
    area: Annotated[str | None, Query(max_length=200, description="区、街道、社区或小区")] = None,
) -> dict[str, Any]:
    """社区组织、市场服务、调解和法律援助机构中能提供帮助的，最合适的在前（供需对接）。"""
    taxonomy = engine.router.taxonomy
    directory = directories.in_use(taxonomy)
    matches = directory.match_services(
        matter=known_code(taxonomy, "matter", matter, "matter"),
        department=known_code(taxonomy, "department", department, "department"),
        place=directory.find_place(text, area=area),
        text=text,
    )
    return {"items": [match.to_dict() for match in matches]}


def _version_json(session: Session, version: int) -> dict[str, Any]:
    row = store.get(session, version) if version else None
    head = _row_json(row) if row else {"version": 0, "at": None, "actor": None, "actor_name": None, "why": None}
    return {**head, **(row.document if row else store.EMPTY)}


def _row_json(row: DirectoryVersion) -> dict[str, Any]:
    return {
        "version": row.version,
        "at": moment_json(row.at),
        "actor": row.actor,
        "actor_name": row.actor_name,
        "why": row.why,
    }

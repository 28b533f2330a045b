"""``/v1/jobs``: upload a file, see how it is read, start, watch, cancel, fetch what was made."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.responses import FileResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service import problems
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, JobsOfApp, SettingsOfApp
from service.api.writing import REPLAYED_HEADER, Answer, check_unchanged, etag, is_known, is_repeated, replayed, write
from service.jobs import apart, changes
from service.jobs.files import JobFiles
from service.jobs.queue import JobQueue
from service.jobs.reading import Look
from service.jobs.schemas import JobOut, JobPageOut, ReadingIn, SampleOut, StartIn
from service.jobs.shown import job_json
from service.jobs.states import GivenJobStatus
from service.jobs.uploads import MEDIA_TYPE, check_upload, receive
from service.jobs.wording import clean
from service.openapi import problem_responses
from service.store.database import Database
from service.store.paging import MOST
from service.store.tables import Job
from service.store.tables.base import new_id

router = APIRouter(prefix="/v1/jobs", tags=["批量任务"])

User = Annotated[Principal, Depends(needs(Scope.JOBS))]
Id = Annotated[str, Path(description="任务编号", pattern="^[0-9a-f]{32}$")]
_READING = problem_responses("unauthorised", "forbidden", "no_such_resource", "store_unavailable")
_CHANGING = {
    **_READING,
    **problem_responses("not_possible", "changed_meanwhile", "invalid_request", "idempotency_key_reused"),
}
_SENDING = {**problem_responses("malformed_json", "body_too_large", "unsupported_media_type"), **_CHANGING}
_FETCHING = {**_READING, **problem_responses("not_possible", "job_elsewhere")}
_RESULTS: Final = (".csv", ".xlsx", ".jsonl", ".parquet")
_MEDIA_TYPES: Final = {
    ".csv": "text/csv",
    ".html": "text/html; charset=utf-8",
    ".jsonl": "application/x-ndjson",
    ".parquet": "application/vnd.apache.parquet",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@router.post(
    "",
    summary="上传一个文件",
    status_code=201,
    response_model=JobOut,
    responses=problem_responses(
        *("unauthorised", "forbidden", "too_many_jobs", "body_too_large", "unsupported_upload", "bad_input"),
        *("invalid_request", "idempotency_key_reused", "store_unavailable", "storage_full"),
    ),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def create_job(
    request: Request,
    caller: User,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    jobs: JobsOfApp,
    file_name: Annotated[str, Query(min_length=1, max_length=200, description="文件名；扩展名说明格式")],
) -> Response:
    """请求的内容就是文件本身（CSV、XLSX、JSON Lines、Parquet）。答复编码、各列和它们的用途；尚未开始处理。"""
    check_upload(request, file_name, settings.max_upload_bytes)
    if not await is_repeated(request, caller):
        await run_in_threadpool(_require_room, database, caller, settings.max_jobs)
    job_id = new_id()
    files = jobs.store.files(job_id, clean(file_name))
    kept = False
    try:
        await receive(request, files, settings.max_upload_bytes)
        if (known := await replayed(request, caller)) is not None:
            return known
        seen = await run_in_threadpool(apart.look, files.upload, {})

        def work(session: Session) -> Answer:
            changes.require_room(session, caller, settings.max_jobs)
            job = changes.create(session, caller, job_id, jobs.store.id, files, seen)
            session.flush()
            answer = _answer(job)
            return Answer(answer.body, 201, {**answer.headers, "Location": f"/v1/jobs/{job_id}"})

        response = await write(request, caller, work)
        kept = REPLAYED_HEADER not in response.headers
    finally:
        if not kept:
            await run_in_threadpool(files.remove)
    return response


@router.get("", summary="查询任务", response_model=JobPageOut, responses=_READING)
def find_jobs(
    caller: User,
    database: DatabaseOfApp,
    status: Annotated[list[GivenJobStatus], Query(description="状态，代码或名称，可重复")] = [],  # noqa: B006
    cursor: Annotated[str | None, Query(pattern="^[0-9a-f]{32}$", description="上一页答复中的 next")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="一页的条数")] = 50,
) -> dict[str, Any]:
    """自己的任务，最新的在前；有权限 privacy 的看到所有任务。"""
    with database.read() as session:
        page = changes.find(session, caller, status=status, cursor=cursor, limit=limit)
    return {"items": [job_json(job) for job in page.items], "next": page.next}


@router.get("/{job}", summary="读取一个任务", response_model=JobOut, responses=_READING)
def get_job(request: Request, caller: User, database: DatabaseOfApp, job: Id) -> Response:
    """状态和进度。请求头 If-None-Match 与 ETag 相同时答复 304。"""
    with database.read() as session:
        answer = _answer(changes.get(session, caller, job))
    if is_known(request, answer.headers["ETag"]):
        return Response(status_code=304, headers=dict(answer.headers))
    return answer.response()


@router.get(
    "/{job}/sample",
    summary="看前几行",
    response_model=SampleOut,
    responses={**_FETCHING, **problem_responses("bad_input")},
)
def get_sample(caller: User, database: DatabaseOfApp, jobs: JobsOfApp, job: Id) -> dict[str, Any]:
    """按现在的读法读出的前几行，以便核对编码和各列；过长的单元格截断。"""
    with database.read() as session:
        found = changes.get(session, caller, job)
    seen = apart.sample(_files(jobs, found).upload, found.reading)
    if seen.error is not None:
        raise problems.unreadable_file(seen.error)
    return {"columns": seen.columns, "rows": seen.rows}


@router.put(
    "/{job}/reading",
    summary="改正读法",
    response_model=JobOut,
    responses={**_SENDING, **problem_responses("job_elsewhere")},
    openapi_extra=described(ReadingIn, 指明编码和列=examples.READING),
)
async def put_reading(
    request: Request,
    caller: User,
    database: DatabaseOfApp,
    jobs: JobsOfApp,
    job: Id,
    body: Annotated[ReadingIn, body_of(ReadingIn)],
) -> Response:
    """指明编码、工作表或各列的用途，重新查看文件；没有给出的自动判断。已有的结果随之作废。"""

    if (known := await replayed(request, caller)) is not None:
        return known

    def view() -> Look:
        with database.read() as session:
            found = changes.get(session, caller, job)
        changes.require_rest(found)
        return apart.look(_files(jobs, found).upload, body.model_dump(exclude_none=True))

    seen = await run_in_threadpool(view)
    return await _change(request, caller, job, lambda s, found: changes.read_again(s, caller, found, body, seen))


@router.post(
    "/{job}/start",
    summary="开始处理",
    response_model=JobOut,
    responses={**_SENDING, **problem_responses("job_elsewhere")},
    openapi_extra=described(StartIn, 做成表格和报告=examples.START),
)
async def start_job(
    request: Request, caller: User, jobs: JobsOfApp, job: Id, body: Annotated[StartIn, body_of(StartIn)]
) -> Response:
    """排队处理。已完成、未完成或取消的任务可以再次开始；选项相同的，接着上次做完的部分做。"""

    def start(session: Session, found: Job) -> None:
        _files(jobs, found)
        changes.start(session, caller, found, body)

    response = await _change(request, caller, job, start)
    await run_in_threadpool(jobs.ring)
    return response


@router.post("/{job}/cancel", summary="取消", response_model=JobOut, responses=_CHANGING)
async def cancel_job(request: Request, caller: User, job: Id) -> Response:
    """排队的立即取消；处理中的片刻后停下，已做的部分不保留。"""
    return await _change(request, caller, job, lambda s, found: changes.cancel(s, caller, found))


@router.delete("/{job}", summary="删除任务", status_code=204, responses=_CHANGING)
async def delete_job(request: Request, caller: User, jobs: JobsOfApp, job: Id) -> Response:
    """删除任务、上传的文件和结果。排队或处理中的须先取消。"""

    def work(session: Session) -> Answer:
        found = changes.get(session, caller, job, lock=True)
        check_unchanged(request, found.version)
        changes.delete(session, caller, found)
        return Answer({}, 204)

    answer = await write(request, caller, work)
    await run_in_threadpool(jobs.store.files(job, "").remove)
    return answer


def file_answer(caller: Principal, database: Database, jobs: JobQueue, job: str, kind: str) -> FileResponse:
    """Something that a job has made, as a download; that it was fetched is noted.

    :raises Problem: 404, 409.
    """
    with database.write() as session:
        found = changes.get(session, caller, job)
        output = changes.output(found, kind)
        path = _files(jobs, found).output(output["name"])
        changes.audit(session, caller, "job.fetched", found, kind=kind)
    named = {"Content-Disposition": _attachment(path.name, kind + path.suffix)}
    return FileResponse(path, media_type=_MEDIA_TYPES[path.suffix], headers={**_SAFELY, **named})


def _fetcher(kind: str, summary: str, description: str, *endings: str) -> None:
    """Add the address of one thing that jobs make.

    :param endings: of the names that it may have.
    """
    content: dict[str, Any] = {_MEDIA_TYPES[ending].partition(";")[0]: {} for ending in endings}

    @router.get(
        f"/{{job}}/{kind}",
        name=f"get_{kind}",
        summary=summary,
        description=description,
        response_class=FileResponse,
        responses={200: {"description": summary, "content": content}, **_FETCHING},
    )
    def fetch(caller: User, database: DatabaseOfApp, jobs: JobsOfApp, job: Id) -> FileResponse:
        return file_answer(caller, database, jobs, job, kind)


_SAFELY: Final = {
    "Cache-Control": "private, no-store",
    "X-Content-Type-Options": "nosniff",
    # What residents wrote runs nothing in the name of this site, should a browser show it.
    "Content-Security-Policy": "sandbox allow-scripts",
}

_fetcher("result", "下载结果", "上传的各列加上事项类别、责任部门、置信度、复核等列。", *_RESULTS)
_fetcher("rejected", "下载未能保留的行", "CSV：行号、原因和原始内容。", ".csv")
_fetcher("report", "下载分析报告", "一张 HTML 网页，不联网也能看。", ".html")
_fetcher("tables", "下载报告的表格", "报告中的各张表。", ".xlsx")


def _attachment(name: str, plain: str) -> str:
    """The header that names a download.

    :param plain: an ASCII name for programs that know no other.
    """
    return f"attachment; filename=\"{plain}\"; filename*=utf-8''{quote(name)}"


def _require_room(database: Database, caller: Principal, most: int) -> None:
    with database.read() as session:
        changes.require_room(session, caller, most)


async def _change(request: Request, caller: Principal, job: str, act: Callable[[Session, Job], None]) -> Response:
    def work(session: Session) -> Answer:
        found = changes.get(session, caller, job, lock=True)
        check_unchanged(request, found.version)
        act(session, found)
        return _answer(found)

    return await write(request, caller, work)


def _answer(job: Job) -> Answer:
    return Answer(job_json(job), headers={"ETag": etag(job.version)})


def _files(jobs: JobQueue, job: Job) -> JobFiles:
    """The files of a job.

    :raises Problem: 409, they are not here.
    """
    files = jobs.store.files(job.id, job.file_name)
    if job.folder != jobs.store.id or not files.upload.is_file():
        raise problems.job_elsewhere()
    return files

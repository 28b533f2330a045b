"""The pages 批量: upload a file, see how it is read, start, watch, fetch what was made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Annotated, Any, Final, Literal
from urllib.parse import unquote, urlencode

from fastapi import Depends, Header, Path, Request, Response
from pydantic import Field, field_validator
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.archive.formats import Kind, format_of, named_format
from petition_nlp.archive.summary import REASON_NAMES
from petition_nlp.profiles import BALANCED, PROFILES
from petition_nlp.roles import ROLES
from petition_nlp.settings import Settings
from service import problems
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import jobs as api
from service.api.dependencies import DatabaseOfApp, EngineOfApp, JobsOfApp, SettingsOfApp
from service.console import bulk_words as words
from service.console.forms import form_of, query_of
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import bulk as texts
from service.console.wording import size_text
from service.engine import Engine
from service.jobs import changes
from service.jobs.schemas import ColumnsIn, Encoding, ReadingIn, StartIn
from service.jobs.shown import job_json
from service.jobs.states import BUSY, GivenJobStatus, JobStatus
from service.problems import FieldError, Problem
from service.schemas import In, Text
from service.store.database import Database

PAGE: Final = Page("bulk", "/bulk", Scope.JOBS, texts, place=30)
router: Final = PageRouter(PAGE)

User = Annotated[Principal, Depends(needs(Scope.JOBS))]
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]
NAME_HEADER: Final = "X-File-Name"
"""The uploaded file's name, percent-encoded: it may be personal, and addresses are kept by many."""
_MOST_NAME: Final = 200
_LISTED: Final = 30


class JobFilter(In):
    """Which jobs are listed."""

    status: list[GivenJobStatus] = Field(default_factory=list)
    cursor: Annotated[str, Field(pattern="^[0-9a-f]{32}$")] | None = None


class Seen(In):
    """What a page shows of a job."""

    version: int = 0
    status: str = ""


class FileIn(In):
    """A file that is about to be uploaded."""

    name: Annotated[Text, Field(min_length=1, max_length=_MOST_NAME)]
    size: Annotated[int, Field(ge=0)]


class ReadingForm(ColumnsIn):
    """How a file is to be read, as the form has it: a column's name with = in front, - for none."""

    encoding: Encoding | None = None
    sheet: Annotated[Text, Field(max_length=200)] | None = None

    @field_validator(*ROLES, mode="before")
    @classmethod
    def _name(cls, chosen: str) -> str:
        return "" if chosen == "-" else chosen.removeprefix("=")

    def reading(self) -> ReadingIn:
        """The same as the API takes it."""
        columns = self.model_dump(include=set(ColumnsIn.model_fields), exclude_none=True)
        return ReadingIn(
            encoding=self.encoding, sheet=self.sheet, columns=ColumnsIn.model_validate(columns) if columns else None
        )


@dataclass(frozen=True, slots=True)
class Desk:
    """Whoever looks at jobs, and what it takes to show them."""

    caller: Principal
    database: Database
    settings: Settings
    engine: Engine

    def context(self, job_id: str) -> dict[str, Any]:
        """What the templates show of a job.

        :raises Problem: 404.
        """
        with self.database.read() as session:
            job = job_json(changes.get(session, self.caller, job_id))
        form, summary = format_of(FilePath(job["file_name"])), job["summary"]
        profiles = _profiles(self.engine)
        return {
            "job": job,
            "busy": job["status"] in BUSY,
            "sees_all": self.caller.may(Scope.PRIVACY),
            "roles": ROLES,
            "kind": form.kind.name if form else Kind.CSV.name,
            "profiles": [(name, texts.PROFILES[name]) for name in profiles],
            "options": job["options"] or _usual_options(job["file_name"], self.settings, profiles),
            "warnings": words.warnings(summary) if summary else [],
            "reasons": {REASON_NAMES.get(code, code): n for code, n in summary["reasons"].items()} if summary else {},
            "choices": texts,
            **_WORDS,
        }


async def _desk(caller: User, database: DatabaseOfApp, settings: SettingsOfApp, engine: EngineOfApp) -> Desk:
    return Desk(caller, database, settings, engine)


DeskOfCaller = Annotated[Desk, Depends(_desk)]


@router.get("/bulk")
def show(
    request: Request,
    caller: User,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    wanted: Annotated[JobFilter, query_of(JobFilter)],
) -> Response:
    """The jobs, and where to upload a file."""
    with database.read() as session:
        page = changes.find(session, caller, status=wanted.status, cursor=wanted.cursor, limit=_LISTED)
        full = _lack_of_room(session, caller, settings.max_jobs)
    filtered = urlencode({"status": wanted.status}, doseq=True)
    context: dict[str, Any] = {
        "items": [job_json(job) for job in page.items],
        "next": page.next,
        "cursor": wanted.cursor,
        "base": f"/bulk?{filtered}&" if filtered else "/bulk?",
        "groups": [
            (name, urlencode({"status": states}, doseq=True), set(states) == set(wanted.status))
            for name, states in texts.GROUPS
        ],
        "filtered": bool(wanted.status),
        "sees_all": caller.may(Scope.PRIVACY),
        **_WORDS,
    }
    return render(request, full=full, limit=settings.max_upload_bytes, days=settings.job_days, **context)


@router.post("/bulk/check")
def check(
    caller: User, database: DatabaseOfApp, settings: SettingsOfApp, body: Annotated[FileIn, form_of(FileIn)]
) -> Response:
    """Refuse before the upload what would be refused after it."""
    named_format(FilePath(body.name))
    if body.size > settings.max_upload_bytes:
        raise problems.file_too_large(settings.max_upload_bytes)
    with database.read() as session:
        changes.require_room(session, caller, settings.max_jobs)
    return Response(status_code=204)


@router.post("/bulk")
async def upload(
    request: Request,
    caller: User,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    jobs: JobsOfApp,
    name: Annotated[str, Header(alias=NAME_HEADER)] = "",
) -> Response:
    """Take a file; the answer is the API's."""
    file_name = unquote(name)
    if not 0 < len(file_name) <= _MOST_NAME:
        raise problems.invalid_request([FieldError(NAME_HEADER, f"应为 1 到 {_MOST_NAME} 个字的文件名")])
    return await api.create_job(request, caller, database, settings, jobs, file_name)


@router.get("/bulk/{job}")
def show_job(request: Request, caller: User, desk: DeskOfCaller, job: Id) -> Response:
    """One job."""
    return render(request, template="bulk-job.html", **desk.context(job))


@router.get("/bulk/{job}/state")
def show_state(
    request: Request,
    caller: User,
    desk: DeskOfCaller,
    database: DatabaseOfApp,
    job: Id,
    seen: Annotated[Seen, query_of(Seen)],
) -> Response:
    """How far it is: the numbers alone as long as its state is the same, nothing if all is as the page shows it."""
    context = desk.context(job)
    now = context["job"]
    if now["version"] == seen.version:
        return Response(status_code=204)
    if now["status"] == seen.status:
        return fragment(request, "bulk/progress.html", **context)
    return _instead(fragment(request, "bulk/job.html", notice=_ended(now), **context), "#job")


@router.get("/bulk/{job}/row")
def show_row(
    request: Request, caller: User, database: DatabaseOfApp, job: Id, seen: Annotated[Seen, query_of(Seen)]
) -> Response:
    """The same in the list."""
    with database.read() as session:
        now = job_json(changes.get(session, caller, job))
    if now["version"] == seen.version:
        return Response(status_code=204)
    context: dict[str, Any] = {"job": now, "sees_all": caller.may(Scope.PRIVACY), **_WORDS}
    if now["status"] == seen.status:
        return fragment(request, "bulk/cell.html", **context)
    return _instead(fragment(request, "bulk/row.html", notice=_ended(now), **context), f"#job-{job}")


@router.get("/bulk/{job}/sample")
def show_sample(request: Request, caller: User, database: DatabaseOfApp, jobs: JobsOfApp, job: Id) -> Response:
    """The first rows, as the file is read now."""
    with database.read() as session:
        found = changes.get(session, caller, job).found
    sample = api.get_sample(caller, database, jobs, job)
    roles = {column: ROLES[role] for role, column in ((found or {}).get("mapping") or {}).items()}
    return fragment(request, "bulk/sample.html", sample=sample, roles=roles)


@router.post("/bulk/{job}/reading")
async def read_again(
    request: Request,
    caller: User,
    desk: DeskOfCaller,
    database: DatabaseOfApp,
    jobs: JobsOfApp,
    job: Id,
    body: Annotated[ReadingForm, form_of(ReadingForm)],
) -> Response:
    """Read the file as somebody says."""
    await api.put_reading(request, caller, database, jobs, job, body.reading())
    return await _changed(request, desk, job, texts.PAGE["applied"])


@router.post("/bulk/{job}/start")
async def start(
    request: Request,
    caller: User,
    desk: DeskOfCaller,
    database: DatabaseOfApp,
    jobs: JobsOfApp,
    job: Id,
    body: Annotated[StartIn, form_of(StartIn)],
) -> Response:
    """Put it in the queue."""
    await api.start_job(request, caller, jobs, job, body)
    return await _changed(request, desk, job)


@router.post("/bulk/{job}/cancel")
async def cancel(request: Request, caller: User, desk: DeskOfCaller, job: Id) -> Response:
    """Stop it."""
    await api.cancel_job(request, caller, job)
    return await _changed(request, desk, job)


@router.post("/bulk/{job}/delete")
async def delete(request: Request, caller: User, jobs: JobsOfApp, job: Id) -> Response:
    """Forget it, and go back to the list."""
    await api.delete_job(request, caller, jobs, job)
    return Response(status_code=204, headers={"HX-Redirect": PAGE.path})


@router.get("/bulk/{job}/{kind}")
def fetch(
    caller: User,
    database: DatabaseOfApp,
    jobs: JobsOfApp,
    job: Id,
    kind: Literal["result", "rejected", "report", "tables"],
) -> Response:
    """Something that it has made."""
    return api.file_answer(caller, database, jobs, job, kind)


_WORDS: Final = {
    "size": size_text,
    "duration": words.duration_text,
    "plainly": words.plainly,
    "share": words.share_text,
    "largest": words.largest,
    "sheet_choices": words.sheet_choices,
    "column_choices": words.column_choices,
    "column_chosen": words.column_chosen,
    "kinds": texts.KINDS,
}


async def _changed(request: Request, desk: Desk, job: str, notice: str | None = None) -> Response:
    return fragment(request, "bulk/job.html", notice=notice, **await run_in_threadpool(desk.context, job))


def _instead(response: Response, target: str) -> Response:
    """An answer that takes the place of more than what asked for it."""
    response.headers.update({"HX-Retarget": target, "HX-Reswap": "outerHTML"})
    return response


def _ended(job: Mapping[str, Any]) -> str | None:
    """What is told of a job that has come to its end; of one that failed the page itself tells."""
    return str(texts.PAGE["done"]).format(name=job["file_name"]) if job["status"] == JobStatus.DONE else None


def _lack_of_room(session: Session, caller: Principal, most: int) -> Problem | None:
    try:
        changes.require_room(session, caller, most)
    except Problem as problem:
        return problem
    return None


def _profiles(engine: Engine) -> list[str]:
    """Those of the model, all that there can be while it loads."""
    return list(engine.router.loaded.profiles) if engine.ready else list(PROFILES)


def _usual_options(file_name: str, settings: Settings, profiles: Sequence[str]) -> dict[str, Any]:
    usual = BALANCED if BALANCED in profiles else profiles[0]
    return {
        "output_format": changes.same_format(file_name),
        "output_encoding": "utf-8-sig",
        "profile": settings.profile or usual,
        "mask": False,
        "report": True,
    }

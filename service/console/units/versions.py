"""Versions: who made them, when and why; what differs between any two; going back to an earlier one."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Path, Query, Request, Response
from pydantic import Field
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.local.directory import Directory
from petition_nlp.local.problems import DirectoryError
from petition_nlp.taxonomy import Taxonomy
from service import directory as store
from service import directory_files as files
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp
from service.api.directory_changes import checked, replace
from service.api.directory_schemas import MOST_VERSION
from service.console.forms import form_of
from service.console.shell import fragment, render
from service.console.texts import units as texts
from service.console.units.changes import Part, changes
from service.console.units.frame import Editor, Reader, frame, head, router
from service.console.units.replies import done, in_conflict
from service.petitions.schemas import Reason
from service.problems import Problem
from service.schemas import In

Version = Annotated[int | None, Query(ge=0, le=MOST_VERSION)]
Wanted = Annotated[int, Path(ge=0, le=MOST_VERSION)]
Cursor = Annotated[int | None, Query(ge=1, le=MOST_VERSION)]

_ROWS: Final = 50
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RestoreIn(In):
    """Which version becomes the newest one again."""

    to: int = Field(ge=0, le=MOST_VERSION)
    version: int = Field(ge=0, le=MOST_VERSION)
    why: Reason


@router.get("/units/versions")
def show_versions(
    request: Request,
    caller: Reader,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    cursor: Cursor = None,
) -> Response:
    """All versions, the newest first."""
    around = frame(caller, database, directories.newest(engine.router.taxonomy), "versions")
    with database.read() as session:
        page = store.versions(session, cursor=cursor, limit=_ROWS)
        rows = [head(row) for row in page.items]
    return render(request, template="units/versions.html", rows=rows, next=page.next, cursor=cursor, **around)


@router.get("/units/versions/diff")
def show_diff(
    request: Request,
    caller: Reader,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    old: Version = None,
    new: Version = None,
) -> Response:
    """What differs between two versions; by default between the last two."""
    taxonomy = engine.router.taxonomy
    around = frame(caller, database, directories.newest(taxonomy), "versions")
    with database.read() as session:
        later = store.newest(session) if new is None else new
        earlier = max(later - 1, 0) if old is None else old
        heads = [_head(session, version) for version in (earlier, later)]
        parts = _changes(session, earlier, later, taxonomy)
    return render(request, template="units/diff.html", old=heads[0], new=heads[1], parts=parts, **around)


@router.get("/units/versions/{version}/restore")
def ask_restore(request: Request, _: Editor, engine: EngineOfApp, database: DatabaseOfApp, version: Wanted) -> Response:
    """What going back to a version would change."""
    with database.read() as session:
        newest = store.newest(session)
        row = _head(session, version)
        parts = _changes(session, newest, version, engine.router.taxonomy)
    return fragment(request, "units/restore.html", row=row, version=newest, parts=parts)


@router.post("/units/versions/restore")
async def restore(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[RestoreIn, form_of(RestoreIn)],
) -> Response:
    """The content of an earlier version as a new one."""
    taxonomy = engine.router.taxonomy

    def earlier() -> Directory:
        with database.read() as session:
            return store.load(session, body.to, taxonomy)

    wanted = await run_in_threadpool(checked, earlier)
    try:
        answer = await replace(request, caller, directories, taxonomy, wanted, body.why, seen=body.version)
    except Problem as problem:
        return await run_in_threadpool(in_conflict, request, database, taxonomy, problem, body.version)
    return done(request, answer, texts.PAGE["restored"])


@router.get("/units/export")
def export(_: Reader, engine: EngineOfApp, database: DatabaseOfApp, version: Version = None) -> Response:
    """A version as a workbook that can be imported again."""
    with database.read() as session:
        wanted = store.newest(session) if version is None else version
        document = store.document(session, wanted)
    return _attached(files.workbook(document, engine.router.taxonomy), f"directory-{wanted}.xlsx")


@router.get("/units/template")
def template(_: Reader, engine: EngineOfApp) -> Response:
    """The workbook to be filled in."""
    return _attached(files.template(engine.router.taxonomy), "directory-template.xlsx")


def _attached(content: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=_XLSX, headers=headers)


def _head(session: Session, version: int) -> dict[str, Any]:
    if version == 0:
        return {"version": 0, "at": None, "by": None, "why": None}
    return head(store.get(session, version))


def _changes(session: Session, old: int, new: int, taxonomy: Taxonomy) -> list[Part] | None:
    """None where one of them does not fit the present taxonomy."""
    try:
        return changes(store.load(session, old, taxonomy), store.load(session, new, taxonomy))
    except DirectoryError:
        return None

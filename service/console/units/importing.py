"""Importing a file: what it would change, or what is wrong with it, before it is put in force."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import unquote

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from petition_nlp.local.directory import Directory
from petition_nlp.local.notes import notes
from petition_nlp.local.problems import DirectoryError, Problem
from petition_nlp.local.reading import KINDS
from petition_nlp.local.tables import Tables
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy
from service import directory as store
from service import directory_uploads as uploads
from service import problems
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp, SettingsOfApp
from service.api.directory_changes import checked, replace
from service.console.shell import fragment, render
from service.console.texts import units as texts
from service.console.units.changes import changes
from service.console.units.frame import Editor, frame, router
from service.console.units.replies import in_conflict
from service.limits import read_upload, refuse_nul
from service.problems import FieldError
from service.problems import Problem as Refusal
from service.store.database import Database

REASON: Final = "X-Reason"
"""Header of the reason, in percent-encoded UTF-8: the body is the file, and an address would be logged."""
LONGEST_REASON: Final = 200
_SUFFIXES: Final = {
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/zip": ".zip",
}
_LARGER: Final = 10
"""A file may be larger than other requests, as in the API."""
_SHOWN: Final = 200
_WHERE: Final = re.compile(
    r"(?:上传的文件 )?(?:工作表「(?P<sheet>[^」]+)」|中的 (?P<file>.+?\.[ct]sv))?"
    r"(?:第 (?P<row>\d+) 行)?(?:「(?P<column>[^」]+)」)?"
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a file: where, in a table's words, what and what to do."""

    sheet: str
    row: str
    column: str
    what: str
    todo: str


@router.get("/units/import")
def show_import(
    request: Request, caller: Editor, engine: EngineOfApp, database: DatabaseOfApp, directories: DirectoriesOfApp
) -> Response:
    """Chooses a file."""
    around = frame(caller, database, directories.newest(engine.router.taxonomy), "import")
    return render(request, template="units/import.html", **around)


@router.post("/units/import/check")
async def check_file(
    request: Request,
    _: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    settings: SettingsOfApp,
) -> Response:
    """What a file would change, or everything that is wrong with it; nothing is saved."""
    async with read_upload(request, _SUFFIXES, settings.max_body_bytes * _LARGER) as path:
        try:
            tables = await run_in_threadpool(uploads.read, path)
            return await run_in_threadpool(_preview, request, database, directories, engine.router.taxonomy, tables)
        except DirectoryError as error:
            return _mistakes(request, error.problems)


@router.post("/units/import")
async def import_file(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    settings: SettingsOfApp,
) -> Response:
    """A file is put in force. ``If-Match`` names the version that its preview was compared with."""
    why, seen = _reason(request), _seen(request)
    taxonomy = engine.router.taxonomy
    async with read_upload(request, _SUFFIXES, settings.max_body_bytes * _LARGER) as path:

        def read() -> Directory:
            with database.read() as session:
                return _directory(uploads.read(path), store.document(session, seen), taxonomy)

        new = await run_in_threadpool(checked, read)
    try:
        answer = await replace(request, caller, directories, taxonomy, new, why, seen=seen)
    except Refusal as problem:
        return await run_in_threadpool(in_conflict, request, database, taxonomy, problem, seen)
    told = json.loads(bytes(answer.body))
    around = await run_in_threadpool(lambda: frame(caller, database, directories.newest(taxonomy), "import"))
    return fragment(request, "units/imported.html", oob=True, seen=seen, remarks=told["notes"], **around)


def _preview(
    request: Request, database: Database, directories: store.Directories, taxonomy: Taxonomy, tables: Tables
) -> Response:
    with database.read() as session:
        version = store.newest(session)
        old = directories.readable(session, version, taxonomy)
        new = _directory(tables, store.document(session, version), taxonomy)
    sizes = {"units": new.units, "rules": new.rules, "places": new.areas, "services": new.services}
    return fragment(
        request,
        "units/preview.html",
        version=version,
        sizes=[(vocabulary().sheet(kind), len(sizes[kind]), kind in tables.kinds) for kind in KINDS],
        kept=[vocabulary().sheet(kind) for kind in KINDS if kind not in tables.kinds],
        parts=changes(old, new),
        remarks=notes(new),
        longest=LONGEST_REASON,
    )


def _directory(tables: Tables, in_use: Mapping[str, Any], taxonomy: Taxonomy) -> Directory:
    """What a file makes of the directory in use: kinds that it has no sheet for stay."""
    return tables.over(in_use).directory(version="new", taxonomy=taxonomy)


def _mistakes(request: Request, found: Sequence[Problem]) -> Response:
    shown = [_mistake(one) for one in found[:_SHOWN]]
    return fragment(request, "units/mistakes.html", mistakes=shown, count=len(found))


def _mistake(problem: Problem) -> Mistake:
    found = _WHERE.fullmatch(problem.where)
    if found is None:
        return Mistake(problem.where, "", "", problem.what, problem.todo)
    sheet = found["sheet"] or found["file"] or texts.PAGE["the_file"]
    return Mistake(sheet, found["row"] or "", found["column"] or "", problem.what, problem.todo)


def _reason(request: Request) -> str:
    written = unquote(request.headers.get(REASON, "")).strip()
    refuse_nul({"why": written})
    if not 1 <= len(written) <= LONGEST_REASON:
        raise problems.invalid_request([FieldError("why", texts.PAGE["reason_needed"].format(most=LONGEST_REASON))])
    return written


def _seen(request: Request) -> int:
    written = request.headers.get("If-Match", "").strip('"')
    if not written.isdecimal() or len(written) > 9:
        raise problems.invalid_request([FieldError("If-Match", texts.PAGE["seen_needed"])])
    return int(written)

"""The tester: where a message would go, and why every rule fired or did not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Request, Response
from starlette.concurrency import run_in_threadpool

from petition_nlp.local.directory import Directory
from petition_nlp.local.place import FIELD, Place, path_of
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp
from service.api.directory_schemas import CaseIn
from service.api.directory_trial import Reading, Trial, try_out
from service.console.forms import form_of
from service.console.shell import fragment, render
from service.console.units.frame import Reader, department_options, frame, matter_options, router
from service.console.units.shown import RuleRow, rule_rows
from service.moments import CHINA
from service.store.tables.base import now


@dataclass(frozen=True, slots=True)
class Step:
    """A rule, and what became of it: ``fired``, ``failed`` with a reason, or ``after`` one that fired."""

    row: RuleRow
    state: str
    reason: str = ""


@router.get("/units/try")
def show_tester(
    request: Request, caller: Reader, engine: EngineOfApp, database: DatabaseOfApp, directories: DirectoriesOfApp
) -> Response:
    """The tester without a message."""
    taxonomy = engine.router.taxonomy
    return render(
        request,
        template="units/try.html",
        today=now().astimezone(CHINA).date(),
        departments=department_options(taxonomy),
        matters=matter_options(taxonomy),
        **frame(caller, database, directories.newest(taxonomy), "try"),
    )


@router.post("/units/try")
async def try_message(
    request: Request,
    _: Reader,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[CaseIn, form_of(CaseIn)],
) -> Response:
    """What the directory says of a message."""
    tried = await try_out(engine, database, directories, body)
    return await run_in_threadpool(_result, request, tried, body)


def _result(request: Request, tried: Trial, case: CaseIn) -> Response:
    taxonomy = tried.directory.taxonomy
    return fragment(
        request,
        "units/trial.html",
        version=tried.directory.version,
        matter=tried.matter,
        matter_name=taxonomy.name("matter", tried.matter or ""),
        matter_given=case.matter is not None,
        department_name=taxonomy.name("department", tried.department or ""),
        department_given=case.department is not None,
        place=tried.place,
        pieces=list(_pieces(case.text, tried.place)),
        area_pieces=list(_pieces(case.area or "", tried.place, FIELD)),
        assignment=tried.assignment,
        services=tried.services,
        readings=[
            {
                "path": path_of(reading.areas),
                "assignment": reading.assignment,
                "steps": list(_steps(tried.directory, reading)),
            }
            for reading in tried.readings
        ],
    )


def _steps(directory: Directory, reading: Reading) -> Iterator[Step]:
    assignment = reading.assignment
    reasons = {tried.rule: tried.reason for tried in assignment.tried}
    for row in rule_rows(directory, now().astimezone(CHINA).date()):
        if row.rule.id in reasons:
            yield Step(row, "failed", reasons[row.rule.id])
        elif row.rule == assignment.rule:
            yield Step(row, "fired")
        else:
            yield Step(row, "after")


def _pieces(text: str, place: Place, source: str = "text") -> Iterator[tuple[str, bool]]:
    """A text in pieces, and whether each names a place."""
    at = 0
    for span in sorted((span for span in place.spans if span.source == source), key=lambda span: span.start):
        if span.start < at:
            continue
        yield text[at : span.start], False
        yield text[span.start : span.end], True
        at = span.end
    yield text[at:], False

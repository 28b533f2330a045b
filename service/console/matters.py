"""The pages 三事清单: the list, its entries and what is done with them, new entries, and a workbook for a meeting."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, Final
from urllib.parse import quote

from fastapi import Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from service import problems
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import petitions as api
from service.api.answers import PetitionId, change_petition
from service.api.dependencies import (
    DatabaseOfApp,
    DirectoriesOfApp,
    EngineOfApp,
    LocalRulesOfApp,
    ReceptionOfApp,
)
from service.console.forms import form_of, query_of
from service.console.matters_acts import ACTS, Act
from service.console.matters_bulk import do_all
from service.console.matters_forms import BulkForm, ExportForm, Search, View
from service.console.matters_shown import Desk
from service.console.pages import Page, PageRouter
from service.console.shell import Notice, fragment, is_htmx, render
from service.console.texts import matters as texts
from service.petitions.kinds import KIND_NAMES
from service.petitions.list_schemas import MeetingFilter
from service.petitions.schemas import NewPetitionIn
from service.privacy.meeting import meeting
from service.problems import FieldError, Problem
from service.store.tables.base import now

PAGE: Final = Page("matters", "/matters", Scope.PETITIONS_READ, texts, place=40)
router: Final = PageRouter(PAGE)

Reader = Annotated[Principal, Depends(needs(Scope.PETITIONS_READ))]
Writer = Annotated[Principal, Depends(needs(Scope.PETITIONS_WRITE))]
_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def _desk(
    caller: Reader,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    rules: LocalRulesOfApp,
) -> Desk:
    return Desk(caller, database, rules, directories.deadlines.calendar)


DeskOfCaller = Annotated[Desk, Depends(_desk)]


@router.get("/matters")
def show(request: Request, desk: DeskOfCaller, wanted: Annotated[View, query_of(View)]) -> Response:
    """The list."""
    search = Search(**wanted.model_dump())
    return render(request, **desk.part(search), **desk.choices(), wanted=search)


@router.post("/matters/list")
def show_list(request: Request, desk: DeskOfCaller, wanted: Annotated[Search, form_of(Search)]) -> Response:
    """A part of the list; words that were looked for come in the body, and the address has the rest."""
    response = fragment(request, "matters/found.html", **desk.part(wanted), wanted=wanted)
    query = wanted.query()
    response.headers["HX-Replace-Url"] = f"{PAGE.path}?{query}" if query else PAGE.path
    return response


@router.post("/matters/numbers")
def show_numbers(request: Request, desk: DeskOfCaller, wanted: Annotated[Search, form_of(Search)]) -> Response:
    """The numbers above a part of the list, after something in it has changed."""
    return fragment(request, "matters/numbers.html", **desk.numbers(wanted), wanted=wanted)


@router.post("/matters/bulk")
async def do_with_several(
    request: Request, caller: Writer, desk: DeskOfCaller, body: Annotated[BulkForm, form_of(BulkForm)]
) -> Response:
    """The same with several entries; those with which it cannot be done are named."""
    done, skipped = await do_all(request, desk, body)
    action = texts.PAGE[f"bulk_{body.action}"]
    notice = Notice(texts.PAGE["bulk_done"].format(action=action, n=done), "look" if skipped else "ok")
    found = await run_in_threadpool(desk.part, body)
    return fragment(request, "matters/found.html", notice=notice, **{**found, "skipped": skipped}, wanted=body)


@router.post("/matters/meeting")
def export(desk: DeskOfCaller, body: Annotated[ExportForm, form_of(ExportForm)]) -> Response:
    """A workbook of what the list shows."""
    asked = MeetingFilter(**body.meeting(desk.rules.directory))
    book = meeting(desk.database, desk.caller, asked, desk.rules.taxonomy, desk.calendar)
    name = quote(f"{body.heading}-{now():%Y%m%d}.xlsx")
    return Response(book, media_type=_XLSX, headers={"Content-Disposition": f"attachment; filename*=UTF-8''{name}"})


@router.get("/matters/new")
def show_form(request: Request, caller: Writer, desk: DeskOfCaller) -> Response:
    """A form for a new entry."""
    return render(request, template="matters-new.html", kinds=list(KIND_NAMES.items()), **desk.choices())


@router.post("/matters/new")
async def store(
    request: Request,
    caller: Writer,
    reception: ReceptionOfApp,
    rules: LocalRulesOfApp,
    body: Annotated[NewPetitionIn, form_of(NewPetitionIn)],
) -> Response:
    """Store and route it, and go to its page."""
    if not body.text.strip():
        raise problems.invalid_request([FieldError("text", "请填写内容")])
    made = await api.create_petition(request, caller, reception, rules, body)
    number = made.headers["Location"].rpartition("/")[2]
    return Response(status_code=204, headers={"HX-Redirect": f"{PAGE.path}/{number}"})


@router.get("/matters/{petition}")
def show_entry(request: Request, desk: DeskOfCaller, petition: PetitionId) -> Response:
    """An entry, beside the list or as a page."""
    entry = desk.entry(petition)
    if is_htmx(request):
        return fragment(request, "matters/entry.html", **entry)
    return render(request, template="matters-entry.html", **entry)


@router.get("/matters/{petition}/row")
def show_row(request: Request, desk: DeskOfCaller, petition: PetitionId) -> Response:
    """The entry's line in the list."""
    return fragment(request, "matters/row.html", **desk.row(petition))


def _handler(act: Act) -> Callable[..., Coroutine[Any, Any, Response]]:
    async def handle(
        request: Request,
        caller: Writer,
        desk: DeskOfCaller,
        petition: PetitionId,
        body: Any = form_of(act.model),  # noqa: B008
    ) -> Response:
        return await _changed(request, desk, petition, act, body)

    return handle


for _act in ACTS:
    router.add_api_route(f"/matters/{{petition}}/{_act.address}", _handler(_act), methods=["POST"])


async def _changed(request: Request, desk: Desk, petition: str, act: Act, body: Any) -> Response:
    """Do something with an entry that nobody has changed meanwhile, and show it.

    Where somebody has, its present state is shown with what was changed; the page puts in what had been typed.
    """
    try:
        await change_petition(
            request, desk.caller, petition, desk.rules.taxonomy, lambda s, found: act.does(s, found, desk, body)
        )
    except Problem as problem:
        if problem.status != 412:
            raise
        seen = int(request.headers["If-Match"].strip('"'))
        entry = await run_in_threadpool(desk.entry, petition, seen=seen)
        response = fragment(request, "matters/entry.html", **entry)
        response.status_code = 412
        response.headers.update({"HX-Retarget": "#entry", "HX-Reswap": "innerHTML"})
        return response
    entry = await run_in_threadpool(desk.entry, petition)
    notice = texts.PAGE["done"].format(action=act.told(body))
    return fragment(request, "matters/entry.html", notice=notice, **entry)

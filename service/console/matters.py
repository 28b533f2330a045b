"""The pages 三事清单: the list, its entries and what is done with them, new entries, and a workbook for a meeting."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Final
from urllib.parse import quote

from fastapi import Depends, Request, Response
from sqlalchemy.orm import Session
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
    RepeatsOfApp,
    SettingsOfApp,
)
from service.console.forms import form_of, query_of
from service.console.matters_bulk import do_all
from service.console.matters_forms import (
    AssignForm,
    BulkForm,
    ExportForm,
    LinkForm,
    ResourcesForm,
    Search,
    View,
)
from service.console.matters_shown import Desk, changed_fields
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, is_htmx, render
from service.console.texts import matters as texts
from service.petitions import affairs, changes, links
from service.petitions.affair_schemas import DeliberationIn, HardIn, ReferralIn, ReplyIn, UrgeIn
from service.petitions.kinds import KIND_NAMES
from service.petitions.list_schemas import MeetingFilter
from service.petitions.schemas import (
    CorrectionIn,
    DecisionIn,
    ExtensionIn,
    PetitionIn,
    ReturnIn,
    SameMatterIn,
    SatisfactionIn,
    StatusIn,
)
from service.privacy.meeting import meeting
from service.problems import FieldError, Problem
from service.store.tables import Petition
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


@router.post("/matters/bulk")
async def do_with_several(
    request: Request, caller: Writer, desk: DeskOfCaller, body: Annotated[BulkForm, form_of(BulkForm)]
) -> Response:
    """The same with several entries; those with which it cannot be done are named."""
    done, skipped = await do_all(request, desk, body)
    action = texts.PAGE[f"bulk_{body.action}"]
    notice = texts.PAGE["bulk_done"].format(action=action, n=done)
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
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    repeats: RepeatsOfApp,
    settings: SettingsOfApp,
    body: Annotated[PetitionIn, form_of(PetitionIn)],
) -> Response:
    """Store and route it, and go to its page."""
    if not body.text.strip():
        raise problems.invalid_request([FieldError("text", "请填写内容")])
    made = await api.create_petition(request, caller, engine, directories, repeats, settings, body)
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


Act = Callable[[Session, Petition], None]


async def _changed(request: Request, desk: Desk, petition: str, act: Act) -> Response:
    """Do something with an entry that nobody has changed meanwhile, and show it.

    Where somebody has, its present state is shown with what was changed; the page puts in what had been typed.
    """
    try:
        await change_petition(request, desk.caller, petition, desk.rules.taxonomy, act)
    except Problem as problem:
        if problem.status != 412:
            raise
        seen = request.headers.get("If-Match", "").strip('"')
        entry = await run_in_threadpool(desk.entry, petition, seen=int(seen))
        response = fragment(request, "matters/entry.html", **entry)
        response.status_code = 412
        response.headers.update({"HX-Retarget": "#entry", "HX-Reswap": "innerHTML"})
        return response
    return fragment(
        request, "matters/entry.html", notice=texts.PAGE["done"], **await run_in_threadpool(desk.entry, petition)
    )


@router.post("/matters/{petition}/assign")
async def assign(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[AssignForm, form_of(AssignForm)],
) -> Response:
    """Decide on what waits for a person, as suggested or otherwise, and assign it."""

    def act(session: Session, found: Petition) -> None:
        decision = DecisionIn(**changed_fields(found, body, desk.rules), why=body.why)
        changes.decide(session, found, caller, decision, desk.rules)

    return await _changed(request, desk, petition, act)


@router.post("/matters/{petition}/correct")
async def correct(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[AssignForm, form_of(AssignForm)],
) -> Response:
    """Give it to another unit."""

    def act(session: Session, found: Petition) -> None:
        if body.why is None:
            raise problems.invalid_request([FieldError("why", "请写明理由")])
        final = None if (body.final or False) == found.final else body.final or False
        fields = {**changed_fields(found, body, desk.rules), "final": final if caller.may(Scope.SUPERVISE) else None}
        changes.correct(session, found, caller, CorrectionIn(**fields, why=body.why), desk.rules)

    return await _changed(request, desk, petition, act)


@router.post("/matters/{petition}/status")
async def move(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[StatusIn, form_of(StatusIn)],
) -> Response:
    """Bring it into the next state."""
    return await _changed(request, desk, petition, lambda s, found: changes.move(s, found, caller, body))


@router.post("/matters/{petition}/return")
async def send_back(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[ReturnIn, form_of(ReturnIn)],
) -> Response:
    """Its unit sends it back."""
    return await _changed(
        request, desk, petition, lambda s, found: changes.send_back(s, found, caller, body, desk.rules)
    )


@router.post("/matters/{petition}/ask")
async def ask(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[UrgeIn, form_of(UrgeIn)],
) -> Response:
    """Urge its unit, or ask how far it is."""
    return await _changed(request, desk, petition, lambda s, found: affairs.ask_unit(s, found, caller, body))


@router.post("/matters/{petition}/reply")
async def reply(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[ReplyIn, form_of(ReplyIn)],
) -> Response:
    """Note what its unit answers."""
    return await _changed(request, desk, petition, lambda s, found: affairs.reply(s, found, caller, body))


@router.post("/matters/{petition}/extend")
async def extend(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[ExtensionIn, form_of(ExtensionIn)],
) -> Response:
    """Give it more time."""
    deadlines = desk.rules.deadlines
    return await _changed(request, desk, petition, lambda s, found: changes.extend(s, found, caller, body, deadlines))


@router.post("/matters/{petition}/deliberate")
async def deliberate(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[DeliberationIn, form_of(DeliberationIn)],
) -> Response:
    """Note where its deliberation stands."""
    taxonomy = desk.rules.taxonomy
    return await _changed(
        request, desk, petition, lambda s, found: affairs.deliberate(s, found, caller, body, taxonomy)
    )


@router.post("/matters/{petition}/refer")
async def refer(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[ReferralIn, form_of(ReferralIn)],
) -> Response:
    """Note where its resident was referred to."""
    directory = desk.rules.directory
    return await _changed(request, desk, petition, lambda s, found: affairs.refer(s, found, caller, body, directory))


@router.post("/matters/{petition}/resources")
async def set_resources(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[ResourcesForm, form_of(ResourcesForm)],
) -> Response:
    """Note what it needs and what has been pledged."""
    wanted = body.resources()
    return await _changed(request, desk, petition, lambda s, found: affairs.set_resources(s, found, caller, wanted))


@router.post("/matters/{petition}/rate")
async def rate(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[SatisfactionIn, form_of(SatisfactionIn)],
) -> Response:
    """Note what the resident says of the outcome."""
    return await _changed(request, desk, petition, lambda s, found: changes.rate(s, found, caller, body))


@router.post("/matters/{petition}/hard")
async def mark_hard(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[HardIn, form_of(HardIn)],
) -> Response:
    """Say whether it is a hard case."""
    return await _changed(request, desk, petition, lambda s, found: affairs.mark_hard(s, found, caller, body))


@router.post("/matters/{petition}/link")
async def link(
    request: Request,
    caller: Writer,
    desk: DeskOfCaller,
    petition: PetitionId,
    body: Annotated[LinkForm, form_of(LinkForm)],
) -> Response:
    """Say that another entry is about the same matter, merge into it, or tell them apart."""

    def act(session: Session, found: Petition) -> None:
        said = SameMatterIn(other=desk.number_of(session, body.other), state=body.state, why=body.why)
        links.say(session, found, caller, said)

    return await _changed(request, desk, petition, act)

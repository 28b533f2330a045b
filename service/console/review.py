"""The page 复核: what waits for a person, one at a time, and how right the model is where nobody looks."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.route import Message
from petition_nlp.taxonomy import Taxonomy
from service import automatic, problems
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.answers import PetitionId, change_petition, queued_answer
from service.api.dependencies import (
    DatabaseOfApp,
    EngineOfApp,
    LocalRulesOfApp,
    SettingsOfApp,
    StandardOfApp,
    adviser_of,
    automatic_of,
)
from service.api.writing import Answer, etag, write
from service.console.forms import form_of, query_of
from service.console.pages import Page, PageRouter
from service.console.review_shown import clock_shown, departments, item_shown, matters, queue_shown, writes
from service.console.shell import Notice, fragment, is_htmx, render
from service.console.texts import review as texts
from service.console.unit_choices import unit_choices
from service.petitions import history, links, queries, review
from service.petitions.queries import Filter
from service.petitions.review import QueueFilter, Wanted
from service.petitions.schemas import AutoRoutingIn, DecisionIn, PetitionNumber, SameMatterIn, TakeIn
from service.problems import Problem
from service.schemas import In
from service.store.database import Database
from service.store.tables import BlindVerdict, Petition

PAGE: Final = Page("review", "/review", Scope.REVIEW, texts, place=20)
router: Final = PageRouter(PAGE)

Reviewer = Annotated[Principal, Depends(needs(Scope.REVIEW))]
Manager = Annotated[Principal, Depends(needs(Scope.AUTOMATIC))]
_MOST_SKIPPED: Final = 100
_LOST: Final = (404, 409, 412)


class NextIn(TakeIn):
    """Which petition to take; ``besides`` are those that the reviewer has put back."""

    besides: list[PetitionNumber] = Field(default=[], max_length=_MOST_SKIPPED)


class SeenIn(In):
    """Which version the reviewer has before them, and whether the next petition comes by itself."""

    version: int
    go_on: bool = False


class VerdictIn(DecisionIn, SeenIn):
    """A decision, or a verdict where the petition was shown ``blind``.

    The co-departments that it names, even none, count where ``co_given``.
    """

    blind: bool = False
    co_given: bool = False


class SameIn(SameMatterIn, SeenIn):
    """What a reviewer says of another petition."""


@router.get("/review")
def show(
    request: Request,
    caller: Reviewer,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    standard: StandardOfApp,
    wanted: Annotated[QueueFilter, query_of(QueueFilter)],
) -> HTMLResponse:
    """The page, or the queue as it is now."""
    taxonomy = engine.router.taxonomy
    part = _part(wanted, taxonomy)
    with database.read() as session:
        waiting = queue_shown(session, caller, part, taxonomy)
    if is_htmx(request):
        return fragment(request, "review-queue.html", partial=True, **waiting)
    with database.read() as session:
        figures = _figures(session, caller, standard, taxonomy)
    labels = {"matters": matters(taxonomy), "departments": departments(taxonomy)}
    return render(
        request, wanted=part, partial=False, **{**labels, **waiting, **figures, **item_shown(request, caller)}
    )


@router.post("/review/take")
async def take(
    request: Request,
    caller: Reviewer,
    engine: EngineOfApp,
    settings: SettingsOfApp,
    body: Annotated[NextIn, form_of(NextIn)],
) -> Response:
    """Take a certain petition or the most urgent one; what the caller had goes back."""
    taxonomy, minutes = engine.router.taxonomy, settings.review_minutes
    wanted = _part(body, taxonomy)

    def work(session: Session) -> Answer:
        for other in review.held(session, caller):
            if other.id != body.petition:
                review.release(session, other, caller)
        session.flush()
        if body.petition is None:
            found = review.take_next(session, caller, wanted, minutes=minutes, besides=body.besides)
            found = found or review.take_next(session, caller, wanted, minutes=minutes)
        else:
            found = queries.get(session, caller, body.petition, lock=True)
            review.take(session, found, caller, minutes=minutes)
        return Answer({}) if found is None else queued_answer(session, caller, found, taxonomy)

    return await _done(request, caller, body.petition, lambda: write(request, caller, work))


@router.post("/review/{petition}/hold")
async def hold(
    request: Request, caller: Reviewer, engine: EngineOfApp, settings: SettingsOfApp, petition: PetitionId
) -> Response:
    """Keep a petition longer."""
    taxonomy = engine.router.taxonomy

    def act(session: Session, found: Petition) -> None:
        review.take(session, found, caller, minutes=settings.review_minutes)

    try:
        answer = await change_petition(request, caller, petition, taxonomy, act, queued_answer)
    except Problem as problem:
        return await _lost(request, caller, petition, problem)
    return fragment(request, "review-lease.html", item=json.loads(bytes(answer.body)), **clock_shown(request))


@router.post("/review/{petition}/decide")
async def decide(
    request: Request,
    caller: Reviewer,
    rules: LocalRulesOfApp,
    standard: StandardOfApp,
    petition: PetitionId,
    body: Annotated[VerdictIn, form_of(VerdictIn)],
) -> Response:
    """Confirm or change what is suggested, or give a blind verdict."""

    def act(session: Session, found: Petition) -> None:
        _require_version(found, body.version)
        review.decide(session, found, caller, _decision(body, found, rules.taxonomy), rules, standard)

    def told(session: Session, answer: Mapping[str, Any]) -> Notice:
        return _verdict(session, petition, rules.taxonomy) if body.blind else _decided(answer)

    answer = await _done(
        request,
        caller,
        petition,
        lambda: change_petition(request, caller, petition, rules.taxonomy, act),
        told=told,
        go_on=body.go_on,
    )
    if body.blind:
        answer.headers["HX-Trigger-After-Settle"] += ", precision-changed"
        await run_in_threadpool(automatic_of(request).look)
    return answer


@router.post("/review/{petition}/release")
async def release(request: Request, caller: Reviewer, engine: EngineOfApp, petition: PetitionId) -> Response:
    """Put a petition back, and take none."""

    def act(session: Session, found: Petition) -> None:
        review.release(session, found, caller)

    return await _done(
        request,
        caller,
        petition,
        lambda: change_petition(request, caller, petition, engine.router.taxonomy, act, queued_answer),
        told=lambda _session, _answer: Notice(texts.TOLD["released"]),
    )


@router.post("/review/{petition}/same", dependencies=[Depends(needs(Scope.PETITIONS_WRITE))])
async def say_same(
    request: Request,
    caller: Reviewer,
    engine: EngineOfApp,
    petition: PetitionId,
    body: Annotated[SameIn, form_of(SameIn)],
) -> Response:
    """Merge the petition into another, which decides on it, or link the two."""
    said = SameMatterIn(other=body.other, state=body.state, why=body.why)

    def act(session: Session, found: Petition) -> None:
        _require_version(found, body.version)
        _require_told(found)
        review.require_free(found, caller)
        links.say(session, found, caller, said)

    return await _done(
        request,
        caller,
        petition,
        lambda: change_petition(request, caller, petition, engine.router.taxonomy, act, queued_answer),
        told=lambda _session, _answer: Notice(texts.TOLD[body.state]),
        go_on=body.go_on and body.state == links.MERGED,
    )


@router.get("/review/{petition}/beside")
async def show_beside(
    request: Request, caller: Reviewer, database: DatabaseOfApp, engine: EngineOfApp, petition: PetitionId
) -> HTMLResponse:
    """Alike petitions, decided and open; none beside a blind one, where they would tell what is suggested."""

    def read() -> Message:
        with database.read() as session:
            found = queries.get(session, caller, petition)
            _require_told(found)
            return Message(found.text, title=found.title, area=found.area, extra=found.extra)

    message = await run_in_threadpool(read)
    [route] = await engine.route([message])
    advice = await run_in_threadpool(adviser_of(request).advise, caller, message, route, petition)
    shown = await run_in_threadpool(advice.to_dict, engine.router.taxonomy)
    return fragment(request, "review-beside.html", petition=petition, **shown, writes=writes(caller))


@router.get("/review/units")
def find_units(caller: Reviewer, rules: LocalRulesOfApp) -> JSONResponse:
    """The city's own units for the search by name; ``given`` is what the form may call one."""
    units = [
        {"code": unit.code, "name": unit.name, "department": unit.department, "given": given, "hint": unit.code}
        for given, unit in unit_choices(rules.directory)
    ]
    return JSONResponse({"units": units})


@router.get("/review/precision")
def show_precision(
    request: Request, caller: Reviewer, database: DatabaseOfApp, engine: EngineOfApp, standard: StandardOfApp
) -> HTMLResponse:
    """Live precision as it is now."""
    with database.read() as session:
        figures = _figures(session, caller, standard, engine.router.taxonomy)
    return fragment(request, "review-precision.html", partial=True, **figures)


@router.post("/review/automatic")
async def set_automatic(
    request: Request,
    caller: Manager,
    engine: EngineOfApp,
    standard: StandardOfApp,
    body: Annotated[AutoRoutingIn, form_of(AutoRoutingIn)],
) -> Response:
    """Stop or resume automatic routing."""

    def work(session: Session) -> Answer:
        automatic.say(session, caller, body, standard)
        session.flush()
        return Answer(_figures(session, caller, standard, engine.router.taxonomy))

    answer = await write(request, caller, work)
    await run_in_threadpool(automatic_of(request).look)
    told = Notice(texts.TOLD["stopped"], "look") if body.state == "stopped" else Notice(texts.TOLD["resumed"])
    return fragment(request, "review-precision.html", notice=told, partial=True, **json.loads(bytes(answer.body)))


async def _done(
    request: Request,
    caller: Principal,
    petition: str | None,
    act: Callable[[], Any],
    *,
    told: Callable[[Session, Mapping[str, Any]], Notice] | None = None,
    go_on: bool = False,
) -> Response:
    """Act, and answer with what the reviewer has before them then.

    :param petition: the one that it is about, if it is a certain one.
    :param told: makes of the answer what to tell.
    :param go_on: whether the next petition comes by itself.
    """
    try:
        answer = await act()
    except Problem as problem:
        if petition is None:
            raise
        return await _lost(request, caller, petition, problem, go_on=go_on)
    body = json.loads(bytes(answer.body))

    def read() -> tuple[dict[str, Any], Notice | None]:
        with _database(request).read() as session:
            notice = None if told is None else told(session, body)
        return item_shown(request, caller, go_on=go_on, sought=told is None), notice

    context, notice = await run_in_threadpool(read)
    return _changed(fragment(request, "review-item.html", notice=notice, **context))


async def _lost(
    request: Request, caller: Principal, petition: str, problem: Problem, *, go_on: bool = True
) -> Response:
    """Tell who was faster, and go on with the next.

    :raises Problem: nobody was: the caller can do something about it.
    """
    if problem.status not in _LOST:
        raise problem
    told = await run_in_threadpool(_became, request, caller, petition, problem.status)
    if told is None:
        raise problem
    context = await run_in_threadpool(lambda: item_shown(request, caller, go_on=go_on))
    response = _changed(fragment(request, "review-item.html", notice=Notice(told, "look"), **context))
    response.headers.update({"HX-Retarget": "#item", "HX-Reswap": "innerHTML settle:0ms"})
    return response


def _changed(response: Response) -> Response:
    response.headers["HX-Trigger-After-Settle"] = "queue-changed"
    return response


def _became(request: Request, caller: Principal, petition: str, status: int) -> str | None:
    """What somebody else did with a petition meanwhile; None if nobody did anything."""
    with _database(request).read() as session:
        try:
            found = queries.get(session, caller, petition)
        except Problem:
            return texts.TOLD["gone"]
        if not session.scalar(select(Petition.id).where(Petition.id == petition, review.waiting())):
            last = history.entries(session, petition)[-1]
            return texts.TOLD["done_self"] if last.actor == caller.id else _by("done", last.actor_name)
        name = review.takers(session, [found]).get(petition)
        if name is not None and found.taken_by != caller.id:
            return _by("taken", name)
    return texts.TOLD["changed"] if status == 412 else None


def _by(what: str, name: str) -> str:
    return texts.TOLD[what].format(name=name)


def _decision(body: VerdictIn, petition: Petition, taxonomy: Taxonomy) -> DecisionIn:
    """The decision as the rules take it: one by number alone says why by itself."""
    given = body.model_dump(exclude={"version", "go_on", "blind", "co_given"}, exclude_none=True)
    if body.co_given:
        given.setdefault("co_departments", [])
    if given.keys() == {"department"} and not body.blind:
        suggested = petition.suggestion.route["department"] or {"code": None, "alternatives": []}
        offered = {suggested["code"], *(one["code"] for one in suggested["alternatives"])}
        if taxonomy.resolve("department", given["department"]) in offered:
            given["why"] = texts.WHY_CHOSEN
    return DecisionIn(**given)


def _verdict(session: Session, petition: str, taxonomy: Taxonomy) -> Notice:
    """What is told after a blind verdict."""
    found = session.scalar(select(BlindVerdict).where(BlindVerdict.petition == petition))
    if found is None or found.right:
        return Notice(texts.TOLD["judged_same"])
    if found.suggested_department is None:
        named = taxonomy.name("matter", found.suggested_matter or "")
        return Notice(texts.TOLD["judged_other_matter"].format(suggested=named), "look")
    named = taxonomy.name("department", found.suggested_department)
    return Notice(texts.TOLD["judged_other"].format(suggested=named), "look")


def _decided(answer: Mapping[str, Any]) -> Notice:
    parts = [answer[name]["name"] for name in ("matter", "department", "unit") if answer[name]]
    return Notice(texts.TOLD["decided"].format(who=" · ".join(parts)))


def _figures(session: Session, caller: Principal, standard: Any, taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        "routing": automatic.routing_json(session, standard, taxonomy) if caller.may(Scope.STATS) else None,
        "may_stop": caller.may(Scope.AUTOMATIC),
    }


def _require_version(petition: Petition, seen: int) -> None:
    if petition.version != seen:
        raise problems.changed_meanwhile(etag(petition.version))


def _require_told(petition: Petition) -> None:
    """Make sure that a petition is none that has to be judged blindly."""
    if petition.blind:
        raise problems.no_such("诉求")


def _part(wanted: QueueFilter | TakeIn, taxonomy: Taxonomy) -> Wanted:
    narrowed = Filter(matter=wanted.matter, department=wanted.department, area=wanted.area)
    return Wanted(narrowed.with_codes(taxonomy), wanted.kind)


def _database(request: Request) -> Database:
    found: Database = request.app.state.database
    return found

"""The page 分拨台: paste a message, read whose it is, take it in."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Annotated, Final

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.duties import Duty
from petition_nlp.route import Prediction, Route, code_of
from petition_nlp.router import responsible_for
from petition_nlp.taxonomy import Taxonomy
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.answers import PetitionId, change_petition, petition_answer
from service.api.bodies import body_of
from service.api.dependencies import (
    DirectoriesOfApp,
    EngineOfApp,
    LocalRulesOfApp,
    ReceptionOfApp,
    SettingsOfApp,
    adviser_of,
)
from service.api.writing import Answer, write
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import routing as texts
from service.petitions import desk
from service.petitions.changes import REQUEST_TYPES
from service.petitions.desk import TakeInIn
from service.petitions.labels import known_code
from service.petitions.schemas import PetitionIn, PetitionNumber, WithdrawalIn
from service.schemas import Text
from service.store.tables import Petition
from service.store.tables.base import now

PAGE: Final = Page("routing", "/", Scope.ROUTE, texts, place=10)
router: Final = PageRouter(PAGE)

_BESIDE: Final = SimpleNamespace(**texts.BESIDE)

Router = Annotated[Principal, Depends(needs(Scope.ROUTE))]
Writer = Annotated[Principal, Depends(needs(Scope.PETITIONS_WRITE))]


class BesideIn(PetitionIn):
    """A message with what the clerk has chosen so far; ``petition`` is its own, where it is stored already."""

    matter: Text | None = None
    department: Text | None = None
    request_type: Text | None = None
    petition: PetitionNumber | None = None


@router.get("/")
async def show(request: Request, caller: Router, settings: SettingsOfApp) -> HTMLResponse:
    """The page without a message."""
    return render(
        request,
        examples=texts.EXAMPLES,
        reader=texts.READER,
        limit=settings.max_text_chars,
        stores=caller.may(Scope.PETITIONS_WRITE),
        types=[(name, name) for name in REQUEST_TYPES],
    )


@router.post("/routing/beside")
async def show_beside(
    request: Request,
    caller: Router,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[BesideIn, body_of(BesideIn)],
) -> HTMLResponse:
    """What stands beside the route of a message: its unit and deadline, and advice."""
    taxonomy, message = engine.router.taxonomy, body.message()
    [suggested] = await engine.route([message])
    route = _chosen(suggested, body, taxonomy)
    matter, department = code_of(route.matter), code_of(route.department)
    local = await run_in_threadpool(directories.look_up, message, matter, department, taxonomy)
    advice = await run_in_threadpool(adviser_of(request).advise, caller, message, route, body.petition)
    due = directories.deadlines.due(
        body.received or now(), code_of(route.request_type), emergency=route.emergency is not None
    )
    sensitive = await run_in_threadpool(engine.sensitive.find, f"{body.title or ''}\n{body.text}")
    chosen = body.matter is not None or body.department is not None
    responsible = responsible_for(taxonomy, matter or "", department) if chosen else None
    return fragment(
        request,
        "routing-beside.html",
        b=_BESIDE,
        stores=caller.may(Scope.PETITIONS_WRITE),
        local=local,
        places=" ".join(area.name for area in local.place.areas),
        due=due,
        sensitive=sensitive,
        chosen=chosen,
        responsible=responsible,
        advice=await run_in_threadpool(advice.to_dict, taxonomy),
        duty_parts=_marked(advice.duty) if advice.duty else [],
    )


@router.post("/routing/petitions")
async def take_in(
    request: Request,
    caller: Writer,
    reception: ReceptionOfApp,
    rules: LocalRulesOfApp,
    body: Annotated[TakeInIn, body_of(TakeInIn)],
) -> Response:
    """Store a message with the clerk's decision."""
    incoming = await reception.read(body)

    def work(session: Session) -> Answer:
        petition = desk.take_in(session, caller, incoming, body, rules)
        return petition_answer(session, caller, petition, rules.taxonomy)

    return await write(request, caller, work)


@router.post("/routing/petitions/{petition}/withdrawal")
async def withdraw(
    request: Request,
    caller: Writer,
    rules: LocalRulesOfApp,
    petition: PetitionId,
    body: Annotated[WithdrawalIn, body_of(WithdrawalIn)],
) -> Response:
    """Take back what was just taken in."""

    def act(session: Session, found: Petition) -> None:
        desk.withdraw(session, found, caller, rules, body.why)

    return await change_petition(request, caller, petition, rules.taxonomy, act)


def _chosen(route: Route, body: BesideIn, taxonomy: Taxonomy) -> Route:
    """The route with the clerk's choices in the place of the suggestion.

    :raises Problem: 422, the taxonomy has no such label.
    """
    matter = _prediction(route.matter, taxonomy, "matter", body.matter)
    department = _prediction(route.department, taxonomy, "department", body.department)
    kind = Prediction(body.request_type, body.request_type, 1.0) if body.request_type else route.request_type
    return replace(route, matter=matter, department=department, request_type=kind)


def _prediction(suggested: Prediction | None, taxonomy: Taxonomy, head: str, label: str | None) -> Prediction | None:
    code = known_code(taxonomy, head, label, head)
    return suggested if code is None else Prediction(code, taxonomy.name(head, code), 1.0)


def _marked(duty: Duty) -> list[tuple[str, bool]]:
    """The text of a duty in pieces, each with whether the message speaks of it."""
    cuts = sorted({0, len(duty.text), *(edge for span in duty.matches for edge in span)})
    inside = [any(start <= cut < end for start, end in duty.matches) for cut in cuts]
    return [(duty.text[start:end], told) for start, end, told in zip(cuts, cuts[1:], inside, strict=False)]

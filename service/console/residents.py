"""The page 居民资料: where one resident's data is, and how it is masked or deleted."""

from __future__ import annotations

import json
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse
from pydantic import Field

from service.access.audit import audit_reading
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.answers import PetitionId
from service.api.dependencies import DatabaseOfApp, SettingsOfApp
from service.api.privacy import erase_now, find, find_in_files
from service.console.forms import form_of
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import residents as texts
from service.petitions import history, queries
from service.petitions.states import STATUS_NAMES, Status
from service.privacy.schemas import ErasureIn, SearchIn
from service.privacy.search import MOST_FOUND, Finding
from service.store.tables import Entry

PAGE: Final = Page("residents", "/residents", Scope.PRIVACY, texts, place=73, group="administration")
router: Final = PageRouter(PAGE)

Officer = Annotated[Principal, Depends(needs(Scope.PRIVACY))]
Reader = Annotated[Principal, Depends(needs(Scope.PETITIONS_READ))]

_Count = Annotated[int, Field(ge=0)]
_TERMS: Final = tuple(texts.PAGE["terms"])


class AskedIn(SearchIn):
    """What is looked for, and what was seen before ``cursor``."""

    scanned: _Count = 0
    found: _Count = 0


@router.get("/residents")
async def show(request: Request, _: Officer) -> HTMLResponse:
    """The form, empty: what is looked for stands in no address."""
    return render(request)


@router.post("/residents/search")
def search(
    request: Request, caller: Officer, database: DatabaseOfApp, asked: Annotated[AskedIn, form_of(AskedIn)]
) -> HTMLResponse:
    """Look through a part of the petitions; the page goes on by itself."""
    part = find(database, caller, asked)
    scanned, found = asked.scanned + part.scanned, asked.found + len(part.items)
    return fragment(
        request,
        "residents/more.html" if asked.cursor else "residents/results.html",
        items=[_item(finding) for finding in part.items],
        terms=_terms(asked),
        scanned=scanned,
        found=found,
        next=part.next,
        paused=found // MOST_FOUND > asked.found // MOST_FOUND,
        complete=part.complete,
    )


@router.post("/residents/files")
def search_files(
    request: Request,
    caller: Officer,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    asked: Annotated[AskedIn, form_of(AskedIn)],
) -> HTMLResponse:
    """Look through a part of the files of jobs."""
    part = find_in_files(database, settings, caller, asked)
    return fragment(
        request,
        "residents/files.html",
        items=part.items,
        unreadable=part.unreadable,
        terms=_terms(asked),
        scanned=asked.scanned + part.scanned,
        found=asked.found + len(part.items),
        next=part.next,
    )


@router.get("/residents/petitions/{petition}")
def preview(
    request: Request, _: Officer, caller: Reader, database: DatabaseOfApp, petition: PetitionId
) -> HTMLResponse:
    """All that a petition and its history say in words."""
    with database.read() as session:
        found = queries.get(session, caller, petition)
        entries = history.entries(session, petition)
    audit_reading(database, caller, [found], "read")
    extra = None if found.extra is None else json.dumps(found.extra, ensure_ascii=False, indent=1)
    shown = {"title": found.title, "text": found.text, "area": found.area, "outcome": found.outcome, "extra": extra}
    told = [(entry, _words(entry)) for entry in entries]
    return fragment(request, "residents/petition.html", petition=found, shown=shown, entries=told)


@router.post("/residents/erasures")
async def erase(request: Request, caller: Officer, form: Annotated[ErasureIn, form_of(ErasureIn)]) -> HTMLResponse:
    """Mask or delete the chosen petitions."""
    await erase_now(request, caller, form)
    chosen = sorted(set(form.petitions))
    notice = texts.PAGE[f"done_{form.action}"].format(n=len(chosen))
    return fragment(request, "residents/erased.html", notice=notice, action=form.action, chosen=chosen)


def _words(entry: Entry) -> list[tuple[str, str]]:
    """What an entry says in a person's words, by field."""
    after = {name: values[1] for name, values in entry.changes.items() if isinstance(values, list) and len(values) == 2}
    return [(name, str(after[name])) for name in ("title", "text", "area", "outcome") if after.get(name)]


def _terms(asked: SearchIn) -> dict[str, str]:
    return {name: value for name in _TERMS if (value := getattr(asked, name)) is not None}


def _item(finding: Finding) -> dict[str, Any]:
    petition, t = finding.petition, texts.PAGE
    return {
        "id": petition.id,
        "number": petition.external_id,
        "channel": petition.channel,
        "received": petition.received,
        "status": STATUS_NAMES[Status(petition.status)],
        "restricted": petition.restricted,
        "masked": petition.masked is not None,
        "history": any("history" in places for places in finding.places.values()),
        "places": [
            t["place"].format(term=t["terms"][term], places=t["separator"].join(t["places"][name] for name in places))
            for term, places in finding.places.items()
        ],
    }

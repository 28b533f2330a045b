"""The page 审计: who did what."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Annotated, Final
from urllib.parse import quote, urlencode

from fastapi import Depends, Request, Response
from pydantic import Field
from starlette.responses import StreamingResponse

from petition_nlp.archive.outputs import safe_cell
from service.access import accounts, audit, keys
from service.access.audit import AuditFilter
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.dependencies import DatabaseOfApp
from service.console.forms import query_of
from service.console.links import petition_addresses
from service.console.pages import Page, PageRouter
from service.console.shell import render
from service.console.texts import audit as texts
from service.console.told import Teller
from service.moments import CHINA
from service.schemas import In, Text
from service.store.database import Database
from service.store.paging import MOST
from service.store.tables import AuditEntry

PAGE: Final = Page("audit", "/audit", Scope.ADMIN, texts, place=72, group="administration")
router: Final = PageRouter(PAGE)

Admin = Annotated[Principal, Depends(needs(Scope.ADMIN))]

_NUMBER: Final = re.compile("[0-9a-f]{32}")
_LIMIT: Final = 50
_OTHERS: Final = ("local", "nobody", "system")


_Day = Annotated[date, Field(ge=date(2000, 1, 1), lt=date(2200, 1, 1))]


class Wanted(In):
    """The filters of the page."""

    actor: Annotated[Text, Field(max_length=200)] | None = None
    action: Annotated[Text, Field(max_length=64)] | None = None
    target: Annotated[Text, Field(max_length=200)] | None = None
    day_from: _Day | None = None
    day_to: _Day | None = None
    cursor: Annotated[int, Field(ge=1, le=2**31 - 1)] | None = None

    def filter(self) -> AuditFilter:
        """What entries to find; a bare number is a petition's."""
        target = self.target and self.target.strip()
        return AuditFilter(
            action=self.action,
            actor=self.actor,
            target=f"petition:{target}" if target and _NUMBER.fullmatch(target) else target,
            at_from=None if self.day_from is None else _begin(self.day_from),
            at_to=None if self.day_to is None else _begin(self.day_to + timedelta(days=1)),
        )

    def query(self) -> str:
        """The filters as the query of an address."""
        return urlencode(self.model_dump(mode="json", exclude_none=True, exclude={"cursor"}))


@router.get("/audit")
def show(
    request: Request, caller: Admin, database: DatabaseOfApp, wanted: Annotated[Wanted, query_of(Wanted)]
) -> Response:
    """A page of the log, newest first."""
    with database.read() as session:
        page = audit.find(session, wanted.filter(), cursor=wanted.cursor, limit=_LIMIT)
    people, programs = _actors(database)
    teller = _teller(request, database, caller, page.items, {**people, **programs})
    return render(
        request,
        items=[teller.tell(entry) for entry in page.items],
        next=page.next,
        wanted=wanted,
        query=wanted.query(),
        actors=[
            (texts.PAGE["people"], list(people.items())),
            (texts.PAGE["programs"], list(programs.items())),
            (texts.PAGE["others"], [(code, texts.PAGE[code]) for code in _OTHERS]),
        ],
        actions=[(group, list(names.items())) for group, names in texts.GROUPS.items()],
    )


@router.get("/audit/export")
def export(
    request: Request, caller: Admin, database: DatabaseOfApp, wanted: Annotated[Wanted, query_of(Wanted)]
) -> Response:
    """All entries that the filters let through, as CSV for spreadsheets; the export is an entry itself."""
    given = wanted.model_dump(mode="json", exclude_none=True, exclude={"cursor"})
    with database.write() as session:
        audit.audit(session, caller, "audit_exported", filter=given)
    named = quote(f"{texts.CSV_NAME}-{datetime.now(CHINA):%Y%m%d-%H%M}.csv")
    return StreamingResponse(
        _file(request, database, caller, wanted.filter()),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f"attachment; filename=\"audit.csv\"; filename*=UTF-8''{named}",
            "Cache-Control": "no-store",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _file(request: Request, database: Database, caller: Principal, wanted: AuditFilter) -> Iterator[str]:
    people, programs = _actors(database)
    yield "\ufeff" + _csv([texts.CSV_COLUMNS])
    cursor: int | None = None
    while True:
        with database.read() as session:
            page = audit.find(session, wanted, cursor=cursor, limit=MOST)
        teller = _teller(request, database, caller, page.items, {**people, **programs})
        yield _csv([_row(teller, entry) for entry in page.items])
        if page.next is None:
            return
        cursor = page.next


def _row(teller: Teller, entry: AuditEntry) -> Sequence[str]:
    told = teller.tell(entry)
    cells = (
        str(told.id),
        told.at.astimezone(CHINA).isoformat(" ", "seconds")[:19],
        told.who,
        told.actor,
        told.action,
        told.code,
        told.target,
        told.target_code,
        told.why or "",
        "；".join(told.told),
    )
    return [safe_cell(cell) for cell in cells]


def _csv(rows: Sequence[Sequence[str]]) -> str:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()


def _begin(day: date) -> datetime:
    return datetime.combine(day, time(), CHINA)


def _actors(database: Database) -> tuple[dict[str, str], dict[str, str]]:
    """Accounts and keys by what they are called in the log."""
    gone = texts.PAGE["gone"]
    with database.read() as session:
        people = {
            f"account:{one.id}": one.shown_name + ("" if one.active else gone) for one in accounts.all_accounts(session)
        }
        programs = {f"key:{one.id}": f"{one.name} {one.id[:4]}" for one in keys.all_keys(session)}
    return people, programs


def _teller(
    request: Request, database: Database, caller: Principal, entries: Sequence[AuditEntry], names: dict[str, str]
) -> Teller:
    numbers = {
        (entry.target or "").partition(":")[2] for entry in entries if (entry.target or "").startswith("petition:")
    }
    return Teller(names, petition_addresses(request, database, caller, numbers).get)

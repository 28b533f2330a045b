"""The lists: units, rules, places, services, with search and filters.

What one searches for may be a resident's address: it is sent as a form and never stands in an address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Request, Response
from pydantic import Field

from petition_nlp.local.directory import Directory
from petition_nlp.local.records import ADMINISTRATIVE
from petition_nlp.local.vocabulary import vocabulary
from service.access.principal import Principal
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp
from service.console.forms import form_of
from service.console.shell import fragment, render
from service.console.texts import units as texts
from service.console.units import shown
from service.console.units.frame import PAGE, Reader, department_options, frame, router
from service.moments import CHINA
from service.schemas import In, Text
from service.store.tables.base import now

NONE: Final = "-"
"""Stands for records without a department, or for the whole city."""
_ROWS: Final = 100
_LARGE: Final = ADMINISTRATIVE[:2]


class Wanted(In):
    """What a list is to show."""

    q: Text = Field(default="", max_length=100)
    department: Text | None = None
    area: Text | None = None
    kind: Text | None = None
    start: int = Field(default=0, ge=0)


@dataclass(frozen=True, slots=True)
class Entry:
    """A row with what filters look at."""

    row: Any
    words: str
    departments: Sequence[str | None]
    areas: Sequence[str | None]
    kind: str = ""


def _units(directory: Directory) -> Iterable[Entry]:
    for unit in directory.units.values():
        row = shown.unit_row(directory, unit)
        words = _joined(unit.code, unit.name, unit.contact, row.department, row.area)
        yield Entry(row, words, [unit.department], [unit.area])


def _rules(directory: Directory) -> Iterable[Entry]:
    today = now().astimezone(CHINA).date()
    for row in shown.rule_rows(directory, today):
        rule = row.rule
        words = _joined(rule.id, row.target, rule.unit, rule.note, *(part for pair in row.conditions for part in pair))
        yield Entry(row, words, [rule.department], [rule.area], row.state)


def _places(directory: Directory) -> Iterable[Entry]:
    for row in shown.place_rows(directory):
        area = row.area
        yield Entry(row, _joined(area.id, area.name, row.above, *area.aliases), [], [area.id], area.kind)


def _services(directory: Directory) -> Iterable[Entry]:
    for service in directory.services:
        row = shown.service_row(directory, service)
        words = _joined(service.name, row.areas, row.departments, service.address, service.phone, *service.offers)
        yield Entry(row, words, service.departments, service.areas or [None], service.kind)


_ENTRIES: Final[dict[str, Callable[[Directory], Iterable[Entry]]]] = {
    "units": _units,
    "rules": _rules,
    "places": _places,
    "services": _services,
}


def _joined(*parts: str | None) -> str:
    return "\n".join(filter(None, parts)).casefold()


def _matches(directory: Directory, entry: Entry, wanted: Wanted) -> bool:
    department = None if wanted.department == NONE else wanted.department
    return (
        all(word in entry.words for word in wanted.q.casefold().split())
        and (wanted.kind is None or entry.kind == wanted.kind)
        and (wanted.department is None or department in entry.departments)
        and (wanted.area is None or any(_lies(directory, area, wanted.area) for area in entry.areas))
    )


def _lies(directory: Directory, area: str | None, wanted: str) -> bool:
    return area is None if wanted == NONE else shown.lies_in(directory, area, wanted)


def _found(directory: Directory, tab: str, wanted: Wanted) -> dict[str, Any]:
    entries = list(_ENTRIES[tab](directory))
    rows = [entry.row for entry in entries if _matches(directory, entry, wanted)]
    end = wanted.start + _ROWS
    return {
        "rows": rows[wanted.start : end],
        "more": end if end < len(rows) else None,
        "count": len(rows),
        "total": len(entries),
    }


def _options(directory: Directory, tab: str) -> dict[str, Any]:
    """What the filters offer: departments that occur, districts and streets."""
    taxonomy = directory.taxonomy
    if tab == "units":
        used = {unit.department for unit in directory.units.values()}
    elif tab == "rules":
        used = {rule.department for rule in directory.rules}
    else:
        used = {code for service in directory.services for code in service.departments}
    kinds = {"places": "place_kinds", "services": "service_kinds"}.get(tab)
    return {
        "departments": [(code, name) for code, name in department_options(taxonomy) if code in used],
        "areas": [
            (row.area.id, "　" * row.depth + row.area.name)
            for row in shown.place_rows(directory)
            if row.area.kind in _LARGE
        ],
        "kinds": [(code, names[0]) for code, names in vocabulary().values[kinds].items()] if kinds else texts.STATES,
    }


def _page(
    request: Request,
    caller: Principal,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    tab: str,
) -> Response:
    directory = directories.newest(engine.router.taxonomy)
    return render(
        request,
        template=f"{PAGE.name}/{tab}.html",
        none_value=NONE,
        **frame(caller, database, directory, tab),
        **_options(directory, tab),
        **_found(directory, tab, Wanted()),
    )


def _part(
    request: Request,
    caller: Principal,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    tab: str,
    wanted: Wanted,
) -> Response:
    directory = directories.newest(engine.router.taxonomy)
    around = frame(caller, database, directory, tab)
    block = "rows" if wanted.start else "list"
    return fragment(request, f"{PAGE.name}/{tab}.html", block, oob=True, **around, **_found(directory, tab, wanted))


def _add(tab: str, path: str) -> None:
    """A page and its search."""

    def show(
        request: Request,
        caller: Reader,
        engine: EngineOfApp,
        database: DatabaseOfApp,
        directories: DirectoriesOfApp,
    ) -> Response:
        return _page(request, caller, engine, database, directories, tab)

    def search(
        request: Request,
        caller: Reader,
        engine: EngineOfApp,
        database: DatabaseOfApp,
        directories: DirectoriesOfApp,
        wanted: Annotated[Wanted, form_of(Wanted)],
    ) -> Response:
        return _part(request, caller, engine, database, directories, tab, wanted)

    router.add_api_route(path, show, methods=["GET"])
    router.add_api_route(f"{path}/search", search, methods=["POST"])


for _tab, _path in (("units", "/units"), *((tab, f"/units/{tab}") for tab in ("rules", "places", "services"))):
    _add(_tab, _path)

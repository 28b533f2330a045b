"""Changing one record: every change is a new version with its reason."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Query, Request, Response

from petition_nlp.local.directory import Directory
from petition_nlp.local.index import path
from service import problems
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp
from service.console.forms import form_of
from service.console.shell import fragment
from service.console.texts import units as texts
from service.console.units import forms
from service.console.units.changing import Change, form
from service.console.units.forms import Kind, MoveIn, PlaceIn, RemovalIn, RuleIn, ServiceIn, UnitIn
from service.console.units.frame import Editor, Reader, router
from service.schemas import In, Text

Key = Annotated[str | None, Query(max_length=500)]

_SUGGESTED: Final = 20


class AreaIn(In):
    """The beginning of a place's name, from whichever field of a form."""

    area: Text = ""
    parents: Text = ""


@router.get("/units/form")
def unit_form(
    request: Request, _: Editor, engine: EngineOfApp, directories: DirectoriesOfApp, key: Key = None
) -> Response:
    """The form for a unit, or for a new one."""
    directory = directories.newest(engine.router.taxonomy)
    values = forms.unit_values(directory, _record(directory, "units", key)) if key else {}
    return form(request, directory, "units", key, values)


@router.get("/units/rules/form")
def rule_form(
    request: Request, _: Editor, engine: EngineOfApp, directories: DirectoriesOfApp, key: Key = None
) -> Response:
    """The form for a rule, or for a new one."""
    directory = directories.newest(engine.router.taxonomy)
    new = {"position": str(len(directory.rules) + 1)}
    values = forms.rule_values(directory, _record(directory, "rules", key)) if key else new
    return form(request, directory, "rules", key, values)


@router.get("/units/places/form")
def place_form(
    request: Request, _: Editor, engine: EngineOfApp, directories: DirectoriesOfApp, key: Key = None
) -> Response:
    """The form for a place, or for a new one."""
    directory = directories.newest(engine.router.taxonomy)
    values = forms.place_values(directory, _record(directory, "places", key)) if key else {}
    return form(request, directory, "places", key, values)


@router.get("/units/services/form")
def service_form(
    request: Request, _: Editor, engine: EngineOfApp, directories: DirectoriesOfApp, key: Key = None
) -> Response:
    """The form for a service, or for a new one."""
    directory = directories.newest(engine.router.taxonomy)
    values = forms.service_values(directory, _record(directory, "services", key)) if key else {}
    return form(request, directory, "services", key, values)


@router.post("/units/save")
async def save_unit(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[UnitIn, form_of(UnitIn)],
) -> Response:
    """A unit, changed or new."""
    change = Change(request, caller, database, directories, engine.router.taxonomy, body)
    return await change.make("units", lambda document: forms.placed(document, "units", body.key, body.record(), None))


@router.post("/units/rules/save")
async def save_rule(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[RuleIn, form_of(RuleIn)],
) -> Response:
    """A rule, changed or new, at its place."""
    change = Change(request, caller, database, directories, engine.router.taxonomy, body)
    place = body.position
    return await change.make("rules", lambda document: forms.placed(document, "rules", body.key, body.record(), place))


@router.post("/units/places/save")
async def save_place(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[PlaceIn, form_of(PlaceIn)],
) -> Response:
    """A place, changed or new."""
    change = Change(request, caller, database, directories, engine.router.taxonomy, body)
    return await change.make("places", lambda document: forms.placed(document, "places", body.key, body.record(), None))


@router.post("/units/services/save")
async def save_service(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[ServiceIn, form_of(ServiceIn)],
) -> Response:
    """A service, changed or new."""
    change = Change(request, caller, database, directories, engine.router.taxonomy, body)
    return await change.make(
        "services", lambda document: forms.placed(document, "services", body.key, body.record(), None)
    )


@router.get("/units/rules/move")
def move_form(
    request: Request,
    _: Editor,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    key: Annotated[str, Query(max_length=500)],
    to: Annotated[int, Query(ge=1)],
) -> Response:
    """Asks where a rule is to stand, and why."""
    directory = directories.newest(engine.router.taxonomy)
    rule = _record(directory, "rules", key)
    place, last = directory.rules.index(rule) + 1, len(directory.rules)
    return fragment(
        request, "units/move.html", version=directory.version, rule=rule, place=place, to=min(to, last), last=last
    )


@router.post("/units/rules/move")
async def move_rule(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[MoveIn, form_of(MoveIn)],
) -> Response:
    """A rule at another place."""

    def move(document: dict[str, Any]) -> int:
        record = document["rules"][forms.index_of(document, "rules", body.key)]
        return forms.placed(document, "rules", body.key, record, body.position)

    return await Change(request, caller, database, directories, engine.router.taxonomy, body).make("rules", move)


@router.get("/units/remove")
def removal_form(
    request: Request,
    _: Editor,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    kind: Kind,
    key: Annotated[str, Query(max_length=500)],
) -> Response:
    """Asks why a record is to go."""
    directory = directories.newest(engine.router.taxonomy)
    found = _record(directory, kind, key)
    name = found.id if kind == "rules" else found.name
    return fragment(request, "units/remove.html", version=directory.version, kind=kind, key=key, name=name)


@router.post("/units/remove")
async def remove(
    request: Request,
    caller: Editor,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[RemovalIn, form_of(RemovalIn)],
) -> Response:
    """A record less."""

    def take(document: dict[str, Any]) -> None:
        del document[body.kind][forms.index_of(document, body.kind, body.key)]

    return await Change(request, caller, database, directories, engine.router.taxonomy, body).make(body.kind, take)


@router.post("/units/areas")
def suggest_areas(
    request: Request,
    _: Reader,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    body: Annotated[AreaIn, form_of(AreaIn)],
) -> Response:
    """Places whose names have what was typed."""
    directory = directories.newest(engine.router.taxonomy)
    paths = (path(directory.areas, area) for area in directory.areas.values())
    found = [one for one in paths if (body.area or body.parents) in one][:_SUGGESTED]
    return fragment(request, "units/areas.html", areas=found)


def _record(directory: Directory, kind: Kind, key: str) -> Any:
    """A record of a directory.

    :raises Problem: 404, it has none such.
    """
    records: Mapping[str, Any] = {
        "units": directory.units,
        "places": directory.areas,
        "rules": {rule.id: rule for rule in directory.rules},
        "services": {service.id: service for service in directory.services},
    }[kind]
    if key not in records:
        raise problems.no_such(texts.TABS[kind])
    return records[key]

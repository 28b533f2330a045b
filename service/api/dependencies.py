"""What the resources share: the parts of the running app."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, cast

from fastapi import Depends, Request

from petition_nlp.settings import Settings
from service import problems
from service.automatic import AutoRouting
from service.directory import Directories
from service.engine import Engine
from service.jobs.queue import JobQueue
from service.limits import refuse_nul
from service.models.watching import ModelWatch
from service.monitoring.watch import Watch
from service.petitions.advice import Adviser
from service.petitions.changes import LocalRules
from service.petitions.incoming import Reception
from service.petitions.precision import Standard
from service.store.database import Database
from service.wording import field_error


def settings_of(request: Request) -> Settings:
    """The settings of the running app."""
    return cast(Settings, request.app.state.settings)


def engine_of(request: Request) -> Engine:
    """The engine of the running app."""
    return cast(Engine, request.app.state.engine)


def directories_of(request: Request) -> Directories:
    """The city's directory in the running app."""
    return cast(Directories, request.app.state.directories)


def automatic_of(request: Request) -> AutoRouting:
    """Whether automatic routing runs in the running app."""
    return cast(AutoRouting, request.app.state.automatic)


def models_of(request: Request) -> ModelWatch:
    """What keeps the model of the running app the promoted one."""
    return cast(ModelWatch, request.app.state.models)


def watch_of(request: Request) -> Watch:
    """What knows of open alarms in the running app."""
    return cast(Watch, request.app.state.watch)


async def _standard(request: Request) -> Standard:
    return engine_of(request).standard


def adviser_of(request: Request) -> Adviser:
    """What gives advice in the running app."""
    return cast(Adviser, request.app.state.adviser)


def _rules(request: Request) -> LocalRules:
    taxonomy = engine_of(request).router.taxonomy
    directories = directories_of(request)
    return LocalRules(taxonomy, directories.in_use(taxonomy), directories.deadlines)


def _reception(request: Request) -> Reception:
    return Reception(
        engine_of(request), directories_of(request), request.app.state.repeats, settings_of(request).blind_share
    )


def _part(name: str) -> Callable[[Request], Coroutine[Any, Any, Any]]:
    async def part(request: Request) -> Any:  # a plain function would be called in another thread
        return getattr(request.app.state, name)

    return part


async def _database(request: Request) -> Database:
    """The store, for a request whose query it can hold."""
    if b"%00" in request.scope["query_string"]:
        refuse_nul(dict(request.query_params))
    return cast(Database, request.app.state.database)


async def known_query(request: Request) -> None:
    """Refuse parameters that an operation does not have: a misspelt filter would ask for everything.

    :raises Problem: names them.
    """
    if not request.scope["query_string"]:
        return
    path = request.app.openapi()["paths"][request.scope["route"].path]
    operation = path["get" if request.method == "HEAD" else request.method.lower()]
    known = {one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"}
    unknown = [name for name in request.query_params if name not in known]
    if unknown:
        raise problems.invalid_request([field_error("extra_forbidden", (name,)) for name in unknown])


SettingsOfApp = Annotated[Settings, Depends(_part("settings"))]
EngineOfApp = Annotated[Engine, Depends(_part("engine"))]
DatabaseOfApp = Annotated[Database, Depends(_database)]
DirectoriesOfApp = Annotated[Directories, Depends(_part("directories"))]
ReceptionOfApp = Annotated[Reception, Depends(_reception)]
StandardOfApp = Annotated[Standard, Depends(_standard)]
LocalRulesOfApp = Annotated[LocalRules, Depends(_rules)]
JobsOfApp = Annotated[JobQueue, Depends(_part("jobs"))]

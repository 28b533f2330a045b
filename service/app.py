"""Puts the service together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
from typing import Any, Final

from fastapi import APIRouter, Depends, FastAPI
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State

from petition_nlp.errors import PetitionError
from petition_nlp.local.deadlines import Deadlines
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service import metrics, openapi, periodic, problems
from service.access.guard import Guard
from service.api import (
    accounts,
    advice,
    affairs,
    alarms,
    audit,
    automatic,
    board,
    directory,
    exports,
    health,
    jobs,
    keys,
    labels,
    lists,
    models,
    monitoring,
    petitions,
    privacy,
    review,
    routes,
    session,
    stats,
    taxonomy,
    webhooks,
)
from service.api.dependencies import known_query
from service.automatic import AutoRouting
from service.board import days, issues
from service.console import installing
from service.directory import Directories
from service.engine import Engine
from service.events import described, overdue, records
from service.events.dispatcher import Dispatcher
from service.jobs import expiry
from service.jobs.queue import JobQueue
from service.lane import RoutesLane
from service.logs import RequestLog
from service.models.watching import ModelWatch
from service.monitoring import task as monitoring_task
from service.monitoring.watch import Watch
from service.operator_file import warn_of_broken
from service.petitions.advice import Adviser
from service.petitions.precision import Standard
from service.petitions.repeats import RepeatFinder
from service.petitions.similar import SimilarCases
from service.privacy import removal, retention
from service.pulse import Pulse
from service.store.database import Database
from service.store.figures import StoreFigures
from service.store.keeper import Keeper

_RESOURCES: Final = (
    routes,
    advice,
    exports,
    labels,
    lists,
    petitions,
    affairs,
    privacy,
    review,
    stats,
    automatic,
    alarms,
    board,
    jobs,
    directory,
    models,
    taxonomy,
    session,
    accounts,
    keys,
    webhooks,
    audit,
    health,
    monitoring,
)

_LENIENT: Final = (routes, health, monitoring)
"""What probes ask, and what takes no parameters and has to be quick."""
_STRICT: Final[dict[str, Any]] = {
    "dependencies": [Depends(known_query)],
    "responses": openapi.problem_responses("invalid_request"),
}

_log = logging.getLogger(__name__)


def create_app(settings: Settings, router: Router | None = None, *, engine: Engine | None = None) -> FastAPI:
    """The service.

    :param router: an already loaded router; without one, the model loads in the background at start.
    :param engine: replaces the engine that is made from ``settings`` and ``router``.
    """
    # The framework's own documentation pages load scripts from other servers; /openapi.json stays.
    app = FastAPI(lifespan=_lifespan, docs_url=None, redoc_url=None)
    database = Database(settings.database_url)
    app.state.settings = settings
    app.state.engine = engine or Engine(settings, router=router)
    app.state.database = database
    app.state.guard = Guard(settings, database)
    app.state.directories = Directories(database, Deadlines.load(settings.deadlines, holidays=settings.holidays))
    app.state.engine.located = app.state.directories.located
    app.state.repeats = RepeatFinder(database)
    app.state.adviser = _adviser(app.state, settings)
    app.state.jobs = JobQueue(settings, database)
    app.state.automatic = AutoRouting(database)
    app.state.dispatcher = Dispatcher(database, settings)
    app.state.models = ModelWatch(settings, database, app.state.engine)
    app.state.watch = Watch(database)
    app.state.figures = StoreFigures(database, partial(_standard, app.state.engine))
    app.state.pulse = Pulse()
    app.state.stopping = False
    app.state.failure = None
    app.router.routes.extend(_operations().routes)
    problems.install(app)
    installing.install(app)
    openapi.install(app)
    described.install(app)
    app.add_middleware(RoutesLane)
    app.add_middleware(RequestLog)
    return app


@cache
def _operations() -> APIRouter:
    """What the framework works out of them, at the first request, it works out once in a process."""
    router = APIRouter()
    for resource in _RESOURCES:
        router.include_router(resource.router, **({} if resource in _LENIENT else _STRICT))
    return router


def _standard(engine: Engine) -> Standard | None:
    return engine.standard if engine.ready else None


def _adviser(state: State, settings: Settings) -> Adviser:
    engine: Engine = state.engine
    similar = SimilarCases(state.database, lambda: engine.router.loaded.embedder, settings.similar_cases)
    return Adviser(engine, state.database, state.directories, state.repeats, similar)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    state = app.state
    keeper = Keeper(state.database)
    state.pulse.on_beat(lambda: metrics.present(state.engine.pending))
    state.engine.start()
    try:
        tasks = (
            *periodic.TASKS,
            expiry.task(state.settings, state.jobs.store.id),
            retention.task(state.settings),
            removal.TASK,
            overdue.TASK,
            records.task(state.settings.event_days),
            days.task(state.directories.deadlines.calendar),
            issues.task(),
            monitoring_task.task(state.engine, state.directories),
        )
        runner = periodic.Runner(state.database, tasks)
        await run_in_threadpool(state.engine.sensitive.find, "")  # its rules are read now, or the start fails
        await run_in_threadpool(state.engine.acceptance.find, "")
        await run_in_threadpool(keeper.begin)
        await run_in_threadpool(state.automatic.begin)
        await run_in_threadpool(state.watch.begin)
        await state.guard.start()
        await run_in_threadpool(warn_of_broken, state.settings)
        await run_in_threadpool(state.jobs.start)
    except PetitionError as error:
        state.failure = error
        raise
    except Exception:
        _log.error("start failed", exc_info=True)
        raise
    runner.begin()
    state.dispatcher.begin()
    state.adviser.similar.begin()
    await run_in_threadpool(state.models.begin)
    beating = asyncio.create_task(state.pulse.run())
    yield
    beating.cancel()
    runner.end()
    await run_in_threadpool(state.dispatcher.end)
    state.adviser.similar.end()
    await run_in_threadpool(state.models.end)
    await run_in_threadpool(state.jobs.stop)
    keeper.end()
    state.automatic.end()
    state.watch.end()
    state.engine.close()
    state.guard.close()
    state.database.close()

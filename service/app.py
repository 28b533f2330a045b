"""Puts the service together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from petition_nlp.local.deadlines import Deadlines
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service import openapi, problems
from service.api import directory, health, jobs, models, petitions, review, routes, stats, taxonomy
from service.console import page
from service.directory import Directories
from service.engine import Engine
from service.jobs.queue import JobQueue
from service.logs import RequestLog
from service.petitions.repeats import RepeatFinder
from service.store import migrate
from service.store.database import Database


def create_app(settings: Settings, router: Router | None = None, *, engine: Engine | None = None) -> FastAPI:
    """The service.

    :param router: an already loaded router; without one, the model loads in the background at start.
    :param engine: replaces the engine that is made from ``settings`` and ``router``.
    """
    engine = engine or Engine(settings, router=router)
    database = Database(settings.database_url)
    queue = JobQueue(settings, database)
    deadlines = Deadlines.load(settings.deadlines, holidays=settings.holidays)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        engine.start()
        await run_in_threadpool(migrate.upgrade, database)
        await run_in_threadpool(queue.start)
        yield
        await run_in_threadpool(queue.stop)
        engine.close()
        database.close()

    # The framework's own documentation pages load scripts from other servers; /openapi.json stays.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.engine = engine
    app.state.database = database
    app.state.jobs = queue
    app.state.repeats = RepeatFinder(database)
    app.state.directories = Directories(database, deadlines)
    for part in (routes, petitions, review, stats, jobs, directory, models, taxonomy, health):
        app.include_router(part.router)
    page.install(app, settings)
    problems.install(app)
    openapi.install(app)
    app.add_middleware(RequestLog)
    return app

"""Puts the service together."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.concurrency import run_in_threadpool

from petition_nlp.errors import PetitionError
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service import metrics, openapi, periodic, problems
from service.api import health, monitoring, petitions, routes, taxonomy
from service.console import page
from service.engine import Engine
from service.logs import RequestLog
from service.pulse import Pulse
from service.store.database import Database
from service.store.figures import StoreFigures
from service.store.keeper import Keeper

_log = logging.getLogger(__name__)


def create_app(settings: Settings, router: Router | None = None, *, engine: Engine | None = None) -> FastAPI:
    """The service.

    :param router: an already loaded router; without one, the model loads in the background at start.
    :param engine: replaces the engine that is made from ``settings`` and ``router``.
    """
    engine = engine or Engine(settings, router=router)
    database = Database(settings.database_url)
    keeper = Keeper(database)
    pulse = Pulse()
    pulse.on_beat(lambda: metrics.present(engine.pending))
    runner = periodic.Runner(database, periodic.TASKS)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        engine.start()
        try:
            await run_in_threadpool(keeper.begin)
        except PetitionError as error:
            app.state.failure = error
            raise
        except Exception:
            _log.error("start failed", exc_info=True)
            raise
        runner.begin()
        beating = asyncio.create_task(pulse.run())
        yield
        beating.cancel()
        runner.end()
        keeper.end()
        engine.close()
        database.close()

    # The framework's own documentation pages load scripts from other servers; /openapi.json stays.
    app = FastAPI(lifespan=lifespan, docs_url=None, redoc_url=None)
    app.state.settings = settings
    app.state.engine = engine
    app.state.database = database
    app.state.figures = StoreFigures(database)
    app.state.pulse = pulse
    app.state.stopping = False
    app.state.failure = None
    for part in (routes.router, petitions.router, taxonomy.router, health.router, monitoring.router):
        app.include_router(part)
    page.install(app, settings)
    problems.install(app)
    openapi.install(app)
    app.add_middleware(RequestLog)
    return app

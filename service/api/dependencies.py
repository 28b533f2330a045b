"""What the resources share: the parts of the running app."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from petition_nlp.settings import Settings
from service.directory import Directories
from service.engine import Engine
from service.jobs.queue import JobQueue
from service.petitions.changes import LocalRules
from service.petitions.repeats import RepeatFinder
from service.store.database import Database


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _engine(request: Request) -> Engine:
    return cast(Engine, request.app.state.engine)


def _database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


def _directories(request: Request) -> Directories:
    return cast(Directories, request.app.state.directories)


def _rules(request: Request) -> LocalRules:
    taxonomy = _engine(request).router.taxonomy
    directories = _directories(request)
    return LocalRules(taxonomy, directories.in_use(taxonomy), directories.deadlines)


def _repeats(request: Request) -> RepeatFinder:
    return cast(RepeatFinder, request.app.state.repeats)


def _jobs(request: Request) -> JobQueue:
    return cast(JobQueue, request.app.state.jobs)


SettingsOfApp = Annotated[Settings, Depends(_settings)]
EngineOfApp = Annotated[Engine, Depends(_engine)]
DatabaseOfApp = Annotated[Database, Depends(_database)]
DirectoriesOfApp = Annotated[Directories, Depends(_directories)]
LocalRulesOfApp = Annotated[LocalRules, Depends(_rules)]
RepeatsOfApp = Annotated[RepeatFinder, Depends(_repeats)]
JobsOfApp = Annotated[JobQueue, Depends(_jobs)]

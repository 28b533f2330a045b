"""What the resources share: the settings, the engine and the database of the running app."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from petition_nlp.settings import Settings
from service.engine import Engine
from service.store.database import Database


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _engine(request: Request) -> Engine:
    return cast(Engine, request.app.state.engine)


def _database(request: Request) -> Database:
    return cast(Database, request.app.state.database)


SettingsOfApp = Annotated[Settings, Depends(_settings)]
EngineOfApp = Annotated[Engine, Depends(_engine)]
DatabaseOfApp = Annotated[Database, Depends(_database)]

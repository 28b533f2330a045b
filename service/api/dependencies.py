"""What the resources share: the settings and the engine of the running app."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import Depends, Request

from petition_nlp.settings import Settings
from service.engine import Engine


def _settings(request: Request) -> Settings:
    return cast(Settings, request.app.state.settings)


def _engine(request: Request) -> Engine:
    return cast(Engine, request.app.state.engine)


SettingsOfApp = Annotated[Settings, Depends(_settings)]
EngineOfApp = Annotated[Engine, Depends(_engine)]

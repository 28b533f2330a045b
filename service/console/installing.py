"""Adds the pages and their static files to the service."""

from __future__ import annotations

from fastapi import FastAPI

from service.console import unknown
from service.console.assets import Assets
from service.console.pages import routers
from service.console.shell import Shell


def install(app: FastAPI) -> None:
    """Add all pages to ``app``."""
    assets = Assets()
    found = routers()
    app.state.shell = Shell([router.page for router in found], assets.path)
    for router in found:
        app.include_router(router)
    app.mount(assets.path, assets, name="static")
    unknown.install(app)

"""Adds the pages and their static files to the service."""

from __future__ import annotations

from functools import cache

from fastapi import APIRouter, FastAPI

from service.console import unknown
from service.console.assets import Assets
from service.console.pages import routers
from service.console.shell import Shell


@cache
def _pages() -> APIRouter:
    pages = APIRouter()
    for router in routers():
        pages.include_router(router)
    return pages


def install(app: FastAPI) -> None:
    """Add all pages to ``app``."""
    assets = Assets()
    app.state.shell = Shell([router.page for router in routers()], assets.path)
    app.router.routes.extend(_pages().routes)
    app.mount(assets.path, assets, name="static")
    unknown.install(app)

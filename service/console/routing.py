"""The page 分拨台: paste a message, read whose it is."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse

from service.access.principal import Scope
from service.api.dependencies import SettingsOfApp
from service.console.pages import Page, PageRouter
from service.console.shell import render
from service.console.texts import routing as texts

PAGE: Final = Page("routing", "/", Scope.ROUTE, texts, place=10)
router: Final = PageRouter(PAGE)


@router.get("/")
async def show(request: Request, settings: SettingsOfApp) -> HTMLResponse:
    """The page without a message."""
    return render(request, examples=texts.EXAMPLES, limit=settings.max_text_chars)

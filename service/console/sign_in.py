"""The page for signing in; from there callers go on to where they wanted to go."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Request
from fastapi.responses import HTMLResponse

from service.console.pages import Page, PageRouter
from service.console.refusals import SIGN_IN, local_path
from service.console.shell import render
from service.console.texts import sign_in as texts

PAGE: Final = Page("sign-in", SIGN_IN, None, texts)
router: Final = PageRouter(PAGE)


@router.get(SIGN_IN)
async def show(request: Request, wanted: Annotated[str | None, Query(alias="next")] = None) -> HTMLResponse:
    """Name and password."""
    return render(request, next=local_path(wanted))

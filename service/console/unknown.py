"""What a browser is answered at an address that there is not."""

from __future__ import annotations

from typing import Final

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from service import problems
from service.access.origin import is_safe
from service.console import refusals
from service.console.pages import Page
from service.console.texts import unknown as texts
from service.problems import Problem

PAGE: Final = Page("unknown", "/", None, texts)


def install(app: FastAPI) -> None:
    """Answer people with a page where programs get a problem document."""

    async def on_http_error(request: Request, error: Exception) -> Response:
        if not isinstance(error, HTTPException) or error.status_code != 404 or not _is_person(request):
            return problems.answer(error, request)
        request.state.page = PAGE
        return refusals.answer(request, Problem(404, "not_found", texts.PAGE["title"], texts.PAGE["detail"]))

    app.add_exception_handler(HTTPException, on_http_error)


def _is_person(request: Request) -> bool:
    """Whether somebody opened the address in a browser: programs do not ask for HTML."""
    return is_safe(request) and "text/html" in request.headers.get("accept", "")

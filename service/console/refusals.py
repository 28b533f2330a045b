"""What a page answers instead of itself: problems in HTML, with the texts that the API gives them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from fastapi import Request, Response
from starlette.responses import RedirectResponse

from service import problems
from service.access.origin import is_safe
from service.console import shell
from service.problems import FieldError, Problem

if TYPE_CHECKING:
    from service.console.pages import Page

SIGN_IN: Final = "/sign-in"
_API: Final = "/v1/"
"""Messages that lead to a list of codes are for programs."""
_NOTICES: Final = {"HX-Retarget": "#notices", "HX-Reswap": "beforeend"}


def answer(request: Request, problem: Problem) -> Response:
    """What a page's script reads, a notice for htmx, the way to sign in, or a page that tells the problem."""
    if _is_script(request):
        return problem.response(getattr(request.state, "request_id", None))
    told = _in_words(problem, request.state.page)
    if shell.is_htmx(request):
        return _named(shell.fragment(request, "problem-notice.html", problem=told), problem, _NOTICES)
    elsewhere = _elsewhere(request, problem) if is_safe(request) else None
    if elsewhere is not None:
        return RedirectResponse(elsewhere, 303, headers={"Cache-Control": "no-store"})
    return _named(shell.render(request, template="problem.html", problem=told), problem, {})


def local_path(path: str | None) -> str:
    """An address on this site that a caller wants to go to, the first page's where it could be another site's."""
    if path is None or not path.startswith("/") or path[1:2] in ("/", "\\") or not path.isprintable():
        return "/"
    return path


def _in_words(problem: Problem, page: Page) -> Problem:
    """A problem whose fields are called as the page's forms call them; its script still knows them by their names."""
    names = getattr(page.texts, "FORM_FIELDS", {})
    if problem.code != "invalid_request" or not names:
        return problem
    wrong = getattr(page.texts, "WRONG", {})
    errors = [
        replace(error, message=wrong.get(error.field, error.message)) if _API in error.message else error
        for error in problem.errors
    ]
    named = [FieldError(names.get(error.field, error.field), error.message) for error in errors]
    return replace(problem, detail=problems.invalid_request(named).detail, errors=errors)


def _is_script(request: Request) -> bool:
    """Whether `static/api.js` asks: unlike browsers and htmx it says that it reads JSON."""
    return problems.MEDIA_TYPE in request.headers.get("accept", "")


def _elsewhere(request: Request, problem: Problem) -> str | None:
    """Where a caller has to go first, or can go instead: not everybody may see the page that stands at ``/``."""
    if problem.status == 401:
        return _sign_in(request)
    if problem.status == 403 and request.url.path == "/":
        return shell.first_page(request)
    return None


def _sign_in(request: Request) -> str:
    wanted = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    return SIGN_IN if wanted == "/" else f"{SIGN_IN}?next={quote(wanted)}"


def _named(response: Response, problem: Problem, headers: dict[str, str]) -> Response:
    response.status_code = problem.status
    response.headers.update({**problem.headers, **headers})
    return response

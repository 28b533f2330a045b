"""Pages of the console: what each is called, who may see it, and the routes that belong to it.

A page is a module of this package with a ``router``; docs/console.md tells how one is built.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from typing import Any, Protocol

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from petition_nlp.errors import PetitionError
from service import console, logs, problems
from service.access.guard import needs
from service.access.principal import Scope
from service.console import refusals
from service.problems import Problem


class Catalogue(Protocol):
    """A page's module in `service.console.texts`."""

    @property
    def PAGE(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def SCRIPT(self) -> Mapping[str, Any]: ...  # noqa: D102


@dataclass(frozen=True, slots=True)
class Page:
    """A page.

    :param name: of its template: ``review`` is shown by ``templates/review.html``.
    :param path: its address; further addresses of the page stand below it.
    :param scope: what its callers need; None for a page before signing in, or one whose routes ask for `anybody`.
    :param texts: its words.
    :param place: where it stands in the navigation, smaller before larger; None where it does not.
    :param group: the entry of the navigation that it shares with others, a name in `texts.common.SHELL`.
    """

    name: str
    path: str
    scope: Scope | None
    texts: Catalogue
    place: int | None = None
    group: str | None = None

    @property
    def label(self) -> str:
        """What the navigation calls it."""
        return str(self.texts.PAGE["title"])


class PageRouter(APIRouter):
    """The routes of a page: asked for its scope, left out of the API's description, refused in HTML."""

    def __init__(self, page: Page) -> None:
        guard = [Depends(needs(page.scope))] if page.scope else []
        super().__init__(include_in_schema=False, dependencies=guard, route_class=_route_of(page))
        self.page = page


@cache
def routers() -> Sequence[PageRouter]:
    """The routers of all pages, in the order of the navigation."""
    modules = (import_module(f"{console.__name__}.{found.name}") for found in pkgutil.iter_modules(console.__path__))
    found = [module.router for module in modules if isinstance(getattr(module, "router", None), PageRouter)]
    return sorted(found, key=lambda router: (router.page.place or 0, router.page.path))


def _route_of(page: Page) -> type[APIRoute]:
    class PageRoute(APIRoute):
        def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
            answer = super().get_route_handler()

            async def handle(request: Request) -> Response:
                request.state.page = page
                try:
                    return await answer(request)
                except (Problem, PetitionError, HTTPException, RequestValidationError) as error:
                    return refusals.answer(request, problems.as_problem(error, request))
                except ClientDisconnect:
                    raise
                except Exception:
                    logs.failed(getattr(request.state, "request_id", None))
                    return refusals.answer(request, problems.internal_error())

            return handle

    return PageRoute

"""``POST /v1/routes`` past the framework: its routing and dependencies take a fifth of the time of such a request."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Final

from fastapi import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from service import problems
from service.access.guard import needs
from service.access.principal import Scope as Permission
from service.api.routes import PATH, create_routes

_ROUTE: Final = SimpleNamespace(path=PATH)
_may_route: Final = needs(Permission.ROUTE)


class RoutesLane:
    """ASGI middleware: calls the operation itself, with the same guard, and leaves everything else to ``app``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"] != PATH or scope["method"] != "POST":
            await self._app(scope, receive, send)
            return
        scope["route"] = _ROUTE  # what the log and the metrics call it
        request = Request(scope, receive)
        try:
            await _may_route(request)
            response = await create_routes(request)
        except problems.ANSWERED as error:
            response = problems.answer(error, request)
        await response(scope, receive, send)

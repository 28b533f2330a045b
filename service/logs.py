"""One JSON line per request, without anything that a resident wrote: no text, identifier, path or query."""

from __future__ import annotations

import logging
import os
import re
import sys
import time
import traceback
from datetime import UTC, datetime
from typing import Any, Final

from pydantic_core import to_json
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service import metrics, problems
from service.monitoring.served import COUNTED, served

REQUEST_ID: Final = "X-Request-ID"
_HEADER: Final = REQUEST_ID.lower().encode()
_SAFE_ID: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")
_CLIENT_CLOSED: Final = 499
_OPENAPI: Final = "/openapi.json"

_log = logging.getLogger("service.requests")


class JsonFormatter(logging.Formatter):
    """A log record as one JSON line; of an exception only type and places, for its message may quote text."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1]:
            line["error"] = _describe(record.exc_info[1])
        return to_json(line, fallback=str).decode()


def configure(level: str) -> None:
    """Send every log record of the process to stderr as JSON; the web server's own chatter is left out."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger("uvicorn.error").addFilter(lambda record: not _is_told_by_us(record))
    for name in ("uvicorn.error", "asyncio", "alembic"):
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.getLevelName(level.upper())))


def _is_told_by_us(record: logging.LogRecord) -> bool:
    """Whether the web server repeats, with everything that a traceback can quote, what the app has logged."""
    return str(record.msg).startswith("Traceback")


def failed(request_id: str | None) -> None:
    """Log the exception at hand, which nobody foresaw."""
    _log.error("failure", exc_info=True, extra={"fields": {"request_id": request_id}})


class RequestLog:
    """ASGI middleware: gives each request an id, logs it, and answers for exceptions nobody caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})
        state["request_id"] = request_id = _request_id(Headers(scope=scope))
        started = time.perf_counter()
        status = 0

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"].append((_HEADER, request_id.encode()))
            await send(message)

        try:
            await self._app(scope, receive, send_with_id)
        except ClientDisconnect:
            status = _CLIENT_CLOSED
        except Exception:
            failed(request_id)
            if not status:
                await problems.internal_error().response(request_id)(scope, receive, send_with_id)
        finally:
            seconds = time.perf_counter() - started
            path = _template(scope)
            metrics.request(scope["method"], path, status, seconds)
            if (scope["method"], path) in COUNTED:
                served.add(seconds)
            fields = {
                "method": scope["method"],
                "path": path,
                "status": status,
                "ms": round(seconds * 1000, 1),
                "request_id": request_id,
                "items": state.get("items"),
            }
            _log.info("request", extra={"fields": fields})


def _request_id(headers: Headers) -> str:
    given = headers.get(REQUEST_ID, "")
    return given if _SAFE_ID.fullmatch(given) else os.urandom(16).hex()


def _template(scope: Scope) -> str:
    route = getattr(scope.get("route"), "path", None)
    if route:
        return str(route)
    path: str = scope["path"]
    if path == _OPENAPI:
        return path
    return "/static" if path.startswith("/static/") else "-"


def _describe(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    return {
        "type": type(error).__name__,
        "at": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames[-12:]],
    }

"""Changes of accounts and keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service.access.guard import guard_of
from service.openapi import problem_responses
from service.store.database import Database

CHANGING: Final = problem_responses(
    "malformed_json",
    "invalid_utf8",
    "body_too_large",
    "unsupported_media_type",
    "invalid_request",
    "store_unavailable",
)


async def administer(request: Request, database: Database, work: Callable[[Session], dict[str, Any]]) -> dict[str, Any]:
    """Do ``work`` in a transaction; from then on the guard asks the store anew.

    It is not `service.api.writing.write`, which would keep a hash of a password's body, or the answer with a new key.
    """

    def act() -> dict[str, Any]:
        with database.write() as session:
            return work(session)

    answer = await run_in_threadpool(act)
    guard_of(request).forget()
    return answer

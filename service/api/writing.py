"""Requests that change something: done once, however often they are sent, and only to what the caller has seen."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import Request, Response
from fastapi.responses import JSONResponse
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service import problems
from service.access.principal import Principal
from service.petitions import queries
from service.problems import FieldError
from service.store.database import Database
from service.store.tables import Reply

KEY_HEADER: Final = "Idempotency-Key"
REPLAYED_HEADER: Final = "Idempotency-Replayed"
_VERSION: Final = re.compile(r'(?:W/)?"?([0-9]{1,18})(?:-[0-9a-f]{8})?"?')
_KEY: Final = re.compile(r"[!-~]{1,200}")


@dataclass(frozen=True)
class Answer:
    """What a request is answered with.

    :param petition: which one it shows, so that a kept answer goes when that petition goes.
    """

    body: Mapping[str, Any]
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    petition: str | None = None

    def response(self) -> Response:
        """The HTTP answer."""
        if self.status == 204:
            return Response(status_code=204, headers=dict(self.headers))
        return JSONResponse(dict(self.body), self.status, headers=dict(self.headers))


async def write(request: Request, caller: Principal, work: Callable[[Session], Answer]) -> Response:
    """Do ``work`` in a transaction, and answer with what it returns.

    With an ``Idempotency-Key`` the answer is kept in the same transaction: the same request sent again gets the same
    answer and changes nothing.

    :raises Problem: the key was used for another request, or whatever ``work`` raises; nothing has changed then.
    """
    key = _key(request)
    answer = await run_in_threadpool(_write, request.app.state.database, caller, key, _fingerprint(request), work)
    return answer.response()


async def is_repeated(request: Request, caller: Principal) -> bool:
    """Whether an answer is kept under the request's key: there is no need to ask whether the work can be done.

    :raises Problem: what was sent is no key.
    """
    key = _key(request)
    return key is not None and await run_in_threadpool(_has_reply, request.app.state.database, caller, key)


async def replayed(request: Request, caller: Principal) -> Response | None:
    """The kept answer to a request that has been sent before; call it once the body is read.

    :raises Problem: the key was used for another request.
    """
    key = _key(request)
    if key is None:
        return None
    database: Database = request.app.state.database

    def read() -> Answer | None:
        with database.read() as session:
            return _kept_answer(session, caller, key, _fingerprint(request))

    answer = await run_in_threadpool(read)
    return None if answer is None else answer.response()


def _has_reply(database: Database, caller: Principal, key: str) -> bool:
    with database.read() as session:
        return session.get(Reply, (caller.id, key)) is not None


def _write(
    database: Database, caller: Principal, key: str | None, fingerprint: str, work: Callable[[Session], Answer]
) -> Answer:
    try:
        return _write_once(database, caller, key, fingerprint, work)
    except IntegrityError:  # something of the same name was written at the same moment, and is there now
        return _write_once(database, caller, key, fingerprint, work)


def _write_once(
    database: Database, caller: Principal, key: str | None, fingerprint: str, work: Callable[[Session], Answer]
) -> Answer:
    with database.write() as session:
        if key is None:
            return work(session)
        kept = _kept_answer(session, caller, key, fingerprint)
        if kept is not None:
            return kept
        answer = work(session)
        session.add(
            Reply(
                caller=caller.id,
                key=key,
                request=fingerprint,
                status=answer.status,
                headers=dict(answer.headers),
                body=dict(answer.body),
                petition=answer.petition,
            )
        )
        return answer


def _kept_answer(session: Session, caller: Principal, key: str, fingerprint: str) -> Answer | None:
    reply = session.get(Reply, (caller.id, key))
    if reply is None:
        return None
    if reply.petition is not None:
        queries.get(session, caller, reply.petition)  # the caller may have lost the right to see it
    if reply.request != fingerprint:
        raise problems.key_reused()
    return Answer(reply.body, reply.status, {**reply.headers, REPLAYED_HEADER: "true"})


def _key(request: Request) -> str | None:
    key = request.headers.get(KEY_HEADER)
    if key is not None and not _KEY.fullmatch(key):
        raise problems.invalid_request([FieldError(KEY_HEADER, "应为 1 到 200 个可见的 ASCII 字符")])
    return key


def _fingerprint(request: Request) -> str:
    parts = (request.method, request.url.path, request.url.query, getattr(request.state, "body_hash", ""))
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def etag(version: int, body: Mapping[str, Any] | None = None) -> str:
    """A resource's ETag: its version, and a digest of what is shown where that can change without a new version."""
    if body is None:
        return f'"{version}"'
    shown = json.dumps(body, ensure_ascii=False, sort_keys=True).encode()
    return f'"{version}-{hashlib.sha256(shown).hexdigest()[:8]}"'


def check_unchanged(request: Request, version: int) -> None:
    """Let a change through only if the caller has seen the present version; without ``If-Match`` always.

    :raises Problem: 412; 422 for what is no ETag of ours.
    """
    wanted = request.headers.get("If-Match")
    if wanted is None or wanted.strip() == "*":
        return
    seen = [_VERSION.fullmatch(part.strip()) for part in wanted.split(",")]
    if not all(seen):
        raise problems.invalid_request([FieldError("If-Match", '应为读取时的 ETag 或版本号，如 "1"')])
    if version not in [int(found[1]) for found in seen if found]:
        raise problems.changed_meanwhile(etag(version))


def is_known(request: Request, tag: str) -> bool:
    """Whether the caller already has what is shown (``If-None-Match``)."""
    known = request.headers.get("If-None-Match", "")
    return tag in [part.strip().removeprefix("W/") for part in known.split(",")]

"""What the store last said of keys and sessions, so that not every request has to ask it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Final, Generic, TypeVar

from sqlalchemy import exists, select, update
from starlette.concurrency import run_in_threadpool

from service.access.principal import Principal, Scope
from service.access.sessions import principal
from service.problems import Problem
from service.store.database import Database
from service.store.tables import Account, ApiKey, SignIn
from service.store.tables.base import now

FRESH_SECONDS: Final = 5
"""How long an answer counts without asking again: after that time a revoked key is refused everywhere."""
KEPT_SECONDS: Final = 3600
"""How long the last answer counts for routing while the store does not answer."""
_PATIENCE_SECONDS: Final = 1
_MOST: Final = 10_000
_SEEN_EVERY: Final = timedelta(minutes=1)

Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that was made; ``secret`` is its hash."""

    principal: Principal
    secret: str
    rate: int
    revoked: bool
    expires: datetime | None

    def in_use(self) -> bool:
        """Whether it is neither revoked nor expired."""
        return not self.revoked and (self.expires is None or self.expires > now())


@dataclass(frozen=True, slots=True)
class KnownSession:
    """A session that lasts until ``expires``."""

    principal: Principal
    role: str
    expires: datetime

    def in_use(self) -> bool:
        """Whether it has not expired."""
        return self.expires > now()


@dataclass(slots=True)
class _Answer(Generic[Value]):
    """``next`` is when to ask again, once a new answer was due and did not come."""

    value: Value
    at: float
    next: float = 0


class Memory(Generic[Value]):
    """The store's answers by name, asked for again after `FRESH_SECONDS`, by one question at a time for each name.

    :param ask: the store's answer; None says that there is nothing of that name, and is not remembered.
    """

    def __init__(self, ask: Callable[[str], Value | None], clock: Callable[[], float] = time.monotonic) -> None:
        self._ask = ask
        self._clock = clock
        self._answers: dict[str, _Answer[Value]] = {}
        self._questions: dict[str, asyncio.Task[Value | None]] = {}

    async def get(self, name: str, kept: float = 0) -> Value | None:
        """What the store says, or said a moment ago.

        :param kept: seconds for which its last answer counts while it gives no new one.
        :raises Problem: 503 where it does not answer, and has not answered in that time.
        """
        answer = self._answers.get(name)
        if answer is None:
            return await self._asked(name)
        age = self._clock() - answer.at
        if age < FRESH_SECONDS:
            return answer.value
        if age >= kept:
            return await self._asked(name)
        if self._clock() < answer.next:
            return answer.value
        answer.next = self._clock() + FRESH_SECONDS  # others go on with the old answer meanwhile
        try:
            return await asyncio.wait_for(self._asked(name), _PATIENCE_SECONDS)
        except (Problem, TimeoutError):
            return answer.value

    def forget(self) -> None:
        """Ask the store anew from now on; what it is being asked now is not remembered."""
        self._answers.clear()
        self._questions.clear()

    async def _asked(self, name: str) -> Value | None:
        task = self._questions.get(name)
        if task is None:
            task = self._questions[name] = asyncio.create_task(run_in_threadpool(self._ask, name))
            task.add_done_callback(partial(self._note, name))
        return await asyncio.shield(task)

    def _note(self, name: str, done: asyncio.Task[Value | None]) -> None:
        failed = done.cancelled() or done.exception() is not None
        if self._questions.get(name) is not done:
            return
        del self._questions[name]
        if failed:
            return
        self._answers.pop(name, None)
        value = done.result()
        if value is None:
            return
        if len(self._answers) >= _MOST:
            self._answers.pop(next(iter(self._answers)))
        self._answers[name] = _Answer(value, self._clock())


def key_in(database: Database, identifier: str) -> KnownKey | None:
    """The key with an identifier; notes that it is used."""
    moment = now()
    with database.read() as session:
        key = session.get(ApiKey, identifier)
    if key is None:
        return None
    if key.used is None or key.used + _SEEN_EVERY <= moment:
        with database.write() as session:
            session.execute(update(ApiKey).where(ApiKey.id == identifier).values(used=moment))
    caller = Principal(f"key:{key.id}", key.name, frozenset(Scope(scope) for scope in key.scopes))
    return KnownKey(caller, key.secret, key.rate, key.revoked is not None, key.expires)


def session_in(database: Database, identifier: str, idle: timedelta) -> KnownSession | None:
    """The session with the hash of a token, unless it has ended or was not used for too long; notes that it is used."""
    moment = now()
    query = select(SignIn, Account).join(Account, Account.id == SignIn.account).where(SignIn.id == identifier)
    with database.read() as session:
        found = session.execute(query).one_or_none()
    if found is None:
        return None
    sign_in, account = found
    if not account.active or sign_in.expires <= moment or sign_in.seen + idle <= moment:
        return None
    if sign_in.seen + _SEEN_EVERY <= moment:
        with database.write() as session:
            session.execute(update(SignIn).where(SignIn.id == identifier).values(seen=moment))
    return KnownSession(principal(account), account.role, sign_in.expires)


def anybody_in(database: Database) -> bool:
    """Whether there is any account or key, in use or not."""
    with database.read() as session:
        return bool(session.scalar(select(exists(select(Account.id)) | exists(select(ApiKey.id)))))

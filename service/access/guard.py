"""Lets a request through only for callers that may do what it asks."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from typing import Final, cast

from fastapi import Request
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase

from petition_nlp.settings import Settings
from service import problems
from service.access.buckets import Buckets
from service.access.known import KEPT_SECONDS, KnownKey, KnownSession, Memory, anybody_in, key_in, session_in
from service.access.origin import is_direct, is_from_elsewhere, is_loopback, is_safe, scheme
from service.access.passwords import Hashing
from service.access.principal import LOCAL, SCOPE_MEANINGS, Principal, Scope
from service.access.tokens import csrf_token, digest, read_key, same
from service.problems import Problem
from service.store.database import Database

COOKIE: Final = "petition-session"
SECURE_COOKIE: Final = f"__Host-{COOKIE}"
CSRF_HEADER: Final = "X-CSRF-Token"
MARK: Final = "needs "
_EVERYBODY: Final = "everybody"
_WITHOUT_STORE: Final = (None, Scope.ROUTE, Scope.METRICS)
"""What is let through while the store does not answer, on its last word."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Recognised:
    """Who sends a request, and how that is known: with a key, with a session, or because access is open."""

    principal: Principal
    role: str | None = None
    expires: datetime | None = None
    csrf: str | None = None


class Guard:
    """Recognises callers: by API key, by session, or as whoever uses an open service."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self.hashing = Hashing()
        self._settings = settings
        self._keys = Memory[KnownKey](partial(key_in, database))
        self._sessions = Memory[KnownSession](
            partial(session_in, database, idle=timedelta(minutes=settings.session_idle_minutes))
        )
        self._anybody = Memory[bool](lambda _: anybody_in(database))
        self._buckets = Buckets()

    async def recognise(self, request: Request, kept: float = 0) -> Recognised:
        """Who sends a request.

        :param kept: seconds for which the store's last word counts while it does not answer.
        :raises Problem: 401 where nobody can be recognised; 429 over a key's rate; 403 for pages of other sites.
        """
        kind, _, credentials = request.headers.get("authorization", "").partition(" ")
        if kind.lower() == "bearer":
            return await self._by_key(credentials.strip(), kept)
        token = self.session_token(request)
        found = None if token is None else await self.by_session(token, kept)
        if found is None and await self._is_open(request, kept):
            found = Recognised(LOCAL)
        if found is None:
            raise problems.unauthorised()
        _check_page(request, found)
        return found

    async def by_session(self, token: str, kept: float = 0) -> Recognised | None:
        """Whose session a token opens."""
        known = await self._sessions.get(digest(token), kept)
        if known is None or not known.in_use():
            return None
        return Recognised(known.principal, known.role, known.expires, csrf_token(token))

    def session_token(self, request: Request) -> str | None:
        """What the request's cookie says; a cookie that another page of this host could have set is not believed."""
        return request.cookies.get(SECURE_COOKIE if self.is_secure(request) else COOKIE)

    def is_secure(self, request: Request) -> bool:
        """Whether cookies may travel by HTTPS alone."""
        return scheme(request) == "https" or self._settings.secure_cookies == "always"

    def forget(self) -> None:
        """Ask the store anew, after keys, accounts or sessions have changed."""
        for memory in (self._keys, self._sessions, self._anybody):
            memory.forget()

    async def start(self) -> None:
        """Ask the store once, for the case that it is gone at the first request; warn of what may be a mistake."""
        try:
            anybody = await self._anybody.get(_EVERYBODY)
        except Problem:  # it is asked again at the first request
            return
        exposed = not is_loopback(self._settings.host)
        if self._settings.access == "open" and exposed:
            _log.warning("access is open to every machine that reaches this one")
        elif not anybody and (self._settings.access == "required" or exposed):
            _log.warning("nobody can sign in yet: petition-nlp accounts create NAME --role admin")

    def close(self) -> None:
        """End."""
        self.hashing.close()

    async def _by_key(self, text: str, kept: float) -> Recognised:
        token = read_key(text)
        if token is None:
            raise problems.key_unknown()
        known = await self._keys.get(token.id, kept)
        if known is None or not same(digest(token.secret), known.secret):
            raise problems.key_unknown()
        if not known.in_use():
            raise problems.key_ended()
        if known.rate:
            wait = self._buckets.wait(token.id, known.rate)
            if wait:
                raise problems.rate_limited(known.rate, wait)
        return Recognised(known.principal, expires=known.expires)

    async def _is_open(self, request: Request, kept: float) -> bool:
        match self._settings.access:
            case "open":
                return True
            case "required":
                return False
        if not is_loopback(self._settings.host) or not is_direct(request):
            return False
        return not await self._anybody.get(_EVERYBODY, kept)


def _check_page(request: Request, found: Recognised) -> None:
    """Let changes through only from our own pages: browsers add cookies, and open access, to anybody's requests."""
    if is_safe(request):
        return
    shown = request.headers.get(CSRF_HEADER, "")
    if is_from_elsewhere(request) or (found.csrf is not None and not same(shown, found.csrf)):
        raise problems.csrf_failed()


class Needs(SecurityBase):
    """A dependency: the caller, who has a scope; without a scope anybody who can be recognised.

    ``scheme_name`` is how `service.access.described` finds in the OpenAPI document what an operation needs.
    """

    def __init__(self, scope: Scope | None) -> None:
        self.scope = scope
        self.scheme_name = MARK + (scope or "")
        self.model = HTTPBearer()

    async def __call__(self, request: Request) -> Principal:
        """Let the request through.

        :raises Problem: 401 without, 403 with too weak credentials.
        """
        found = await guard_of(request).recognise(request, KEPT_SECONDS if self.scope in _WITHOUT_STORE else 0)
        request.state.recognised = found
        if self.scope is not None and not found.principal.may(self.scope):
            raise problems.forbidden(self.scope, SCOPE_MEANINGS[self.scope])
        return found.principal


@cache
def needs(scope: Scope) -> Needs:
    """A dependency: the caller, who has ``scope``."""
    return Needs(scope)


def guard_of(request: Request) -> Guard:
    """The guard of the running app."""
    return cast(Guard, request.app.state.guard)


anybody = Needs(None)
"""A dependency: any caller who can be recognised."""

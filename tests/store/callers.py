"""Callers with certain scopes, and tests that one database is enough for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service.access.guard import Guard, Recognised
from service.access.principal import Principal, Scope

ALL = frozenset(Scope)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def acting(monkeypatch: pytest.MonkeyPatch) -> Callable[[frozenset[Scope]], None]:
    """Makes requests come from a caller with certain scopes."""
    current = [ALL]

    async def recognise(*_: object) -> Recognised:
        return Recognised(Principal("key:test", "测试", current[0]))

    def become(scopes: frozenset[Scope]) -> None:
        current[0] = scopes

    monkeypatch.setattr(Guard, "recognise", recognise)
    return become

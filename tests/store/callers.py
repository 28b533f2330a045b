"""Callers with certain scopes, and tests that one database is enough for."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from service.access.guard import Guard, Recognised
from service.access.principal import Principal, Scope

ALL = frozenset(Scope)
on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def acting(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Makes requests come from a caller with certain scopes, whose name tells them from others."""
    current = [Principal("key:test", "测试", ALL)]

    async def recognise(*_: object) -> Recognised:
        return Recognised(current[0])

    def become(scopes: frozenset[Scope], name: str = "test") -> None:
        current[0] = Principal(f"key:{name}", "测试", scopes)

    monkeypatch.setattr(Guard, "recognise", recognise)
    return become

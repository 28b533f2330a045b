"""Accounts, keys and sessions for the tests."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.access import accounts, keys, passwords
from service.access.guard import CSRF_HEADER
from service.access.principal import SYSTEM, RoleName, Scope
from service.store.database import Database

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
"""For tests of what no database has a part in."""

PASSWORD = "春江潮水连海平海上明月"
OTHER_PASSWORD = "何处春江无月明江流宛转"
WRONG = "不是这个密码不是这个密码"


def add_account(database: Database, name: str = "wangfang", role: RoleName = "clerk", **fields: Any) -> str:
    """A new account with the one password; its identifier."""
    with database.write() as session:
        hashed = passwords.hashed(PASSWORD)
        return accounts.create(session, SYSTEM, name, role=role, password_hash=hashed, **fields).id


def add_key(database: Database, *scopes: Scope, rate: int = 0, days: int | None = None) -> str:
    """A new key in full."""
    with database.write() as session:
        _, token = keys.create(session, SYSTEM, "工单系统", scopes=scopes, rate=rate, days=days)
        return str(token)


def bearer(token: str) -> dict[str, str]:
    """The header that shows a key."""
    return {"Authorization": f"Bearer {token}"}


def sign_in(client: TestClient, name: str = "wangfang", password: str = PASSWORD) -> Any:
    """Try to sign in; from then on the client does as a page does."""
    answer = client.post("/v1/session", json={"name": name, "password": password})
    if answer.status_code == 200:
        client.headers[CSRF_HEADER] = answer.json()["csrf"]
    return answer


def audited(client: TestClient, **wanted: str) -> list[dict[str, Any]]:
    """Entries of the audit log, newest first; the client may read it."""
    items: list[dict[str, Any]] = client.get("/v1/audit", params=wanted).json()["items"]
    return items

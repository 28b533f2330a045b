"""Every operation for every role, against the table in docs/access.md."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from access_doubles import add_account, add_key, bearer, sign_in
from fastapi.testclient import TestClient

from service.access.principal import ROLE_NAMES, ROLES, Scope
from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No database has a part in this."""
    return sqlite_url


PAGE = Path(__file__).resolve().parents[2] / "docs" / "access.md"
PUBLIC = {"POST /v1/session", "GET /healthz", "GET /readyz"}


def rows() -> Iterator[tuple[str, str]]:
    """First and last cell of the page's tables."""
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        if line.startswith("| "):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            yield cells[0].strip("`"), cells[-1]


def documented() -> dict[str, Scope | None]:
    """Operation → scope, as the page says."""
    scopes: dict[str, Scope | None] = {**{str(scope): scope for scope in Scope}, "any caller": None}
    return {
        operation: scopes[name]
        for name, cell in rows()
        if name in scopes
        for operation in re.findall(r"`([A-Z]+ /[^`]*)`", cell)
    }


def operations(client: TestClient) -> dict[str, list[dict[str, list[str]]] | None]:
    paths: dict[str, dict[str, Any]] = client.get("/openapi.json").json()["paths"]
    return {
        f"{method.upper()} {path}": operation.get("security")
        for path, methods in paths.items()
        for method, operation in methods.items()
    }


def refusal(client: TestClient, operation: str, **options: Any) -> int | None:
    """401 or 403, None where the caller gets past the guard; the request has neither a body nor an existing address."""
    method, path = operation.split(" ", 1)
    filled = re.sub(r"\{\w+\}", "0" * 32, path)
    answer = client.request(method, filled, **options)
    assert answer.status_code < 500, answer.text
    return answer.status_code if answer.status_code in (401, 403) else None


def test_the_page_lists_every_operation(serve: Serve) -> None:
    assert set(documented()) == set(operations(serve())) - PUBLIC


def test_the_description_names_every_scope(serve: Serve) -> None:
    expected = {
        operation: [{name: [scope] if scope else []} for name in ("key", "session")]
        for operation, scope in documented().items()
    }
    assert operations(serve()) == {**expected, **dict.fromkeys(PUBLIC)}


def test_every_operation_asks_for_credentials(database: Database, serve: Serve) -> None:
    client = serve(access="required")
    assert {refusal(client, operation) for operation in documented()} == {401}
    assert {refusal(client, operation) for operation in PUBLIC} == {None}


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_its_scopes_say(database: Database, serve: Serve, role: str) -> None:
    add_account(database, role=role)  # type: ignore[arg-type]
    client = serve()
    sign_in(client)
    signing_out = "DELETE /v1/session"
    for operation, scope in sorted(documented().items(), key=lambda item: item[0] == signing_out):
        expected = None if scope is None or scope in ROLES[role] else 403
        assert refusal(client, operation) == expected, operation


@pytest.mark.parametrize("scope", Scope)
def test_a_key_may_what_its_scope_says(database: Database, serve: Serve, scope: Scope) -> None:
    headers = bearer(add_key(database, scope))
    client = serve()
    for operation, needed in documented().items():
        expected = None if needed in (None, scope) else 403
        assert refusal(client, operation, headers=headers) == expected, operation


def test_the_page_has_the_scopes_of_the_roles() -> None:
    shown = {name: set(re.findall("`([a-z:]+)`", cell)) for name, cell in rows() if name in ROLES}
    below: set[str] = set()
    for role in ("clerk", "reviewer", "manager"):
        below |= shown[role]
        assert below == set(ROLES[role])
    assert shown["admin"] == set(ROLES["admin"])
    assert set(ROLE_NAMES) == set(ROLES)

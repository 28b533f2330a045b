"""Every operation of every page, for every role."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from access_doubles import add_account, sign_in
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from service.access.guard import Needs
from service.access.principal import ROLES, Scope
from service.console.pages import routers
from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

HTMX = {"HX-Request": "true"}
BEFORE_SIGNING_IN = {"GET /sign-in"}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No database has a part in this."""
    return sqlite_url


def operations() -> Iterator[tuple[str, set[Scope | None]]]:
    """Every operation of the console, with the scopes that it asks for; None asks for any caller."""
    for router in routers():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            asked = [one.dependency for one in route.dependencies] + [one.call for one in route.dependant.dependencies]
            scopes = {need.scope for need in asked if isinstance(need, Needs)}
            for method in route.methods:
                yield f"{method} {route.path}", scopes


GUARDED = {operation: scopes for operation, scopes in operations() if operation not in BEFORE_SIGNING_IN}


def ask(client: TestClient, operation: str, **headers: str) -> Any:
    """A request with neither a body nor an existing address."""
    method, path = operation.split(" ", 1)
    filled = re.sub(r"\{\w+(:\w+)?\}", "0" * 32, path)
    return client.request(method, filled, headers=headers, follow_redirects=False)


@pytest.mark.parametrize("operation", GUARDED)
def test_every_operation_asks_for_a_caller(operation: str) -> None:
    assert GUARDED[operation]


def test_whoever_is_not_signed_in_is_sent_to_sign_in(serve: Serve) -> None:
    client = serve(access="required")
    for operation in GUARDED:
        answer = ask(client, operation)
        if operation.startswith("GET "):
            assert answer.status_code == 303, operation
            assert answer.headers["location"].startswith("/sign-in"), operation
        else:
            assert answer.status_code == 401, operation
        assert ask(client, operation, **HTMX).status_code == 401, operation


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_its_scopes_say(database: Database, serve: Serve, role: str) -> None:
    add_account(database, role=role)  # type: ignore[arg-type]
    client = serve()
    sign_in(client)
    for operation, scopes in GUARDED.items():
        answer = ask(client, operation, **HTMX)
        assert (answer.status_code == 403) == (not scopes - {None} <= ROLES[role]), operation
        assert answer.status_code < 500, answer.text


def test_changes_need_the_token_of_the_page(database: Database, serve: Serve) -> None:
    add_account(database, role="manager")
    client = serve()
    sign_in(client)
    del client.headers["X-CSRF-Token"]
    for operation in GUARDED:
        if not operation.startswith("GET "):
            assert ask(client, operation).status_code == 403, operation


def test_every_answer_has_a_strict_content_policy(database: Database, serve: Serve) -> None:
    for role in ("manager", "admin"):
        add_account(database, role, role=role)  # type: ignore[arg-type]
        client = serve()
        sign_in(client, role)
        for operation in [*GUARDED, *BEFORE_SIGNING_IN]:
            answer = ask(client, operation)
            if not answer.headers.get("content-type", "").startswith("text/html"):
                continue
            policy = answer.headers["content-security-policy"]
            assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';"), operation
            assert "unsafe" not in policy, operation
            assert answer.headers["cache-control"] == "no-store", operation


def test_pages_are_not_in_the_description(serve: Serve) -> None:
    paths = serve().get("/openapi.json").json()["paths"]
    assert not {operation.split(" ", 1)[1] for operation in GUARDED} & set(paths)

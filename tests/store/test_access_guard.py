"""Who needs to show something, and what goes on while the database does not answer."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from access_doubles import add_account, add_key, bearer, sign_in
from fastapi.testclient import TestClient

from service.access import known
from service.access.principal import Scope
from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No database has a part in this."""
    return sqlite_url


def status(client: TestClient, **headers: str) -> int:
    return client.get("/v1/petitions", headers=headers).status_code


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "127.1.2.3"])
def test_a_new_service_on_its_own_machine_is_open(serve: Serve, host: str) -> None:
    client = serve(host=host)
    assert status(client) == 200
    found = client.get("/v1/session").json()
    assert (found["id"], found["role"], found["csrf"]) == ("local", None, None)
    assert set(found["scopes"]) == set(Scope)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.0.0.7", "petition.example"])
def test_a_service_that_others_can_reach_is_not(serve: Serve, host: str) -> None:
    assert status(serve(host=host)) == 401


@pytest.mark.parametrize(
    "headers",
    [
        {"X-Forwarded-For": "10.0.0.7"},
        {"X-Forwarded-Proto": "https"},
        {"X-Real-IP": "10.0.0.7"},
        {"Forwarded": "for=10.0.0.7"},
        {"Via": "1.1 proxy"},
        {"Host": "petition.example"},
        {"Host": "10.0.0.7:8000"},
        {"Host": "localhost.elsewhere.example"},
        {"Host": "127.0.0.1.elsewhere.example"},
    ],
)
def test_what_a_proxy_passes_on_is_not_from_this_machine(serve: Serve, headers: dict[str, str]) -> None:
    assert status(serve(), **headers) == 401
    assert status(serve(access="open"), **headers) == 200


@pytest.mark.parametrize("host", ["127.0.0.1:8000", "[::1]:8000", "localhost:8000", "LOCALHOST"])
def test_this_machine_has_several_names(serve: Serve, host: str) -> None:
    assert status(serve(), Host=host) == 200


@pytest.mark.parametrize("what", ["account", "key"])
def test_the_first_account_or_key_ends_open_access(database: Database, serve: Serve, what: str) -> None:
    if what == "account":
        add_account(database)
    else:
        add_key(database, Scope.ROUTE)
    assert status(serve()) == 401
    assert status(serve(access="open")) == 200


def test_a_running_service_notices_the_first_account(
    database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve()
    assert status(client) == 200
    add_account(database)
    monkeypatch.setattr(known, "FRESH_SECONDS", 0)
    assert status(client) == 401


def test_access_can_be_required_from_the_start(serve: Serve) -> None:
    assert status(serve(access="required")) == 401


@pytest.mark.parametrize("path", ["/", "/sign-in", "/healthz", "/readyz", "/openapi.json"])
def test_some_addresses_need_nothing(serve: Serve, path: str) -> None:
    assert serve(access="required").get(path).status_code == 200


def test_pages_of_other_sites_change_nothing_in_an_open_service(serve: Serve) -> None:
    client = serve()
    headers = {"Origin": "https://elsewhere.example"}
    refused = client.post("/v1/petitions", json={"text": "路灯"}, headers=headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")
    assert client.post("/v1/petitions", json={"text": "路灯"}, headers={"Origin": "http://localhost"}).is_success


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"access": "open", "host": "0.0.0.0"}, "access is open"),
        ({"access": "required"}, "accounts create"),
        ({"host": "0.0.0.0"}, "accounts create"),
        ({"access": "open"}, ""),
        ({}, ""),
    ],
)
def test_what_may_be_a_mistake_is_logged_at_the_start(
    serve: Serve, caplog: pytest.LogCaptureFixture, settings: dict[str, str], words: str
) -> None:
    caplog.set_level(logging.WARNING)
    serve(**settings)
    warnings = [record.getMessage() for record in caplog.records if record.name == "service.access.guard"]
    assert len(warnings) == bool(words)
    assert words in "".join(warnings)


@pytest.mark.parametrize("kind", ["key", "session"])
def test_routing_goes_on_without_a_database(
    database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    client = serve(access="required")
    if kind == "key":
        client.headers.update(bearer(add_key(database, Scope.ROUTE, Scope.PETITIONS_READ)))
    else:
        add_account(database)
        sign_in(client)
    assert client.post("/v1/routes", json={"text": "路灯"}).status_code == 200
    monkeypatch.setattr(known, "FRESH_SECONDS", 0)
    monkeypatch.setattr("service.store.database.Session", _gone)
    assert client.post("/v1/routes", json={"text": "路灯"}).status_code == 200
    assert client.get("/v1/taxonomy").status_code == 200
    assert client.get("/v1/petitions").json()["code"] == "store_unavailable"


def test_a_key_that_is_not_known_yet_needs_the_database(
    database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = add_key(database, Scope.ROUTE)
    client = serve()
    monkeypatch.setattr("service.store.database.Session", _gone)
    answer = client.post("/v1/routes", json={"text": "路灯"}, headers=bearer(token))
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")


def _gone(*_: object, **__: object) -> None:
    from sqlalchemy.exc import TimeoutError

    raise TimeoutError

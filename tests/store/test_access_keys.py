from __future__ import annotations

from collections.abc import Callable

import pytest
from access_doubles import add_account, add_key, audited, bearer, on_sqlite
from fastapi.testclient import TestClient

from service.access import keys, known
from service.access.principal import SYSTEM, Scope
from service.access.schemas import KeysOut, NewKeyOut
from service.store.database import Database
from service.store.tables import ApiKey

Serve = Callable[..., TestClient]
ROUTE = {"json": {"text": "路灯"}}


def test_a_key_opens_what_its_scopes_say(database: Database, serve: Serve) -> None:
    token = add_key(database, Scope.ROUTE, Scope.PETITIONS_WRITE)
    client = serve()
    assert client.post("/v1/routes", **ROUTE, headers=bearer(token)).status_code == 200
    made = client.post("/v1/petitions", **ROUTE, headers=bearer(token))
    assert made.status_code == 201
    refused = client.get("/v1/petitions", headers=bearer(token))
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")
    assert "petitions:read" in refused.json()["detail"]


def test_history_names_the_key(database: Database, serve: Serve) -> None:
    token = add_key(database, Scope.PETITIONS_READ, Scope.PETITIONS_WRITE)
    client = serve()
    made = client.post("/v1/petitions", **ROUTE, headers=bearer(token)).json()
    [entry] = client.get(f"/v1/petitions/{made['id']}/history", headers=bearer(token)).json()["items"]
    assert (entry["actor"], entry["actor_name"]) == (f"key:{token.split('_')[1]}", "工单系统")


@on_sqlite
@pytest.mark.parametrize("shown", ["", "pn_", "geheim", "pn_0123456789ab_" + "0" * 64, "pn_0123456789ab_" + "é" * 64])
def test_what_is_no_key_opens_nothing(database: Database, serve: Serve, shown: str) -> None:
    add_key(database, Scope.ROUTE)
    answer = serve().post("/v1/routes", **ROUTE, headers={b"authorization": b"Bearer " + shown.encode()})
    assert (answer.status_code, answer.json()["code"]) == (401, "unauthorised")
    assert "没有这个密钥" in answer.json()["detail"]
    assert answer.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'


@on_sqlite
def test_an_identifier_needs_its_own_secret(database: Database, serve: Serve) -> None:
    one, other = add_key(database, Scope.ROUTE), add_key(database, Scope.ROUTE)
    mixed = "_".join([*one.split("_")[:2], other.split("_")[2]])
    assert serve().post("/v1/routes", **ROUTE, headers=bearer(mixed)).status_code == 401


@on_sqlite
def test_the_database_does_not_hold_what_a_key_shows(database: Database) -> None:
    token = add_key(database, Scope.ROUTE)
    with database.read() as session:
        [key] = keys.all_keys(session)
    assert token.split("_")[2] not in {str(value) for value in vars(key).values()}


def test_a_key_ends_with_its_days(database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    token = add_key(database, Scope.ROUTE, days=1)
    client = serve()
    assert client.post("/v1/routes", **ROUTE, headers=bearer(token)).status_code == 200
    with database.read() as session:
        ends = session.get_one(ApiKey, token.split("_")[1]).expires
    monkeypatch.setattr(known, "now", lambda: ends)
    answer = client.post("/v1/routes", **ROUTE, headers=bearer(token))
    assert (answer.status_code, answer.json()["title"]) == (401, "密钥已失效")


def test_a_key_that_another_process_revokes_ends(
    database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = add_key(database, Scope.ROUTE)
    client = serve()
    assert client.post("/v1/routes", **ROUTE, headers=bearer(token)).status_code == 200
    with database.write() as session:
        keys.revoke(session, SYSTEM, keys.by_id(session, token.split("_")[1]))
    monkeypatch.setattr(known, "FRESH_SECONDS", 0)  # as if they had passed
    assert client.post("/v1/routes", **ROUTE, headers=bearer(token)).status_code == 401


@on_sqlite
def test_a_key_over_its_rate_has_to_wait(database: Database, serve: Serve) -> None:
    token = add_key(database, Scope.ROUTE, rate=2)
    client = serve()
    first, second, third = (client.post("/v1/routes", **ROUTE, headers=bearer(token)) for _ in range(3))
    assert (first.status_code, second.status_code) == (200, 200)
    assert (third.status_code, third.json()["code"]) == (429, "rate_limited")
    assert 0 < int(third.headers["Retry-After"]) <= 30
    assert third.headers["RateLimit-Policy"] == '"key";q=2;w=60'
    assert third.headers["RateLimit"].startswith('"key";r=0;t=')


def test_keys_are_managed_over_http(database: Database, serve: Serve) -> None:
    admin = serve(access="open")
    made = admin.post("/v1/keys", json={"name": "报表", "scopes": ["route"], "rate": 60.0, "days": 30})
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    key = NewKeyOut.model_validate(made.json()).model_dump()
    token = bearer(key["token"])
    assert admin.post("/v1/routes", **ROUTE, headers=token).status_code == 200

    listed = KeysOut.model_validate(admin.get("/v1/keys").json()).items
    assert [(one.name, one.rate, one.in_use) for one in listed] == [("报表", 60, True)]
    changed = admin.patch(f"/v1/keys/{key['id']}", json={"scopes": ["stats"], "why": "只看统计"})
    assert (changed.json()["scopes"], changed.json()["rate"]) == (["stats"], 60)
    assert admin.post("/v1/routes", **ROUTE, headers=token).status_code == 403

    assert admin.delete(f"/v1/keys/{key['id']}").json()["revoked"]
    assert admin.delete(f"/v1/keys/{key['id']}").json()["in_use"] is False
    assert admin.post("/v1/routes", **ROUTE, headers=token).status_code == 401
    entries = audited(admin, target=f"key:{key['id']}")
    assert [entry["action"] for entry in entries] == ["key_revoked", "key_changed", "key_created"]
    assert (entries[1]["why"], entries[1]["details"]) == ("只看统计", {"changes": {"scopes": [["route"], ["stats"]]}})
    assert key["token"].split("_")[2] not in str(entries)


@on_sqlite
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "报表", "scopes": []}, "scopes"),
        ({"name": "报表", "scopes": ["alles"]}, "scopes[0]"),
        ({"name": "", "scopes": ["route"]}, "name"),
        ({"name": "报表", "scopes": ["route"], "rate": -1}, "rate"),
        ({"name": "报表", "scopes": ["route"], "days": 0}, "days"),
        ({"name": "报表", "scopes": ["route"], "rate": 1.5}, "rate"),
        ({"name": "报表", "scopes": ["route"], "rate": "60"}, "rate"),
    ],
)
def test_a_wrong_key_names_its_field(serve: Serve, body: dict[str, object], field: str) -> None:
    answer = serve(access="open").post("/v1/keys", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_key_nobody_made_cannot_be_changed(serve: Serve) -> None:
    admin = serve(access="open")
    for answer in (admin.delete("/v1/keys/0123456789ab"), admin.patch("/v1/keys/0123456789ab", json={"rate": 1})):
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_resource")


def test_a_new_key_is_kept_nowhere_for_a_repetition(database: Database, serve: Serve) -> None:
    admin = serve(access="open")
    send = {"json": {"name": "报表", "scopes": ["route"]}, "headers": {"Idempotency-Key": "k-1"}}
    one, other = admin.post("/v1/keys", **send).json(), admin.post("/v1/keys", **send).json()
    assert one["token"] != other["token"]


@on_sqlite
@pytest.mark.usefixtures("cheap_passwords")
def test_a_proxys_own_password_is_no_key(database: Database, serve: Serve) -> None:
    add_account(database)
    client = serve()
    assert client.get("/v1/taxonomy", auth=("proxy", "user")).status_code == 401
    assert serve(access="open").get("/v1/taxonomy", auth=("proxy", "user")).status_code == 200


def test_a_key_tells_when_it_was_last_used(database: Database, serve: Serve) -> None:
    token = add_key(database, Scope.ADMIN)
    with database.read() as session:
        assert [key.used for key in keys.all_keys(session)] == [None]
    [shown] = serve().get("/v1/keys", headers=bearer(token)).json()["items"]
    assert shown["used"] >= shown["created"]

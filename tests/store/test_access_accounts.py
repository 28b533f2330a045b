from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from access_doubles import OTHER_PASSWORD, PASSWORD, WRONG, add_account, audited, on_sqlite, sign_in
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.access.schemas import AccountOut, AccountsOut
from service.access.sessions import TRIES
from service.api import examples
from service.store.database import Database
from service.store.tables import Account, Reply

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def admin(database: Database, serve: Serve) -> TestClient:
    """A page that an admin uses."""
    add_account(database, "admin", "admin")
    client = serve()
    sign_in(client, "admin")
    return client


def made(admin: TestClient, **fields: Any) -> dict[str, Any]:
    body = {"name": "wangfang", "shown_name": "王芳", "role": "clerk", "password": PASSWORD, **fields}
    answer = admin.post("/v1/accounts", json=body)
    assert answer.status_code == 201, answer.text
    return AccountOut.model_validate(answer.json()).model_dump()


def changed(admin: TestClient, account: dict[str, Any], **fields: Any) -> Any:
    return admin.patch(f"/v1/accounts/{account['id']}", json=fields)


def test_an_admin_makes_accounts(admin: TestClient, serve: Serve) -> None:
    account = made(admin)
    assert sign_in(serve()).json()["id"] == f"account:{account['id']}"
    listed = AccountsOut.model_validate(admin.get("/v1/accounts").json()).items
    assert [(one.name, one.role_name, one.active) for one in listed] == [
        ("admin", "系统管理员", True),
        ("wangfang", "话务员", True),
    ]


def test_of_a_password_nothing_is_told_or_kept(admin: TestClient, database: Database) -> None:
    answer = admin.post(
        "/v1/accounts",
        json={"name": "wangfang", "role": "clerk", "password": PASSWORD},
        headers={"Idempotency-Key": "k-1"},
    )
    everything = answer.text + admin.get("/v1/accounts").text + admin.get("/v1/audit").text
    assert PASSWORD not in everything and "argon2" not in everything
    with database.read() as session:
        assert list(session.scalars(select(Reply))) == []
        assert PASSWORD not in str([vars(one) for one in session.scalars(select(Account))])


def test_a_name_is_used_once(admin: TestClient) -> None:
    made(admin)
    again = admin.post("/v1/accounts", json={"name": "WANGFANG", "role": "clerk", "password": PASSWORD})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "王 芳"}, "name"),
        ({"name": ""}, "name"),
        ({"password": "kurz"}, "password"),
        ({"password": "wangfang.2026", "name": "wangfang.2026"}, "password"),
        ({"role": "chef"}, "role"),
        ({"admin": True}, "admin"),
    ],
)
def test_a_wrong_account_names_its_field(admin: TestClient, fields: dict[str, Any], field: str) -> None:
    body = {"name": "wangfang", "role": "clerk", "password": PASSWORD, **fields}
    answer = admin.post("/v1/accounts", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_change_counts_at_once_and_is_audited(admin: TestClient, serve: Serve) -> None:
    account = made(admin)
    assert changed(admin, account, role="reviewer", why="转岗").json()["role_name"] == "复核员"
    assert changed(admin, account, active=False, why="离职").json()["active"] is False
    assert changed(admin, account, active=False).status_code == 200
    assert sign_in(serve()).status_code == 401
    entries = audited(admin, target=f"account:{account['id']}", action="account_changed")
    assert [(entry["why"], entry["details"]["changes"]) for entry in entries] == [
        ("离职", {"active": [True, False]}),
        ("转岗", {"role": ["clerk", "reviewer"]}),
    ]
    assert {entry["actor_name"] for entry in entries} == {"admin"}


def test_a_disabled_account_is_signed_out_at_once(admin: TestClient) -> None:
    account = made(admin)
    other = TestClient(admin.app, base_url="http://localhost")  # the same process
    sign_in(other)
    assert other.get("/v1/session").status_code == 200
    changed(admin, account, active=False)
    assert other.get("/v1/session").status_code == 401


def test_a_new_password_ends_a_wait(admin: TestClient, serve: Serve) -> None:
    account = made(admin)
    client = serve()
    for _ in range(TRIES):
        sign_in(client, password=WRONG)
    assert [one for one in admin.get("/v1/accounts").json()["items"] if one["locked_until"]]
    assert changed(admin, account, password=OTHER_PASSWORD).json()["locked_until"] is None
    assert sign_in(client, password=OTHER_PASSWORD).status_code == 200


@pytest.mark.parametrize("fields", [{"active": False}, {"role": "manager"}])
def test_the_last_admin_stays(admin: TestClient, fields: dict[str, Any]) -> None:
    [own] = admin.get("/v1/accounts").json()["items"]
    answer = changed(admin, own, **fields)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
    made(admin, name="zweiter", role="admin")
    assert changed(admin, own, **fields).status_code == 200


@on_sqlite
def test_the_first_account_may_be_anybody(serve: Serve) -> None:
    local = serve(access="open")
    account = made(local)
    assert changed(local, account, role="reviewer").status_code == 200


@on_sqlite
def test_an_account_nobody_made_cannot_be_changed(admin: TestClient) -> None:
    for fields in ({"active": False}, {"password": OTHER_PASSWORD}):
        answer = changed(admin, {"id": "0" * 32}, **fields)
        assert (answer.status_code, answer.json()["code"]) == (404, "no_such_resource")


@on_sqlite
def test_the_examples_of_the_description_are_accepted(serve: Serve) -> None:
    local = serve(access="open")
    account = local.post("/v1/accounts", json=examples.ACCOUNT).json()
    assert local.post("/v1/session", json=examples.SIGN_IN).status_code == 200
    local.cookies.clear()
    assert changed(local, account, **examples.ACCOUNT_CHANGE).status_code == 200
    key = local.post("/v1/keys", json=examples.KEY).json()
    assert local.patch(f"/v1/keys/{key['id']}", json=examples.KEY_CHANGE).status_code == 200


@on_sqlite
def test_the_description_tells_the_rules(serve: Serve) -> None:
    fields = serve().get("/openapi.json").json()["components"]["schemas"]["AccountIn"]["properties"]
    for name, good, bad in (
        ("name", "王芳_2@example", "王 芳"),
        ("password", examples.ACCOUNT["password"], "0000000000"),
    ):
        pattern = fields[name]["pattern"]
        assert re.search(pattern, good) and not re.search(pattern, bad)

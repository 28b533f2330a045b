from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from access_doubles import OTHER_PASSWORD, PASSWORD, WRONG, add_account, add_key, audited, bearer, on_sqlite, sign_in
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.access import accounts, known, passwords, sessions
from service.access.principal import SYSTEM, Scope
from service.access.schemas import SessionOut
from service.access.sessions import TRIES, wait_after
from service.store.database import Database
from service.store.tables import Account, AuditEntry, SignIn
from service.store.tables.base import now

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")


@pytest.fixture
def wangfang(database: Database) -> str:
    return add_account(database, shown_name="王芳")


def test_a_person_signs_in_and_out(wangfang: str, serve: Serve) -> None:
    client = serve()
    assert client.get("/v1/session").status_code == 401
    answer = sign_in(client)
    found = SessionOut.model_validate(answer.json())
    assert (found.id, found.name, found.role_name) == (f"account:{wangfang}", "王芳", "话务员")
    assert client.get("/v1/session").json() == answer.json()
    assert client.post("/v1/petitions", json={"text": "路灯"}).status_code == 201
    assert client.delete("/v1/session").status_code == 204
    assert client.get("/v1/session").status_code == 401


def test_a_session_that_was_signed_out_is_gone(wangfang: str, serve: Serve) -> None:
    client = serve()
    sign_in(client)
    kept = dict(client.cookies)
    client.delete("/v1/session")
    client.cookies.update(kept)
    assert client.get("/v1/session").status_code == 401


@on_sqlite
@pytest.mark.parametrize("typed", ["WangFang", " wangfang ", "ｗａｎｇｆａｎｇ"])
def test_a_name_has_no_capitals(wangfang: str, serve: Serve, typed: str) -> None:
    assert sign_in(serve(), typed).status_code == 200


@on_sqlite
def test_the_cookie_is_out_of_reach(wangfang: str, serve: Serve) -> None:
    cookie = sign_in(serve()).headers["Set-Cookie"]
    assert cookie.startswith("petition-session=")
    assert "HttpOnly" in cookie and "SameSite=strict" in cookie and "Path=/" in cookie and "Secure" not in cookie


@on_sqlite
@pytest.mark.parametrize("case", ["https", "setting"])
def test_the_cookie_of_a_safe_connection_stays_on_safe_ones(wangfang: str, serve: Serve, case: str) -> None:
    client = serve(secure_cookies="always" if case == "setting" else "auto")
    client.base_url = "https://localhost" if case == "https" else client.base_url
    cookie = sign_in(client).headers["Set-Cookie"]
    assert cookie.startswith("__Host-petition-session=") and "Secure" in cookie and "Path=/" in cookie
    assert "domain" not in cookie.lower()


@on_sqlite
def test_a_cookie_that_is_not_safe_is_not_believed_on_a_safe_connection(wangfang: str, serve: Serve) -> None:
    client = serve()
    sign_in(client)
    token = client.cookies["petition-session"]
    client.base_url = "https://localhost"
    assert client.get("/v1/session").status_code == 401
    assert client.get("/v1/session", headers={"Cookie": f"__Host-petition-session={token}"}).status_code == 200


def test_the_database_does_not_hold_what_the_cookie_shows(wangfang: str, database: Database, serve: Serve) -> None:
    client = serve()
    sign_in(client)
    with database.read() as session:
        [stored] = session.scalars(select(SignIn.id))
    assert client.cookies["petition-session"] != stored


@on_sqlite
@pytest.mark.parametrize("headers", [{}, {"X-CSRF-Token": "falsch"}, {"X-CSRF-Token": "é".encode()}])
def test_changes_need_the_token_of_the_session(wangfang: str, serve: Serve, headers: dict[str, str | bytes]) -> None:
    client = serve()
    sign_in(client)
    del client.headers["X-CSRF-Token"]
    answer = client.post("/v1/petitions", json={"text": "路灯"}, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert client.get("/v1/petitions").json()["items"] == []


@on_sqlite
def test_the_token_of_another_session_does_not_count(wangfang: str, database: Database, serve: Serve) -> None:
    add_account(database, "liqiang")
    one, other = serve(), serve()
    sign_in(one)
    sign_in(other, "liqiang")
    one.headers["X-CSRF-Token"] = other.headers["X-CSRF-Token"]
    assert one.post("/v1/petitions", json={"text": "路灯"}).status_code == 403


@on_sqlite
@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://elsewhere.example"}, 403),
        ({"Origin": "http://localhost:81"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://localhost:badport"}, 403),
        ({"Origin": "http://localhost"}, 201),
        ({"Origin": "http://LOCALHOST:80"}, 201),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://localhost"}, 201),
        ({}, 201),
    ],
)
def test_changes_come_from_our_own_pages(wangfang: str, serve: Serve, headers: dict[str, str], status: int) -> None:
    client = serve()
    sign_in(client)
    assert client.post("/v1/petitions", json={"text": "路灯"}, headers=headers).status_code == status


@on_sqlite
def test_nobody_is_signed_in_by_another_site(wangfang: str, serve: Serve) -> None:
    client = serve()
    client.headers["Origin"] = "https://elsewhere.example"
    answer = sign_in(client)
    assert (answer.status_code, answer.json()["code"]) == (403, "csrf_failed")
    assert "Set-Cookie" not in answer.headers


def test_who_fails_is_not_told_why(wangfang: str, database: Database, serve: Serve) -> None:
    add_account(database, "disabled")
    add_account(database, "locked")
    with database.write() as session:
        accounts.change(session, SYSTEM, accounts.by_name(session, "disabled"), active=False)
        accounts.by_name(session, "locked").locked_until = now() + timedelta(minutes=5)
    client = serve()
    answers = [
        sign_in(client, "wangfang", WRONG),
        sign_in(client, "niemand"),
        sign_in(client, "???"),
        sign_in(client, "disabled"),
        sign_in(client, "locked"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({str({**answer.json(), "instance": ""}) for answer in answers}) == 1
    with database.read() as session:
        failed = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "sign_in_failed").order_by(AuditEntry.id)
        )
        noted = [(entry.actor, entry.details["reason"], entry.target) for entry in failed]
    assert [reason for _, reason, _ in noted] == ["password", "unknown", "unknown", "disabled", "locked"]
    assert {actor for actor, _, _ in noted} == {"nobody"}
    assert noted[0][2] == f"account:{wangfang}" and noted[1][2] is None


@on_sqlite
def test_a_failed_sign_in_leaves_neither_name_nor_password(
    wangfang: str, database: Database, serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    sign_in(serve(), "13800000000", "geheim-und-lang")
    with database.read() as session:
        everything = str([vars(entry) for entry in session.scalars(select(AuditEntry))])
    assert "13800000000" not in everything and "geheim" not in everything
    lines = str([vars(record) for record in caplog.records if record.name.startswith("service")])
    assert "13800000000" not in lines and "geheim" not in lines


def test_after_some_failures_an_account_has_to_wait(wangfang: str, database: Database, serve: Serve) -> None:
    client = serve()
    for _ in range(TRIES):
        assert sign_in(client, password=WRONG).status_code == 401
    assert sign_in(client).status_code == 401
    with database.write() as session:
        account = session.get_one(Account, wangfang)
        assert (account.failures, account.locked_until is not None) == (TRIES, True)
        account.locked_until = now()
    assert sign_in(client).status_code == 200
    with database.read() as session:
        assert session.get_one(Account, wangfang).failures == 0


def test_tries_at_the_same_moment_count_each(wangfang: str, database: Database, serve: Serve) -> None:
    client = serve()
    with ThreadPoolExecutor(TRIES + 3) as threads:
        list(threads.map(lambda _: sign_in(client, password=WRONG), range(TRIES + 3)))
    with database.read() as session:
        reasons = [entry.details.get("reason") for entry in session.scalars(select(AuditEntry))]
    assert reasons.count("password") == TRIES
    assert reasons.count("locked") == 3


def test_waits_grow_to_a_bound() -> None:
    waits = [wait_after(failures).total_seconds() for failures in (0, 4, 5, 6, 7, 9, 10, 1000)]
    assert waits == [0, 0, 30, 60, 120, 480, 900, 900]


@on_sqlite
def test_too_many_sign_ins_at_a_moment_are_sent_away_and_are_no_failures(
    wangfang: str, database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, gate = threading.Event(), threading.Event()

    def held(_: str, __: str | None) -> bool:
        entered.set()
        assert gate.wait(30)
        return False

    monkeypatch.setattr(passwords, "_MOST_WAITING", 1)
    monkeypatch.setattr(passwords, "fits", held)
    client = serve()
    with ThreadPoolExecutor(1) as thread:
        first = thread.submit(sign_in, client)
        assert entered.wait(30)
        answer = sign_in(client)
        with database.read() as session:
            assert session.get_one(Account, wangfang).failures == 1  # the first one, until it is known
        gate.set()
        assert first.result().status_code == 401
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_sign_ins")
    assert answer.headers["Retry-After"]


def test_a_session_ends_when_it_is_not_used(
    wangfang: str, database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve(session_idle_minutes=10)
    sign_in(client)
    monkeypatch.setattr(known, "FRESH_SECONDS", 0)
    for minutes in (9, 18):
        monkeypatch.setattr(known, "now", lambda minutes=minutes: now() + timedelta(minutes=minutes))
        assert client.get("/v1/session").status_code == 200
    monkeypatch.setattr(known, "now", lambda: now() + timedelta(minutes=29))
    assert client.get("/v1/session").status_code == 401


def test_a_session_ends_when_its_time_is_over(wangfang: str, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(session_hours=1, session_idle_minutes=1440)
    sign_in(client)
    monkeypatch.setattr(known, "now", lambda: now() + timedelta(hours=1))
    assert client.get("/v1/session").status_code == 401


@pytest.mark.parametrize("what", ["disable", "password"])
def test_a_change_of_the_account_ends_its_sessions(
    wangfang: str, database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    client = serve()
    sign_in(client)
    with database.write() as session:
        account = accounts.by_name(session, "wangfang")
        if what == "disable":
            accounts.change(session, SYSTEM, account, active=False)
        else:
            accounts.set_password(session, SYSTEM, account, passwords.hashed(OTHER_PASSWORD))
    monkeypatch.setattr(known, "FRESH_SECONDS", 0)
    assert client.get("/v1/session").status_code == 401
    if what == "disable":  # and enabling brings none of them back
        with database.write() as session:
            accounts.change(session, SYSTEM, accounts.by_name(session, "wangfang"), active=True)
        assert client.get("/v1/session").status_code == 401


def test_a_change_of_role_counts_at_once(
    wangfang: str, database: Database, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = serve()
    sign_in(client)
    with database.write() as session:
        accounts.change(session, SYSTEM, accounts.by_name(session, "wangfang"), role="admin")
    monkeypatch.setattr(known, "FRESH_SECONDS", 0)
    assert client.get("/v1/accounts").status_code == 200
    assert client.get("/v1/petitions").status_code == 403


def test_people_change_their_own_password(wangfang: str, serve: Serve) -> None:
    client = serve()
    sign_in(client)

    def change(old: str, new: str) -> tuple[int, str]:
        answer = client.post("/v1/session/password", json={"password": old, "new_password": new})
        return answer.status_code, answer.json()["code"] if answer.content else ""

    assert change(WRONG, OTHER_PASSWORD) == (401, "sign_in_failed")
    assert change(PASSWORD, "kurz") == (422, "invalid_request")
    assert change(PASSWORD, OTHER_PASSWORD) == (204, "")
    assert client.get("/v1/session").status_code == 401
    assert sign_in(client).status_code == 401
    assert sign_in(client, password=OTHER_PASSWORD).status_code == 200


@on_sqlite
def test_a_key_has_no_password_of_its_own(database: Database, serve: Serve) -> None:
    headers = bearer(add_key(database, Scope.ADMIN))
    body = {"password": PASSWORD, "new_password": OTHER_PASSWORD}
    client = serve()
    assert client.post("/v1/session/password", json=body, headers=headers).status_code == 409
    assert client.delete("/v1/session", headers=headers).status_code == 204
    found = client.get("/v1/session", headers=headers).json()
    assert (found["role"], found["scopes"], found["csrf"]) == (None, ["admin"], None)


def test_sign_ins_are_audited(database: Database, serve: Serve) -> None:
    identifier = add_account(database, role="admin")
    client = serve()
    sign_in(client)
    client.delete("/v1/session")
    sign_in(client)
    actions = [entry["action"] for entry in audited(client, actor=f"account:{identifier}")]
    assert actions == ["signed_in", "signed_out", "signed_in"]


@on_sqlite
def test_without_a_database_nobody_signs_in(wangfang: str, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()
    monkeypatch.setattr("service.store.database.Session", _gone)
    answer = sign_in(client)
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")


def _gone(*_: object, **__: object) -> None:
    from sqlalchemy.exc import TimeoutError

    raise TimeoutError


def test_a_flood_of_failed_sign_ins_does_not_fill_the_audit_log(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "_MOST_FAILURES_NOTED", 3)
    for n in range(5):
        assert client.post("/v1/session", json={"name": f"nobody{n}", "password": "x" * 12}).status_code == 401
    with database.read() as session:
        noted = select(AuditEntry).where(AuditEntry.action == "sign_in_failed")
        assert len(session.scalars(noted).all()) == 3

from __future__ import annotations

from datetime import timedelta

import pytest
from access_doubles import audited
from fastapi.testclient import TestClient
from sqlalchemy import delete, update
from sqlalchemy.exc import DBAPIError

from service.access.audit import AuditFilter, audit, audit_reading, find
from service.access.principal import LOCAL, SYSTEM
from service.access.schemas import AuditPageOut
from service.store.database import Database
from service.store.tables import AuditEntry, Petition
from service.store.tables.base import now


def note(database: Database, *actions: str, target: str | None = None) -> None:
    with database.write() as session:
        for action in actions:
            audit(session, SYSTEM, action, target)


@pytest.mark.parametrize("statement", [update(AuditEntry).values(why="anders"), delete(AuditEntry)])
def test_the_database_refuses_to_change_the_log(database: Database, statement: object) -> None:
    note(database, "x")
    with pytest.raises(DBAPIError, match="the audit log is never changed"), database.write() as session:
        session.execute(statement)
    with database.read() as session:
        assert session.query(AuditEntry).count() == 1


def test_an_entry_says_who_did_what_and_why(database: Database, client: TestClient) -> None:
    with database.write() as session:
        audit(session, LOCAL, "exported", "petition:1", "回电13800138000核实", rows=3)
    page = AuditPageOut.model_validate(client.get("/v1/audit").json())
    [entry] = page.items
    assert (entry.actor, entry.actor_name, entry.action, entry.target) == ("local", "本机", "exported", "petition:1")
    assert entry.why is not None and "13800138000" not in entry.why and "[手机号]" in entry.why
    assert (entry.details, page.next) == ({"rows": 3}, None)


def test_pages_follow_each_other_without_a_gap(database: Database, client: TestClient) -> None:
    note(database, *"abcde")
    first = client.get("/v1/audit", params={"limit": 2}).json()
    note(database, "later")
    second = client.get("/v1/audit", params={"limit": 2, "cursor": first["next"]}).json()
    third = client.get("/v1/audit", params={"limit": 2, "cursor": second["next"]}).json()
    assert [[entry["action"] for entry in page["items"]] for page in (first, second, third)] == [
        ["e", "d"],
        ["c", "b"],
        ["a"],
    ]
    assert third["next"] is None


def test_entries_are_found_by_what_they_say(database: Database, client: TestClient) -> None:
    note(database, "a", "b")
    note(database, "a", target="account:1")
    assert [entry["target"] for entry in audited(client, action="a")] == ["account:1", None]
    assert [entry["action"] for entry in audited(client, target="account:1")] == ["a"]
    assert len(audited(client, actor="system")) == 3
    assert audited(client, actor="local") == []


def test_entries_are_found_by_time(database: Database) -> None:
    moment = now()
    with database.write() as session:
        for minutes in (0, 1, 2):
            audit(session, SYSTEM, str(minutes)).at = moment + timedelta(minutes=minutes)
    wanted = AuditFilter(at_from=moment + timedelta(minutes=1), at_to=moment + timedelta(minutes=2))
    with database.read() as session:
        assert [entry.action for entry in find(session, wanted, cursor=None, limit=9).items] == ["1"]


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "cursor=x", "at_from=gestern", "cursor=99999999999"])
def test_a_wrong_question_is_a_problem(client: TestClient, query: str) -> None:
    assert client.get(f"/v1/audit?{query}").json()["code"] == "invalid_request"


def test_reading_what_is_restricted_is_noted(database: Database) -> None:
    petitions = [
        Petition(id="1", restricted=True),
        Petition(id="2", restricted=False),
        Petition(id="3", restricted=True),
    ]
    audit_reading(database, LOCAL, petitions, "list")
    with database.read() as session:
        entries = find(session, AuditFilter(action="restricted_read"), cursor=None, limit=9).items
    assert [(entry.target, entry.details) for entry in entries] == [
        ("petition:3", {"how": "list"}),
        ("petition:1", {"how": "list"}),
    ]

"""Automatic routing stops by itself when blind verdicts speak against it, and by hand."""

from __future__ import annotations

import logging
from collections.abc import Callable

import pytest
from callers import ALL, acting, on_sqlite
from fastapi.testclient import TestClient
from petitions import stored
from sqlalchemy import select

from petition_nlp.fall import LIMIT
from service import automatic
from service.access.principal import Scope
from service.automatic import AutoRouting
from service.store import figures
from service.store.database import Database
from service.store.tables import AuditEntry

Serve = Callable[..., TestClient]
PATH = "/v1/auto-routing"
RIGHT = {"matter": "大事", "department": "municipal_works"}
WRONG = {"matter": "大事", "department": "gas"}


@pytest.fixture
def drawn(serve: Serve) -> TestClient:
    return serve(blind_share=1, blind_min_verdicts=8)


def judged(client: TestClient, *bodies: dict[str, str]) -> None:
    for number, body in enumerate(bodies):
        made = stored(client, f"路灯{number}")
        assert client.post(f"/v1/review/{made['id']}/decide", json=body).status_code == 200


def say(client: TestClient, state: str) -> int:
    return client.post(PATH, json={"state": state, "why": "例会决定"}).status_code


def test_it_runs_until_verdicts_speak_against_it(
    drawn: TestClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    assert drawn.get(PATH).json()["state"] == "running"
    judged(drawn, *[WRONG] * 7)
    assert drawn.get(PATH).json()["state"] == "running", "too few"
    with caplog.at_level(logging.ERROR):
        judged(drawn, WRONG)
    found = drawn.get(PATH).json()
    assert (found["state"], found["actor"], found["figures"]["verdicts"]) == ("stopped", "system", 8)
    assert "盲审准确率 0.0%" in found["why"]
    assert "automatic routing stopped" in [record.message for record in caplog.records]
    with database.read() as session:
        [noted] = session.scalars(select(AuditEntry).where(AuditEntry.action == "auto_routing_stopped"))
    assert noted.details["evidence"] >= LIMIT


def test_while_it_is_stopped_every_petition_waits(drawn: TestClient) -> None:
    assert say(drawn, "stopped") == 200
    made = stored(drawn)
    assert (made["status"], made["review"], made["review_reasons"]) == ("pending", True, ["auto_routing_stopped"])
    assert made["route"]["review"]["reasons"] == [automatic.STOPPED.to_dict()]
    [item] = drawn.get("/v1/review").json()["items"]
    assert not item["blind"] and item["department"]["code"] == "municipal_works"
    unsure = stored(drawn, "不知道谁管")
    assert unsure["review_reasons"] == ["low_confidence"]


def test_routes_that_are_not_stored_say_so_too(drawn: TestClient) -> None:
    body = {"items": [{"text": "路灯"}, {"text": "不知"}]}

    def reasons() -> list[list[str]]:
        items = drawn.post("/v1/routes", json=body).json()["items"]
        return [[reason["code"] for reason in item["route"]["review"]["reasons"]] for item in items]

    assert reasons() == [[], ["low_confidence"]]
    say(drawn, "stopped")
    assert reasons() == [["auto_routing_stopped"], ["low_confidence"]]
    say(drawn, "running")
    assert reasons() == [[], ["low_confidence"]]


def test_other_processes_see_it(drawn: TestClient, database: Database) -> None:
    elsewhere = AutoRouting(database)
    say(drawn, "stopped")
    assert elsewhere.running
    elsewhere.look()
    assert not elsewhere.running
    database.close()
    elsewhere.look()
    assert not elsewhere.running


@on_sqlite
def test_it_is_looked_at_again_and_again(
    drawn: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic, "_SECONDS", 0.01)
    elsewhere = AutoRouting(database)
    elsewhere.begin()
    say(drawn, "stopped")
    for _ in range(1000):
        if not elsewhere.running:
            break
        elsewhere._over.wait(0.01)
    elsewhere.end()
    assert not elsewhere.running


@on_sqlite
def test_a_service_that_starts_knows_it(serve: Serve) -> None:
    say(serve(), "stopped")
    assert serve().post("/v1/routes", json={"text": "路灯"}).json()["review"]["required"]


@on_sqlite
def test_what_the_store_said_last_counts_while_it_is_away(drawn: TestClient, database: Database) -> None:
    say(drawn, "stopped")
    elsewhere = AutoRouting(database)
    elsewhere.look()
    database.usable = False
    elsewhere.look()
    assert not elsewhere.running


def test_after_it_is_resumed_earlier_verdicts_do_not_count(drawn: TestClient) -> None:
    judged(drawn, *[WRONG] * 4)
    early = stored(drawn, "路灯，旧的一件")
    assert (say(drawn, "stopped"), say(drawn, "running")) == (200, 200)
    assert drawn.get(PATH).json()["precision"]["verdicts"] == 0
    drawn.post(f"/v1/review/{early['id']}/decide", json=WRONG)
    assert drawn.get(PATH).json()["precision"]["verdicts"] == 0
    judged(drawn, *[RIGHT] * 2)
    found = drawn.get(PATH).json()
    assert (found["state"], found["actor"], found["why"]) == ("running", "local", "例会决定")
    assert (found["precision"]["verdicts"], found["figures"]["verdicts"]) == (2, 0)


@on_sqlite
def test_what_is_so_already_is_not_said_again(drawn: TestClient) -> None:
    assert say(drawn, "running") == 409
    say(drawn, "stopped")
    assert say(drawn, "stopped") == 409


@on_sqlite
def test_only_some_may_say_it(drawn: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    become = acting(monkeypatch)
    become(ALL - {Scope.AUTOMATIC})
    assert say(drawn, "stopped") == 403
    assert drawn.get(PATH).status_code == 200


def test_the_metrics_tell_it(drawn: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_SECONDS", 0)
    assert "petition_auto_routing 1.0" in (before := drawn.get("/metrics").text)
    assert "petition_blind_precision " not in before and "petition_blind_verdicts 0.0" in before
    judged(drawn, RIGHT, WRONG)
    say(drawn, "stopped")
    after = drawn.get("/metrics").text
    say(drawn, "running")
    assert "petition_auto_routing 0.0" in after

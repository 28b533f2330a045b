"""Petitions that the model dispatches by itself, judged by people who do not see how."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import on_sqlite
from fastapi.testclient import TestClient
from petitions import act, again, history, stored
from sqlalchemy import select

from service.access import guard
from service.access.audit import BLIND_READ
from service.access.principal import LOCAL, Principal
from service.store.database import Database
from service.store.tables import AuditEntry, BlindVerdict, Petition

LIGHTS = {"matter": "大事", "department": "municipal_works"}
"""What the router says of 路灯."""
OTHERWISE = {"matter": "大事", "department": "electricity"}

Serve = Callable[..., TestClient]


@pytest.fixture
def drawn(serve: Serve) -> TestClient:
    """A service that draws every petition."""
    return serve(blind_share=1)


@pytest.fixture
def as_account(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    def become(name: str) -> None:
        monkeypatch.setattr(guard, "LOCAL", Principal(f"account:{name}", name, LOCAL.scopes))

    return become


def decide(client: TestClient, petition: dict[str, Any], **body: Any) -> Any:
    return client.post(f"/v1/review/{petition['id']}/decide", json=body)


def verdicts(database: Database) -> list[BlindVerdict]:
    with database.read() as session:
        return list(session.scalars(select(BlindVerdict).order_by(BlindVerdict.id)))


def test_a_petition_that_is_drawn_is_dispatched_and_waits(drawn: TestClient) -> None:
    made = stored(drawn)
    assert (made["status"], made["review"], made["decided_by"]) == ("assigned", False, "model")
    assert "blind" not in made, "whoever handles it does not know"
    queue = drawn.get("/v1/review").json()
    assert [(item["id"], item["blind"]) for item in queue["items"]] == [(made["id"], True)]


@on_sqlite
def test_nothing_in_the_queue_tells_the_suggestion(drawn: TestClient) -> None:
    stored(drawn, "路灯不亮，云汀花园7栋门口")
    made = stored(drawn, "路灯又不亮，云汀花园7栋门口")
    act(drawn, made, "returns", {"reason": "不归我们", "next_department": "electricity"})
    [first, second] = drawn.get("/v1/review").json()["items"]
    taken = drawn.post("/v1/review/take", json={"petition": made["id"]}).json()["petition"]
    released = drawn.post(f"/v1/review/{made['id']}/release").json()
    for shown in (first, second, taken, released):
        assert shown["blind"] and shown["text"]
        assert not names(shown, "municipal_works", "市政", "electricity", "供电", "government", "大事", "投诉")
        told = {name for name, value in shown.items() if value}
        others = {"taken_by", "taken_until"}
        assert told - others == {"id", "version", "created", "received", "text", "kind", "kind_name", "review", "blind"}


def names(shown: dict[str, Any], *words: str) -> bool:
    text = json.dumps(shown, ensure_ascii=False)
    return any(word in text for word in words)


@on_sqlite
def test_a_petition_that_needs_a_person_is_not_drawn(drawn: TestClient) -> None:
    stored(drawn, "不知道谁管的油烟")
    [item] = drawn.get("/v1/review").json()["items"]
    assert not item["blind"] and item["department"]["code"] == "urban_management"


@on_sqlite
def test_the_share_decides_how_many_are_drawn(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve(blind_share=0.1)
    for chance, waiting in ((0.1, 0), (0.09, 1)):
        monkeypatch.setattr("service.petitions.blind._unpredictable.random", lambda chance=chance: chance)
        stored(client)
        assert client.get("/v1/review?kind=blind").json()["waiting"] == waiting


def test_an_agreeing_verdict_confirms(drawn: TestClient, database: Database) -> None:
    made = stored(drawn)
    decided = decide(drawn, made, **LIGHTS).json()
    assert (decided["decided_by"], decided["department"]["code"]) == ("person", "municipal_works")
    assert [entry["action"] for entry in history(drawn, made)] == ["stored", "accepted"]
    assert drawn.get("/v1/review").json()["waiting"] == 0
    [verdict] = verdicts(database)
    assert (verdict.right, verdict.suggested_department, verdict.decided_department) == (
        True,
        "municipal_works",
        "municipal_works",
    )
    assert (verdict.model, verdict.actor, verdict.decided_co_departments) == ("words@1", "local", None)


def test_a_differing_verdict_corrects(drawn: TestClient, database: Database) -> None:
    made = stored(drawn)
    decided = decide(drawn, made, **OTHERWISE, co_departments=["gas"]).json()
    assert decided["department"]["code"] == "electricity"
    entry = history(drawn, made)[-1]
    assert (entry["action"], entry["why"]) == ("corrected", "盲审结论与模型建议不同")
    assert entry["changes"]["department"] == ["municipal_works", "electricity"]
    [verdict] = verdicts(database)
    assert (verdict.right, verdict.decided_co_departments) == (False, ["gas"])


@on_sqlite
def test_what_was_not_seen_cannot_be_confirmed(drawn: TestClient, database: Database) -> None:
    made = stored(drawn)
    refused = decide(drawn, made, matter="大事")
    assert [error["field"] for error in refused.json()["errors"]] == ["department"]
    assert [error["field"] for error in decide(drawn, made).json()["errors"]] == ["matter", "department"]
    assert verdicts(database) == []


@on_sqlite
@pytest.mark.parametrize("closed", [True, False])
def test_a_verdict_changes_nothing_that_people_did(drawn: TestClient, database: Database, closed: bool) -> None:
    made = stored(drawn)
    if closed:
        act(drawn, made, "status", {"status": "resolved", "outcome": "修好"})
    else:
        act(drawn, made, "corrections", {"department": "gas", "why": "x"})
    before = again(drawn, made)
    decided = decide(drawn, made, **OTHERWISE).json()
    assert {**decided, "version": 0} == {**before, "version": 0}
    assert history(drawn, made)[-1]["action"] == "judged"
    assert not verdicts(database)[0].right
    assert drawn.get("/v1/review").json()["waiting"] == 0


@on_sqlite
def test_a_filter_by_suggestion_finds_no_blind_ones(drawn: TestClient) -> None:
    stored(drawn)
    asked = stored(drawn, "不知道谁管的路灯")
    for query, ids in (("kind=asked", 1), ("kind=blind", 1), ("kind=all", 2), ("", 2)):
        assert drawn.get(f"/v1/review?{query}").json()["waiting"] == ids
    found = drawn.get("/v1/review?department=municipal_works").json()
    assert [item["id"] for item in found["items"]] == [asked["id"]]
    assert drawn.get("/v1/review?kind=blind&matter=大事").status_code == 422
    taken = drawn.post("/v1/review/take", json={"kind": "blind"}).json()["petition"]
    assert taken["blind"]


@on_sqlite
def test_blind_ones_do_not_stand_out(drawn: TestClient, database: Database) -> None:
    sure, blind, unsure = stored(drawn, "不知道甲"), stored(drawn), stored(drawn, "不知道乙")
    with database.write() as session:
        session.get_one(Petition, unsure["id"]).confidence = 0.2
    assert [item["id"] for item in drawn.get("/v1/review").json()["items"]] == [unsure["id"], blind["id"], sure["id"]]


def test_whoever_has_read_the_suggestion_is_not_counted(
    drawn: TestClient, database: Database, as_account: Callable[[str], None]
) -> None:
    made, other = stored(drawn), stored(drawn, "路灯坏了")
    as_account("甲")
    again(drawn, made)
    drawn.post("/v1/review/take", json={"petition": other["id"]})
    for petition in (made, other):
        decide(drawn, petition, **LIGHTS)
    assert [verdict.seen for verdict in verdicts(database)] == [True, False]
    with database.read() as session:
        [noted] = session.scalars(select(AuditEntry).where(AuditEntry.action == BLIND_READ))
    assert (noted.actor, noted.target) == ("account:甲", f"petition:{made['id']}")
    precision = drawn.get("/v1/stats").json()["blind"]
    assert (precision["verdicts"], precision["seen"]) == (1, 1)


@on_sqlite
def test_whoever_stored_it_is_not_counted(
    drawn: TestClient, database: Database, as_account: Callable[[str], None]
) -> None:
    as_account("甲")
    made = stored(drawn)
    decide(drawn, made, **LIGHTS)
    assert [verdict.seen for verdict in verdicts(database)] == [True]


def test_live_precision_is_told_by_month_and_department(drawn: TestClient) -> None:
    smoke = {"matter": "大事", "department": "城市管理综合执法部门"}
    for text, body in (("路灯1", LIGHTS), ("路灯2", OTHERWISE), ("油烟", smoke)):
        decide(drawn, stored(drawn, text), **body)
    found = drawn.get("/v1/stats").json()["blind"]
    assert (found["verdicts"], found["right"], found["precision"]) == (3, 2, 0.6667)
    assert (found["low"], found["high"]) == (0.2077, 0.9385)
    assert (found["model"], found["target_precision"]) == ("words@1", 0.9)
    assert {row["code"]: (row["verdicts"], row["right"]) for row in found["by_department"]} == {
        "municipal_works": (2, 1),
        "urban_management": (1, 1),
    }
    assert [row["verdicts"] for row in found["by_month"]] == [3]


def test_a_verdict_outlives_its_petition(drawn: TestClient, database: Database) -> None:
    made = stored(drawn)
    decide(drawn, made, **LIGHTS)
    body = {"petitions": [made["id"]], "action": "delete", "reason": "居民申请"}
    assert drawn.post("/v1/privacy/erasures", json=body).status_code == 200
    assert [verdict.petition for verdict in verdicts(database)] == [None]

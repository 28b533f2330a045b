"""Sensitive petitions: marked when they come in, seen by few, and every look noted."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import ALL, acting, on_sqlite
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.access.audit import READ
from service.access.principal import Scope
from service.store.database import Database
from service.store.tables import AuditEntry

Become = Callable[..., None]

SECRET = "举报村支书贪污修路款"
NUMBER = "GD-SECRET-7"
CLERK = ALL - {Scope.RESTRICTED}


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    return acting(monkeypatch)


def stored(client: TestClient, text: str, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/petitions", json={"text": text, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def restrict(client: TestClient, petition: dict[str, Any], restricted: bool) -> Any:
    body = {"restricted": restricted, "why": "反映的是本单位负责人"}
    return client.post(f"/v1/petitions/{petition['id']}/restriction", json=body)


def audited(database: Database, action: str) -> list[AuditEntry]:
    with database.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


def test_a_sensitive_petition_is_restricted_and_waits_for_a_person(client: TestClient) -> None:
    made = stored(client, SECRET)
    assert (made["sensitive"], made["restricted"]) == (["officials"], True)
    assert (made["status"], made["review"], made["decided_by"]) == ("pending", True, None)
    assert made["review_reasons"] == ["sensitive"] and not made["route"]["review"]["required"]
    flagged = client.get(f"/v1/petitions/{made['id']}/history").json()["items"][-1]
    assert (flagged["action"], flagged["actor"]) == ("flagged", "system")
    assert flagged["changes"] == {"sensitive": [[], ["officials"]], "restricted": [False, True]}
    assert flagged["why"] == "反映公职人员：支书、贪污"


@on_sqlite
def test_a_group_petition_is_marked_and_goes_its_way(client: TestClient) -> None:
    made = stored(client, "业主静坐要求通水管")
    assert (made["sensitive"], made["restricted"], made["status"]) == (["groups"], False, "assigned")


@on_sqlite
def test_a_suspicion_waits_for_a_person_and_is_seen_by_all(client: TestClient, become: Become) -> None:
    made = stored(client, "巷口路灯不亮，孩子总被大同学要钱")
    assert (made["sensitive"], made["restricted"]) == (["minors"], False)
    assert (made["status"], made["review_reasons"]) == ("pending", ["sensitive"])
    become(CLERK, "clerk")
    assert client.get(f"/v1/petitions/{made['id']}").status_code == 200


@on_sqlite
def test_the_title_is_read_too(client: TestClient) -> None:
    assert stored(client, "水管", title="不想活了")["sensitive"] == ["self_harm"]


@on_sqlite
def test_an_ordinary_petition_is_not_marked(client: TestClient) -> None:
    made = stored(client, "巷口路灯不亮")
    assert (made["sensitive"], made["restricted"]) == ([], False)
    assert len(client.get(f"/v1/petitions/{made['id']}/history").json()["items"]) == 1


@on_sqlite
def test_own_rules_decide_what_is_sensitive(serve: Callable[..., TestClient], tmp_path: Any) -> None:
    rules = tmp_path / "own.yaml"
    kind = "{code: media, name: 媒体, restricted: true, signs: [{6: 记者}]}"
    rules.write_text(f"enough: 6\nwithin: 40\naround: 20\nkinds: [{kind}]\n", encoding="utf-8")
    client = serve(sensitive=rules)
    assert stored(client, "记者来采访")["sensitive"] == ["media"]
    assert stored(client, SECRET)["restricted"] is False


def test_whoever_stores_a_petition_handles_it_and_nobody_else(
    client: TestClient, become: Become, database: Database
) -> None:
    become(CLERK, "clerk")
    made = client.post("/v1/petitions", json={"text": SECRET})
    assert made.status_code == 201 and made.json()["restricted"]
    address = made.headers["Location"]
    assert client.get(address).json()["text"] == SECRET
    assert [entry.target for entry in audited(database, READ)] == [f"petition:{made.json()['id']}"]
    correction = {"department": "gas", "why": "x"}
    assert client.post(f"{address}/corrections", json=correction).json()["department"]["code"] == "gas"
    assert client.post(f"{address}/status", json={"status": "resolved", "outcome": "已答复"}).status_code == 200
    assert len(client.get("/v1/petitions").json()["items"]) == 1
    become(CLERK, "another")
    assert client.get(address).status_code == 404
    assert client.post(f"{address}/corrections", json=correction).status_code == 404
    assert client.get("/v1/petitions").json()["items"] == []


def test_the_queue_tells_how_many_restricted_petitions_wait_and_nothing_else(
    client: TestClient, become: Become
) -> None:
    stored(client, SECRET)
    assert (queue(client)["waiting"], queue(client)["restricted_waiting"]) == (1, 0)
    become(CLERK, "clerk")
    assert queue(client) == {"waiting": 0, "restricted_waiting": 1, "items": []}
    assert queue(client, matter="private")["restricted_waiting"] == 1
    stored(client, SECRET)
    assert (queue(client)["waiting"], queue(client)["restricted_waiting"]) == (1, 1)


def queue(client: TestClient, **wanted: str) -> dict[str, Any]:
    answer: dict[str, Any] = client.get("/v1/review", params=wanted).json()
    return answer


def every_get(client: TestClient, petition: str) -> list[str]:
    """An address for every operation that reads, and for the lists with a search for the text besides."""
    found = []
    for path, methods in client.get("/openapi.json").json()["paths"].items():
        if "get" in methods and path != "/v1/audit":
            address = path.replace("{petition}", petition)
            found += [address, f"{address}?text={SECRET[:4]}", f"{address}?external_id={NUMBER}"]
    return [*found, "/v1/petitions/export?format=jsonl", "/v1/review"]


def test_no_address_tells_of_a_restricted_petition(client: TestClient, become: Become) -> None:
    secret = stored(client, SECRET, id=NUMBER)
    other = stored(client, "巷口路灯不亮")
    third = stored(client, "巷口路灯还是不亮")
    for petition, state in ((other, "linked"), (third, "merged")):
        body = {"other": secret["id"], "state": state, "why": "同一件事"}
        assert client.post(f"/v1/petitions/{petition['id']}/links", json=body).status_code == 200
    become(CLERK, "clerk")
    for petition in (secret, other, third):
        for address in every_get(client, petition["id"]):
            answer = client.get(address)
            for trace in (secret["id"], NUMBER, SECRET, SECRET[2:8]):
                assert trace not in answer.text, address
    assert client.get("/v1/petitions").json()["items"]
    become(ALL)
    read = client.get(f"/v1/petitions/{third['id']}").json()
    assert read["merged_into"] == read["same_matter"][0]["petition"] == secret["id"]


def test_the_audit_log_names_a_restricted_petition_by_its_number_alone(client: TestClient) -> None:
    secret = stored(client, SECRET, id=NUMBER)
    client.get(f"/v1/petitions/{secret['id']}")
    told = client.get("/v1/audit").text
    assert secret["id"] in told
    assert all(trace not in told for trace in (NUMBER, SECRET[2:8]))


def test_changes_do_not_tell_of_a_restricted_petition(client: TestClient, become: Become) -> None:
    secret, other = stored(client, SECRET), stored(client, "巷口路灯不亮")
    become(CLERK, "clerk")
    path = f"/v1/petitions/{secret['id']}"
    merge = {"other": secret["id"], "state": "merged", "why": "x"}
    assert client.post(f"/v1/petitions/{other['id']}/links", json=merge).status_code == 404
    for what, body in (
        ("returns", {"reason": "x"}),
        ("status", {"status": "assigned"}),
        ("satisfaction", {"satisfied": True}),
        ("extension", {"days": 1, "why": "x"}),
        ("links", {"other": other["id"], "state": "linked", "why": "x"}),
    ):
        assert client.post(f"{path}/{what}", json=body).status_code == 404, what
    assert client.post("/v1/review/take", json={"petition": secret["id"]}).status_code == 404
    assert client.post("/v1/review/take", json={}).json() == {"petition": None}
    assert restrict(client, secret, False).status_code == 403
    search = client.post("/v1/privacy/search", json={"text": "贪污修路款"}).json()
    assert (search["items"], search["complete"]) == ([], False)
    erasure = {"petitions": [other["id"], secret["id"]], "action": "delete", "reason": "x"}
    assert client.post("/v1/privacy/erasures", json=erasure).status_code == 404


def test_every_look_at_a_restricted_petition_is_noted(client: TestClient, database: Database) -> None:
    secret = stored(client, SECRET)
    stored(client, "巷口路灯不亮")
    looks = 0
    for address in every_get(client, secret["id"]):
        answer = client.get(address)
        if SECRET in answer.text or (secret["id"] in answer.text and "no_such" not in answer.text):
            entries = audited(database, READ)
            assert len(entries) == looks + 1, address
            assert entries[-1].target == f"petition:{secret['id']}"
            assert SECRET not in json.dumps(entries[-1].details, ensure_ascii=False)
        looks = len(audited(database, READ))
    assert looks >= 6


@on_sqlite
def test_an_ordinary_look_is_not_noted(client: TestClient, database: Database) -> None:
    made = stored(client, "巷口路灯不亮")
    client.get("/v1/petitions")
    client.get(f"/v1/petitions/{made['id']}")
    assert audited(database, READ) == []


@on_sqlite
def test_nothing_restricted_is_told_where_the_look_cannot_be_noted(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = stored(client, SECRET)

    def unable(*_: object) -> None:
        from service import problems

        raise problems.store_unavailable()

    monkeypatch.setattr("service.api.petitions.audit_reading", unable)
    answer = client.get(f"/v1/petitions/{secret['id']}")
    assert answer.status_code == 503 and SECRET not in answer.text


def test_a_person_restricts_and_frees_a_petition(client: TestClient, become: Become) -> None:
    headers = {"Idempotency-Key": "before"}
    made = client.post("/v1/petitions", json={"text": "巷口路灯不亮"}, headers=headers).json()
    answer = restrict(client, made, True)
    assert answer.status_code == 200 and answer.json()["restricted"] is True
    assert restrict(client, made, True).json()["code"] == "not_possible"
    become(CLERK, "clerk")
    assert client.get(f"/v1/petitions/{made['id']}").status_code == 404
    become(ALL)
    assert restrict(client, made, False).json()["restricted"] is False
    become(CLERK, "clerk")
    history = client.get(f"/v1/petitions/{made['id']}/history").json()["items"]
    assert [entry["action"] for entry in history] == ["stored", "restricted", "unrestricted"]
    assert history[1]["why"] == "反映的是本单位负责人"


def test_answers_kept_from_before_are_not_repeated_for_a_restricted_petition(
    client: TestClient, become: Become
) -> None:
    made = stored(client, "巷口路灯不亮")
    send = {"json": {"department": "gas", "why": "是燃气"}, "headers": {"Idempotency-Key": "k"}}
    path = f"/v1/petitions/{made['id']}/corrections"
    become(CLERK, "clerk")
    assert client.post(path, **send).status_code == 200
    become(ALL)
    restrict(client, made, True)
    become(CLERK, "clerk")
    assert client.post(path, **send).status_code == 404

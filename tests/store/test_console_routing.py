"""What the page 分拨台 does to the store: taking in, taking back, and what stands beside a route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from access_doubles import add_account, add_key, bearer, sign_in
from fastapi.testclient import TestClient
from petitions import again, history, stored

from service.access.principal import Scope
from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

SCRIPT = {"Accept": "application/json, application/problem+json"}
LIGHTS = "巷口路灯不亮"
HARM = "物业不管，我不想活了，今晚就从楼顶跳下去"


def take_in(client: TestClient, text: str = LIGHTS, *, key: str | None = None, **more: Any) -> Any:
    headers = SCRIPT | ({"Idempotency-Key": key} if key else {})
    return client.post("/routing/petitions", json={"text": text, "decision": {}, **more}, headers=headers)


def taken(client: TestClient, text: str = LIGHTS, **more: Any) -> dict[str, Any]:
    answer = take_in(client, text, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def withdraw(client: TestClient, petition: dict[str, Any]) -> Any:
    headers = SCRIPT | {"If-Match": f'"{petition["version"]}"'}
    return client.post(f"/routing/petitions/{petition['id']}/withdrawal", json={}, headers=headers)


def actions(client: TestClient, petition: dict[str, Any]) -> list[str]:
    return [entry["action"] for entry in history(client, petition)]


def test_accepting_confirms_the_suggestion(client: TestClient) -> None:
    petition = taken(client, "不知道归谁管的路灯", channel="热线", id="7")
    assert (petition["status"], petition["review"], petition["decided_by"]) == ("assigned", False, "person")
    assert (petition["channel"], petition["external_id"]) == ("热线", "7")
    assert actions(client, petition) == ["stored", "accepted"]
    assert history(client, petition)[0]["changes"]["status"] == [None, "pending"]


def test_a_correction_before_it_is_sent_on_is_no_redirection(client: TestClient) -> None:
    petition = taken(client, decision={"department": "gas", "why": "燃气灯"})
    assert (petition["department"]["code"], petition["status"]) == ("gas", "assigned")
    assert petition["route"]["department"]["code"] == "municipal_works"
    assert history(client, petition)[1]["why"] == "燃气灯"
    assert client.get("/v1/stats").json()["first_dispatch_precision"] == 1


def test_sent_twice_it_is_taken_in_once(client: TestClient) -> None:
    first, second = take_in(client, key="k"), take_in(client, key="k")
    assert first.json() == second.json()
    assert len(client.get("/v1/petitions").json()["items"]) == 1


def test_without_a_decision_it_waits_for_a_reviewer(client: TestClient) -> None:
    petition = taken(client, decision=None)
    assert (petition["status"], petition["review"], petition["decided_by"]) == ("pending", True, None)
    assert history(client, petition)[-1]["why"] == "话务员转复核"


def test_what_is_restricted_waits_for_a_supervisor(database: Database, serve: Serve) -> None:
    add_account(database, "clerk")
    add_account(database, "chief", role="manager")
    client = serve()
    sign_in(client, "clerk")
    held = taken(client, HARM)
    assert held["restricted"] and held["review"] and held["decided_by"] is None
    corrected = taken(client, HARM, decision={"department": "health", "why": "须医疗介入"})
    assert (corrected["department"]["code"], corrected["status"], corrected["review"]) == ("health", "pending", True)
    sign_in(client, "chief")
    assert taken(client, HARM)["decided_by"] == "person"


def test_a_refused_decision_stores_nothing(client: TestClient) -> None:
    answer = take_in(client, decision={"department": "nowhere", "why": "试"})
    assert (answer.status_code, answer.headers["content-type"]) == (422, "application/problem+json")
    assert answer.json()["errors"][0]["field"] == "department"
    assert client.get("/v1/petitions").json()["items"] == []


def test_a_repeat_is_merged_and_can_be_taken_back(client: TestClient) -> None:
    first = stored(client)
    merged = taken(client, same_matter={"other": first["id"], "state": "merged"})
    assert (merged["status"], merged["merged_into"]) == ("merged", first["id"])
    back = withdraw(client, merged).json()
    assert (back["status"], back["review"], back["merged_into"]) == ("pending", True, None)
    assert {link["state"] for link in back["same_matter"]} <= {"likely"}


def test_a_repeat_is_linked_and_accepted(client: TestClient) -> None:
    first = stored(client)
    linked = taken(client, same_matter={"other": first["id"], "state": "linked"})
    assert (linked["status"], linked["decided_by"]) == ("assigned", "person")
    assert (linked["same_matter"][0]["petition"], linked["same_matter"][0]["state"]) == (first["id"], "linked")


def test_taking_back_restores_the_suggestion(client: TestClient) -> None:
    petition = taken(client, decision={"matter": "private", "department": "gas", "request_type": "咨询", "why": "试"})
    back = withdraw(client, petition).json()
    assert (back["status"], back["review"], back["decided_by"]) == ("pending", True, None)
    assert (back["matter"]["code"], back["department"]["code"]) == ("government", "municipal_works")
    assert back["request_type"] == "投诉"
    assert back["due"] == stored(client)["due"]
    assert history(client, petition)[-1]["why"] == "撤回"


def test_only_the_own_and_unhandled_is_taken_back(database: Database, serve: Serve) -> None:
    for name in ("wangfang", "liming"):
        add_account(database, name)
    client = serve()
    sign_in(client)
    petition = taken(client)
    sign_in(client, "liming")
    assert withdraw(client, petition).json()["code"] == "not_possible"
    sign_in(client)
    client.post(f"/v1/petitions/{petition['id']}/status", json={"status": "in_progress"})
    assert withdraw(client, petition).json()["code"] == "changed_meanwhile"
    assert withdraw(client, again(client, petition)).json()["code"] == "not_possible"


def test_what_others_have_dealt_with_is_not_taken_back(database: Database, serve: Serve) -> None:
    add_account(database, "wangfang")
    add_account(database, "liming", role="reviewer")
    client = serve()
    sign_in(client)
    petition = taken(client, decision=None)
    sign_in(client, "liming")
    assert client.post(f"/v1/review/{petition['id']}/decide", json={}).status_code == 200
    sign_in(client)
    assert withdraw(client, again(client, petition)).json()["code"] == "not_possible"
    assert again(client, petition)["decided_by"] == "person"


def test_what_was_taken_back_is_decided_anew(client: TestClient) -> None:
    back = withdraw(client, taken(client)).json()
    petition = taken(client, replaces=back["id"])
    assert (petition["id"], petition["status"]) == (back["id"], "assigned")
    assert actions(client, petition) == ["stored", "accepted", "withdrawn", "accepted"]


def test_another_text_takes_the_place_of_what_was_taken_back(client: TestClient) -> None:
    back = withdraw(client, taken(client)).json()
    petition = taken(client, "巷口路灯不亮，水管也漏", replaces=back["id"])
    assert petition["id"] != back["id"]
    assert again(client, back)["merged_into"] == petition["id"]


def test_what_somebody_else_dealt_with_is_not_decided_anew(client: TestClient) -> None:
    back = withdraw(client, taken(client)).json()
    client.post(f"/v1/review/{back['id']}/decide", json={})
    assert take_in(client, replaces=back["id"]).json()["code"] == "not_possible"


def test_unit_and_deadline_stand_beside_a_route(client: TestClient) -> None:
    unit = {"code": "sz-1", "name": "<b>市政所</b>", "department": "municipal_works"}
    client.put("/v1/directory", json={"units": [unit], "rules": [], "places": [], "services": [], "why": "试"})
    html = client.post("/routing/beside", json={"text": LIGHTS}).text
    assert "&lt;b&gt;市政所&lt;/b&gt;" in html and "<b>市政所" not in html
    assert 'data-part="beside-due"' in html and "个工作日" in html
    other = client.post("/routing/beside", json={"text": LIGHTS, "department": "gas"}).text
    assert "市政所" not in other and "燃气企业" in other


def test_who_may_not_store_reads_only(database: Database, serve: Serve) -> None:
    reader = bearer(add_key(database, Scope.ROUTE))
    client = serve()
    page = client.get("/", headers=reader).text
    assert 'id="accept"' not in page and 'id="copy-text"' in page
    assert 'id="accept"' in client.get("/", headers=bearer(add_key(database, Scope.ROUTE, Scope.PETITIONS_WRITE))).text

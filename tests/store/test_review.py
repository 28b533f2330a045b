from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from petitions import act, again, history, stored

from service.access import guard
from service.access.principal import LOCAL, Principal
from service.petitions import review
from service.petitions.queries import Filter
from service.store.database import Database
from service.store.tables.base import now


@pytest.fixture
def as_caller(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Lets the next requests come from somebody else."""

    def become(name: str) -> None:
        monkeypatch.setattr(guard, "LOCAL", Principal(f"account:{name}", name, LOCAL.scopes))

    return become


def take(client: TestClient, **wanted: str) -> Any:
    answer = client.post("/v1/review/take", json=wanted)
    assert answer.status_code == 200, answer.text
    return answer.json()["petition"]


def test_the_queue_begins_with_what_is_urgent(client: TestClient) -> None:
    stored(client, "路灯不亮")
    plain = stored(client, "不知道谁管")
    urgent = stored(client, "不知道哪里爆炸")
    queue = client.get("/v1/review").json()
    assert queue["waiting"] == 2
    assert [item["id"] for item in queue["items"]] == [urgent["id"], plain["id"]]
    assert [item["id"] for item in client.get("/v1/review?department=gas").json()["items"]] == []


def test_two_people_never_take_the_same(client: TestClient, as_caller: Callable[[str], None]) -> None:
    first, second = stored(client, "不知道谁管甲"), stored(client, "不知道谁管乙")
    as_caller("甲")
    assert take(client)["id"] == first["id"]
    as_caller("乙")
    assert take(client)["id"] == second["id"]
    assert take(client)["id"] == second["id"], "one's own is held longer"
    refused = client.post("/v1/review/take", json={"petition": first["id"]})
    assert (refused.status_code, refused.json()["code"]) == (409, "taken")
    assert client.post(f"/v1/review/{first['id']}/decide", json={}).json()["code"] == "taken"


def test_many_at_once_take_different_ones(client: TestClient, database: Database) -> None:
    for n in range(6):
        stored(client, f"不知道谁管{n}")

    def grab(n: int) -> str:
        caller = Principal(f"account:{n}", str(n), LOCAL.scopes)
        with database.write() as session:
            found = review.take_next(session, caller, Filter(), minutes=5)
            assert found is not None
            return found.id

    with ThreadPoolExecutor(6) as pool:
        assert len(set(pool.map(grab, range(6)))) == 6


def test_what_was_taken_too_long_ago_is_free_again(
    client: TestClient, as_caller: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = stored(client, "不知道谁管")
    as_caller("甲")
    taken = take(client)
    as_caller("乙")
    assert take(client) is None
    monkeypatch.setattr(review, "now", lambda: now() + timedelta(minutes=16))
    assert take(client)["id"] == made["id"] == taken["id"]


def test_a_confirmed_suggestion_is_assigned(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    take(client)
    decided = client.post(f"/v1/review/{made['id']}/decide", json={}).json()
    assert (decided["status"], decided["review"], decided["taken_by"]) == ("assigned", False, None)
    assert decided["decided_by"] == "person"
    assert [entry["action"] for entry in history(client, made)] == ["stored", "taken", "accepted"]
    assert client.get("/v1/review").json() == {"waiting": 0, "restricted_waiting": 0, "items": []}


def test_a_change_needs_a_reason(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    path = f"/v1/review/{made['id']}/decide"
    assert client.post(path, json={"department": "gas"}).json()["errors"][0]["field"] == "why"
    decided = client.post(path, json={"department": "gas", "why": "是燃气"}).json()
    assert (decided["department"]["code"], decided["status"]) == ("gas", "assigned")
    assert history(client, made)[-1]["action"] == "corrected"


def test_what_is_put_back_can_be_taken(client: TestClient, as_caller: Callable[[str], None]) -> None:
    made = stored(client, "不知道谁管")
    as_caller("甲")
    take(client)
    assert client.post(f"/v1/review/{made['id']}/release").json()["taken_by"] is None
    assert client.post(f"/v1/review/{made['id']}/release").status_code == 409
    as_caller("乙")
    assert take(client)["id"] == made["id"]


def test_the_next_can_be_chosen(client: TestClient) -> None:
    stored(client, "不知道谁管")
    gas = stored(client, "不知道谁管的煤气")
    assert take(client, department="gas")["id"] == gas["id"]
    assert take(client, area="西街道") is None


def test_a_merged_petition_is_handled_with_the_other(client: TestClient) -> None:
    first, second = stored(client, "巷口路灯不亮"), stored(client, "巷子口的路灯坏了")
    merged = act(client, second, "links", {"other": first["id"], "state": "merged", "why": "同一盏灯"}).json()
    assert (merged["status"], merged["merged_into"]) == ("merged", first["id"])
    assert merged["same_matter"][0]["petition"] == first["id"]
    assert again(client, first)["same_matter"][0] == {**merged["same_matter"][0], "petition": second["id"]}
    assert history(client, first)[-1]["action"] == "merged"
    parted = act(client, second, "links", {"other": first["id"], "state": "refused"}).json()
    assert (parted["status"], parted["merged_into"], parted["review"]) == ("pending", None, True)
    assert parted["same_matter"][0]["state"] == "refused"


@pytest.mark.parametrize("from_the_other", [False, True])
def test_either_of_two_can_be_told_apart_again(client: TestClient, from_the_other: bool) -> None:
    first, second = stored(client, "巷口路灯不亮"), stored(client, "巷子口的路灯坏了")
    act(client, second, "links", {"other": first["id"], "state": "merged"})
    assert act(client, second, "status", {"status": "pending"}).status_code == 409
    one, other = (first, second) if from_the_other else (second, first)
    assert act(client, one, "links", {"other": other["id"], "state": "refused"}).status_code == 200
    parted = again(client, second)
    assert (parted["status"], parted["merged_into"], parted["review"]) == ("pending", None, True)


def test_what_is_decided_is_not_decided_again(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    path = f"/v1/review/{made['id']}/decide"
    assert client.post(path, json={}).status_code == 200
    late = client.post(path, json={"department": "gas", "why": "迟到的意见"})
    assert (late.status_code, late.json()["code"]) == (409, "not_possible")


def test_a_link_that_comes_later_changes_what_is_shown(client: TestClient) -> None:
    first = stored(client, "云汀花园7栋电梯停运三天")
    path = f"/v1/petitions/{first['id']}"
    tag = client.get(path).headers["ETag"]
    stored(client, "云汀花园7栋电梯又坏了")
    assert client.get(path, headers={"If-None-Match": tag}).status_code == 200


def test_who_was_merged_follows_into_the_next(client: TestClient) -> None:
    first, second, third = (stored(client, f"路灯{n}") for n in range(3))
    act(client, third, "links", {"other": second["id"], "state": "merged"})
    act(client, second, "links", {"other": first["id"], "state": "merged"})
    assert again(client, third)["merged_into"] == first["id"]
    refused = act(client, first, "links", {"other": third["id"], "state": "merged"})
    assert refused.json()["code"] == "not_possible"


@pytest.mark.parametrize(("other", "status"), [("self", 422), ("0" * 32, 404)])
def test_a_petition_is_linked_to_another_one(client: TestClient, other: str, status: int) -> None:
    made = stored(client)
    body = {"other": made["id"] if other == "self" else other, "state": "linked"}
    assert act(client, made, "links", body).status_code == status

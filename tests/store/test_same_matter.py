from __future__ import annotations

from fastapi.testclient import TestClient
from petitions import act, again, stored


def test_the_same_matter_is_named_with_its_reason(client: TestClient) -> None:
    first = stored(client, "云汀花园7栋电梯停运三天，物业没人管")
    stored(client, "北山路的路灯不亮")
    second = stored(client, "云汀花园7栋电梯又坏了，物业说等配件")
    [link] = second["same_matter"]
    assert (link["petition"], link["state"]) == (first["id"], "likely")
    assert "云汀花园" in link["reason"] and 0 < link["score"] <= 1
    assert again(client, first)["same_matter"][0]["petition"] == second["id"]


def test_the_same_thing_elsewhere_is_another_matter(client: TestClient) -> None:
    stored(client, "云汀花园7栋电梯停运三天，物业没人管")
    assert stored(client, "松涛雅苑3栋电梯停运三天，物业没人管")["same_matter"] == []


def test_what_is_closed_or_old_is_not_named(client: TestClient) -> None:
    closed = stored(client, "云汀花园7栋电梯停运三天")
    act(client, closed, "status", {"status": "resolved", "outcome": "已修"})
    stored(client, "云汀花园7栋电梯停运三天", received="2020-01-01")
    assert stored(client, "云汀花园7栋电梯又坏了")["same_matter"] == []


def test_a_repeat_is_merged(client: TestClient) -> None:
    first = stored(client, "云汀花园7栋电梯停运三天")
    second = stored(client, "云汀花园7栋电梯又坏了")
    merged = act(client, second, "links", {"other": first["id"], "state": "merged"}).json()
    assert merged["same_matter"][0]["state"] == "merged"
    third = stored(client, "云汀花园7栋电梯还没修好")
    assert [link["petition"] for link in third["same_matter"]] == [first["id"]], "what is merged is not open"


def test_a_blank_message_has_no_repeats(client: TestClient) -> None:
    stored(client, "  ")
    assert stored(client, "  ")["same_matter"] == []

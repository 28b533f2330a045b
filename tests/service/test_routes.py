from __future__ import annotations

import json

from fastapi.testclient import TestClient

from petition_nlp.route import Message
from petition_nlp.router import Router

BARBECUE = "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉，找物业也没人管"


def test_one_message_is_answered_with_the_routers_own_route(client: TestClient, router: Router) -> None:
    answer = client.post("/v1/routes", json={"text": BARBECUE})
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == router.route([BARBECUE])[0].to_dict()


def test_all_fields_of_a_message_reach_the_router(client: TestClient, router: Router) -> None:
    fields = {
        "text": "每天到凌晨两点，没法睡觉",
        "title": "楼下烧烤店油烟扰民",
        "id": "GD-2026-1",
        "area": "南岸区",
        "received": "2026-11-01 08:00",
        "extra": {"渠道": "电话", "层": [1, {"深": None}]},
    }
    assert client.post("/v1/routes", json=fields).json() == router.route([Message(**fields)])[0].to_dict()


def test_a_list_is_answered_in_order_with_its_ids(client: TestClient, router: Router) -> None:
    texts = [BARBECUE, "路灯不亮", "", "老板拖欠工资三个月"]
    items = [{"text": text, "id": f"编号{n}"} for n, text in enumerate(texts)]
    answer = client.post("/v1/routes", json={"items": items}).json()
    assert [item["id"] for item in answer["items"]] == ["编号0", "编号1", "编号2", "编号3"]
    assert [item["route"] for item in answer["items"]] == [route.to_dict() for route in router.route(texts)]


def test_an_item_without_id_is_answered_with_null(client: TestClient) -> None:
    assert client.post("/v1/routes", json={"items": [{"text": BARBECUE}]}).json()["items"][0]["id"] is None


def test_an_empty_list_is_answered_with_an_empty_list(client: TestClient) -> None:
    assert client.post("/v1/routes", json={"items": []}).json() == {"items": []}


def test_a_thousand_messages_are_answered_in_order(client: TestClient) -> None:
    items = [{"text": BARBECUE if n % 2 else "", "id": str(n)} for n in range(1000)]
    answer = client.post("/v1/routes", json={"items": items}).json()["items"]
    assert [item["id"] for item in answer] == [str(n) for n in range(1000)]
    assert {item["route"]["matter"]["code"] for item in answer[::2]} == {"unclear"}
    assert {item["route"]["matter"]["code"] for item in answer[1::2]} != {"unclear"}


def test_evidence_offsets_count_characters_also_after_emoji(client: TestClient) -> None:
    text = "😡👨‍👩‍👧 " + BARBECUE
    for span in client.post("/v1/routes", json={"text": text}).json()["evidence"]:
        assert text[span["start"] : span["end"]] == span["text"]


def test_taxonomy_is_served_whole(client: TestClient, router: Router) -> None:
    answer = client.get("/v1/taxonomy").json()
    assert answer == json.loads(json.dumps(router.taxonomy.to_dict()))
    assert len(answer["departments"]) == 48

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from fastapi.testclient import TestClient
from petitions import act, history, stored

from petition_nlp.settings import Settings
from service.petitions.schemas import PetitionOut


def test_a_stored_petition_can_be_read(client: TestClient) -> None:
    answer = client.post(
        "/v1/petitions",
        json={
            "id": "GD-1",
            "channel": "12345",
            "title": "路灯",
            "text": "巷口路灯不亮",
            "area": "东街道",
            "extra": {"a": 1},
        },
    )
    assert answer.status_code == 201
    made = answer.json()
    read = client.get(answer.headers["Location"])
    assert read.json() == made
    assert read.headers["ETag"] == answer.headers["ETag"]
    assert read.headers["ETag"].startswith('"1-')
    PetitionOut.model_validate(made)
    assert list(made) == list(PetitionOut.model_fields)
    assert (made["external_id"], made["status"], made["decided_by"]) == ("GD-1", "assigned", "model")
    assert made["department"]["code"] == made["route"]["department"]["code"] == "municipal_works"


def test_what_needs_a_person_waits(client: TestClient) -> None:
    made = stored(client, "不知道归谁管")
    assert (made["status"], made["review"], made["decided_by"]) == ("pending", True, None)
    assert made["review_reasons"] == ["low_confidence"]


@pytest.mark.parametrize(
    ("text", "decision", "department", "decided"),
    [
        ("路灯不亮，不知道归谁管", {}, "municipal_works", ["stored", "accepted"]),
        ("路灯不亮", {"department": "燃气企业", "why": "燃气灯"}, "gas", ["stored", "corrected"]),
    ],
)
def test_what_a_person_has_decided_is_stored_with_it(
    serve: Callable[..., TestClient], text: str, decision: dict[str, str], department: str, decided: list[str]
) -> None:
    client = serve(blind_share=1)
    made = stored(client, text, decision=decision)
    assert (made["status"], made["review"], made["decided_by"]) == ("assigned", False, "person")
    assert made["department"]["code"] == department
    assert [entry["action"] for entry in history(client, made)] == decided
    assert client.get("/v1/review").json()["waiting"] == 0


def test_a_decision_that_is_none_stores_nothing(client: TestClient) -> None:
    answer = client.post("/v1/petitions", json={"text": "路灯不亮", "decision": {"department": "gas"}})
    assert [error["field"] for error in answer.json()["errors"]] == ["why"]
    assert client.get("/v1/petitions").json()["items"] == []


def test_what_was_just_stored_is_taken_back(client: TestClient) -> None:
    made = stored(client, decision={"department": "gas", "why": "燃气灯"})
    back = act(client, made, "withdrawal", {"why": "重复登记"}).json()
    assert (back["status"], back["decided_by"], back["department"]["code"]) == ("pending", None, "municipal_works")
    assert history(client, made)[-1]["why"] == "重复登记"


def test_times_without_a_zone_are_chinas(client: TestClient) -> None:
    assert stored(client, received="2026-11-30T08:00:00")["received"] == "2026-11-30T08:00:00.000+08:00"
    assert stored(client, received="2026-11-30T00:00:00Z")["received"] == "2026-11-30T08:00:00.000+08:00"


def test_every_answer_writes_times_alike(client: TestClient) -> None:
    made = stored(client)
    [found] = client.get("/v1/petitions").json()["items"]
    assert (found["created"], found["received"]) == (made["created"], made["received"])
    act(client, made, "status", {"status": "resolved", "outcome": "已修好"})
    closed = client.get(f"/v1/petitions/{made['id']}").json()["closed"]
    changes = client.get(f"/v1/petitions/{made['id']}/history").json()["items"][-1]["changes"]
    assert changes["closed"] == [None, closed]
    assert closed.endswith("+08:00")


def test_a_number_is_used_once_in_its_channel(client: TestClient) -> None:
    first = stored(client, id="7", channel="热线")
    again = client.post("/v1/petitions", json={"text": "另一件", "id": "7", "channel": "热线"})
    assert (again.status_code, again.json()["code"]) == (409, "already_stored")
    assert again.headers["Location"].endswith(first["id"])
    stored(client, id="7", channel="网络问政")


def test_null_counts_as_not_given(client: TestClient) -> None:
    assert stored(client, id=None, channel=None, title=None, received=None)["channel"] == ""


def test_a_repeated_request_is_done_once(client: TestClient) -> None:
    send = {"json": {"text": "巷口路灯不亮"}, "headers": {"Idempotency-Key": "k-1"}}
    first, again = client.post("/v1/petitions", **send), client.post("/v1/petitions", **send)
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["Location"] == first.headers["Location"]
    assert again.headers["Idempotency-Replayed"] == "true" and "Idempotency-Replayed" not in first.headers
    assert len(client.get("/v1/petitions").json()["items"]) == 1


def test_a_repeated_request_at_the_same_moment_is_done_once(client: TestClient) -> None:
    def send(_: int) -> str:
        answer = client.post("/v1/petitions", json={"text": "路灯"}, headers={"Idempotency-Key": "k-2"})
        assert answer.status_code == 201, answer.text
        return str(answer.json()["id"])

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(send, range(16)))) == 1


def test_a_key_belongs_to_one_request(client: TestClient) -> None:
    headers = {"Idempotency-Key": "k-3"}
    client.post("/v1/petitions", json={"text": "路灯"}, headers=headers)
    other = client.post("/v1/petitions", json={"text": "水管"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    bad = client.post("/v1/petitions", json={"text": "水管"}, headers={"Idempotency-Key": "x" * 201})
    assert bad.json()["errors"][0]["field"] == "Idempotency-Key"


def test_a_refused_request_keeps_its_key(client: TestClient) -> None:
    made = stored(client)
    headers = {"Idempotency-Key": "k-4"}
    path = f"/v1/petitions/{made['id']}/satisfaction"
    assert client.post(path, json={"satisfied": True}, headers=headers).status_code == 409
    act(client, made, "status", {"status": "resolved", "outcome": "已修好"})
    assert client.post(path, json={"satisfied": True}, headers=headers).status_code == 200


def test_who_has_not_seen_the_last_change_changes_nothing(client: TestClient) -> None:
    made = stored(client)
    path = f"/v1/petitions/{made['id']}/corrections"
    body = {"department": "gas", "why": "是燃气"}
    assert client.post(path, json=body, headers={"If-Match": '"1"'}).status_code == 200
    late = client.post(path, json={"department": "housing", "why": "是房屋"}, headers={"If-Match": '"1"'})
    assert (late.status_code, late.json()["code"], late.headers["ETag"]) == (412, "changed_meanwhile", '"2"')
    assert client.get(f"/v1/petitions/{made['id']}").json()["department"]["code"] == "gas"


@pytest.mark.parametrize(("seen", "status"), [("1", 200), ('W/"1-0123abcd", "7"', 200), ("2", 412), ("abc", 422)])
def test_a_version_is_understood_however_it_is_written(client: TestClient, seen: str, status: int) -> None:
    made = stored(client)
    path = f"/v1/petitions/{made['id']}/corrections"
    answer = client.post(path, json={"department": "gas", "why": "是燃气"}, headers={"If-Match": seen})
    assert answer.status_code == status, answer.text


def test_null_leaves_a_department_as_it_is(client: TestClient) -> None:
    made = stored(client)
    body = {"department": None, "request_type": "求助", "why": "更正类型"}
    assert act(client, made, "corrections", body).json()["department"] == made["department"]


def test_what_goes_back_to_pending_waits_for_a_person(client: TestClient) -> None:
    made = stored(client)
    back = act(client, made, "status", {"status": "pending"}).json()
    assert (back["status"], back["review"]) == ("pending", True)
    assert client.get("/v1/review").json()["waiting"] == 1


def test_what_is_nested_too_deeply_is_refused(client: TestClient) -> None:
    deep: dict[str, Any] = {}
    for _ in range(40):
        deep = {"a": deep}
    answer = client.post("/v1/petitions", json={"text": "路灯", "extra": deep})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "extra")


@pytest.mark.parametrize("word", ["wifi", "WIFI", "WiFi"])
def test_letters_of_a_text_are_found_in_either_case(client: TestClient, word: str) -> None:
    wanted = stored(client, "小区WiFi信号差")
    stored(client, "小区W_Fi信号差")
    found = client.get("/v1/petitions", params={"text": f"小区 {word}"}).json()["items"]
    assert [item["id"] for item in found] == [wanted["id"]]
    assert client.get("/v1/petitions", params={"text": "%"}).json()["items"] == []


def test_filters_take_names_and_refuse_what_is_none(client: TestClient) -> None:
    made = stored(client, "巷口油烟")
    found = client.get("/v1/petitions", params={"department": "城市管理综合执法部门", "matter": "大事"}).json()
    assert [item["id"] for item in found["items"]] == [made["id"]]
    assert client.get("/v1/petitions", params={"department": "养猫局"}).json()["errors"][0]["field"] == "department"
    assert client.get("/v1/review", params={"matter": "怪事"}).status_code == 422


def test_the_same_number_at_the_same_moment_is_stored_once(client: TestClient) -> None:
    def send(_: int) -> int:
        return int(client.post("/v1/petitions", json={"text": "路灯", "id": "GD-9"}).status_code)

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(send, range(6))) == [201, 409, 409, 409, 409, 409]


def test_who_has_the_present_version_gets_no_content(client: TestClient) -> None:
    made = stored(client)
    path = f"/v1/petitions/{made['id']}"
    tag = client.get(path).headers["ETag"]
    answer = client.get(path, headers={"If-None-Match": f'W/{tag}, "9"'})
    assert (answer.status_code, answer.content, answer.headers["ETag"]) == (304, b"", tag)
    assert client.get(path, headers={"If-None-Match": '"1"'}).status_code == 200


def test_a_correction_is_in_force_and_the_suggestion_stays(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    body = {"department": "市场监督管理部门", "matter": "小事", "co_departments": ["gas"], "why": "商户无证"}
    corrected = act(client, made, "corrections", body).json()
    assert corrected["department"]["code"] == "market_regulation"
    assert (corrected["matter"]["code"], corrected["co_departments"][0]["code"]) == ("community", "gas")
    assert (corrected["status"], corrected["review"], corrected["decided_by"]) == ("assigned", False, "person")
    assert corrected["route"] == made["route"]
    last = history(client, made)[-1]
    assert (last["action"], last["why"], last["actor"]) == ("corrected", "商户无证", "local")
    assert last["changes"]["department"] == ["urban_management", "market_regulation"]
    assert last["model"] == "words@1" and last["taxonomy"] and last["policy"].startswith("0.9@")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"why": "没有更正"}, "$"),
        ({"department": "养猫局", "why": "x"}, "department"),
        ({"department": "gas"}, "why"),
        ({"co_departments": ["gas", "养猫局"], "why": "x"}, "co_departments[1]"),
        ({"request_type": "聊天", "why": "x"}, "request_type"),
        ({"deparment": "gas", "why": "x"}, "deparment"),
        ({"department": "gas", "why": ""}, "why"),
    ],
)
def test_a_wrong_correction_names_its_field(client: TestClient, body: dict[str, Any], field: str) -> None:
    made = stored(client)
    answer = act(client, made, "corrections", body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field
    assert len(history(client, made)) == 1


def test_personal_data_in_a_reason_is_masked(client: TestClient) -> None:
    made = stored(client)
    act(client, made, "corrections", {"department": "gas", "why": "回电13800138000核实"})
    assert history(client, made)[-1]["why"] == "回电[手机号]核实"


def test_a_returned_petition_goes_to_the_next_department_or_to_people(client: TestClient) -> None:
    made = stored(client)
    moved = act(client, made, "returns", {"reason": "不归我们", "next_department": "electricity"}).json()
    assert (moved["department"]["code"], moved["status"], moved["returns"]) == ("electricity", "assigned", 1)
    again = act(client, made, "returns", {"reason": "也不归我们"}).json()
    assert (again["status"], again["review"], again["returns"]) == ("pending", True, 2)
    assert act(client, made, "returns", {"reason": "还没派"}).json()["code"] == "not_possible"


def test_a_petition_goes_through_its_states(client: TestClient) -> None:
    made = stored(client)
    assert act(client, made, "status", {"status": "archived"}).status_code == 409
    assert act(client, made, "status", {"status": "in_progress"}).json()["status_name"] == "办理中"
    assert act(client, made, "status", {"status": "resolved"}).json()["errors"][0]["field"] == "outcome"
    closed = act(client, made, "status", {"status": "resolved", "outcome": "已换灯泡"}).json()
    assert closed["closed"] and closed["outcome"] == "已换灯泡"
    assert act(client, made, "corrections", {"department": "gas", "why": "x"}).status_code == 409
    rated = act(client, made, "satisfaction", {"satisfied": False, "why": "又灭了"}).json()
    assert rated["satisfied"] is False
    assert act(client, made, "status", {"status": "in_progress"}).json()["errors"][0]["field"] == "why"
    again = act(client, made, "status", {"status": "in_progress", "why": "又灭了"}).json()
    assert (again["closed"], again["satisfied"], again["status"]) == (None, None, "in_progress")
    assert [entry["action"] for entry in history(client, made)] == ["stored", "moved", "moved", "rated", "reopened"]


def test_pages_do_not_shift_while_petitions_come_in(client: TestClient) -> None:
    made = [stored(client, f"第{n}件")["id"] for n in range(5)]
    first = client.get("/v1/petitions", params={"limit": 2}).json()
    stored(client, "插队的")
    second = client.get("/v1/petitions", params={"limit": 2, "cursor": first["next"]}).json()
    third = client.get("/v1/petitions", params={"limit": 2, "cursor": second["next"]}).json()
    found = [item["id"] for page in (first, second, third) for item in page["items"]]
    assert found == made[::-1] and third["next"] is None


@pytest.mark.parametrize(
    ("query", "texts"),
    [
        ({"text": "油烟 小区"}, ["小区门口油烟"]),
        ({"text": "100%_"}, ["涨价100%_不合理"]),
        ({"department": "urban_management"}, ["小区门口油烟"]),
        ({"matter": "community"}, ["物业不管，爆炸声响"]),
        ({"emergency": "true"}, ["物业不管，爆炸声响"]),
        ({"review": "true"}, ["不知道谁管"]),
        ({"status": ["pending", "resolved"]}, ["不知道谁管"]),
        ({"area": "东街道"}, ["小区门口油烟"]),
        ({"external_id": "A9"}, ["涨价100%_不合理"]),
        ({"channel": "信访"}, ["物业不管，爆炸声响"]),
        ({"received_from": "2026-05-01", "received_to": "2026-06-01"}, ["不知道谁管"]),
        ({"text": "没有的词"}, []),
    ],
)
def test_petitions_are_found(client: TestClient, query: dict[str, Any], texts: list[str]) -> None:
    stored(client, "小区门口油烟", area="东街道")
    stored(client, "物业不管，爆炸声响", channel="信访")
    stored(client, "涨价100%_不合理", id="A9")
    stored(client, "不知道谁管", received="2026-05-09T08:00:00")
    found = client.get("/v1/petitions", params=query).json()["items"]
    assert [item["text"] for item in found] == texts


@pytest.mark.parametrize(
    ("query", "field", "message"),
    [
        ("limit=0", "limit", "数值过小，最小为 1"),
        ("limit=201", "limit", "数值过大，最大为 200"),
        ("limit=x", "limit", "应为整数"),
        (
            "status=weg",
            "status[0]",
            "应为下列之一：pending 待分类、assigned 已交办、in_progress 办理中、"
            "resolved 已办结、archived 归档、merged 已并单",
        ),
        ("cursor=1", "cursor", "格式不对，应为本服务给出的编号"),
        ("received_from=gestern", "received_from", "应为时间，如 2026-11-30T08:00:00+08:00"),
        (f"matter={'x' * 65}", "matter", "文字过长，最多 64 字"),
    ],
)
def test_a_wrong_query_names_its_field_and_what_is_allowed(
    client: TestClient, query: str, field: str, message: str
) -> None:
    answer = client.get(f"/v1/petitions?{query}")
    assert (answer.status_code, answer.json()["errors"]) == (422, [{"field": field, "message": message}])


@pytest.mark.parametrize(
    ("path", "body"),
    [("review/take", {"petition": ""}), (f"petitions/{'0' * 32}/links", {"other": "GD-1", "state": "linked"})],
)
def test_a_callers_own_number_in_place_of_ours_is_explained(
    client: TestClient, path: str, body: dict[str, Any]
) -> None:
    [error] = client.post(f"/v1/{path}", json=body).json()["errors"]
    assert "external_id" in error["message"]


def test_a_status_may_be_given_by_its_name(client: TestClient) -> None:
    made = stored(client)
    assert act(client, made, "status", {"status": "办结", "outcome": "已修好"}).json()["status"] == "resolved"
    assert len(client.get("/v1/petitions", params={"status": "已办结"}).json()["items"]) == 1


@pytest.mark.parametrize("path", ["", "/history"])
def test_an_unknown_number_is_a_clear_problem(client: TestClient, path: str) -> None:
    answer = client.get(f"/v1/petitions/{'0' * 32}{path}")
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_resource")
    refused = client.get(f"/v1/petitions/GD-1{path}")
    assert refused.status_code == 422
    assert "external_id" in refused.json()["errors"][0]["message"]


def test_without_a_database_routing_goes_on(serve: Callable[..., TestClient], monkeypatch: pytest.MonkeyPatch) -> None:
    client = serve()
    monkeypatch.setattr("service.store.database.Session", _gone)
    answer = client.post("/v1/petitions", json={"text": "路灯"})
    assert (answer.status_code, answer.json()["code"]) == (503, "store_unavailable")
    assert answer.headers["Retry-After"]
    assert client.post("/v1/routes", json={"text": "路灯"}).status_code == 200


def _gone(*_: object, **__: object) -> None:
    from sqlalchemy.exc import TimeoutError

    raise TimeoutError


def test_petitions_outlive_the_service(serve: Callable[..., TestClient]) -> None:
    made = stored(serve())
    assert serve().get(f"/v1/petitions/{made['id']}").json() == made


def test_the_shipped_settings_keep_the_store_in_a_folder_of_its_own() -> None:
    assert Settings().database_url == "sqlite:///petition-nlp-data/petition-nlp.db"

"""The list of three matters: wishes and projects, deliberation, referral, urging and replies, hard cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import ALL, acting, on_sqlite
from fastapi.testclient import TestClient
from petitions import act, again, history, stored

from service.access.principal import Scope
from service.petitions.schemas import PetitionOut

Become = Callable[[frozenset[Scope]], None]

DIRECTORY = {
    "units": [
        {"code": "cg-1", "name": "临江市城市管理局", "department": "urban_management", "level": "city"},
        {"code": "sw-1", "name": "临江市水务集团", "department": "water_supply", "level": "city"},
    ],
    "services": [{"name": "柳荫调解室", "kind": "mediation", "offers": ["漏水"], "phone": "0000-1234"}],
    "why": "首次录入",
}


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    return acting(monkeypatch)


def error_field(answer: Any) -> str:
    assert answer.status_code == 422, answer.text
    return str(answer.json()["errors"][0]["field"])


def test_what_is_stored_without_a_kind_is_a_petition(client: TestClient) -> None:
    made = stored(client)
    assert (made["kind"], made["kind_name"], made["resources"]) == ("petition", "诉求", None)


def test_a_wish_has_the_matter_that_is_given(client: TestClient) -> None:
    made = stored(client, "不知道谁能送一张轮椅", kind="微心愿", matter="私事")
    assert (made["kind"], made["matter"]["code"], made["department"]) == ("wish", "private", None)
    assert (made["status"], made["review"], made["decided_by"]) == ("assigned", False, "person")
    assert made["route"]["review"]["required"]


def test_a_project_without_a_matter_is_routed(client: TestClient) -> None:
    made = stored(client, "物业门口装路灯", kind="project")
    assert (made["matter"]["code"], made["department"]["code"]) == ("community", "municipal_works")
    assert made["decided_by"] == "model"


def test_a_given_matter_that_the_model_agrees_with_keeps_the_department(client: TestClient) -> None:
    assert stored(client, "物业门口装路灯", kind="project", matter="小事")["department"]["code"] == "municipal_works"


@pytest.mark.parametrize("body", [{"matter": "小事"}, {"kind": "wish", "matter": "怪事"}])
def test_a_matter_is_given_for_wishes_alone_and_is_one(client: TestClient, body: dict[str, Any]) -> None:
    assert error_field(client.post("/v1/petitions", json={"text": "路灯", **body})) == "matter"


def test_resources_are_needed_and_pledged(client: TestClient) -> None:
    wish = stored(client, "给图书角添书架", kind="wish", matter="小事")
    act(client, wish, "resources", {"needed": {"fund": 3000, "volunteers": 4.0, "other": "书架"}})
    changed = act(
        client, wish, "resources", {"pledged": {"fund": 2000, "donors": ["李桂芳"]}, "why": "见捐赠书"}
    ).json()
    PetitionOut.model_validate(changed)
    assert changed["resources"] == {
        "needed": {"fund": 3000, "volunteers": 4, "other": "书架"},
        "pledged": {"fund": 2000, "volunteers": None, "other": None, "donors": ["李桂芳"]},
    }
    last = history(client, wish)[-1]
    assert (last["action"], last["why"]) == ("resources", "见捐赠书")
    assert last["changes"]["resources"][1]["pledged"] == {**changed["resources"]["pledged"], "donors": 1}


def test_only_wishes_and_projects_have_resources(client: TestClient) -> None:
    assert act(client, stored(client), "resources", {"needed": {"fund": 1}}).json()["code"] == "not_possible"
    wish = stored(client, "添书架", kind="wish")
    assert error_field(act(client, wish, "resources", {"why": "没有"})) == "$"
    assert error_field(act(client, wish, "resources", {"needed": {"fund": -1}})) == "needed.fund"


def test_a_deliberation_goes_its_way(client: TestClient) -> None:
    made = stored(client, "物业乱收费")
    assert error_field(act(client, made, "deliberation", {"state": "待协商"})) == "level"
    first = act(client, made, "deliberation", {"state": "待协商", "level": "小区"}).json()
    assert first["deliberation"]["level"] == "compound"
    assert error_field(act(client, made, "deliberation", {"state": "agreed"})) == "outcome"
    body = {"state": "agreed", "date": "2026-11-28", "participants": 36, "outcome": "按合同收费"}
    done = act(client, made, "deliberation", body).json()
    PetitionOut.model_validate(done)
    assert done["deliberation"] == {
        "level": "compound",
        "level_name": "小区",
        "state": "agreed",
        "state_name": "达成一致",
        "date": "2026-11-28",
        "participants": 36,
        "outcome": "按合同收费",
    }
    last = history(client, made)[-1]
    assert (last["action"], last["changes"]["deliberation_state"]) == ("deliberated", ["waiting", "agreed"])


def test_a_deliberation_belongs_to_a_shared_affair(client: TestClient) -> None:
    assert act(client, stored(client), "deliberation", {"state": "waiting"}).json()["code"] == "not_possible"
    shared = stored(client, "物业乱收费")
    assert error_field(act(client, shared, "deliberation", {"state": "waiting", "level": "全市"})) == "level"
    assert error_field(act(client, shared, "deliberation", {"state": "谈崩"})) == "state"


def test_a_referral_names_a_service_of_the_directory_or_says_where_to(client: TestClient) -> None:
    assert client.put("/v1/directory", json=DIRECTORY).status_code == 200
    made = stored(client, "邻居漏水")
    named = act(client, made, "referral", {"service": "柳荫调解室"}).json()["referral"]
    assert (named["kind"], named["kind_name"], named["to"]) == ("mediation", "调解", "柳荫调解室")
    written = act(client, made, "referral", {"kind": "法律援助", "to": "区司法局"}).json()["referral"]
    assert (written["kind"], written["service"], written["to"]) == ("legal_aid", None, "区司法局")
    ended = act(client, made, "referral", {"result": "已签协议"}).json()
    PetitionOut.model_validate(ended)
    assert ended["referral"] == {**written, "result": "已签协议"}
    assert history(client, made)[-1]["action"] == "referred"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "$"),
        ({"to": "区司法局"}, "kind"),
        ({"kind": "market"}, "to"),
        ({"service": "没有的"}, "service"),
        ({"kind": "占卜", "to": "x"}, "kind"),
    ],
)
def test_a_wrong_referral_names_its_field(client: TestClient, body: dict[str, Any], field: str) -> None:
    assert error_field(act(client, stored(client, "邻居漏水"), "referral", body)) == field


def test_a_unit_is_urged_and_asked_and_replies(client: TestClient) -> None:
    made = stored(client)
    act(client, made, "urges", {"kind": "催办", "why": "明天到期"})
    asked = act(client, made, "urges", {"kind": "inquiry", "why": "办到哪一步"}).json()
    assert (asked["urges"], asked["inquiries"], asked["unanswered"]) == (1, 1, True)
    assert asked["urged"] and asked["inquired"] and asked["status"] == "assigned"
    plain = act(client, made, "replies", {"text": "正在安排"}).json()
    assert (plain["unanswered"], plain["status"], plain["progress"]) == (False, "assigned", None)
    replied = act(client, made, "replies", {"text": "电工13800138000已到场", "progress": 50}).json()
    assert (replied["status"], replied["progress"]) == ("in_progress", 50)
    told = [(entry["action"], entry["why"]) for entry in history(client, made)[1:]]
    assert told == [
        ("urged", "明天到期"),
        ("inquired", "办到哪一步"),
        ("replied", "正在安排"),
        ("replied", "电工[手机号]已到场"),
    ]


@pytest.mark.parametrize(
    ("what", "body"), [("urges", {"kind": "urge", "why": "快办"}), ("replies", {"text": "已到场"})]
)
def test_who_has_no_petition_is_not_asked(client: TestClient, what: str, body: dict[str, Any]) -> None:
    waiting = stored(client, "不知道归谁管")
    assert act(client, waiting, what, body).json()["code"] == "not_possible"


@pytest.mark.parametrize(
    ("what", "body"),
    [
        ("status", {"status": "resolved", "outcome": "已修好"}),
        ("status", {"status": "pending"}),
        ("returns", {"reason": "不归我们"}),
        ("links", {"state": "merged"}),
    ],
)
def test_what_is_no_longer_with_the_unit_waits_for_no_answer(
    client: TestClient, what: str, body: dict[str, Any]
) -> None:
    made, other = stored(client), stored(client, "另一盏路灯不亮")
    act(client, made, "urges", {"kind": "urge", "why": "快办"})
    further = {"other": other["id"]} if what == "links" else {}
    assert act(client, made, what, {**body, **further}).json()["unanswered"] is False


def test_a_change_of_the_list_is_made_once_and_overwrites_nobody(client: TestClient) -> None:
    made = stored(client)
    path, body = f"/v1/petitions/{made['id']}/urges", {"kind": "urge", "why": "快办"}
    for _ in range(2):
        assert client.post(path, json=body, headers={"Idempotency-Key": "k", "If-Match": "1"}).json()["urges"] == 1
    assert client.post(path, json=body, headers={"If-Match": "1"}).status_code == 412


def test_two_units_that_send_it_back_make_a_hard_case(client: TestClient) -> None:
    client.put("/v1/directory", json=DIRECTORY)
    made = stored(client, "巷口油烟")
    first = act(client, made, "returns", {"reason": "不归我们", "next_department": "water_supply"}).json()
    assert (first["unit"]["code"], first["hard"]) == ("sw-1", False)
    second = act(client, made, "returns", {"reason": "也不归我们"}).json()
    assert (second["hard"], second["returns"]) == (True, 2)
    assert history(client, made)[-1]["changes"]["hard"] == [False, True]


def test_one_department_that_sends_it_back_twice_makes_none(client: TestClient) -> None:
    made = stored(client, "巷口油烟")
    for _ in range(2):
        act(client, made, "returns", {"reason": "不归我们", "next_department": "urban_management"})
    assert again(client, made)["hard"] is False


def test_a_hard_case_is_set_and_lifted_by_hand(client: TestClient) -> None:
    made = stored(client)
    assert act(client, made, "hard", {"hard": True}).status_code == 422
    assert act(client, made, "hard", {"hard": True, "why": "互相推诿"}).json()["hard"] is True
    assert act(client, made, "hard", {"hard": True, "why": "再说一次"}).json()["code"] == "not_possible"
    assert act(client, made, "hard", {"hard": False, "why": "已协调"}).json()["hard"] is False
    assert [entry["action"] for entry in history(client, made)] == ["stored", "hard", "not_hard"]
    assert client.get("/v1/stats").json()["hard"] == 0


@on_sqlite
def test_what_a_manager_has_decided_for_good_only_managers_move(client: TestClient, become: Become) -> None:
    clerk = ALL - {Scope.SUPERVISE}
    become(clerk)
    made = stored(client, "巷口油烟")
    settle = {"department": "ecology_environment", "final": True, "why": "定责"}
    assert act(client, made, "corrections", settle).json()["code"] == "forbidden"
    become(ALL)
    assert act(client, made, "corrections", settle).json()["final"] is True
    become(clerk)
    for what, body in (
        ("returns", {"reason": "不归我们"}),
        ("corrections", {"department": "gas", "why": "x"}),
        ("status", {"status": "pending"}),
    ):
        assert act(client, made, what, body).json()["code"] == "forbidden"
    assert act(client, made, "corrections", {"request_type": "求助", "why": "更正类型"}).status_code == 200
    become(ALL)
    back = act(client, made, "returns", {"reason": "主管同意退回"}).json()
    assert (back["final"], back["returns"], back["review"]) == (False, 1, True)


def test_a_manager_can_settle_what_is_in_force(client: TestClient) -> None:
    made = stored(client)
    assert act(client, made, "corrections", {"final": True, "why": "就归他们"}).json()["final"] is True
    assert act(client, made, "corrections", {"final": False, "why": "再议"}).json()["final"] is False
    nobody = stored(client, "没有人管")
    assert error_field(act(client, nobody, "corrections", {"final": True, "why": "x"})) == "unit"


@on_sqlite
def test_what_the_list_keeps_is_masked_where_it_leaves_the_office(client: TestClient, become: Become) -> None:
    wish = stored(client, "物业门口添长椅", kind="wish", matter="小事")
    act(client, wish, "resources", {"pledged": {"donors": ["李桂芳"], "other": "电话13800138000"}})
    act(client, wish, "deliberation", {"state": "agreed", "level": "社区", "outcome": "由张建国先生负责"})
    act(client, wish, "referral", {"kind": "other", "to": "找刘大姐", "result": "回电13800138000"})
    become(ALL - {Scope.PERSONAL})
    told = client.get("/v1/petitions/export?format=jsonl").text
    for personal in ("李桂芳", "张建国", "刘大姐", "13800138000"):
        assert personal not in told
    become(ALL)
    found = client.post("/v1/privacy/search", json={"name": "李桂芳"}).json()["items"]
    assert [item["places"] for item in found] == [{"name": ["resources"]}]
    client.post("/v1/privacy/erasures", json={"petitions": [wish["id"]], "action": "mask", "reason": "申请"})
    masked = again(client, wish)
    assert "李桂芳" not in str(masked) and "刘大姐" not in str(masked)

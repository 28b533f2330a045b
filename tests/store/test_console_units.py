"""The page 目录, on both databases."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest
from access_doubles import add_account, on_sqlite, sign_in
from fastapi.testclient import TestClient
from test_directory import CITY, packed_tables, put

from service.directory import EMPTY
from service.store.database import Database
from service.store.tables import DirectoryVersion

HTMX = {"HX-Request": "true"}
UNIT = {"key": "cg-e", "name": "东城区城管大队", "department": "urban_management", "area": "东城区", "why": "换电话"}
RULE = {"key": "夜市", "id": "夜市", "words": "夜市、摊位", "unit": "cg", "position": 1, "why": "加词"}


def send(client: TestClient, path: str, form: dict[str, Any]) -> Any:
    return client.post(path, data=form, headers=HTMX)


def directory(client: TestClient) -> Any:
    return client.get("/v1/directory").json()


def test_a_message_is_tried(client: TestClient) -> None:
    put(client)
    html = send(client, "/units/try", {"text": "滨江街道有油烟<script>", "area": "", "on": "2026-11-30"}).text
    assert "东城区城管大队" in html and "<mark>滨江街道</mark>" in html
    assert "&lt;script&gt;" in html and "<script>" not in html
    assert "没有出现「夜市」" in html


@on_sqlite
@pytest.mark.parametrize(
    ("path", "form", "found"),
    [
        ("/units/search", {"q": "CG 大队"}, {"东城区城管大队"}),
        ("/units/search", {"department": "-"}, {"柳荫社区居委会"}),
        ("/units/search", {"area": "-", "department": "gas"}, {"临江燃气公司"}),
        ("/units/search", {"area": "东城区"}, {"东城区城管大队", "柳荫社区居委会"}),
        ("/units/rules/search", {"q": "夜市", "kind": "open"}, {"夜市"}),
        ("/units/rules/search", {"kind": "over"}, set()),
        ("/units/places/search", {"kind": "street"}, {"滨江街道"}),
        ("/units/services/search", {"q": "漏水", "kind": "mediation"}, {"柳荫调解室"}),
    ],
)
def test_lists_are_searched_and_filtered(client: TestClient, path: str, form: dict[str, str], found: set[str]) -> None:
    put(client)
    html = send(client, path, form).text
    names = {"东城区城管大队", "柳荫社区居委会", "临江燃气公司", "临江市城管局", "夜市", "滨江街道", "柳荫调解室"}
    cells = html.replace("</strong>", "<").replace("<strong>", ">").replace('">', ">")
    assert {name for name in names if f">{name}<" in cells} - {"临江市城管局"} == found


@on_sqlite
def test_long_lists_come_in_parts(client: TestClient) -> None:
    units = [{"code": f"u{n}", "name": f"第 {n:03} 单位"} for n in range(250)]
    put(client, {**EMPTY, "units": units})
    html = client.get("/units").text
    assert html.count("<tr data-id=") == 100 and "继续显示" in html
    last = send(client, "/units/search", {"start": 200}).text
    assert last.count("<tr data-id=") == 50 and "继续显示" not in last


def test_a_changed_unit_is_a_new_version(client: TestClient) -> None:
    put(client)
    answer = send(client, "/units/save", {**UNIT, "contact": "000-1", "version": 1})
    assert answer.status_code == 200, answer.text
    assert "directory-changed" in answer.headers["HX-Trigger"]
    now = directory(client)
    assert (now["version"], now["why"]) == (2, "换电话")
    assert next(unit for unit in now["units"] if unit["code"] == "cg-e")["contact"] == "000-1"


@on_sqlite
def test_a_new_unit_stands_last_and_a_new_rule_where_it_is_wanted(client: TestClient) -> None:
    put(client)
    assert send(client, "/units/save", {"code": "x", "name": "新局", "version": 1, "why": "设立"}).status_code == 200
    rule = {"words": "路灯", "unit": "x", "position": 1, "version": 2, "why": "路灯归新局"}
    assert send(client, "/units/rules/save", rule).status_code == 200
    now = directory(client)
    assert now["units"][-1]["code"] == "x"
    assert [rule["id"] for rule in now["rules"]] == ["含路灯", "夜市"]
    moved = {"key": "含路灯", "position": 2, "version": 3, "why": "夜市在先"}
    assert send(client, "/units/rules/move", moved).status_code == 200
    assert [rule["id"] for rule in directory(client)["rules"]] == ["夜市", "含路灯"]
    gone = {"kind": "rules", "key": "夜市", "version": 4, "why": "夜市取消"}
    assert send(client, "/units/remove", gone).status_code == 200
    assert [rule["id"] for rule in directory(client)["rules"]] == ["含路灯"]


@on_sqlite
def test_places_and_services_are_added_changed_and_removed(client: TestClient) -> None:
    put(client)
    place = {
        "name": "柳荫花园",
        "kind": "compound",
        "parents": "柳荫社区",
        "aliases": "老柳荫、柳园",
        "version": 1,
        "why": "新交付",
    }
    assert send(client, "/units/places/save", place).status_code == 200
    service = {"name": "开锁队", "kind": "市场服务", "offers": "开锁", "areas": "柳荫花园", "version": 2, "why": "公示"}
    assert send(client, "/units/services/save", service).status_code == 200
    renamed = {
        "key": "东城区",
        "name": "城东新区",
        "kind": "district",
        "aliases": "东城区",
        "version": 3,
        "why": "更名",
    }
    assert send(client, "/units/places/save", renamed).status_code == 200
    now = directory(client)
    first = now["places"][0]
    assert (first["id"], first["name"], first["aliases"]) == ("东城区", "城东新区", ["东城区"])
    assert now["places"][-1]["aliases"] == ["老柳荫", "柳园"]
    assert now["services"][-1]["areas"] == [now["places"][-1]["id"]]
    assert "柳荫社区/柳荫花园" in client.get("/units/services/form?key=开锁队", headers=HTMX).text
    gone = {"kind": "places", "key": now["places"][-1]["id"], "version": 4, "why": "拆除"}
    assert "「开锁队」" in send(client, "/units/remove", gone).text
    assert send(client, "/units/remove", {**gone, "kind": "services", "key": "开锁队"}).status_code == 200
    assert send(client, "/units/remove", {**gone, "version": 5}).status_code == 200
    assert len(directory(client)["places"]) == 3
    assert client.get("/units/services/form?key=开锁队", headers=HTMX).status_code == 404


@on_sqlite
def test_what_is_odd_in_a_change_is_told(client: TestClient) -> None:
    put(client)
    rule = {"id": "全部", "unit": "cg", "position": 1, "version": 1, "why": "试"}
    assert "规则「夜市」永远用不到" in send(client, "/units/rules/save", rule).text


@on_sqlite
def test_a_unit_that_rules_name_cannot_go(client: TestClient) -> None:
    put(client)
    answer = send(client, "/units/remove", {"kind": "units", "key": "cg", "version": 1, "why": "撤销"})
    assert answer.status_code == 422
    assert "没有编号为「cg」的单位" in answer.text
    assert directory(client)["version"] == 1


@on_sqlite
@pytest.mark.parametrize(
    ("path", "form", "said"),
    [
        ("/units/save", {**UNIT, "area": "西城区"}, "「西城区」不在「地点」中"),
        ("/units/save", {**UNIT, "key": "", "code": "cg", "name": "另一局"}, "「cg」重复"),
        ("/units/rules/save", {**RULE, "since": "2026-05-01", "until": "2026-04-01"}, "截止日期早于起始日期"),
        ("/units/rules/save", {**RULE, "level": "grid"}, "单位和层级只能写一个"),
        ("/units/places/save", {"name": "乙社区", "kind": "community", "why": "x"}, "要写明属于哪里"),
        (
            "/units/services/save",
            {"name": "柳荫", "kind": "mediation", "why": "x"},
            "没有写能帮什么忙",
        ),
    ],
)
def test_mistakes_stand_at_their_fields(client: TestClient, path: str, form: dict[str, Any], said: str) -> None:
    put(client)
    answer = send(client, path, {**form, "version": 1})
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (422, "#edit-body")
    assert said in answer.text and 'aria-invalid="true"' in answer.text
    assert directory(client)["version"] == 1


@on_sqlite
def test_nothing_new_makes_no_version(client: TestClient) -> None:
    put(client)
    assert send(client, "/units/save", {**UNIT, "version": 1}).status_code == 409
    assert directory(client)["version"] == 1


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/units/save", {**UNIT, "contact": "1"}),
        ("/units/rules/save", RULE),
        ("/units/remove", {"kind": "rules", "key": "夜市", "why": "取消"}),
        ("/units/versions/restore", {"to": 0, "why": "退回"}),
    ],
)
def test_a_change_of_what_others_changed_is_refused(client: TestClient, path: str, form: dict[str, Any]) -> None:
    put(client)
    put(client, {**CITY, "units": CITY["units"][:3]})
    answer = send(client, path, {**form, "version": 1})
    assert answer.status_code == 412
    assert "柳荫社区居委会" in answer.text and "第 2 版" in answer.text
    assert directory(client)["version"] == 2


def test_an_earlier_version_comes_back(client: TestClient) -> None:
    put(client)
    put(client, {**CITY, "rules": []})
    assert "夜市" in client.get("/units/versions/1/restore", headers=HTMX).text
    assert send(client, "/units/versions/restore", {"to": 1, "version": 2, "why": "误删"}).status_code == 200
    now = directory(client)
    assert (now["version"], now["why"], len(now["rules"])) == (3, "误删", 1)
    assert "夜市" in client.get("/units/versions/diff?old=2&new=3").text
    assert client.get("/units/versions/diff?old=2&new=9").status_code == 404


def imported(client: TestClient, name: str, content: str, version: int, why: str = "换表") -> Any:
    packed = packed_tables(name, content)
    headers = {**packed["headers"], **HTMX, "If-Match": f'"{version}"', "X-Reason": quote(why)}
    return client.post("/units/import", content=packed["content"], headers=headers)


def test_a_table_replaces_its_own_kind_and_needs_the_version_that_was_compared(client: TestClient) -> None:
    put(client)
    table = "规则编号,含有,派往单位\n早市,早市,cg\n"
    checked = client.post("/units/import/check", **packed_tables("规则.csv", table))
    assert "早市" in checked.text and "将删除 1 条规则" in checked.text
    assert directory(client)["version"] == 1
    assert imported(client, "规则.csv", table, 1).status_code == 200
    now = directory(client)
    assert (now["version"], now["why"], len(now["units"])) == (2, "换表", 4)
    assert [rule["id"] for rule in now["rules"]] == ["早市"]
    assert imported(client, "规则.csv", "派往单位\n", 1).status_code == 412
    assert imported(client, "规则.csv", "派往单位\n", 2, why="").status_code == 422
    assert imported(client, "规则.csv", "派往单位\n", 2).status_code == 200
    assert directory(client)["rules"] == []


@on_sqlite
def test_what_stays_has_to_fit_what_is_new(client: TestClient) -> None:
    put(client)
    places = "地点名称,类型\n西城区,区县\n"
    html = client.post("/units/import/check", **packed_tables("地点.csv", places)).text
    assert "在用的「单位」第 2 项" in html and "「东城区」不在「地点」中" in html


@on_sqlite
def test_a_version_of_another_taxonomy_is_told_and_can_be_replaced(client: TestClient, database: Database) -> None:
    with database.write() as session:
        document = {**copy.deepcopy(EMPTY), "units": [{"code": "x", "name": "旧局", "department": "abolished"}]}
        session.add(DirectoryVersion(actor="a", actor_name="a", why="旧", document=document))
    assert "与现行分类不符" in client.get("/units").text
    assert "无法比较" in client.get("/units/versions/diff").text
    assert send(client, "/units/save", {**UNIT, "version": 1}).status_code == 422
    assert send(client, "/units/versions/restore", {"to": 0, "version": 1, "why": "清空"}).status_code == 200


@on_sqlite
def test_files_come_down(client: TestClient) -> None:
    put(client)
    for path in ("/units/export", "/units/export?version=0", "/units/template"):
        assert client.get(path).content.startswith(b"PK"), path


@on_sqlite
@pytest.mark.usefixtures("cheap_passwords")
def test_a_clerk_reads_and_changes_nothing(database: Database, serve: Callable[..., TestClient]) -> None:
    put(serve())
    add_account(database, role="clerk")
    client = serve()
    sign_in(client)
    for path in ("/units", "/units/rules", "/units/places", "/units/services", "/units/try", "/units/versions"):
        html = client.get(path).text
        assert "导入" not in html and "/units/remove" not in html and "restore" not in html, path
    for path in ("/units/import", "/units/form", "/units/rules/form", "/units/versions/1/restore"):
        assert client.get(path, headers=HTMX).status_code == 403, path

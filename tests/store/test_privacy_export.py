"""Exports: the same petitions as the list, masked unless the caller may see all, and noted."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable
from typing import Any

import pytest
from callers import ALL, acting, on_sqlite
from fastapi.testclient import TestClient
from sqlalchemy import select

from service.access.principal import Scope
from service.privacy.masking import masked_value
from service.store.database import Database
from service.store.tables import AuditEntry

Become = Callable[[frozenset[Scope]], None]

PERSONAL = ["13800138000", "李桂芳", "楼上502", "刘大姐"]
TEXT = "我叫李桂芳，电话 １３８ 0013 8000，住在楼上502，邻居刘大姐也知道，路灯不亮"
WITHOUT = ALL - {Scope.PERSONAL}


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    return acting(monkeypatch)


@pytest.fixture
def petition(client: TestClient) -> dict[str, Any]:
    body = {
        "id": "GD-1",
        "channel": "12345热线",
        "title": "=路灯",
        "text": TEXT,
        "area": "东街道",
        "extra": {"联系电话": "13800138000", "备注": ["找刘大姐"], "层数": 6},
    }
    made = client.post("/v1/petitions", json=body).json()
    done = {"status": "resolved", "outcome": "已电话13800138000告知李桂芳女士"}
    return client.post(f"/v1/petitions/{made['id']}/status", json=done).json()


def rows(client: TestClient, **query: Any) -> list[dict[str, str]]:
    answer = client.get("/v1/petitions/export", params=query)
    assert answer.status_code == 200, answer.text
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def lines(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/petitions/export", params={"format": "jsonl", **query})
    return [json.loads(line) for line in answer.text.splitlines()]


def exports(database: Database) -> list[AuditEntry]:
    with database.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == "export").order_by(AuditEntry.id)))


@on_sqlite
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_an_export_holds_no_personal_data(
    client: TestClient, become: Become, petition: dict[str, Any], form: str
) -> None:
    become(WITHOUT)
    answer = client.get("/v1/petitions/export", params={"format": form})
    for told in PERSONAL:
        assert told not in answer.text
    for kept in ("GD-1", "12345热线", "东街道", "路灯不亮", "[手机号]", "[姓名]"):
        assert kept in answer.text


@on_sqlite
def test_whoever_may_see_personal_data_gets_it(client: TestClient, petition: dict[str, Any]) -> None:
    (line,) = lines(client)
    (row,) = rows(client)
    assert line["text"] == row["内容"] == TEXT
    assert line["extra"] == petition["extra"]


@on_sqlite
def test_a_masked_line_keeps_the_shape_of_a_petition(
    client: TestClient, become: Become, petition: dict[str, Any]
) -> None:
    become(WITHOUT)
    (line,) = lines(client)
    assert set(petition) < set(line)
    assert line["extra"] == {"联系电话": "[已隐去]", "备注": ["找[姓名]"], "层数": 6}
    assert line["route"] == {**petition["route"], "evidence": []}


@on_sqlite
def test_a_table_can_be_opened_as_it_is(client: TestClient, petition: dict[str, Any]) -> None:
    answer = client.get("/v1/petitions/export")
    assert answer.content.startswith(b"\xef\xbb\xbf")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="petitions-')
    assert answer.headers["X-Total-Count"] == "1"
    (row,) = rows(client)
    assert row["标题"] == "'=路灯"  # no formula
    assert (row["责任部门"], row["办理状态"], row["待复核"]) == ("市政设施与排水管护单位", "已办结", "否")
    assert not client.get("/v1/petitions/export", params={"bom": "false"}).content.startswith(b"\xef\xbb\xbf")


def test_an_export_takes_the_filters_of_the_list(client: TestClient) -> None:
    for text in ("路灯一", "水管二", "路灯三"):
        client.post("/v1/petitions", json={"text": text})
    assert [line["text"] for line in lines(client, text="路灯")] == ["路灯三", "路灯一"]
    assert lines(client, department="gas") == []
    assert client.get("/v1/petitions/export", params={"format": "xls"}).status_code == 422


def test_an_export_goes_through_all_pages(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.privacy.export._BATCH", 2)
    for number in range(5):
        client.post("/v1/petitions", json={"text": f"路灯 {number}"})
    assert [line["text"][-1] for line in lines(client)] == list("43210")


def test_an_export_is_noted_without_what_was_searched_for(
    client: TestClient, database: Database, become: Become, petition: dict[str, Any]
) -> None:
    become(WITHOUT)
    lines(client, text="李桂芳 路灯", status=["resolved"], received_from="2020-01-01")
    (entry,) = exports(database)
    assert entry.details == {
        "petitions": 1,
        "format": "jsonl",
        "masked": True,
        "filter": {"text": True, "status": ["resolved"], "received_from": "2020-01-01T00:00:00+08:00"},
    }


@pytest.mark.parametrize(
    ("value", "masked"),
    [
        ({"a": {"手机": 13800138000, "电话": ""}}, {"a": {"手机": "[已隐去]", "电话": ""}}),
        ({"n": 13800138000}, {"n": "[手机号]"}),
        ({"n": 12, "b": True, "x": None, "f": 1.5}, {"n": 12, "b": True, "x": None, "f": 1.5}),
        (["业主王伟"], ["业主[姓名]"]),
        (None, None),
    ],
)
def test_any_value_is_masked(value: Any, masked: Any) -> None:
    assert masked_value(value) == masked

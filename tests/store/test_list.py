"""The list of three matters as supervisors open it: filters, counts, and the workbook for a meeting."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from callers import ALL, acting, on_sqlite
from fastapi.testclient import TestClient
from petitions import act, stored
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from petition_nlp.local.workdays import WorkCalendar
from service.access.principal import Scope
from service.petitions.lateness import today, workday_after
from service.petitions.list_schemas import CountsOut
from service.store.database import Database
from service.store.tables import AuditEntry, Petition

Become = Callable[..., None]
Sheets = dict[str, list[list[Any]]]


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    return acting(monkeypatch)


@pytest.fixture
def filled(client: TestClient) -> TestClient:
    """One petition of each sort, each with a text that says which."""
    shared = stored(client, "物业甲")
    act(client, shared, "deliberation", {"state": "going_on", "level": "楼栋"})
    private = stored(client, "邻居乙")
    act(client, private, "referral", {"kind": "legal_aid", "to": "区司法局"})
    urged = stored(client, "路灯丙")
    act(client, urged, "urges", {"kind": "urge", "why": "快办"})
    replied = stored(client, "路灯丁")
    act(client, replied, "urges", {"kind": "urge", "why": "快办"})
    act(client, replied, "replies", {"text": "已安排"})
    hard = stored(client, "煤气戊")
    act(client, hard, "hard", {"hard": True, "why": "互相推诿"})
    stored(client, "物业送长椅己", kind="wish")
    stored(client, "水管庚", received="2020-01-02")
    closed = stored(client, "水管辛", received="2020-01-03")
    act(client, closed, "status", {"status": "resolved", "outcome": "已修好"})
    return client


def names(client: TestClient, **query: Any) -> str:
    """The last characters of the texts that are found, newest first."""
    answer = client.get("/v1/petitions", params=query)
    assert answer.status_code == 200, answer.text
    return "".join(item["text"][-1] for item in answer.json()["items"])


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"kind": "微心愿"}, "己"),
        ({"kind": "petition", "matter": "小事"}, "甲"),
        ({"deliberation": "协商中"}, "甲"),
        ({"deliberation": "agreed"}, ""),
        ({"referral": "法律援助"}, "乙"),
        ({"urged": "true"}, "丁丙"),
        ({"urged": "false", "department": "water_supply"}, "辛庚"),
        ({"unanswered": "true"}, "丙"),
        ({"hard": "true"}, "戊"),
        ({"overdue": "true"}, "庚"),
        ({"overdue": "false", "department": "water_supply"}, "辛"),
        ({"due_to": "2020-03-01"}, "辛庚"),
        ({"due_within": 0}, ""),
        ({"due_within": 60, "department": "water_supply"}, ""),
        ({"due_within": 60, "hard": "true"}, "戊"),
        ({"community": "柳荫社区"}, ""),
    ],
)
def test_the_list_is_narrowed_down(filled: TestClient, query: dict[str, Any], found: str) -> None:
    assert names(filled, **query) == found
    assert filled.get("/v1/petitions/counts", params=query).json()["petitions"] == len(found)


@pytest.mark.parametrize("query", [{"kind": "x"}, {"due_within": 61}, {"due_to": "x"}, {"deliberation": "谈崩"}])
def test_a_wrong_filter_names_its_field(client: TestClient, query: dict[str, Any]) -> None:
    for path in ("", "/counts", "/meeting"):
        answer = client.get(f"/v1/petitions{path}", params=query)
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, next(iter(query)))


def test_days_within_which_something_is_due_are_working_days() -> None:
    day = workday_after(2, WorkCalendar({today() + timedelta(days=n): n in (9, 10) for n in range(1, 11)}))
    assert day == today() + timedelta(days=10)
    assert workday_after(0, WorkCalendar()) == today()


def test_what_is_overdue_says_so(filled: TestClient) -> None:
    late = {item["text"]: item["overdue"] for item in filled.get("/v1/petitions").json()["items"]}
    assert [text for text, overdue in late.items() if overdue] == ["水管庚"]


def test_an_emergency_is_overdue_by_the_hour(client: TestClient, database: Database) -> None:
    made = stored(client, "煤气要爆炸", received="2020-01-02")
    with database.write() as session:
        session.get_one(Petition, made["id"]).due = date(9000, 1, 1)
    assert names(client, overdue="true") == "炸"
    assert names(client, overdue="false") == ""


def test_petitions_are_counted_by_what_tells_them_apart(filled: TestClient) -> None:
    found = filled.get("/v1/petitions/counts").json()
    CountsOut.model_validate(found)
    assert {name: found[name] for name in ("petitions", "open", "overdue", "hard", "urged", "unanswered")} == {
        "petitions": 8,
        "open": 7,
        "overdue": 1,
        "hard": 1,
        "urged": 2,
        "unanswered": 1,
    }
    assert {row["name"]: row["count"] for row in found["by_status"]} == {
        "待分类": 0,
        "已交办": 7,
        "办理中": 0,
        "已办结": 1,
        "归档": 0,
        "已并单": 0,
    }
    assert [(row["code"], row["count"]) for row in found["by_matter"]][:3] == [
        ("government", 5),
        ("community", 2),
        ("private", 1),
    ]
    assert {row["name"]: row["count"] for row in found["by_kind"]} == {"诉求": 7, "微心愿": 1, "社区项目": 0}
    assert {row["name"]: row["count"] for row in found["by_deliberation"] if row["count"]} == {"协商中": 1}
    assert {row["name"]: row["count"] for row in found["by_referral"] if row["count"]} == {"法律援助": 1}


@on_sqlite
def test_nobody_counts_what_is_not_for_them(client: TestClient, become: Become) -> None:
    made = stored(client)
    client.post(f"/v1/petitions/{made['id']}/restriction", json={"restricted": True, "why": "反映负责人"})
    become(ALL - {Scope.RESTRICTED}, "other")
    assert client.get("/v1/petitions/counts").json()["petitions"] == 0
    assert sheets(client)["总表"][-1][:2] == ["合计", 0.0]


def sheets(client: TestClient, **query: Any) -> Sheets:
    answer = client.get("/v1/petitions/meeting", params=query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="meeting-')
    book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def column(sheet: list[list[Any]], name: str) -> list[Any]:
    return [row[sheet[3].index(name)] for row in sheet[4:]]


def test_a_meeting_gets_a_sheet_for_each_matter(filled: TestClient) -> None:
    found = sheets(filled, heading="十一月调度会", received_from="2021-01-01")
    assert list(found) == ["总表", "大事", "小事", "私事"]
    shared = found["小事"]
    assert shared[0][0] == "十一月调度会 · 小事"
    assert shared[1][0].startswith("收到时间：2021-01-01 至 ")
    assert shared[2][0] == "件数 2，未办结 2，逾期 0，疑难 0，催办过 0，不满意 0"
    assert column(shared, "诉求") == ["物业送长椅己", "物业甲"]
    assert column(shared, "种类") == ["微心愿", "诉求"]
    assert column(shared, "协商") == ["", "楼栋，协商中"]
    assert column(found["私事"], "转介") == ["法律援助，区司法局"]
    assert column(found["大事"], "疑难") == ["是", "", ""]
    assert found["总表"][-1][:2] == ["合计", 6.0]


def test_a_meeting_gets_a_sheet_for_each_community(client: TestClient, database: Database) -> None:
    made = [stored(client, f"路灯{n}")["id"] for n in range(4)]
    with database.write() as session:
        for petition, community in zip(made, ["柳荫:社区", "柳荫?社区", "柳荫:社区", None], strict=True):
            session.get_one(Petition, petition).community = community
    found = sheets(client, by="community")
    assert list(found) == ["总表", "柳荫 社区", "柳荫 社区 2", "未识别社区"]
    assert [row[0] for row in found["总表"][4:]] == ["柳荫:社区", "柳荫?社区", "未识别社区", "合计"]


def test_a_deadline_and_resources_are_in_words(client: TestClient) -> None:
    wish = stored(client, "送书架", kind="project", received="2020-01-02", title="图书角")
    pledged = {"fund": 200, "volunteers": 3, "donors": ["慈善会"]}
    act(client, wish, "resources", {"needed": {"fund": 300}, "pledged": pledged})
    sheet = sheets(client)["大事"]
    [due], [words], [resources] = (column(sheet, name) for name in ("期限", "诉求", "资源"))
    assert due == f"{wish['due']} 已逾期"
    assert words == "图书角\n送书架"
    assert resources == "需要：资金 300 元\n已认领：资金 200 元，志愿者 3 人，慈善会"


def test_no_cell_is_a_formula(client: TestClient) -> None:
    stored(client, "路灯", title="=1+1", id="=2+2")
    sheet = sheets(client)["大事"]
    assert (column(sheet, "诉求"), column(sheet, "来源编号")) == (["=1+1\n路灯"], ["=2+2"])


@on_sqlite
def test_a_meeting_gets_no_personal_data_and_is_noted(client: TestClient, database: Database, become: Become) -> None:
    stored(client, "我叫李桂芳，电话13800138000，路灯不亮")
    become(ALL - {Scope.PERSONAL})
    told = str(sheets(client, text="李桂芳"))
    assert "李桂芳" not in told and "13800138000" not in told and "路灯不亮" in told
    with database.read() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "export"))
    assert entry.details == {"petitions": 1, "format": "xlsx", "masked": True, "filter": {"text": True}}


def test_a_meeting_is_about_so_many_petitions(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.privacy.meeting.MOST", 1)
    stored(client), stored(client)
    answer = client.get("/v1/petitions/meeting")
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "$")


def test_communities_beyond_the_largest_share_a_sheet(
    client: TestClient, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.privacy.meeting._MOST_PARTS", 1)
    made = [stored(client, f"路灯{n}")["id"] for n in range(3)]
    with database.write() as session:
        for petition, community in zip(made, ["甲社区", "乙社区", "甲社区"], strict=True):
            session.get_one(Petition, petition).community = community
    assert list(sheets(client, by="community")) == ["总表", "甲社区", "其他社区"]

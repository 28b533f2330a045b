"""The page 看板: whose figures it shows, and what it makes of wrong days and strange names."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from callers import ALL, acting
from fastapi.testclient import TestClient
from petitions import act, stored
from sqlalchemy import update

from petition_nlp.local.workdays import WorkCalendar
from service.access.principal import Scope
from service.board import issues
from service.board.days import Days, refresh, today
from service.board.units import Workdays
from service.store.tables import Petition, TouchedDay

CROWD = [
    "锦桂花园业主们联名要求物业退电梯维修费",
    "锦桂花园电梯维修费收了不修，业主们准备集体去物业维权",
    "锦桂花园的电梯维修费物业收了几年，电梯还是坏的，要求退",
    "锦桂花园物业电梯维修费不退，我们业主们要讨说法",
    "锦桂花园物业把电梯维修费用到别处，请查",
    "锦桂花园电梯维修费去向不明，业主要求物业公开并退费",
]
SCRIPT = "</td><script>alert(1)</script>"


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """What databases do differently, tests of the board itself tell."""
    return sqlite_url


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    return acting(monkeypatch)


def board(client: TestClient, query: str = "") -> str:
    """The page with all that it loads."""
    refresh(client.app.state.database, Workdays(WorkCalendar()))  # type: ignore[attr-defined]
    page, figures = (client.get(f"/board{part}{query}") for part in ("", "/figures"))
    assert (page.status_code, figures.status_code) == (200, 200)
    return page.text + figures.text


def value(html: str, measure: str) -> str:
    found = re.search(rf'data-measure="{measure}".*?board-value number">([^<]*)<', html, re.DOTALL)
    assert found is not None
    return found[1]


def change(client: TestClient, **values: Any) -> None:
    with client.app.state.database.write() as session:  # type: ignore[attr-defined]
        session.execute(update(Petition).values(**values))
        session.add(TouchedDay(day=today()))


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ("2026-03-10", "2026-03-16", ("2026-03-03", "2026-03-09")),
        ("2026-03-01", "2026-03-31", ("2026-02-01", "2026-02-28")),
        ("2026-03-01", "2026-03-30", ("2026-02-01", "2026-02-28")),
        ("2026-03-01", "2026-03-10", ("2026-02-01", "2026-02-10")),
        ("2026-02-01", "2026-02-28", ("2026-01-01", "2026-01-31")),
        ("2026-02-01", "2026-03-31", ("2025-12-04", "2026-01-31")),
    ],
)
def test_a_period_is_compared_with_the_one_before(first: str, last: str, expected: tuple[str, str]) -> None:
    found = Days(date.fromisoformat(first), date.fromisoformat(last)).before()
    assert (found.first.isoformat(), found.last.isoformat()) == expected


def test_what_is_open_is_what_the_statistics_say(client: TestClient) -> None:
    made = [stored(client, text) for text in ("路灯不亮", "巷口油烟", "水管爆裂")]
    act(client, made[0], "status", {"status": "resolved", "outcome": "修好"})
    html = board(client)
    assert value(html, "open") == str(client.get("/v1/stats").json()["open"]) == "2"
    assert (value(html, "petitions"), value(html, "satisfied")) == ("3", "–")


def test_weekdays_and_hours_are_chinas(client: TestClient) -> None:
    stored(client, received="2026-03-04T23:30:00Z")  # a Wednesday; in China it is Thursday already
    refresh(client.app.state.database, Workdays(WorkCalendar()))  # type: ignore[attr-defined]
    span = {"first_day": "2026-03-02", "last_day": "2026-03-12"}
    items = client.get("/v1/stats/week", params=span).json()["items"]
    assert [(item["name"], item["days"]) for item in items[2:5]] == [("周三", 2), ("周四", 2), ("周五", 1)]
    assert [(item["weekday"], item["petitions"][7]) for item in items if any(item["petitions"])] == [(4, 1)]


def test_restricted_petitions_are_in_no_figure_of_those_who_may_not_see_them(
    client: TestClient, become: Callable[..., None]
) -> None:
    become(ALL)
    for text in CROWD:
        stored(client, text)
    change(client, restricted=True, created_by="key:somebody")
    issues.gather(client.app.state.database)  # type: ignore[attr-defined]
    assert value(board(client), "petitions") == "6"
    become(ALL - {Scope.RESTRICTED})
    html = board(client)
    assert value(html, "petitions") == "0"
    assert "锦桂花园" not in html and "这段时间没有收到诉求" in html


def test_a_sign_leads_to_its_petitions_where_they_have_a_page(client: TestClient, become: Callable[..., None]) -> None:
    become(ALL)
    made = [stored(client, text)["id"] for text in CROWD]
    issues.gather(client.app.state.database)  # type: ignore[attr-defined]
    if "/matters/" not in board(client):
        client.app.add_api_route("/matters/{petition}", lambda petition: petition)  # type: ignore[attr-defined]
    html = board(client)
    assert {number for number in made if f'href="/matters/{number}"' in html} == set(made)
    become(frozenset({Scope.STATS}))
    html = board(client)
    assert "重点关注" in html and "没有查询诉求的权限" in html
    assert "/matters/" not in html and "锦桂花园" not in html


def test_names_from_outside_are_only_ever_texts(client: TestClient) -> None:
    stored(client)
    change(client, channel=SCRIPT, district=SCRIPT, street=SCRIPT, community=SCRIPT)
    html = board(client)
    assert "<script>alert" not in html
    assert html.count("&lt;script&gt;alert(1)") >= 3
    assert "\\u003cscript\\u003ealert" in html  # what the chart is drawn from


def test_a_department_is_shown_alone_and_stays_chosen(client: TestClient) -> None:
    for text in ("路灯不亮", "巷口油烟"):
        stored(client, text)
    html = board(client, "?period=30&department=municipal_works")
    assert value(html, "petitions") == "1"
    assert '<option value="municipal_works" selected>' in html and 'id="departments"' not in html
    assert "/board?period=7&amp;department=municipal_works" in html
    assert client.get("/board?department=nowhere").status_code == 422


@pytest.mark.parametrize("own", ["", "&first_day=2026-03-02&last_day=2026-03-08"])
def test_days_of_ones_own_are_stronger_than_a_period(client: TestClient, own: str) -> None:
    html = client.get(f"/board?period=7{own}").text
    assert ('aria-current="page">近 7 天' in html) is (own == "")


@pytest.mark.parametrize("query", ["?first_day=2026-03-02&last_day=2026-03-01", "?first_day=1990-01-01"])
def test_days_that_cannot_be_counted_are_told(client: TestClient, query: str) -> None:
    answer = client.get(f"/board{query}")
    assert answer.status_code == 422
    assert "日期不对" in answer.text and "（30 天）" in answer.text
    assert client.get("/board?first_day=gestern").status_code == 422
    assert client.get("/board?period=400").status_code == 422


@pytest.mark.parametrize(
    ("query", "step"),
    [("?period=7", "每日"), ("?first_day=2025-06-01&last_day=2026-03-04", "每周"), ("?first_day=2023-06-01", "每月")],
)
def test_long_times_are_shown_in_longer_steps(client: TestClient, query: str, step: str) -> None:
    stored(client)
    stored(client, received="2026-03-04T12:00:00+08:00")
    assert f"{step}收到的件数" in board(client, query)


def test_why_automatic_routing_was_stopped_is_told(client: TestClient) -> None:
    assert "自动分拨运行中" in board(client)
    answer = client.post("/v1/auto-routing", json={"state": "stopped", "why": "模型要更换"})
    assert answer.status_code == 200, answer.text
    html = board(client)
    assert "自动分拨已停止" in html and "模型要更换" in html

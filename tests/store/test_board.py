from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from callers import ALL, acting
from fastapi.testclient import TestClient
from petitions import Petition, act, stored
from sqlalchemy import select, update

from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.taxonomy import Taxonomy
from service.access.principal import LOCAL, Scope
from service.board import drift, issues
from service.board.days import Board, refresh, today
from service.board.schemas import CorrectionsOut, DriftOut, SeriesOut, SharesOut, SignsOut, UnitsOut
from service.board.series import Step, default_days, whole
from service.board.units import Workdays
from service.store.database import Database
from service.store.tables import BoardDay, BoardIssue, BoardPart, TouchedDay
from service.store.tables import Petition as PetitionRow

SHAPES = {
    "series": SeriesOut,
    "shares": SharesOut,
    "corrections": CorrectionsOut,
    "units": UnitsOut,
    "signs": SignsOut,
    "drift": DriftOut,
}


def count_again(client: TestClient) -> None:
    refresh(client.app.state.database, Workdays(WorkCalendar()))


def figures(client: TestClient, what: str, **query: object) -> dict[str, Any]:
    answer = client.get(f"/v1/stats/{what}", params=query)
    assert answer.status_code == 200, answer.text
    SHAPES[what].model_validate(answer.json())
    return answer.json()


def total(client: TestClient, **query: object) -> dict[str, Any]:
    count_again(client)
    return figures(client, "series", **query)["total"]


def close(client: TestClient, petition: Petition) -> None:
    act(client, petition, "status", {"status": "resolved", "outcome": "修好"})


def test_a_day_is_counted_as_its_petitions_stand(client: TestClient) -> None:
    good, moved, sent_back = (stored(client, text) for text in ("路灯不亮", "巷口油烟", "水管爆裂"))
    stored(client, "不知道谁管，物业")
    act(client, moved, "corrections", {"department": "ecology_environment", "why": "x"})
    act(client, sent_back, "returns", {"reason": "x"})
    close(client, good)
    act(client, good, "satisfaction", {"satisfied": False})
    found = total(client)
    assert {name: n for name, n in found["counts"].items() if n} == {
        "petitions": 4,
        "to_people": 1,
        "dispatched": 3,
        "redirected": 2,
        "returned": 1,
        "decided": 1,
        "closed": 1,
        "in_time": 1,
        "rated": 1,
    }
    assert found["shares"] == {
        "review": 0.25,
        "first_dispatch_precision": 0.3333,
        "returned": 0.3333,
        "agreement": 0.0,
        "in_time": 1.0,
        "satisfied": 0.0,
    }
    assert {row["name"]: row["count"] for row in found["by_matter"] if row["count"]} == {"大事": 3, "小事": 1}


def test_people_agree_where_the_suggestion_stays(client: TestClient) -> None:
    confirmed, changed = (stored(client, f"不知道谁管的油烟{n}") for n in range(2))
    client.post(f"/v1/review/{confirmed['id']}/decide", json={})
    client.post(f"/v1/review/{changed['id']}/decide", json={"department": "gas", "why": "x"})
    found = total(client)
    assert (found["counts"]["decided"], found["counts"]["agreed"], found["shares"]["agreement"]) == (2, 1, 0.5)


def test_what_is_open_past_its_deadline_did_not_keep_it(client: TestClient) -> None:
    close(client, stored(client))
    late = stored(client, "水管爆裂")
    with client.app.state.database.write() as session:
        session.execute(update(PetitionRow).where(PetitionRow.id == late["id"]).values(due=date(2026, 1, 1)))
    found = total(client)
    assert (found["counts"]["overdue"], found["shares"]["in_time"]) == (1, 0.5)
    with client.app.state.database.read() as session:
        board = Board(session, LOCAL, Workdays(WorkCalendar()))
        assert whole(board, default_days(Step.DAY, today()), Taxonomy.load()) == found
    items = {item["code"]: item["overdue"] for item in figures(client, "units")["items"]}
    assert items == {"municipal_works": 0, "water_supply": 1}


def test_a_change_of_an_old_petition_counts_its_day_again_and_no_other(client: TestClient, database: Database) -> None:
    old = stored(client, received="2026-03-04T23:30:00+08:00")
    stored(client, received="2026-03-05T00:10:00+08:00")
    count_again(client)
    act(client, old, "returns", {"reason": "x"})
    with database.read() as session:
        assert session.scalars(select(TouchedDay.day)).all() == [date(2026, 3, 4)]
    count_again(client)
    items = figures(client, "series", first_day="2026-03-04", last_day="2026-03-05")["items"]
    assert [(item["period"], item["counts"]["returned"]) for item in items] == [("2026-03-04", 1), ("2026-03-05", 0)]
    with database.read() as session:
        assert session.scalars(select(TouchedDay.day)).all() == []


def test_an_erased_petition_leaves_the_figures(client: TestClient, database: Database) -> None:
    made = stored(client)
    assert total(client)["counts"]["petitions"] == 1
    erasure = {"petitions": [made["id"]], "action": "delete", "reason": "本人要求"}
    assert client.post("/v1/privacy/erasures", json=erasure).status_code == 200
    assert total(client)["counts"]["petitions"] == 0
    with database.read() as session:
        assert session.scalars(select(BoardDay)).all() == session.scalars(select(BoardPart)).all() == []


@pytest.mark.parametrize(
    ("by", "names"),
    [
        ("day", ["2026-03-30", "2026-03-31", "2026-04-01"]),
        ("周", ["2026-W14"]),
        ("month", ["2026-03", "2026-04"]),
    ],
)
def test_periods_without_petitions_are_there_too(client: TestClient, by: str, names: list[str]) -> None:
    found = figures(client, "series", by=by, first_day="2026-03-30", last_day="2026-04-01")
    assert [item["period"] for item in found["items"]] == names
    assert (found["items"][0]["first_day"], found["items"][-1]["last_day"]) == ("2026-03-30", "2026-04-01")


def test_hours_are_those_of_china(client: TestClient) -> None:
    stored(client, received="2026-03-04T23:30:00Z")
    count_again(client)
    items = figures(client, "series", by="hour", first_day="2026-03-01", last_day="2026-03-31")["items"]
    assert len(items) == 24
    assert [item["period"] for item in items if item["counts"]["petitions"]] == ["07"]


def test_the_last_year_begins_with_a_month(client: TestClient) -> None:
    found = figures(client, "series", by="month")
    assert found["first_day"].endswith("-01") and len(found["items"]) in (12, 13)
    assert found["last_day"] == today().isoformat()


def test_shares_by_what_and_where(client: TestClient) -> None:
    stored(client, channel="电话")
    stored(client, "邻居吵", channel="电话")
    stored(client, "物业不管")
    count_again(client)
    found = figures(client, "shares")
    rows = [
        (row["matter"]["name"], row["department"] and row["department"]["code"], row["count"])
        for row in found["by_matter_and_department"]
    ]
    assert sorted(rows, key=str) == [("大事", "municipal_works", 1), ("小事", None, 1), ("私事", None, 1)]
    assert found["by_channel"] == {"items": [{"channel": "电话", "count": 2}, {"channel": None, "count": 1}], "rest": 0}
    assert found["by_district"]["items"] == [{"district": None, "count": 3}]
    assert found["by_community"] == {"items": [], "rest": 0}


def test_moves_between_departments_are_a_matrix(client: TestClient) -> None:
    first, second = stored(client, "巷口油烟"), stored(client, "油烟大")
    act(client, first, "corrections", {"department": "gas", "why": "x"})
    act(client, second, "returns", {"reason": "x", "next_department": "gas"})
    count_again(client)
    found = figures(client, "corrections")
    assert [each["code"] for each in found["departments"]] == ["gas", "urban_management"]
    assert (found["matrix"], found["total"], found["elsewhere"]) == ([[0, 0], [2, 0]], 2, 0)


def test_a_return_counts_for_whoever_sent_back(client: TestClient) -> None:
    close(client, stored(client, "油烟", received=(today() - timedelta(days=14)).isoformat()))
    moved = stored(client, "油烟大")
    act(client, moved, "returns", {"reason": "x", "next_department": "gas"})
    count_again(client)
    rows = {
        item["code"]: (item["dispatched"], item["returned"], item["closed"])
        for item in figures(client, "units")["items"]
    }
    assert rows == {"urban_management": (2, 1, 1), "gas": (1, 0, 0)}
    [own] = [item for item in figures(client, "units")["items"] if item["code"] == "urban_management"]
    assert own["return_share"] == 0.5 and own["median_working_days"] >= 4


def test_a_department_has_the_figures_of_what_is_with_it_now(client: TestClient) -> None:
    close(client, stored(client))
    arrived, passed_on = stored(client, "巷口油烟"), stored(client, "路灯油烟")
    act(client, arrived, "corrections", {"department": "municipal_works", "why": "x"})
    act(client, passed_on, "returns", {"reason": "x", "next_department": "gas"})
    found = total(client, department="市政设施与排水管护单位")
    assert (found["counts"]["petitions"], found["counts"]["closed"]) == (2, 1)
    assert found["shares"]["first_dispatch_precision"] == 0.5
    own = {"department": "municipal_works"}
    assert [row["department"]["code"] for row in figures(client, "shares", **own)["by_matter_and_department"]] == [
        "municipal_works"
    ]
    assert {item["code"] for item in figures(client, "units", **own)["items"]} == {
        "municipal_works",
        "urban_management",
    }
    moves = figures(client, "corrections", department="urban_management")
    assert [each["code"] for each in moves["departments"]] == ["urban_management", "gas", "municipal_works"]
    assert figures(client, "corrections", department="water_supply")["total"] == 0


def test_a_district_has_figures_of_its_own_and_what_is_late_there(client: TestClient) -> None:
    here, there = stored(client), stored(client)
    with client.app.state.database.write() as session:
        late = update(PetitionRow).values(due=date(2026, 1, 1))
        session.execute(late.where(PetitionRow.id == here["id"]).values(district="临江区"))
        session.execute(late.where(PetitionRow.id == there["id"]).values(district="江北区"))
    counts = total(client, district="临江区")["counts"]
    assert (counts["petitions"], counts["overdue"]) == (1, 1)
    assert total(client, district="城外")["counts"]["petitions"] == 0


@pytest.mark.parametrize(
    ("query", "field"),
    [({"department": "nowhere"}, "department"), ({"department": "gas", "district": "临江区"}, "district")],
)
def test_a_part_that_there_is_not_is_refused(client: TestClient, query: dict[str, str], field: str) -> None:
    answer = client.get("/v1/stats/shares", params=query)
    assert answer.status_code == 422
    assert [error["field"] for error in answer.json()["errors"]] == [field]


def test_working_days_skip_what_is_free() -> None:
    workdays = Workdays(WorkCalendar({date(2026, 3, 4): False}))
    assert workdays.between(date(2026, 3, 2), date(2026, 3, 6)) == 3
    assert workdays.between(date(2026, 3, 2), date(2026, 3, 2)) == 0


@pytest.mark.parametrize(
    "query", [{"first_day": "2026-03-02", "last_day": "2026-03-01"}, {"first_day": "2001-01-01"}, {"by": "year"}]
)
def test_days_that_cannot_be_counted_are_refused(client: TestClient, query: dict[str, str]) -> None:
    assert client.get("/v1/stats/series", params=query).status_code == 422


def gathered(client: TestClient) -> list[dict[str, Any]]:
    issues.gather(client.app.state.database)
    return figures(client, "signs")["items"]


CROWD = [
    "锦桂花园业主们联名要求物业退电梯维修费",
    "锦桂花园电梯维修费收了不修，业主们准备集体去物业维权",
    "锦桂花园的电梯维修费物业收了几年，电梯还是坏的，要求退",
    "锦桂花园物业电梯维修费不退，我们业主们要讨说法",
    "锦桂花园物业把电梯维修费用到别处，请查，电话13800000000",
    "锦桂花园电梯维修费去向不明，业主要求物业公开并退费",
]


def test_what_many_report_in_few_days_is_a_sign(client: TestClient) -> None:
    for text in CROWD:
        stored(client, text)
    stored(client)
    [found] = gathered(client)
    assert (found["count"], found["wordings"], found["recent"], found["before"]) == (6, 6, 6, 0)
    assert (found["level"], found["level_name"], found["burst"], found["crowd"]) == (2, "重点关注", True, True)
    assert len(found["petitions"]) == 6 and "13800000000" not in found["sample"]["excerpt"]


def test_many_petitions_are_gathered_in_a_process_of_its_own(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for text in CROWD:
        stored(client, text)
    [found] = gathered(client)
    monkeypatch.setattr(issues, "_FEW", 0)
    assert gathered(client) == [found]


def test_what_people_linked_belongs_together(client: TestClient) -> None:
    made = [stored(client, f"{word}，请处理") for word in ("油烟", "煤气味", "水管裂", "路灯灭", "邻居吵")]
    assert gathered(client) == []
    for one in made[1:]:
        act(client, one, "links", {"other": made[0]["id"], "state": "linked"})
    [found] = gathered(client)
    assert (found["count"], found["crowd"]) == (5, False)


def test_of_an_erased_petition_nothing_stays_in_a_sign(client: TestClient, database: Database) -> None:
    made = [stored(client, text) for text in CROWD]
    gathered(client)
    with database.read() as session:
        [issue] = session.scalars(select(BoardIssue))
    erasure = {"petitions": issue.samples[:1], "action": "delete", "reason": "本人要求"}
    assert client.post("/v1/privacy/erasures", json=erasure).status_code == 200
    [found] = figures(client, "signs")["items"]
    assert found["count"] == len(made) - 1
    assert issue.samples[0] not in (found["sample"]["petition"], *found["petitions"])


def test_who_may_not_see_restricted_petitions_gets_figures_without_them_save_their_own(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    become = acting(monkeypatch)
    for text in CROWD:
        stored(client, text)
    restrict_all(client, "key:test")
    gathered(client)
    become(ALL - {Scope.RESTRICTED}, "other")
    assert total(client)["counts"]["petitions"] == 0
    assert total(client, department="municipal_works")["counts"]["petitions"] == 0
    assert figures(client, "units")["items"] == []
    assert figures(client, "signs")["items"] == []
    become(ALL - {Scope.RESTRICTED})
    assert total(client)["counts"]["petitions"] == len(CROWD)
    assert len(figures(client, "signs")["items"]) == 1
    become(ALL)
    assert total(client)["counts"]["petitions"] == len(CROWD)


def test_who_may_not_read_petitions_sees_no_text_of_a_sign(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    become = acting(monkeypatch)
    for text in CROWD:
        stored(client, text)
    gathered(client)
    become(frozenset({Scope.STATS}))
    [found] = figures(client, "signs")["items"]
    assert (found["count"], found["sample"], found["petitions"]) == (6, None, [])


def restrict_all(client: TestClient, by: str) -> None:
    with client.app.state.database.write() as session:
        session.execute(update(PetitionRow).values(restricted=True, created_by=by))
        session.add(TouchedDay(day=today()))


def test_what_comes_in_now_is_compared_with_before(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drift, "_LEAST", 10)
    for n in range(12):
        stored(client, f"路灯{n}", channel="电话", received=(today() - timedelta(days=40 + n)).isoformat())
        stored(client, f"邻居吵{n}", channel="电话", received=(today() - timedelta(days=n)).isoformat())
    count_again(client)
    found = figures(client, "drift")
    assert (found["recent"]["petitions"], found["before"]["petitions"]) == (12, 12)
    levels = {item["feature"]: item["level_name"] for item in found["items"]}
    assert levels == {
        "matter": "变化明显",
        "department": "变化明显",
        "channel": "稳定",
        "length": "稳定",
        "hour": "稳定",
    }
    [matter] = [item for item in found["items"] if item["feature"] == "matter"]
    assert {part["name"] for part in matter["parts"]} == {"大事", "私事"}


def test_nothing_is_said_of_few_petitions(client: TestClient) -> None:
    stored(client)
    count_again(client)
    items = figures(client, "drift")["items"]
    assert {(item["level"], item["psi"]) for item in items} == {("too_few", None)}

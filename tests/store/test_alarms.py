"""Monitoring in the service: from counted days to alarms, and what people do with them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
from callers import ALL, acting, on_sqlite
from fastapi.testclient import TestClient
from petitions import act, stored
from sqlalchemy import select
from watched_days import counted, keep

from petition_nlp.local.workdays import WorkCalendar
from service.access.principal import Scope
from service.board.days import Days, refresh, today
from service.board.units import Workdays
from service.monitoring import history, served, task
from service.monitoring.names import Names
from service.monitoring.schemas import AlarmOut, AlarmsOut
from service.petitions.precision import Standard
from service.problems import Problem
from service.store import figures
from service.store.database import Database
from service.store.tables import AuditEntry, BlindVerdict, MonitoredDay, ServedDay

Serve = Callable[..., TestClient]
LAST = date(2026, 3, 18)
STANDARD = Standard("words@1", "fast", "0.9", 0.9, 30)
WEEKS = [counted() for _ in range(63)]
NO_CHANNEL = counted({"": 100})


def named(client: TestClient) -> Names:
    state = client.app.state  # type: ignore[attr-defined]
    return Names(state.engine.router.taxonomy, state.directories.in_use(state.engine.router.taxonomy))


@pytest.fixture
def noon(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[date], None]]:
    def at(day: date) -> None:
        moment = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
        monkeypatch.setattr(task, "now", lambda: moment)

    return at


@pytest.fixture
def look(client: TestClient, noon: Callable[[date], None]) -> Callable[[date], None]:
    names = named(client)

    def at(day: date) -> None:
        noon(day)
        task.look(client.app.state.database, WorkCalendar(), STANDARD, names)  # type: ignore[attr-defined]

    return at


def alarms(client: TestClient, state: str = "open") -> list[AlarmOut]:
    answer = client.get("/v1/alarms", params={"state": state})
    assert answer.status_code == 200, answer.text
    return AlarmsOut.model_validate(answer.json()).items


def test_a_quiet_store_has_measures_and_no_alarm(
    client: TestClient, database: Database, look: Callable[[date], None]
) -> None:
    keep(database, LAST, WEEKS)
    look(LAST + timedelta(days=1))
    found = AlarmsOut.model_validate(client.get("/v1/alarms").json())
    assert (found.day, found.items) == (LAST, [])
    assert found.measures is not None and found.measures.expected_accuracy is not None
    assert found.measures.expected_accuracy.share == pytest.approx(0.8)
    assert set(found.measures.psi) == {"matter", "department", "channel", "length"}
    assert (found.measures.review_share, found.measures.correction_share) == (0.3, 0.1667)


def test_a_broken_export_is_seen_on_its_day_told_once_and_over_when_it_is_mended(
    client: TestClient, database: Database, look: Callable[[date], None], caplog: pytest.LogCaptureFixture
) -> None:
    keep(database, LAST, [*WEEKS, NO_CHANNEL])
    with caplog.at_level(logging.ERROR):
        look(LAST)
        look(LAST)
    assert [record.message for record in caplog.records] == ["alarm raised"]
    [alarm] = alarms(client)
    assert (alarm.code, alarm.level, alarm.state, alarm.since) == ("channel_missing", "alarm", "open", LAST)
    assert "没有来源的诉求占 100%" in alarm.seen and "接口" in alarm.todo
    keep(database, LAST + timedelta(days=4), [counted() for _ in range(4)])
    look(LAST + timedelta(days=1))
    assert [alarm.state for alarm in alarms(client)] == ["open"]
    look(LAST + timedelta(days=5))
    assert alarms(client) == []
    assert [alarm.state for alarm in alarms(client, "all")] == ["over"]


def test_days_that_nobody_looked_at_are_made_up_for(
    client: TestClient, database: Database, look: Callable[[date], None]
) -> None:
    keep(database, LAST, WEEKS)
    look(LAST - timedelta(days=20))
    look(LAST)
    with database.read() as session:
        seen = session.scalars(select(MonitoredDay.day).order_by(MonitoredDay.day)).all()
    assert seen == [LAST - timedelta(days=21), *(LAST - timedelta(days=back) for back in range(14, 0, -1))]


@on_sqlite
def test_a_clock_that_was_ahead_for_a_while_does_not_end_the_watch(
    client: TestClient, database: Database, look: Callable[[date], None]
) -> None:
    keep(database, LAST, WEEKS)
    look(LAST)
    look(date(2031, 1, 1))
    look(LAST + timedelta(days=1))
    with database.read() as session:
        seen = session.scalars(select(MonitoredDay.day).order_by(MonitoredDay.day)).all()
    assert seen == [LAST - timedelta(days=1), LAST]


def test_a_day_is_looked_at_only_when_the_night_has_been_sent(
    client: TestClient, database: Database, look: Callable[[date], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    keep(database, LAST, WEEKS)
    look(LAST)
    early = datetime(2026, 3, 18, 17, tzinfo=UTC)  # one in the morning in China
    monkeypatch.setattr(task, "now", lambda: early)
    task.look(database, WorkCalendar(), STANDARD, named(client))
    with database.read() as session:
        assert session.scalars(select(MonitoredDay.day)).all() == [LAST - timedelta(days=1)]


def test_verdicts_that_contradict_the_confidence_are_an_alarm(
    client: TestClient, database: Database, look: Callable[[date], None]
) -> None:
    keep(database, LAST, WEEKS)
    with database.write() as session:
        for number in range(60):
            session.add(verdict(right=number % 2 == 0))
    look(LAST + timedelta(days=1))
    [alarm] = alarms(client)
    assert (alarm.code, alarm.level, alarm.size) == ("confidence_misleads", "alarm", 60)
    assert "50.0%" in alarm.seen and "95.0%" in alarm.seen


def verdict(*, right: bool) -> BlindVerdict:
    return BlindVerdict(
        model="words@1",
        profile="fast",
        policy="0.9",
        suggested_co_departments=[],
        decided_matter="government",
        decided_department="gas",
        right=right,
        confidence=0.95,
        seen=False,
        actor="x",
        actor_name="x",
        drawn=datetime(2026, 3, 2, tzinfo=UTC),
        at=datetime(2026, 3, 3, tzinfo=UTC),
        month="2026-03",
    )


@pytest.fixture
def raised(client: TestClient, database: Database, look: Callable[[date], None]) -> AlarmOut:
    keep(database, LAST, [*WEEKS, NO_CHANNEL])
    look(LAST)
    return alarms(client)[0]


def test_whoever_acknowledges_an_alarm_says_why_and_is_known(
    client: TestClient, database: Database, raised: AlarmOut
) -> None:
    path = f"/v1/alarms/{raised.id}/acknowledge"
    client.app.state.watch.look()  # type: ignore[attr-defined]
    assert client.app.state.watch.alarms == 1  # type: ignore[attr-defined]
    answer = client.post(path, json={"why": "热线改版，已知情，联系人 13800138000"})
    shown = AlarmOut.model_validate(answer.json())
    assert (shown.state, shown.acknowledged_by) == ("acknowledged", "local")
    assert shown.why is not None and "13800138000" not in shown.why
    assert client.app.state.watch.alarms == 0  # type: ignore[attr-defined]
    assert [alarm.state for alarm in alarms(client)] == ["acknowledged"]
    assert client.post(path, json={"why": "再来"}).json()["code"] == "not_possible"
    assert client.post(f"/v1/alarms/{'0' * 32}/acknowledge", json={"why": "x"}).status_code == 404
    with database.read() as session:
        noted = session.scalars(select(AuditEntry.action).where(AuditEntry.target == f"alarm:{raised.id}")).all()
    assert sorted(noted) == ["alarm_acknowledged", "alarm_raised"]


def test_who_reads_statistics_reads_alarms_and_another_scope_acknowledges(
    client: TestClient, raised: AlarmOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    become = acting(monkeypatch)
    become(frozenset({Scope.STATS}))
    assert len(alarms(client)) == 1
    assert client.post(f"/v1/alarms/{raised.id}/acknowledge", json={"why": "x"}).status_code == 403
    become(ALL - {Scope.STATS})
    assert client.get("/v1/alarms").status_code == 403


def test_metrics_tell_of_alarms_and_measures(
    client: TestClient, raised: AlarmOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figures, "_SECONDS", 0)
    found = client.get("/metrics").text
    assert 'petition_alarms{code="channel_missing",level="alarm"} 1.0' in found
    assert "petition_expected_accuracy 0.8" in found
    assert 'petition_drift_psi{feature="department"}' in found


def test_the_board_shows_alarms_and_takes_note_of_them(client: TestClient, raised: AlarmOut) -> None:
    client.app.state.watch.look()  # type: ignore[attr-defined]
    page = client.get("/board").text
    assert "来源缺失" in page and "有 1 条预警待确认" in page and "模型自估准确率" in page
    headers = {"HX-Request": "true"}
    answer = client.post(f"/board/alarms/{raised.id}", data={"why": "已修好"}, headers=headers)
    assert answer.status_code == 200 and "已修好" in answer.text and "待确认" not in answer.text
    assert "有 1 条预警待确认" not in client.get("/board").text


def test_petitions_are_counted_with_what_monitoring_needs(client: TestClient, database: Database) -> None:
    stored(client, "巷口路灯不亮")
    stored(client, "䦆䥇䦅䦆")
    sent_back = stored(client, "水管爆裂")
    act(client, sent_back, "returns", {"reason": "x"})
    act(client, sent_back, "corrections", {"department": "gas", "why": "x"})
    refresh(database, Workdays(WorkCalendar()))
    with database.read() as session:
        [day] = history.history(session, Days(today(), today()), WorkCalendar())
    assert (day.petitions, day.read, day.unseen, day.garbled) == (3, 3, 1.0, 1)
    assert day.confidence == pytest.approx(2.25)
    assert day.model is not None and day.model.startswith("words@1 0.9@")
    assert day.returned == {"department:water_supply": 1}


def test_slow_answers_are_counted_by_day(database: Database) -> None:
    counts = served.Served()
    for seconds in (0.1, 0.2, 3.0):
        counts.add(seconds)
    served.write_down(database, LAST, counts)
    served.write_down(database, LAST, counts)
    counts.add(0.1)
    served.write_down(database, LAST, counts)
    with database.read() as session:
        [row] = session.scalars(select(ServedDay)).all()
    assert (row.day, row.requests, row.slow) == (LAST, 4, 1)


@on_sqlite
def test_answers_are_counted_though_the_store_was_gone_for_a_while(database: Database) -> None:
    counts = served.Served()
    counts.add(3.0)
    database.usable = False
    with pytest.raises(Problem):
        served.write_down(database, LAST, counts)
    database.usable = True
    served.write_down(database, LAST, counts)
    with database.read() as session:
        [row] = session.scalars(select(ServedDay)).all()
    assert (row.requests, row.slow) == (1, 1)

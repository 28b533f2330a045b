"""Words that rise, from stored petitions to an alarm that leads to them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, func, insert, select

from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.monitoring.rising import LEAST
from service.monitoring import task, words
from service.monitoring.names import Names
from service.petitions.precision import Standard
from service.store.database import Database
from service.store.tables import Alarm, AuditEntry, Petition, WordWeek
from service.store.tables.base import new_id

LAST = date(2026, 4, 1)
"""The last week and those before lie on both sides of the end of a month."""
STANDARD = Standard("words@1", "fast", "0.9", 0.9, 30)
USUAL = ["巷口路灯不亮", "水管爆裂", "楼下烧烤油烟", "电梯停运"]
NEW = "网约车平台派单不公"
MORE = ["司机", "收入", "补贴", "客服", "封号", "罚款", "抽成", "保险", "排队"]
"""Each of them says something else, too."""
DAYS = 49


def store(database: Database, day: date, texts: Sequence[str], *, restricted: bool = False) -> None:
    """Petitions of a day."""
    noon = datetime(day.year, day.month, day.day, 4, tzinfo=UTC)
    common = {
        "version": 1,
        "created_by": "key:case-system",
        "received": noon,
        "model": "m",
        "taxonomy": "t",
        "policy": "p",
        "co_departments": [],
        "confidence": 0.8,
        "review": False,
        "asked_review": False,
        "review_reasons": [],
        "sensitive": [],
        "status": "assigned",
        "restricted": restricted,
    }
    with database.write() as session:
        session.execute(insert(Petition), [{"id": new_id(), "text": text, **common} for text in texts])


def usual(database: Database, *, but: date | None = None) -> None:
    """Ten petitions a day until the last one."""
    for back in range(DAYS):
        if (day := LAST - timedelta(days=back)) != but:
            store(database, day, [USUAL[(place + back) % 4] for place in range(10)])


def risen(database: Database, *, restricted: bool = False) -> None:
    """Nine more of a new kind in the last week."""
    more = iter(MORE)
    for back, number in enumerate((2, 1, 1, 1, 1, 1, 2)):
        texts = [f"{NEW}，{next(more)}" for _ in range(number)]
        store(database, LAST - timedelta(days=back), texts, restricted=restricted)


@pytest.fixture
def look(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[date], None]]:
    state = client.app.state  # type: ignore[attr-defined]
    names = Names(state.engine.router.taxonomy, state.directories.in_use(state.engine.router.taxonomy))

    def after(day: date) -> None:
        """Look when a day is over."""
        moment = datetime(day.year, day.month, day.day, 4, tzinfo=UTC) + timedelta(days=1)
        monkeypatch.setattr(task, "now", lambda: moment)
        task.look(state.database, WorkCalendar(), STANDARD, names)

    yield after


def alarms(database: Database) -> list[Alarm]:
    with database.read() as session:
        return [*session.scalars(select(Alarm).where(Alarm.code == "words_rose"))]


def test_a_new_kind_is_an_alarm_whose_words_lead_to_its_petitions(
    client: TestClient, database: Database, look: Callable[[date], None], caplog: pytest.LogCaptureFixture
) -> None:
    usual(database)
    risen(database)
    with caplog.at_level(logging.WARNING):
        look(LAST)
    [item] = [item for item in client.get("/v1/alarms").json()["items"] if item["code"] == "words_rose"]
    assert (item["level"], item["since"], item["size"]) == ("watch", LAST.isoformat(), 79)
    assert "网约车" in {part["name"] for part in item["parts"]} and "季节" in item["todo"]
    page = client.get("/board").text
    week = f"since={(LAST - timedelta(days=6)).isoformat()}&amp;until={LAST.isoformat()}"
    assert f'<a href="/matters?{week}" data-words="网约车">网约车</a>' in page
    assert NEW not in page and NEW not in caplog.text
    with database.read() as session:
        [entry] = session.scalars(select(AuditEntry).where(AuditEntry.action == "alarm_raised")).all()
    assert entry.details["key"] in {"网约车", "平台", "派单", "不公"}


def test_quiet_weeks_and_a_missing_day_raise_nothing(database: Database, look: Callable[[date], None]) -> None:
    usual(database, but=LAST - timedelta(days=2))
    look(LAST)
    assert alarms(database) == []


def test_restricted_petitions_are_left_out(database: Database, look: Callable[[date], None]) -> None:
    usual(database)
    risen(database, restricted=True)
    look(LAST)
    assert alarms(database) == []
    with database.read() as session:
        assert not any("网约车" in held for held in session.scalars(select(WordWeek.words)))


def test_a_restart_counts_nothing_twice_and_raises_nothing_again(
    database: Database, look: Callable[[date], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual(database)
    risen(database)
    look(LAST)
    counted: list[int] = []
    monkeypatch.setattr(words, "_keep", lambda _, __, found: counted.append(found.petitions))
    look(LAST)
    look(LAST + timedelta(days=1))
    assert sum(counted) == 0
    assert len(alarms(database)) == 1


def test_another_model_is_compared_with_the_same_words(database: Database, look: Callable[[date], None]) -> None:
    usual(database)
    with database.write() as session:
        week = datetime(LAST.year, LAST.month, LAST.day, tzinfo=UTC) - timedelta(days=7)
        later = select(Petition.id).where(Petition.received >= week)
        session.execute(Petition.__table__.update().where(Petition.id.in_(later)).values(model="another"))
    look(LAST)
    assert alarms(database) == []


def test_counts_of_another_version_are_made_anew(
    database: Database, look: Callable[[date], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    usual(database)
    monkeypatch.setattr(words, "__version__", "0.0.1")
    look(LAST - timedelta(days=1))
    monkeypatch.setattr(words, "__version__", "0.0.2")
    look(LAST)
    with database.read() as session:
        assert {*session.scalars(select(WordWeek.version))} == {"0.0.2"}
    assert alarms(database) == []


def test_kept_counts_are_few_and_go_when_nothing_is_compared_with_them(
    database: Database, look: Callable[[date], None]
) -> None:
    usual(database)
    store(database, LAST - timedelta(days=20), ["邻居离婚"])
    look(LAST)
    with database.read() as session:
        rows = session.scalars(select(WordWeek).order_by(WordWeek.monday)).all()
    assert len(rows) == 7 and all(n >= LEAST for row in rows for n in row.words.values())
    assert not any("离婚" in row.words for row in rows)
    look(LAST + timedelta(weeks=4))
    with database.read() as session:
        assert session.scalar(select(func.min(WordWeek.monday))) == rows[2].monday


def test_erased_petitions_leave_the_kept_counts_of_many_alone(database: Database, look: Callable[[date], None]) -> None:
    usual(database)
    look(LAST - timedelta(days=1))
    with database.write() as session:
        session.execute(delete(Petition).where(Petition.received < datetime(2026, 3, 16, tzinfo=UTC)))
    look(LAST)
    assert alarms(database) == []


def test_many_petitions_are_read_in_a_process_of_their_own_as_few_are_here() -> None:
    with words._reading(1) as here, words._reading(words._FEW + 1) as aside:
        assert here(USUAL) == aside(USUAL) and "水管" in here(USUAL)[1]

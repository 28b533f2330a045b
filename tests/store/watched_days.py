"""Counted days as the board leaves them, for tests of monitoring."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from service.board.counting import MEASURES, DayCount
from service.board.units import UnitCount
from service.store.database import Database
from service.store.tables import BoardDay

MODEL = "words@1 0.9"
DEPARTMENTS = {"municipal_works": 40, "water_supply": 30, "urban_management": 30}


def counted(
    channels: dict[str, int] | None = None, *, confidence: float = 0.8, departments: dict[str, int] | None = None
) -> DayCount:
    """A day with a hundred petitions."""
    count = DayCount()
    held = {"petitions": 100, "to_people": 30, "dispatched": 100, "decided": 30, "agreed": 25}
    count.matters["government"] = [held.get(name, 0) for name in MEASURES]
    count.features["matter"]["government"] = 100
    count.features["department"].update(departments or DEPARTMENTS)
    count.features["channel"].update(channels or {"12345热线": 80, "网站": 20})
    count.features["length"].update({"1": 50, "2": 30, "3": 20})
    for department, n in (departments or DEPARTMENTS).items():
        count.units[f"department:{department}"] = UnitCount(n)
    watched = count.watched
    watched.models[MODEL] = watched.read = 100
    watched.confidence, watched.unseen = 100 * confidence, 10.0
    return count


def keep(database: Database, last: date, days: Sequence[DayCount]) -> None:
    """Put days into the store, of which one is the last."""
    first = last - timedelta(days=len(days) - 1)
    with database.write() as session:
        for step, count in enumerate(days):
            columns: dict[str, Any] = count.columns()
            session.add(BoardDay(day=first + timedelta(days=step), restricted=False, **columns))

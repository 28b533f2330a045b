"""A store whose board has something in every figure."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any, Final

from filling import fill
from sqlalchemy import insert, select, update

from petition_nlp.local.workdays import WorkCalendar
from service.board import days, issues
from service.board.units import Workdays
from service.moments import CHINA
from service.petitions.precision import Standard
from service.store.database import Database
from service.store.tables import BlindVerdict, Entry, PeriodicTask, Petition, TouchedDay
from service.store.tables.base import now

_DAYS: Final = 130
_HOURS: Final = (2, 1, 1, 1, 1, 2, 5, 12, 30, 42, 38, 25, 16, 20, 34, 36, 30, 22, 15, 14, 12, 8, 5, 3)
_WEEK: Final = (11, 10, 10, 9, 10, 6, 5)
_CROWD: Final = (
    "锦桂花园业主们联名要求物业退电梯维修费",
    "锦桂花园电梯维修费收了不修，业主们准备集体去物业维权",
    "锦桂花园的电梯维修费物业收了几年，电梯还是坏的，要求退",
    "锦桂花园物业电梯维修费不退，我们业主们要讨说法",
    "锦桂花园物业把电梯维修费用到别处，请查，电话13800000000",
    "锦桂花园电梯维修费去向不明，业主要求物业公开并退费",
)


_PLACE: Final = {
    "district": "高新区",
    "street": "科苑街道",
    "community": "锦桂社区",
    "matter": "community",
    "department": "housing",
}


def busy(database: Database, number: int) -> None:
    """Store petitions of some months, some corrected, returned, rated or late, and count them."""
    ids, rng = fill(database, number), random.Random(3)
    with database.write() as session:
        departments = [code for (code,) in session.execute(select(Petition.department).distinct()) if code]
        rows, entries = [], []
        for petition, department in session.execute(select(Petition.id, Petition.department)).all():
            row, own = _changed(petition, department or departments[0], departments, rng)
            rows.append(row)
            entries += own
        session.execute(update(Petition), rows)
        session.execute(insert(Entry), entries)
        _make_one_matter(session, ids[: len(_CROWD)])
    count(database)


def count(database: Database) -> None:
    """Do what the service does every few minutes and every hour."""
    first = days.today() - timedelta(days=_DAYS + 1)
    with database.write() as session:
        session.add_all(TouchedDay(day=first + timedelta(days=step)) for step in range(_DAYS + 2))
    days.refresh(database, Workdays(WorkCalendar()))
    issues.gather(database)
    with database.write() as session:
        for name in (days.TASK, issues.TASK):
            session.merge(PeriodicTask(name=name, due=now() + timedelta(hours=1), succeeded=now()))


def judge(database: Database, standard: Standard, right: int, wrong: int) -> None:
    """Store blind verdicts."""
    verdict = {
        "petition": None,
        "model": standard.model,
        "profile": standard.profile,
        "policy": standard.policy,
        "suggested_matter": "government",
        "suggested_department": "gas",
        "suggested_co_departments": [],
        "decided_matter": "government",
        "decided_department": "gas",
        "decided_co_departments": None,
        "confidence": 0.95,
        "seen": False,
        "actor": "account:1",
        "actor_name": "李明",
        "drawn": now(),
    }
    with database.write() as session:
        session.execute(
            insert(BlindVerdict),
            [{**verdict, "right": n < right, "month": f"2026-{10 + n % 2}"} for n in range(right + wrong)],
        )


def _changed(petition: str, department: str, others: list[str], rng: random.Random) -> tuple[Any, Any]:
    received = _moment(rng)
    moved, returned = rng.random() < 0.08, rng.random() < 0.05
    to = rng.choice(others[: rng.randrange(1, 15)]) if moved or returned else department
    open_ = (now() - received).days < rng.choice((3, 6, 9, 200))
    closed = None if open_ else received + timedelta(days=rng.randrange(1, 9))
    row = {
        "id": petition,
        "received": received,
        "created": received,
        "department": to,
        "redirected": moved or returned,
        "returns": int(returned),
        "decided_by": "person" if moved or rng.random() < 0.2 else "model",
        "due": (received + timedelta(days=7)).date(),
        "closed": closed,
        "status": "assigned" if open_ else "resolved",
        "satisfied": None if closed is None or rng.random() < 0.6 else rng.random() < 0.87,
    }
    if not (moved or returned):
        return row, []
    changes = {"department": [department, to]}
    own = {"action": "returned" if returned else "corrected", "changes": changes, "why": None}
    return row, [{"petition": petition, "at": received, "actor": "account:1", "actor_name": "李明", **own}]


def _moment(rng: random.Random) -> datetime:
    today = now().astimezone(CHINA).replace(minute=0, second=0, microsecond=0)
    for _ in range(20):
        day = today - timedelta(days=int(_DAYS * rng.random() ** 1.15))
        [hour] = rng.choices(range(24), _HOURS)
        found = day.replace(hour=hour, minute=rng.randrange(60))
        if found < now() and rng.random() < _WEEK[day.weekday()] / max(_WEEK):
            break
    return min(found, now() - timedelta(minutes=1))


def _make_one_matter(session: Any, ids: list[str]) -> None:
    """Let petitions be of the last hours, in one place, and about one thing."""
    for step, (petition, text) in enumerate(zip(ids, _CROWD, strict=True)):
        session.execute(
            update(Petition)
            .where(Petition.id == petition)
            .values(text=text, title=None, received=now() - timedelta(minutes=step), request_type="投诉", **_PLACE)
        )

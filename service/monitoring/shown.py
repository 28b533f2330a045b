"""Alarms as answers and pages show them."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_nlp.monitoring.wording import LEVELS
from petition_nlp.taxonomy import Taxonomy
from service.moments import moment_json
from service.monitoring.alarms import open_alarms
from service.monitoring.names import part_name, shift_of, told_of
from service.store.tables import Alarm, MonitoredDay

MOST: Final = 200
"""Alarms that are shown at once, the newest."""


def alarms_json(session: Session, state: str, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.monitoring.schemas.AlarmsOut` describes it.

    :param state: ``open`` or ``all``.
    """
    newest = session.scalar(select(MonitoredDay).order_by(MonitoredDay.day.desc()).limit(1))
    rows = open_alarms(session)
    if state == "all":
        rows = session.scalars(select(Alarm).order_by(Alarm.id.desc()).limit(MOST)).all()
    return {
        "day": newest and newest.day.isoformat(),
        "as_of": moment_json(newest.at if newest else None),
        "measures": newest and newest.measures,
        "items": [alarm_json(row, taxonomy) for row in rows],
    }


def alarm_json(row: Alarm, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.monitoring.schemas.AlarmOut` describes it."""
    shift = shift_of(row.figures)
    words = told_of(row, taxonomy)
    return {
        "id": row.id,
        "code": row.code,
        "level": row.level,
        "level_name": LEVELS[row.level],
        "about": {"code": row.key, "name": row.name} if row.key else None,
        "title": words.title,
        "seen": words.seen,
        "todo": words.todo,
        "before": shift.before,
        "now": shift.now,
        "size": shift.size,
        "parts": [
            {
                "code": part.code,
                "name": part_name(row.key, part.code, taxonomy),
                "before": part.before,
                "now": part.recent,
            }
            for part in shift.parts
        ],
        "state": "over" if row.over else "acknowledged" if row.acknowledged else "open",
        "since": row.since.isoformat(),
        "last": row.last.isoformat(),
        "over": row.over and row.over.isoformat(),
        "raised": moment_json(row.raised),
        "acknowledged": moment_json(row.acknowledged),
        "acknowledged_by": row.acknowledged_by,
        "acknowledged_name": row.acknowledged_name,
        "why": row.why,
    }

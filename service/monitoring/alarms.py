"""Alarms in the store: opened, carried on, ended, acknowledged."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Any, Final

from sqlalchemy import event, or_, select
from sqlalchemy.orm import Session

from petition_nlp.monitoring.follow import AGAIN, Alarm
from petition_nlp.monitoring.shift import Shift
from petition_nlp.monitoring.signals import Finding
from service import problems
from service.access.audit import audit
from service.access.principal import SYSTEM, Principal
from service.events import alarm_raised
from service.monitoring.names import Names, shift_of
from service.store.tables import Alarm as Row
from service.store.tables.base import new_id, now

_PARTS: Final = 5
_EVENT_LEVELS: Final = {"watch": "watch", "alarm": "act"}

_log = logging.getLogger(__name__)


class Kept:
    """The alarms that are not forgotten, with their rows."""

    def __init__(self, session: Session, day: date) -> None:
        self._session = session
        remembered = or_(Row.over.is_(None), Row.over > day - AGAIN)
        self._rows = session.scalars(select(Row).where(remembered).order_by(Row.id)).all()
        self.alarms = [_alarm(row) for row in self._rows]

    def carry_on(self, alarms: Sequence[Alarm]) -> None:
        """What has become of them, in their order."""
        for row, alarm in zip(self._rows, alarms, strict=True):
            if row.over is not None and alarm.over is None:  # it is back: whoever acknowledged it meant the last time
                row.acknowledged = row.acknowledged_by = row.acknowledged_name = row.why = None
            row.last, row.calm, row.over, row.level = alarm.last, alarm.calm, alarm.over, alarm.finding.level
            row.figures = figures(alarm.finding.shift)

    def raise_(self, alarms: Iterable[Alarm], names: Names) -> None:
        """New ones."""
        for alarm in alarms:
            row = Row(
                id=new_id(),
                code=alarm.finding.code,
                key=alarm.finding.key,
                name=names.of(*alarm.what),
                level=alarm.finding.level,
                since=alarm.since,
                last=alarm.last,
                figures=figures(alarm.finding.shift),
            )
            self._session.add(row)
            self._session.flush()
            _announce(self._session, row, names)


def acknowledge(session: Session, alarm: str, caller: Principal, why: str) -> Row:
    """Say that an alarm is known: it stays in the list and is no longer urged.

    :raises Problem: 404, there is none of this number; 409, it is over or was acknowledged before.
    """
    row = session.get(Row, alarm, with_for_update=True)
    if row is None:
        raise problems.no_such("预警")
    if row.over is not None or row.acknowledged is not None:
        raise problems.not_possible("这条预警已经结束。" if row.over else "这条预警已经确认过。")
    entry = audit(session, caller, "alarm_acknowledged", f"alarm:{row.id}", why, code=row.code, key=row.key)
    row.acknowledged, row.acknowledged_by, row.acknowledged_name = now(), caller.id, caller.name
    row.why = entry.why
    return row


def open_alarms(session: Session) -> Sequence[Row]:
    """Those that go on, the gravest and newest first."""
    rows = session.scalars(select(Row).where(Row.over.is_(None)).order_by(Row.id.desc())).all()
    return sorted(rows, key=lambda row: (row.acknowledged is not None, row.level != "alarm"))


def figures(shift: Shift) -> dict[str, Any]:
    """A shift as the table holds it."""
    return {
        "before": round(shift.before, 6),
        "now": round(shift.now, 6),
        "strength": round(shift.strength, 2),
        "size": shift.size,
        "parts": [
            [part.code, round(part.before, 6), round(part.recent, 6), round(part.psi, 6)]
            for part in shift.parts[:_PARTS]
        ],
    }


def _alarm(row: Row) -> Alarm:
    finding = Finding(row.code, row.key, row.level, shift_of(row.figures), 1.0)
    return Alarm(row.since, row.last, finding, row.calm, row.over)


def _announce(session: Session, row: Row, names: Names) -> None:
    """Let the log, the audit log and whoever waits for events know of a new alarm."""
    words = names.told(row)
    alarm_raised(
        session,
        row.code,
        level=_EVENT_LEVELS[row.level],
        title=words.title,
        todo=words.todo,
        seen=words.seen,
        about=row.key,
        since=row.since.isoformat(),
        **{name: row.figures[name] for name in ("before", "now", "size")},
    )
    audit(session, SYSTEM, "alarm_raised", f"alarm:{row.id}", code=row.code, key=row.key, level=row.level)
    level = logging.ERROR if row.level == "alarm" else logging.WARNING
    fields = {"alarm": row.id, "code": row.code, "key": row.key, "level": row.level}
    event.listen(session, "after_commit", partial(_tell, level, fields), once=True)


def _tell(level: int, fields: Mapping[str, Any], _: Session) -> None:
    _log.log(level, "alarm raised", extra={"fields": dict(fields)})

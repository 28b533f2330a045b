"""From what the signals say each day to alarms that begin once, do not flap, and end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Final

from petition_nlp.monitoring.signals import Finding

CALM: Final = 3
"""Days in a row without which an alarm is not over."""
AGAIN: Final = timedelta(days=14)
"""An alarm that was over for less goes on instead of beginning anew."""
BROKEN: Final = frozenset({"texts_empty", "texts_cut", "texts_garbled", "channel_missing"})
"""Alarms of which other changes of the same days are consequences."""
BROKEN_AT_MOST: Final = timedelta(days=28)
"""After which what such an alarm says is how things are now."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a supervisor has been told.

    :param since: the day of the finding that raised it; :param last: the last day on which it went on.
    :param finding: what was found last while it went on.
    :param calm: days since; :param over: the day from which on it is.
    """

    since: date
    last: date
    finding: Finding
    calm: int = 0
    over: date | None = None

    @property
    def what(self) -> tuple[str, str]:
        """By which it is known again."""
        return self.finding.code, self.finding.key


def follow(alarms: Sequence[Alarm], found: Sequence[Finding], day: date) -> list[Alarm]:
    """The alarms after one more day: those that go on or end, and new ones at the end.

    What is not found any more counts as calm. Of alarms that are over, only those that are not forgotten may be given.
    """
    findings = {(finding.code, finding.key): finding for finding in found}
    return [_after(alarm, findings.get(alarm.what), day) for alarm in alarms] + begun(alarms, found, day)


def begun(alarms: Iterable[Alarm], found: Iterable[Finding], day: date) -> list[Alarm]:
    """What is found for the first time, or again long after it was over."""
    known = {alarm.what for alarm in alarms}
    return [
        Alarm(day, day, finding) for finding in found if finding.raises and (finding.code, finding.key) not in known
    ]


def broken_days(alarms: Iterable[Alarm]) -> frozenset[date]:
    """The days on which petitions did not come in whole."""
    found: set[date] = set()
    for alarm in alarms:
        if alarm.finding.code in BROKEN:
            days = min(alarm.last, alarm.since + BROKEN_AT_MOST) - alarm.since
            found.update(alarm.since + timedelta(days=step) for step in range(days.days + 1))
    return frozenset(found)


def is_forgotten(alarm: Alarm, day: date) -> bool:
    """Whether an alarm has been over for so long that the same would be a new one."""
    return alarm.over is not None and day - alarm.over >= AGAIN


def _after(alarm: Alarm, finding: Finding | None, day: date) -> Alarm:
    if finding is not None and (finding.raises if alarm.over else finding.holds):
        level = "alarm" if "alarm" in (finding.level, alarm.finding.level) else "watch"
        return replace(alarm, last=day, finding=replace(finding, level=level), calm=0, over=None)
    if alarm.over is not None:
        return alarm
    calm = alarm.calm + 1
    return replace(alarm, calm=calm, over=day if calm >= CALM else None)

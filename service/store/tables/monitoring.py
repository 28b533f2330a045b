"""What monitoring keeps: alarms, what each day's signals said, and how quickly requests were answered."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, ID, NAME, Base, now


class Alarm(Base):
    """Something that a supervisor has been told (预警).

    ``code`` and ``key`` say of what; ``since`` is the day that raised it, ``last`` the last day on which it went on,
    ``calm`` the number of days since then; ``over`` the day from which on it is. ``figures`` are those of ``last``.
    """

    __tablename__ = "alarm"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    code: Mapped[str] = mapped_column(CODE)
    key: Mapped[str] = mapped_column(NAME, default="")
    name: Mapped[str] = mapped_column(NAME, default="")
    level: Mapped[str] = mapped_column(CODE)
    raised: Mapped[datetime] = mapped_column(default=now)
    since: Mapped[date]
    last: Mapped[date]
    calm: Mapped[int] = mapped_column(default=0)
    over: Mapped[date | None]
    figures: Mapped[dict[str, Any]]
    acknowledged: Mapped[datetime | None]
    acknowledged_by: Mapped[str | None] = mapped_column(NAME)
    acknowledged_name: Mapped[str | None] = mapped_column(NAME)
    why: Mapped[str | None] = mapped_column(Text)

    __table_args__ = (Index("ix_alarm_over_id", "over", "id"),)


class MonitoredDay(Base):
    """A day that was over when it was looked at, and what was measured of the week that it ends."""

    __tablename__ = "monitored_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    measures: Mapped[dict[str, Any]]


class ServedDay(Base):
    """Requests that route a message, of one day of China's: how many were answered, and how many too slowly."""

    __tablename__ = "served_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    requests: Mapped[int]
    slow: Mapped[int]


class WordWeek(Base):
    """A week of China's, from its Monday on: how many petitions held each word, of words that several held.

    ``version`` is the program's that counted them: another one may cut texts into other words.
    """

    __tablename__ = "word_week"

    monday: Mapped[date] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(CODE)
    petitions: Mapped[int]
    words: Mapped[dict[str, Any]]

"""What the board (看板) is drawn from: petitions counted by the day they came in, and issues that many report."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import Base, now


class _Counted:
    """Petitions as they stood when they were last counted; `service.board.counting` says what the columns hold."""

    matters: Mapped[dict[str, Any]]
    hours: Mapped[dict[str, Any]]
    features: Mapped[dict[str, Any]]
    groups: Mapped[dict[str, Any]]
    units: Mapped[dict[str, Any]]
    moves: Mapped[dict[str, Any]]
    watched: Mapped[dict[str, Any]]


class BoardDay(_Counted, Base):
    """The petitions of one day of China's, restricted ones apart. No row means no petitions."""

    __tablename__ = "board_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    restricted: Mapped[bool] = mapped_column(primary_key=True)


class BoardPart(_Counted, Base):
    """The same for a part of them; `service.board.parts` says for which."""

    __tablename__ = "board_part"

    part: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    restricted: Mapped[bool] = mapped_column(primary_key=True)


class TouchedDay(Base):
    """A day whose petitions changed since it was counted.

    One row for each change, so that two that write at a time do not wait for each other; the count removes them.
    """

    __tablename__ = "touched_day"

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[date]


class BoardIssue(Base):
    """Petitions of the last days that are likely about one matter; all rows are written anew at each look.

    ``members`` are petitions' numbers, each with its wording and whether it speaks of a crowd; ``samples`` the most
    typical of them. What is shown of it is counted when it is read, from what the reader may see.
    """

    __tablename__ = "board_issue"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=now)
    usual: Mapped[float]
    members: Mapped[dict[str, Any]]
    samples: Mapped[list[str]]

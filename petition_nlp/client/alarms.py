"""What monitoring found; ``docs/monitoring.md`` of the service says what each alarm means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Literal

from petition_nlp.client.connection import Connection
from petition_nlp.client.reading import read
from petition_nlp.client.shapes import Named

_PATH: Final = "/v1/alarms"


@dataclass(frozen=True, slots=True)
class AlarmPart:
    """A class whose share changed."""

    code: str
    name: str
    before: float
    now: float


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that a supervisor should look at, and what to do; ``state`` is open, acknowledged or over."""

    id: str
    code: str
    level: str
    level_name: str
    about: Named | None
    title: str
    seen: str
    todo: str
    before: float
    now: float
    size: int
    parts: tuple[AlarmPart, ...]
    state: str
    since: date
    last: date
    over: date | None
    raised: datetime
    acknowledged: datetime | None
    acknowledged_by: str | None
    acknowledged_name: str | None
    why: str | None


@dataclass(frozen=True, slots=True)
class ExpectedAccuracy:
    """How often the model should be right by its own confidence, with the 95 % interval."""

    share: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class BlindGap:
    """What the model said of petitions that people judged blindly, and what they found."""

    expected: float
    found: float
    verdicts: int


@dataclass(frozen=True, slots=True)
class Measures:
    """The week that a day ends; None where there was too little."""

    petitions: int
    psi: Mapping[str, float]
    unseen_share: float | None
    review_share: float | None
    correction_share: float | None
    slow_share: float | None
    expected_accuracy: ExpectedAccuracy | None
    blind: BlindGap | None


@dataclass(frozen=True, slots=True)
class AlarmList:
    """Alarms with the newest measures; ``day`` is the last one that was looked at."""

    day: date | None
    as_of: datetime | None
    measures: Measures | None
    items: tuple[Alarm, ...]


class Alarms:
    """``client.alarms``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def list(self, state: Literal["open", "all"] = "open") -> AlarmList:
        """Those that go on, or the latest of all."""
        return read(AlarmList, self._connection.get(_PATH, state=state))

    def acknowledge(self, alarm: str, *, why: str, key: str | None = None) -> Alarm:
        """Say that an alarm is known.

        :raises ApiError: ``not_possible``, it is over or was acknowledged before.
        """
        return read(Alarm, self._connection.change(f"{_PATH}/{alarm}/acknowledge", {"why": why}, key=key))

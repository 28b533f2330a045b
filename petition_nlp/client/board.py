"""The figures of the board; ``docs/board.md`` of the service says what each means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, TypedDict, Unpack

from petition_nlp.client.connection import Connection
from petition_nlp.client.reading import read
from petition_nlp.client.shapes import Count, Named, Record

_PATH: Final = "/v1/stats"


@dataclass(frozen=True, slots=True)
class Period:
    """A day, week, month or hour of day; an hour has no days of its own. A share is None of nothing."""

    period: str
    first_day: date | None
    last_day: date | None
    counts: Mapping[str, int]
    shares: Mapping[str, float | None]
    by_matter: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """The days that were counted, and until when changes are in the figures."""

    first_day: date
    last_day: date
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Series(Span):
    """Petitions received, period by period."""

    by: str
    total: Period
    items: tuple[Period, ...]


@dataclass(frozen=True, slots=True)
class Weekday:
    """A day of the week, 1 for Monday: its petitions by hour of day, and how many such days were counted."""

    weekday: int
    name: str
    days: int
    petitions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Week(Span):
    """Petitions received, by weekday and hour."""

    items: tuple[Weekday, ...]


@dataclass(frozen=True, slots=True)
class Routed:
    """How many petitions have a matter and a department."""

    matter: Named | None
    department: Named | None
    count: int


@dataclass(frozen=True, slots=True)
class Largest:
    """The largest groups as mappings with a ``count``, and how many petitions the others have."""

    items: tuple[Record, ...]
    rest: int


@dataclass(frozen=True, slots=True)
class Shares(Span):
    """What the petitions are about, and where they come from."""

    petitions: int
    by_matter_and_department: tuple[Routed, ...]
    by_channel: Largest
    by_district: Largest
    by_community: Largest


@dataclass(frozen=True, slots=True)
class Corrections(Span):
    """Moves from one department (row) to another (column); ``elsewhere`` are those outside of the matrix."""

    departments: tuple[Named, ...]
    matrix: tuple[tuple[int, ...], ...]
    total: int
    elsewhere: int


@dataclass(frozen=True, slots=True)
class Unit:
    """What a unit did, or a department for petitions whose unit is not known."""

    kind: str
    code: str
    name: str
    dispatched: int
    returned: int
    return_share: float | None
    closed: int
    median_working_days: int | None
    overdue: int


@dataclass(frozen=True, slots=True)
class Units(Span):
    """Units, those with most petitions first; ``more`` is how many others there are."""

    items: tuple[Unit, ...]
    more: int


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The beginning of a petition, without personal data."""

    petition: str
    excerpt: str


@dataclass(frozen=True, slots=True)
class Sign:
    """Petitions that are likely one matter of many people; ``level`` is 2 for the most pressing."""

    level: int
    level_name: str
    burst: bool
    crowd: bool
    count: int
    wordings: int
    first: datetime
    last: datetime
    recent: int
    before: int
    peak: int
    usual: float
    matter: Named | None
    department: Named | None
    district: str | None
    street: str | None
    community: str | None
    sample: Excerpt | None
    petitions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Signs:
    """What many people report in the last days, the most pressing first."""

    as_of: datetime | None
    days: int
    items: tuple[Sign, ...]


@dataclass(frozen=True, slots=True)
class Feature:
    """How much a feature changed: ``stable``, ``watch``, ``changed``, or ``too_few`` to say."""

    feature: str
    name: str
    level: str
    level_name: str
    psi: float | None
    chance: float | None
    parts: tuple[Record, ...]


@dataclass(frozen=True, slots=True)
class Drift:
    """Whether what comes in now differs from what came in before."""

    as_of: datetime | None
    recent: Record
    before: Record
    items: tuple[Feature, ...]


class Wanted(TypedDict, total=False):
    """Which petitions are counted: those of some days, and of a department (code or name) or of a district."""

    first_day: date | None
    last_day: date | None
    department: str | None
    district: str | None


class Board:
    """``client.board``. Days are China's, both included; without them the last 30 are counted."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def series(self, by: str = "day", **wanted: Unpack[Wanted]) -> Series:
        """By ``hour``, ``day``, ``week`` (default: half a year) or ``month`` (default: a year)."""
        return read(Series, self._connection.get(f"{_PATH}/series", by=by, **wanted))

    def week(self, **wanted: Unpack[Wanted]) -> Week:
        """By weekday and hour of day."""
        return read(Week, self._connection.get(f"{_PATH}/week", **wanted))

    def shares(self, **wanted: Unpack[Wanted]) -> Shares:
        """By matter and department, channel, district and community."""
        return read(Shares, self._connection.get(f"{_PATH}/shares", **wanted))

    def corrections(self, **wanted: Unpack[Wanted]) -> Corrections:
        """Moves between departments, as a matrix."""
        return read(Corrections, self._connection.get(f"{_PATH}/corrections", **wanted))

    def units(self, **wanted: Unpack[Wanted]) -> Units:
        """What units return, how long they take, what is overdue with them."""
        return read(Units, self._connection.get(f"{_PATH}/units", **wanted))

    def signs(self) -> Signs:
        """Early signs of group incidents."""
        return read(Signs, self._connection.get(f"{_PATH}/signs"))

    def drift(self, *, last_day: date | None = None) -> Drift:
        """The last 30 days against the 90 before."""
        return read(Drift, self._connection.get(f"{_PATH}/drift", last_day=last_day))

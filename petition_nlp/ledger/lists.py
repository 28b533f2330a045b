"""The lists as they are shown: communities, periods, matters, entries, and the counts of each."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from petition_nlp.ledger.fields import Record


@dataclass(slots=True)
class Tally:
    """Counts over some messages."""

    count: int = 0
    review: int = 0
    lines: Counter[str] = field(default_factory=Counter)
    first: datetime.date | None = None
    last: datetime.date | None = None

    def add(self, record: Record) -> None:
        """Count one message."""
        decision = record.decision
        self.count += 1
        self.review += decision.review
        if decision.line:
            self.lines[decision.line] += 1
        if record.date:
            self.first = min(self.first or record.date, record.date)
            self.last = max(self.last or record.date, record.date)

    def merge(self, other: Tally) -> None:
        """Count what another tally has counted."""
        self.count += other.count
        self.review += other.review
        self.lines.update(other.lines)
        days = [day for day in (self.first, self.last, other.first, other.last) if day]
        self.first, self.last = min(days, default=None), max(days, default=None)

    @classmethod
    def total(cls, tallies: Iterable[Tally]) -> Tally:
        """All of them together."""
        whole = cls()
        for tally in tallies:
            whole.merge(tally)
        return whole

    @property
    def emergencies(self) -> int:
        """Messages that tell of an immediate danger."""
        return self.lines.total()


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a list.

    :param kind: what it is about: a department (大事), a topic or department's line (小事), its fields (私事).
    :param party: who has to act; :param level: where a 小事 is deliberated; :param channel: suggested way.
    :param guides: departments that guide a 小事, the most frequent first.
    :param topics: the most frequent topics with their counts, if they do not divide the list already.
    :param examples: wordings, masked and short; never those of emergencies, which are no matter for a meeting.
    """

    kind: str
    party: str
    level: str
    channel: str
    guides: tuple[str, ...]
    topics: tuple[tuple[str, int], ...]
    tally: Tally
    examples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The list of one matter, the most frequent entries first."""

    matter: str
    title: str
    entries: tuple[Entry, ...]

    @property
    def by_party(self) -> bool:
        """Whether every entry is told by who has to act, so that there is no more to say than that."""
        return all(entry.kind == entry.party for entry in self.entries)

    @property
    def count(self) -> int:
        """Messages in it."""
        return sum(entry.tally.count for entry in self.entries)


@dataclass(frozen=True, slots=True)
class Chapter:
    """One period of a community; a section for every matter, empty ones too."""

    period: str
    tally: Tally
    sections: tuple[Section, ...]


@dataclass(frozen=True, slots=True)
class Area:
    """One community."""

    name: str
    tally: Tally
    chapters: tuple[Chapter, ...]

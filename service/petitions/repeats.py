"""Open petitions that are likely about the same matter as a new one (重复诉求)."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Final

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, lazyload

from petition_nlp.repeats import Clue, Held, Level, Likeness, Statement, clues, compare, read
from petition_nlp.route import Choice, Message, Prediction
from petition_nlp.taxonomy import Taxonomy
from service.petitions.links import LIKELY
from service.petitions.states import OPEN
from service.store.database import Database
from service.store.tables import Clue as ClueRow
from service.store.tables import Link, Petition
from service.store.tables.base import now

DAYS: Final = 30
"""Age of the oldest petition that is looked at."""
CLUE_DAYS: Final = 60
"""Age from which on a petition's clues are not needed any more."""
_CANDIDATES: Final = 50
_COUNT_SECONDS: Final = 60.0
_EVEN_CHANCE: Final = 0.5
_NAMED: Final = 5


@dataclass(frozen=True, slots=True)
class Repeat:
    """A petition that is likely about the same matter, and how alike the two are."""

    petition: str
    likeness: Likeness


@dataclass(frozen=True, slots=True)
class Repeats:
    """What was found for a new message: the keys under which later ones will find it, and the likely earlier ones."""

    clues: Sequence[Clue]
    found: Sequence[Repeat]


class RepeatFinder:
    """Finds earlier petitions in a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = Lock()
        self._total = 0
        self._counted = -_COUNT_SECONDS

    def look(
        self, message: Message, department: Prediction | None, district: str | None, taxonomy: Taxonomy
    ) -> Repeats:
        """Compare a new message with the open petitions of the last `DAYS` days.

        :param district: that the city's gazetteer found; without it the message's own area counts.
        """
        statement = read(_in_district(message, district), department)
        own = clues(statement)
        if not own:
            return Repeats((), ())
        with self._database.read() as session:
            candidates = _candidates(session, own)
            held = Held(self._searched(session), _holders(session, own, candidates))
        alike = [Repeat(old.id, compare(statement, _statement(old, taxonomy), held)) for old in candidates]
        likely = [repeat for repeat in alike if _is_likely(repeat.likeness)]
        likely.sort(key=lambda repeat: -repeat.likeness.score)
        return Repeats(own, likely[:_NAMED])

    def _searched(self, session: Session) -> int:
        """How many petitions have clues, as of a minute ago at most: counting them takes time."""
        with self._lock:
            if time.monotonic() - self._counted >= _COUNT_SECONDS:
                since = now() - timedelta(days=CLUE_DAYS)
                self._total = session.scalar(select(func.count()).where(Petition.received >= since)) or 0
                self._counted = time.monotonic()
            return self._total


def keep(session: Session, petition: Petition, repeats: Repeats) -> None:
    """Store the clues of a new petition, and its links to those that are likely about the same matter."""
    for clue in repeats.clues:
        session.add(ClueRow(clue=clue.key, petition=petition.id, strength=clue.strength))
    still_there = set(
        session.scalars(select(Petition.id).where(Petition.id.in_([repeat.petition for repeat in repeats.found])))
    )
    for repeat in repeats.found:
        if repeat.petition in still_there:
            likeness = repeat.likeness
            session.add(
                Link(
                    petition=petition.id,
                    other=repeat.petition,
                    state=LIKELY,
                    score=round(likeness.score, 4),
                    reason=likeness.reason,
                )
            )


def _is_likely(likeness: Likeness) -> bool:
    """Whether a person should see it: what is merely similar is more often another matter than not."""
    even = likeness.level is Level.SIMILAR and likeness.score >= _EVEN_CHANCE
    return likeness.level is Level.SAME or even


def _candidates(session: Session, own: Sequence[Clue]) -> Sequence[Petition]:
    """The petitions that share the most telling clues."""
    best = (
        select(ClueRow.petition)
        .join(Petition, Petition.id == ClueRow.petition)
        .where(
            ClueRow.clue.in_([clue.key for clue in own]),
            Petition.status.in_(OPEN),
            Petition.received >= now() - timedelta(days=DAYS),
        )
        .group_by(ClueRow.petition)
        .order_by(func.sum(ClueRow.strength).desc(), ClueRow.petition.desc())
        .limit(_CANDIDATES)
    )
    ids = session.scalars(best).all()
    return session.scalars(select(Petition).where(Petition.id.in_(ids)).options(lazyload(Petition.suggestion))).all()


def _holders(session: Session, own: Sequence[Clue], candidates: Sequence[Petition]) -> Mapping[str, int]:
    """How many petitions hold each clue of the message and its candidates."""
    theirs = select(ClueRow.clue).where(ClueRow.petition.in_([petition.id for petition in candidates]))
    wanted = or_(ClueRow.clue.in_([clue.key for clue in own]), ClueRow.clue.in_(theirs))
    counts = session.execute(select(ClueRow.clue, func.count()).where(wanted).group_by(ClueRow.clue))
    return {key: count for key, count in counts}


def _statement(petition: Petition, taxonomy: Taxonomy) -> Statement:
    code = petition.department and taxonomy.current("department", petition.department)
    department = None if code is None else Choice(code, taxonomy.name("department", code), 1.0)
    message = Message(petition.text, title=petition.title, area=petition.area)
    return read(_in_district(message, petition.district), department)


def _in_district(message: Message, district: str | None) -> Message:
    return Message(message.text, title=message.title, area=district or message.area)

"""The words of the stored petitions: of the last week as they are read, of the weeks before as counts that are kept.

Only counts of words that several petitions of a week hold are kept, and only as long as they are compared with.
Restricted petitions are left out.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from multiprocessing import get_context
from typing import Final

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session

from petition_nlp import __version__
from petition_nlp.monitoring.rising import Counted, Said, counted, words_of
from petition_nlp.monitoring.signals import BLOCKS, WEEK
from service.board.counting import in_days
from service.board.days import Days
from service.store.database import Database
from service.store.tables import Petition, WordWeek

_FEW: Final = 1_000
"""Petitions that are read at once, in the service's own process."""
_CHARACTERS: Final = 10_000
"""Of a petition that are read."""

_Read = Callable[[Sequence[str]], list[frozenset[str]]]


@dataclass(frozen=True, slots=True)
class Words:
    """What a week and the weeks before it are about.

    :param now: the petitions of the week; :param before: counts of the weeks before, the oldest first.
    """

    now: Sequence[Said]
    before: Sequence[Counted]


def words_until(database: Database, last: date, broken: Collection[date] = ()) -> Words:
    """The words of the week that a day ends, and of the whole weeks before it.

    Weeks that are over and not counted yet, or by another version, are counted now and kept; old counts go.

    :param broken: days whose petitions did not come in whole, which are left out.
    """
    week = Days.until(last, WEEK)
    over = _weeks_over(last)
    uncounted = _uncounted(database, over)
    with database.read() as session:
        number = sum(_number(session, days) for days in (week, *uncounted))
    with _reading(number) as read:
        for own in uncounted:
            _keep(database, own, counted(_said(database, own, broken, read)))
        now = [*_said(database, week, broken, read)]
    return Words(now, _kept(database, [own.first for own in over[:-1]]))


def _weeks_over(last: date) -> list[Days]:
    """The weeks from Monday to Sunday that are over and with which this day or one of the next is compared.

    The last of them shares days with the week that the day ends.
    """
    sunday = last - timedelta(days=last.isoweekday() % WEEK)
    return [Days.until(sunday - timedelta(weeks=back), WEEK) for back in range(BLOCKS, -1, -1)]


def _uncounted(database: Database, weeks: Sequence[Days]) -> list[Days]:
    """Weeks that this version has not counted; counts that nothing needs any more are deleted."""
    outdated = or_(WordWeek.monday < weeks[0].first, WordWeek.version != __version__)
    with database.write() as session:
        session.execute(delete(WordWeek).where(outdated))
        kept = {*session.scalars(select(WordWeek.monday))}
    return [week for week in weeks if week.first not in kept]


def _number(session: Session, days: Days) -> int:
    return session.scalar(select(func.count()).select_from(Petition).where(*in_days(days.first, days.last))) or 0


@contextmanager
def _reading(number: int) -> Iterator[_Read]:
    """What reads texts: of many a process of its own, since requests would wait for their turn."""
    if number <= _FEW:
        yield _words_of_all
        return
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        yield lambda texts: pool.submit(_words_of_all, texts).result()


def _words_of_all(texts: Sequence[str]) -> list[frozenset[str]]:
    return [words_of(text) for text in texts]


def _said(database: Database, days: Days, broken: Collection[date], read: _Read) -> Iterator[Said]:
    """The petitions of some days, read day by day."""
    for step in range(days.number):
        day = days.first + timedelta(days=step)
        if day not in broken:
            yield from (Said(day, words) for words in read(_texts(database, day)))


def _texts(database: Database, day: date) -> list[str]:
    query = select(Petition.title, Petition.text).where(*in_days(day, day), Petition.restricted.is_(False))
    with database.read() as session:
        return [f"{title or ''}\n{text}"[:_CHARACTERS] for title, text in session.execute(query)]


def _keep(database: Database, week: Days, found: Counted) -> None:
    if not found.petitions:  # they may come in later, from an archive
        return
    row = WordWeek(monday=week.first, version=__version__, petitions=found.petitions, words=dict(found.words))
    with database.write() as session:
        session.merge(row)


def _kept(database: Database, mondays: Sequence[date]) -> list[Counted]:
    query = select(WordWeek.petitions, WordWeek.words).where(WordWeek.monday.in_(mondays)).order_by(WordWeek.monday)
    with database.read() as session:
        return [Counted(petitions, words) for petitions, words in session.execute(query)]

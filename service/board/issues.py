"""Gathers the petitions of the last days into issues: what is likely one matter of many people.

They are gathered as the report on an archive gathers its hot issues, and joined where people linked or merged them.
Only which petitions belong together is kept: `service.board.signs` counts what is shown when it is read.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing import get_context
from typing import Any, Final

from sqlalchemy import Row, delete, func, select
from sqlalchemy.orm import Session

from petition_nlp.report.issues.features import content
from petition_nlp.report.issues.heat import PEAK_DAYS, by_nearness
from petition_nlp.report.issues.links import MOST_DAYS
from petition_nlp.report.issues.stream import WINDOW_REPORTS, day_number
from petition_nlp.report.issues.tracker import GROUP_WORDS, MIN_REPORTS, Issue, Report, Tracker
from petition_nlp.text.mask import mask
from petition_nlp.text.normalise import normalise
from service.board.counting import in_days
from service.board.days import Days, today
from service.moments import CHINA
from service.periodic import Task
from service.store.database import Database
from service.store.tables import BoardIssue, Link, Petition

MOST_PETITIONS: Final = 20_000
"""The latest petitions that are looked at."""
TASK: Final = "gather_issues"
INQUIRY: Final = "咨询"

_EVERY: Final = timedelta(hours=1)
_USUAL_DAYS: Final = 90
_MOST_MEMBERS: Final = 1_000
"""Petitions that are kept of an issue, the latest."""
_MOST_KEPT: Final = 2_000
"""Petitions that are kept in all, of the issues with most petitions in the last days."""
_FEW: Final = 1_000
"""Petitions that are gathered at once, in the service's own process."""
_GROUPS: Final = "groups"
_SAID: Final = ("linked", "merged")
_COLUMNS: Final = (
    Petition.id,
    Petition.received,
    Petition.department,
    Petition.district,
    Petition.area,
    Petition.request_type,
    Petition.sensitive,
    Petition.title,
    Petition.text,
)


@dataclass(frozen=True, slots=True)
class Member:
    """A petition of an issue.

    :param wording: a number that copies of one text share; :param crowd: whether it speaks of many acting together.
    """

    petition: str
    wording: int
    crowd: bool


@dataclass(frozen=True, slots=True)
class _Gathered:
    """Petitions of one matter, the latest first, and how many petitions usually come in `PEAK_DAYS` days instead."""

    members: Sequence[Member]
    samples: Sequence[str]
    usual: float


def task() -> Task:
    """`gather` once an hour."""
    return Task(TASK, _EVERY, gather)


def gather(database: Database) -> dict[str, int]:
    """Find the issues of the last days and keep them in place of the former ones.

    :return: nothing to be noted: it runs every hour.
    """
    days = Days.until(today(), MOST_DAYS)
    with database.read() as session:
        rows = _petitions(session, days)
        said = _said(session, days)
        usual = _usual(session, days)
    found = _issues(rows, said, usual) if len(rows) <= _FEW else _issues_aside(rows, said, usual)
    with database.write() as session:
        session.execute(delete(BoardIssue))
        for issue in found:
            members = {"rows": [[member.petition, member.wording, member.crowd] for member in issue.members]}
            session.add(BoardIssue(usual=issue.usual, members=members, samples=list(issue.samples)))
    return {}


def _petitions(session: Session, days: Days) -> list[Row[Any]]:
    """The latest petitions, the oldest of them first."""
    query = select(*_COLUMNS).where(*in_days(days.first, days.last))
    latest: list[Row[Any]] = [
        *session.execute(query.order_by(Petition.received.desc(), Petition.id).limit(MOST_PETITIONS))
    ]
    return latest[::-1]


def _said(session: Session, days: Days) -> Sequence[tuple[str, str]]:
    """Pairs of which a person said that they are one matter."""
    query = (
        select(Link.petition, Link.other)
        .join(Petition, Petition.id == Link.petition)
        .where(*in_days(days.first, days.last), Link.state.in_(_SAID))
    )
    return [(one, other) for one, other in session.execute(query)]


def _usual(session: Session, days: Days) -> Mapping[tuple[str, str], float]:
    """Petitions that usually come in `PEAK_DAYS` days, by area and department, as of the days before."""
    before = Days.until(days.first - timedelta(days=1), _USUAL_DAYS)
    area = func.coalesce(Petition.district, Petition.area, "")
    query = (
        select(area, func.coalesce(Petition.department, ""), func.count())
        .where(*in_days(before.first, before.last))
        .group_by(area, Petition.department)
    )
    return {(name, department): PEAK_DAYS * n / _USUAL_DAYS for name, department, n in session.execute(query)}


def _issues_aside(
    rows: Sequence[Row[Any]], said: Iterable[tuple[str, str]], usual: Mapping[tuple[str, str], float]
) -> list[_Gathered]:
    """As `_issues`, in a process of its own: it takes some seconds, in which requests would wait for their turn."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(_issues, rows, said, usual).result()


def _issues(
    rows: Sequence[Row[Any]], said: Iterable[tuple[str, str]], usual: Mapping[tuple[str, str], float]
) -> list[_Gathered]:
    reports = [_report(place, row) for place, row in enumerate(rows)]
    tracker = Tracker()
    for start in range(0, len(reports), WINDOW_REPORTS):
        tracker.take_in(reports[start : start + WINDOW_REPORTS])
    of = tracker.issues()
    together = _Together(len(rows))
    first_of: dict[int, int] = {}
    for place, issue in enumerate(of):
        if issue is not None:
            together.join(place, first_of.setdefault(id(issue), place))
    places = {row.id: place for place, row in enumerate(rows)}
    for one, other in said:
        if one in places and other in places:
            together.join(places[one], places[other])
    groups = [group for group in together.groups() if len(group) >= MIN_REPORTS]
    newest = max((report.day for report in reports), default=0)

    def pressing(group: Sequence[int]) -> tuple[int, int]:
        return sum(reports[place].day > newest - PEAK_DAYS for place in group), len(group)

    found, room = [], _MOST_KEPT
    for group in sorted(groups, key=pressing, reverse=True):
        room -= min(len(group), _MOST_MEMBERS)
        if room < 0:
            break
        found.append(_gathered(group, rows, reports, of, usual))
    return found


def _report(place: int, row: Row[Any]) -> Report:
    return Report(
        day=day_number(row.received.astimezone(CHINA).date()),
        area=row.district or row.area or "",
        department=row.department or "",
        inquiry=row.request_type == INQUIRY,
        source="",
        line=place,
        text=mask(normalise(f"{row.title or ''}\n{row.text}".strip())),
    )


def _gathered(
    group: Sequence[int],
    rows: Sequence[Row[Any]],
    reports: Sequence[Report],
    of: Sequence[Issue | None],
    usual: Mapping[tuple[str, str], float],
) -> _Gathered:
    latest = group[::-1][:_MOST_MEMBERS]
    wordings: dict[str, int] = {}
    members = []
    for place in latest:
        crowd = _GROUPS in rows[place].sensitive or GROUP_WORDS.search(reports[place].text) is not None
        wording = wordings.setdefault(content(reports[place].text), len(wordings))
        members.append(Member(rows[place].id, wording, crowd))
    largest = Counter(id(issue) for place in group if (issue := of[place]) is not None).most_common(1)
    samples = next((by_nearness(issue) for issue in of if issue and largest and id(issue) == largest[0][0]), [])
    areas = {reports[place].area for place in group}
    [(department, _)] = Counter(reports[place].department for place in group).most_common(1)
    expected = sum(usual.get((area, department), 0.0) for area in areas)
    return _Gathered(members, [rows[sample.report.line].id for sample in samples], expected)


class _Together:
    """Which of n things belong together."""

    def __init__(self, number: int) -> None:
        self._of = list(range(number))

    def join(self, one: int, other: int) -> None:
        """They do, and so do all that belong to either."""
        one, other = self._first(one), self._first(other)
        self._of[max(one, other)] = min(one, other)

    def groups(self) -> list[list[int]]:
        """All of them."""
        found: defaultdict[int, list[int]] = defaultdict(list)
        for place in range(len(self._of)):
            found[self._first(place)].append(place)
        return list(found.values())

    def _first(self, place: int) -> int:
        while self._of[place] != place:
            self._of[place] = self._of[self._of[place]]
            place = self._of[place]
        return place

"""What the report says of an issue: how hot it is, whether it looks like a group incident, how people put it."""

from __future__ import annotations

import datetime
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from petition_nlp.report.issues.stream import Ordinary, as_date
from petition_nlp.report.issues.tracker import Issue, Sample
from petition_nlp.report.periods import month_of
from petition_nlp.report.statistics import poisson_tail
from petition_nlp.report.words import plain_words

PEAK_DAYS: Final = 3
RECENT_DAYS: Final = 7

_PEAK_REPORTS: Final = 5
_MANY_REPORTS: Final = 10
_MANY_WORDINGS: Final = 8
_CHANCE: Final = math.log(0.001)
_GROUP_SHARE: Final = 0.2
_GROUP_REPORTS: Final = 2
_KEYWORDS: Final = 6
_KEYWORD_SHARE: Final = 0.25
_LEAST_RATE: Final = 0.5
_SEASON: Final = 91


@dataclass(frozen=True, slots=True)
class Heat:
    """The heat index, 0 to 100, as the sum of its parts.

    :param volume: up to 40, by the logarithm of the number of reports, full from 100.
    :param days: up to 15, by the number of different days, full from 14.
    :param recent: up to 15, the share of its reports in the archive's last `RECENT_DAYS` days.
    :param spread: up to 10, by the number of areas, full from 5.
    :param fresh: up to 20, halved with every 14 days since its last report.
    """

    volume: float
    days: float
    recent: float
    spread: float
    fresh: float

    @property
    def total(self) -> float:
        """The index."""
        return self.volume + self.days + self.recent + self.spread + self.fresh


@dataclass(frozen=True, slots=True)
class Peak:
    """The `PEAK_DAYS` days with most reports of an issue.

    :param expected: orders that the same department usually has from the same areas in so many days, all issues.
    """

    first: datetime.date
    reports: int
    expected: float
    burst: bool


@dataclass(frozen=True, slots=True)
class HotIssue:
    """One issue for the report.

    :param repeats: reports whose text repeats another's: one caller several times, or many with one text.
    :param inquiry: whether most of its reports are questions.
    :param group_words: reports that speak of many acting together.
    :param sign: early sign of a group incident: 2 for a burst in the words of a group, 1 for either, 0 for none.
    :param wording: the most typical text, masked; :param source: its file; :param line: where it stands there.
    """

    heat: Heat
    reports: int
    repeats: int
    first: datetime.date
    last: datetime.date
    days: int
    areas: tuple[tuple[str, int], ...]
    department: str
    inquiry: bool
    peak: Peak
    group_words: int
    sign: int
    wording: str
    source: str
    line: int
    keywords: tuple[str, ...]


def describe(issue: Issue, ordinary: Ordinary, last_day: int, rarity: Callable[[str], float]) -> HotIssue:
    """What there is to say of an issue.

    :param last_day: of the archive; :param rarity: of a word, 0 to 1.
    """
    inquiry = 2 * issue.inquiries > issue.reports
    peak = _peak(issue, ordinary)
    grouped = is_crowd(issue.group_words, issue.reports)
    typical = by_nearness(issue)[0]
    return HotIssue(
        heat=_heat(issue, last_day),
        reports=issue.reports,
        repeats=issue.reports - len(issue.wordings),
        first=as_date(min(issue.days)),
        last=as_date(issue.last_day),
        days=len(issue.days),
        areas=tuple(_most(issue.areas)),
        department=issue.department,
        inquiry=inquiry,
        peak=peak,
        group_words=issue.group_words,
        sign=0 if inquiry else int(peak.burst) + int(grouped),
        wording=typical.report.text,
        source=typical.report.source,
        line=typical.report.line,
        keywords=_keywords(issue, rarity),
    )


def _heat(issue: Issue, last_day: int) -> Heat:
    recent = sum(n for day, n in issue.days.items() if day > last_day - RECENT_DAYS)
    return Heat(
        volume=40 * min(1.0, math.log1p(issue.reports) / math.log1p(100)),
        days=15 * min(1.0, len(issue.days) / 14),
        recent=15 * recent / issue.reports,
        spread=10 * min(1.0, (len(issue.areas) - 1) / 4),
        fresh=20 * 0.5 ** ((last_day - issue.last_day) / 14),
    )


def _peak(issue: Issue, ordinary: Ordinary) -> Peak:
    """The densest days, and whether there are more reports of this one issue than of everything on other days."""
    sums = {day: sum(issue.days[day + step] for step in range(PEAK_DAYS)) for day in issue.days}
    first = min(sums, key=lambda day: (-sums[day], day))
    daily = ordinary.daily(sorted(issue.areas), issue.department, month_of(as_date(first)))
    expected = max(PEAK_DAYS * (daily - issue.reports / _SEASON), _LEAST_RATE)
    return Peak(as_date(first), sums[first], expected, is_burst(sums[first], expected, len(issue.wordings)))


def is_burst(reports: int, expected: float, wordings: int) -> bool:
    """Whether so many reports within `PEAK_DAYS` days are more than chance.

    :param expected: how many of all issues there usually are; :param wordings: different texts of this issue.
    """
    unusual = reports >= _PEAK_REPORTS <= wordings and poisson_tail(reports, max(expected, _LEAST_RATE)) < _CHANCE
    return unusual or (reports >= _MANY_REPORTS and wordings >= _MANY_WORDINGS)


def is_crowd(group_words: int, reports: int) -> bool:
    """Whether enough of the reports speak of many acting together."""
    return group_words >= _GROUP_REPORTS and group_words >= _GROUP_SHARE * reports


def by_nearness(issue: Issue) -> list[Sample]:
    """Its samples, those that are nearest to all reports first."""

    def nearness(sample: Sample) -> float:
        pairs = zip(sample.vector.ids.tolist(), sample.vector.weights.tolist(), strict=True)
        dot: float = sum(weight * issue.total.get(feature, 0.0) for feature, weight in pairs)
        return dot / max(sample.vector.norm, 1e-9)

    return sorted(issue.samples.values(), key=lambda sample: (-nearness(sample), sample.key))


def _keywords(issue: Issue, rarity: Callable[[str], float]) -> tuple[str, ...]:
    """Words that many of its reports share and few others have."""
    found: Counter[str] = Counter()
    for sample in issue.samples.values():
        found.update(plain_words(sample.report.text))
    least = max(min(2, len(issue.samples)), _KEYWORD_SHARE * len(issue.samples))
    shared = {word: n * rarity(word) for word, n in found.items() if n >= least}
    return tuple(sorted(shared, key=lambda word: (-shared[word], word))[:_KEYWORDS])


def _most(counter: Counter[str]) -> list[tuple[str, int]]:
    return sorted(counter.items(), key=lambda item: (-item[1], item[0]))

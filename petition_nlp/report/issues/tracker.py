"""Reports in the order of their days, gathered into issues; an issue ends when nothing more comes for two weeks."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from petition_nlp.report.issues.features import Ints, Vector, Vectors, Weighting, content, joined
from petition_nlp.report.issues.links import MOST_DAYS, Links, Reports, Thresholds, links

MIN_REPORTS: Final = 5
"""Fewer reports of one thing make no issue."""
GROUP_WORDS: Final = re.compile(
    "集体|业主们|家长们|工友们|村民们|联名|联合签名|上访|聚集|维权|群体性?|拉横幅|讨说法|围堵|堵路|堵门|静坐|示威|游行|罢工|罢运|停运抗议"
    "|(?:几十|上百|数百|数十|几百)(?:多|余)?(?:户|人|名|个|位)"
)
"""Words that speak of many people acting together."""

_MOST_SAMPLES: Final = 12
_MOST_FEATURES: Final = 100


@dataclass(frozen=True, slots=True)
class Report:
    """One order, as far as issues need it; ``day`` counts from 1970-01-01."""

    day: int
    area: str
    department: str
    inquiry: bool
    source: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Sample:
    """A report whose wording is kept; ``key`` orders samples at random, but always in the same way."""

    key: int
    report: Report
    vector: Vector


@dataclass(slots=True)
class Issue:
    """What is known of an issue so far; never more than `_MOST_SAMPLES` of its texts.

    :param total: sum of its reports' vectors, without the lightest of very many features.
    :param named: features that belong to a name; :param norms: sum of the vectors' lengths.
    :param wordings: keys of its different texts; copies of one text are repeated reports.
    """

    reports: int = 0
    norms: float = 0.0
    total: dict[int, float] = field(default_factory=dict)
    named: set[int] = field(default_factory=set)
    days: Counter[int] = field(default_factory=Counter)
    areas: Counter[str] = field(default_factory=Counter)
    departments: Counter[str] = field(default_factory=Counter)
    inquiries: int = 0
    group_words: int = 0
    wordings: set[int] = field(default_factory=set)
    samples: dict[int, Sample] = field(default_factory=dict)

    @property
    def last_day(self) -> int:
        """Day of the latest report."""
        return max(self.days)

    @property
    def department(self) -> str:
        """Where most of its reports go."""
        return min(self.departments, key=lambda code: (-self.departments[code], code))

    def add(self, report: Report, vector: Vector) -> None:
        """Count one report with its vector."""
        self.reports += 1
        self.norms += vector.norm
        for feature, weight in zip(vector.ids.tolist(), vector.weights.tolist(), strict=True):
            self.total[feature] = self.total.get(feature, 0.0) + weight
        self.named.update(vector.ids[vector.named].tolist())
        self.days[report.day] += 1
        self.areas[report.area] += 1
        self.departments[report.department] += 1
        self.inquiries += report.inquiry
        self.group_words += GROUP_WORDS.search(report.text) is not None
        key = _key(report.text)
        self.wordings.add(key)
        self._keep({key: Sample(key, report, vector)})

    def absorb(self, other: Issue) -> None:
        """Count another issue's reports."""
        self.reports += other.reports
        self.norms += other.norms
        for feature, weight in other.total.items():
            self.total[feature] = self.total.get(feature, 0.0) + weight
        self.named |= other.named
        self.days.update(other.days)
        self.areas.update(other.areas)
        self.departments.update(other.departments)
        if len(self.total) > 2 * _MOST_FEATURES:
            order = sorted(self.total, key=lambda feature: (-self.total[feature], feature))
            self.total = {feature: self.total[feature] for feature in order[:_MOST_FEATURES]}
            self.named &= self.total.keys()
        self.inquiries += other.inquiries
        self.group_words += other.group_words
        self.wordings |= other.wordings
        self._keep(other.samples)

    def agrees(self, other: Issue, thresholds: Thresholds) -> bool:
        """Whether the reports of two issues are alike on average, not only at one place."""
        small, large = sorted((self, other), key=lambda issue: len(issue.total))
        shared = {
            feature: weight * large.total[feature] for feature, weight in small.total.items() if feature in large.total
        }
        pairs = self.reports * other.reports
        evidence = sum(shared.values()) / pairs
        by_name = sum(shared[feature] for feature in shared.keys() & (self.named | other.named)) / pairs
        cosine = evidence * pairs / max(self.norms * other.norms, 1e-9)
        together = self.department == other.department
        if by_name >= thresholds.name:
            enough = (evidence - by_name) / (thresholds.topic if together else thresholds.topic_apart)
        else:
            enough = evidence / (thresholds.plain if together else thresholds.plain_apart)
        return min(enough, cosine / thresholds.cosine) >= thresholds.group

    def _keep(self, samples: dict[int, Sample]) -> None:
        for key, sample in samples.items():
            self.samples.setdefault(key, sample)
        for key in sorted(self.samples)[_MOST_SAMPLES:]:
            del self.samples[key]


def gather(reports: Sequence[Report], thresholds: Thresholds | None = None) -> list[int]:
    """For each of a few reports in the order of their days, the number of its issue, -1 without one."""
    tracker = Tracker(thresholds)
    tracker.take_in(reports)
    return tracker.labels()


class Tracker:
    """Gathers reports that come in by day; holds those of the last two weeks and the issues that still grow."""

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self.weighting = Weighting()
        self._thresholds = thresholds or Thresholds()
        self._numbers: dict[str, int] = {"": 0}
        self._held: list[Report] = []
        self._arrays: Reports | None = None
        self._issue_of: list[Issue | None] = []

    def add(self, reports: Sequence[Report]) -> list[Issue]:
        """Take the next reports, none earlier than those before, and give the issues that have ended."""
        if not reports:
            return []
        self.take_in(reports)
        return self._let_go(reports[-1].day - MOST_DAYS)

    def take_in(self, reports: Sequence[Report]) -> None:
        """Take the next reports and let none go."""
        fresh = len(self._held)
        self._held += reports
        self._issue_of += [None] * len(reports)
        self._arrays = self._with(reports)
        self._join(self._arrays, links(self._arrays, fresh, self._thresholds))

    def close(self) -> list[Issue]:
        """The issues that were still growing."""
        last = self._held[-1].day + 1 if self._held else 0
        return self._let_go(last)

    def issues(self) -> list[Issue | None]:
        """For each report that is held, its issue, None without one."""
        return list(self._issue_of)

    def labels(self) -> list[int]:
        """For each report that is held, the number of its issue, -1 without one."""
        numbers = {id(issue): number for number, issue in enumerate(_distinct(self._issue_of))}
        return [-1 if issue is None else numbers[id(issue)] for issue in self._issue_of]

    def _with(self, reports: Sequence[Report]) -> Reports:
        vectors = self.weighting.vectors([report.text for report in reports])
        days = np.array([report.day for report in reports], dtype=np.int64)
        areas = np.array([self._number(report.area) for report in reports], dtype=np.int64)
        departments = np.array([self._number(report.department) for report in reports], dtype=np.int64)
        held = self._arrays
        if held is None:
            return Reports(vectors, days, areas, departments)
        return Reports(
            joined(held.vectors, vectors),
            np.concatenate([held.days, days]),
            np.concatenate([held.areas, areas]),
            np.concatenate([held.departments, departments]),
        )

    def _number(self, name: str) -> int:
        return self._numbers.setdefault(name, len(self._numbers))

    def _join(self, arrays: Reports, found: Links) -> None:
        """Follow the links, the surest first."""
        vectors, owned = arrays.vectors, _Merger(self._issue_of)
        refused: set[tuple[int, int]] = set()
        for first, second in found:
            one, two = (self._issue(owned, vectors, row) for row in (first, second))
            pair = (min(id(one), id(two)), max(id(one), id(two)))
            if one is two or pair in refused:
                continue
            if one.agrees(two, self._thresholds):
                owned.merge(one, two)
            else:
                refused.add(pair)
        self._issue_of = [None if issue is None or issue.reports < 2 else issue for issue in owned.all()]

    def _issue(self, owned: _Merger, vectors: Vectors, row: int) -> Issue:
        issue = owned.of(row)
        if issue is None:
            issue = Issue()
            issue.add(self._held[row], vectors.row(row))
            owned.start(row, issue)
        return issue

    def _let_go(self, before: int) -> list[Issue]:
        """Forget reports before a day, and give the issues that none of the others belongs to."""
        kept = [row for row, report in enumerate(self._held) if report.day >= before]
        growing = {id(self._issue_of[row]) for row in kept}
        ended = [issue for issue in _distinct(self._issue_of) if id(issue) not in growing]
        self._held = [self._held[row] for row in kept]
        self._issue_of = [self._issue_of[row] for row in kept]
        if self._arrays is not None:
            rows: Ints = np.array(kept, dtype=np.int64)
            arrays = self._arrays
            self._arrays = Reports(
                arrays.vectors.take(rows), arrays.days[rows], arrays.areas[rows], arrays.departments[rows]
            )
        return [issue for issue in ended if issue.reports >= MIN_REPORTS]


class _Merger:
    """Which issue each row belongs to while issues are merged."""

    def __init__(self, issues: Sequence[Issue | None]) -> None:
        self._rows = list(issues)
        self._into: dict[int, Issue] = {}
        self._merged: list[Issue] = []  # kept, so that no new issue takes the id of a merged one

    def of(self, row: int) -> Issue | None:
        issue = self._rows[row]
        while issue is not None and id(issue) in self._into:
            issue = self._into[id(issue)]
        self._rows[row] = issue
        return issue

    def start(self, row: int, issue: Issue) -> None:
        self._rows[row] = issue

    def merge(self, one: Issue, two: Issue) -> None:
        large, small = (one, two) if one.reports >= two.reports else (two, one)
        large.absorb(small)
        self._into[id(small)] = large
        self._merged.append(small)

    def all(self) -> list[Issue | None]:
        return [self.of(row) for row in range(len(self._rows))]


def _distinct(issues: Iterable[Issue | None]) -> list[Issue]:
    return list({id(issue): issue for issue in issues if issue is not None}.values())


def _key(text: str) -> int:
    return int.from_bytes(hashlib.blake2b(content(text).encode("utf-8", "replace"), digest_size=8).digest(), "big")

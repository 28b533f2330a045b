"""Which texts tell of the same thing: candidates by locality-sensitive hashing, each then compared exactly."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from petition_nlp.report.issues.features import BANDS, BUCKETS, Bools, Floats, Ints, Vectors

MOST_DAYS: Final = 14
"""Longest time between two reports of one issue."""

_NEIGHBOURS: Final = 6
_CITYWIDE_BANDS: Final = 6
_MERGE_BANDS: Final = 8
_CHUNK: Final = 20_000


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What makes two texts reports of one issue; measured by ``benchmarks/hot_issues.py``.

    A little stricter than what is best for its invented orders: a real hotline repeats itself more.

    Evidence is the sum of squared weights of the character pairs that both texts hold: a pair that hardly ever
    occurs gives 1.

    :param cosine: least cosine in any case.
    :param name: least evidence by names to say that both name one place, person or firm.
    :param topic: then, least evidence by all else in texts for one department; :param topic_apart: for different ones.
    :param plain: least evidence where one of the texts names nothing; :param plain_apart: for different departments.
    :param copy_cosine: least cosine of texts that name different things or come from different areas.
    :param copy: least evidence of such texts.
    :param placeless: by how much more evidence is needed where the areas are unknown.
    :param group: least mean evidence and cosine between two clusters, as a share of the above.
    """

    cosine: float = 0.07
    name: float = 0.3
    topic: float = 0.05
    topic_apart: float = 0.5
    plain: float = 1.0
    plain_apart: float = 1.8
    copy_cosine: float = 0.5
    copy: float = 3.0
    placeless: float = 1.6
    group: float = 0.45


@dataclass(frozen=True)
class Reports:
    """n reports as arrays, by day.

    :param days: (n) ascending day numbers; :param areas: (n) numbers of areas, 0 where unknown.
    :param departments: (n) numbers of departments.
    """

    vectors: Vectors
    days: Ints
    areas: Ints
    departments: Ints

    def __len__(self) -> int:
        return len(self.days)


@dataclass(frozen=True)
class Links:
    """Pairs of reports that are alike enough, the most alike first.

    :param first: the earlier of each pair; :param second: the later one.
    """

    first: Ints
    second: Ints

    def __iter__(self) -> Iterator[tuple[int, int]]:
        return zip(self.first.tolist(), self.second.tolist(), strict=True)


def links(reports: Reports, fresh: int, thresholds: Thresholds) -> Links:
    """Pairs within `MOST_DAYS` with at least one fresh report.

    :param fresh: first report whose pairs are wanted; those before have been compared already.
    """
    first, second = _candidates(reports, fresh)
    near = reports.days[second] - reports.days[first] <= MOST_DAYS
    first, second = first[near], second[near]
    evidence, by_name = _evidence(reports.vectors, first, second)
    norms = reports.vectors.norms
    cosine = (evidence / np.maximum(norms[first] * norms[second], 1e-9)).astype(np.float32)
    score = _score(reports, first, second, evidence, by_name, cosine, thresholds)
    kept = np.flatnonzero(score >= 1)
    order = kept[np.lexsort((second[kept], first[kept], -score[kept]))]
    return Links(first[order], second[order])


def _score(
    reports: Reports, first: Ints, second: Ints, evidence: Floats, by_name: Floats, cosine: Floats, limits: Thresholds
) -> Floats:
    """How far each pair is above what it needs; 1 is just enough."""
    same_department = reports.departments[first] == reports.departments[second]
    elsewhere = reports.areas[first] != reports.areas[second]
    unknown = (reports.areas[first] == 0) & (reports.areas[second] == 0)
    one_name = by_name >= limits.name
    names_something = _names_something(reports.vectors, limits.name)
    different = elsewhere | (~one_name & names_something[first] & names_something[second])
    topic = np.where(same_department, limits.topic, limits.topic_apart)
    plain = np.where(same_department, limits.plain, limits.plain_apart)
    needed = np.where(one_name, topic, plain) * np.where(unknown, limits.placeless, 1.0)
    enough = np.where(one_name, evidence - by_name, evidence) / needed
    enough = np.where(different, evidence / limits.copy, enough)
    least = np.where(different, limits.copy_cosine, limits.cosine)
    return np.minimum(enough, cosine / least).astype(np.float32)


def _names_something(vectors: Vectors, least: float) -> Bools:
    """Which texts hold a name that is rare enough to tell issues apart."""
    rare = np.flatnonzero(vectors.named & (vectors.weights**2 >= least))
    found = np.zeros(len(vectors), dtype=bool)
    found[np.searchsorted(vectors.starts, rare, side="right") - 1] = True
    return found


def _candidates(reports: Reports, fresh: int) -> tuple[Ints, Ints]:
    """Pairs that share an entry of the signature with few rows between them: in one area, or in the city at large."""
    n = len(reports)
    if n < 2:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    found: list[Ints] = []
    for band in range(BANDS):
        entry = reports.vectors.signatures[:, band].astype(np.int64)
        found += _neighbours(reports.areas * BUCKETS + entry, entry >= 0, fresh)
        if band < _CITYWIDE_BANDS:
            found += _neighbours(entry, entry >= 0, fresh)
        if band % _MERGE_BANDS == _MERGE_BANDS - 1:
            found = [_distinct(np.concatenate(found))]
    return found[0] // n, found[0] % n


def _distinct(values: Ints) -> Ints:
    """Each value once, ascending; numpy's own way by hashing takes ten times as long."""
    values = np.sort(values)
    return values[np.concatenate([[True], values[1:] != values[:-1]])] if len(values) else values


def _neighbours(keys: Ints, filled: Bools, fresh: int) -> Iterator[Ints]:
    """Rows with one key, each with the few that came just before it, as first * n + second."""
    n = len(keys)
    order = np.argsort(keys, kind="stable")
    keys, filled = keys[order], filled[order]
    for step in range(1, min(_NEIGHBOURS, n - 1) + 1):
        same = (keys[step:] == keys[:-step]) & filled[step:] & (order[step:] >= fresh)
        yield order[:-step][same] * n + order[step:][same]


def _evidence(vectors: Vectors, first: Ints, second: Ints) -> tuple[Floats, Floats]:
    """Of each pair, the evidence by all that they share and the part of it by names."""
    rows = np.repeat(np.arange(len(vectors)), vectors.starts[1:] - vectors.starts[:-1])
    keys = rows * BUCKETS + vectors.ids
    if not len(first) or not len(keys):
        return np.zeros(len(first), np.float32), np.zeros(len(first), np.float32)
    parts = [
        _chunk_evidence(vectors, keys, first[at : at + _CHUNK], second[at : at + _CHUNK])
        for at in range(0, len(first), _CHUNK)
    ]
    return np.concatenate([part[0] for part in parts]), np.concatenate([part[1] for part in parts])


def _chunk_evidence(vectors: Vectors, keys: Ints, first: Ints, second: Ints) -> tuple[Floats, Floats]:
    mine, pair = vectors.entries(first)
    wanted = second[pair] * BUCKETS + vectors.ids[mine]
    theirs = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    shared = np.where(keys[theirs] == wanted, vectors.weights[mine] * vectors.weights[theirs], 0.0)
    by_name = np.where(vectors.named[mine] | vectors.named[theirs], shared, 0.0)
    totals = [np.bincount(pair, part, minlength=len(first)).astype(np.float32) for part in (shared, by_name)]
    return totals[0], totals[1]

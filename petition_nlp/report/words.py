"""Words that residents use more than before: log odds with an informative Dirichlet prior.

After Monroe, Colaresi and Quinn, "Fightin' Words" (2008). A word counts once in a message, so that one long letter
weighs no more than a short call. Names of places and persons, placeholders and stop-words are left out.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np

from petition_nlp.report.facts import batches
from petition_nlp.report.periods import Month, months_of
from petition_nlp.text.mask import PLACEHOLDER
from petition_nlp.text.segment import NAME, segment, tokens

MOST_TEXTS: Final = 50_000
"""Texts of a period that are read at most; beyond, a fixed part of them."""
LEAST_Z: Final = 3.0
LEAST_TEXTS: Final = 5

_STOP_WORDS: Final = Path(__file__).resolve().parent / "stopwords.txt"
_HAN: Final = re.compile(r"[\u4e00-\u9fff]{2,}")
_PRIOR: Final = 500.0
_SMOOTHING: Final = 0.5


@dataclass(frozen=True, slots=True)
class RisingWord:
    """A word that more messages hold than before.

    :param z: of the log odds ratio under the prior.
    :param departments: code and messages of the departments that these messages went to, the most first.
    """

    word: str
    before: int
    after: int
    share_before: float
    share_after: float
    z: float
    departments: tuple[tuple[str, int], ...]


@dataclass
class _Period:
    texts: int = 0
    words: Counter[str] = field(default_factory=Counter)
    departments: Counter[tuple[str, str]] = field(default_factory=Counter)


def plain_words(text: str) -> set[str]:
    """Words of at least two characters, names included; no placeholders, no stop-words."""
    words = segment(PLACEHOLDER.sub(" ", text))
    return {word for word in words if _HAN.fullmatch(word) and word not in stop_words()}


def common_words(text: str) -> set[str]:
    """As :func:`plain_words` without names of places, persons and firms."""
    return {
        token.word
        for token in tokens(text)
        if token.word != NAME and _HAN.fullmatch(token.word) and token.word not in stop_words()
    }


@cache
def stop_words() -> frozenset[str]:
    """Words that say nothing of a matter."""
    lines = _STOP_WORDS.read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def rising_words(
    parts: Sequence[Path], before: range, after: range, sizes: Mapping[Month, int], *, most: int = 30
) -> list[RisingWord]:
    """Words that rose from some months to others, the clearest first.

    :param sizes: rows of each month, which say how large a part of them is read.
    """
    periods = {False: _Period(), True: _Period()}
    shares = {
        False: MOST_TEXTS / max(sum(sizes.get(month, 0) for month in before), 1),
        True: MOST_TEXTS / max(sum(sizes.get(month, 0) for month in after), 1),
    }
    for batch in batches(parts, ("received", "department", "text")):
        months = months_of(batch.column("received"))
        wanted = np.flatnonzero(np.isin(months, [*before, *after]))
        if not len(wanted):
            continue
        rows = batch.take(wanted).to_pylist()
        for month, row in zip(months[wanted].tolist(), rows, strict=True):
            later = month in after
            if _drawn(row["text"], shares[later]):
                _read(periods[later], row["text"], row["department"] or "", keep_departments=later)
    return _risen(periods[False], periods[True], most)


def _drawn(text: str, share: float) -> bool:
    """Whether a text belongs to the part that is read; always the same texts."""
    if share >= 1:
        return True
    digest = hashlib.blake2b(text.encode("utf-8", "replace"), digest_size=4).digest()
    return int.from_bytes(digest, "big") < share * 2**32


def _read(period: _Period, text: str, department: str, *, keep_departments: bool) -> None:
    words = common_words(text)
    period.texts += 1
    period.words.update(words)
    if keep_departments:
        period.departments.update((word, department) for word in words)


def _risen(before: _Period, after: _Period, most: int) -> list[RisingWord]:
    if not before.texts or not after.texts:
        return []
    totals = before.words.total(), after.words.total()
    scores = {
        word: log_odds_with_prior((before.words[word], n), totals)
        for word, n in after.words.items()
        if n >= LEAST_TEXTS
    }
    best = sorted((word for word in scores if scores[word] >= LEAST_Z), key=lambda word: (-scores[word], word))[:most]
    return [_rising(word, scores[word], before, after) for word in best]


def log_odds_with_prior(counts: tuple[int, int], totals: tuple[int, int]) -> float:
    """z of a word's log odds ratio, later against earlier; the prior is its share of both periods together.

    :param counts: of the word, before and after; :param totals: of all words, before and after.
    """
    prior = max(_PRIOR * sum(counts) / sum(totals), 0.01)
    before, after = (
        math.log((count + prior) / (total + _PRIOR - count - prior + _SMOOTHING))
        for count, total in zip(counts, totals, strict=True)
    )
    return (after - before) / math.sqrt(sum(1 / (count + prior) for count in counts))


def _rising(word: str, z: float, before: _Period, after: _Period) -> RisingWord:
    departments = [(code, n) for (other, code), n in after.departments.items() if other == word and code]
    return RisingWord(
        word=word,
        before=before.words[word],
        after=after.words[word],
        share_before=before.words[word] / before.texts,
        share_after=after.words[word] / after.texts,
        z=z,
        departments=tuple(sorted(departments, key=lambda item: (-item[1], item[0]))[:3]),
    )

"""Words that rise together: how a new kind of complaint looks that is too small to move departments or confidence.

Of each petition only the words of ordinary language are looked at (`words_of`): the segmenter puts a placeholder in the
place of names, numbers and whatever its dictionary does not know, so none of that is counted or shown.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from itertools import chain
from typing import Final

from petition_nlp.monitoring.follow import Alarm
from petition_nlp.monitoring.psi import Part
from petition_nlp.monitoring.shift import share_shift
from petition_nlp.monitoring.signals import FEWEST_A_BLOCK, FEWEST_BLOCKS, FEWEST_NOW, HELD, Finding
from petition_nlp.report.words import stop_words
from petition_nlp.text.document import prepare

CODE: Final = "words_rose"
LEAST: Final = 2
"""Petitions of a week that hold a word, below which it is not kept."""
STRONG_AMONG_WORDS: Final = 6.5
"""Standard deviations from which on the rise of one of thousands of words is an alarm; ``benchmarks/drift.py``."""

_ORDINARY: Final = re.compile(r"[\u4e00-\u9fff]{2,}")
_PETITIONS: Final = 8
"""That hold a word which rose, at least, each in other words: copies are one person's, or one template's."""
_DAYS: Final = 5
"""Days on which they came in, at least: what is told of on a day or two is an event."""
_SOME: Final = 1.5
_TIMES: Final = 2.0
"""How many times its share before that of a word is that rose with another one, and by itself."""
_FAINT: Final = 2.0
"""Standard deviations of chance alone below which a rise is not looked at more closely."""
_NOT_KEPT: Final = 0.5
"""What a word counts as that is not kept: none held it, or one."""
_TOGETHER: Final = 0.3
"""Part of the petitions with a word that hold another one of the same matter."""
_COMMON: Final = 0.15
"""Part of the petitions from which on a word is the way in which messages are taken down."""
_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Said:
    """The day on which a petition came in, and its words."""

    day: date
    words: frozenset[str]


@dataclass(frozen=True, slots=True)
class Counted:
    """How many petitions of a week held each word; words that hardly any held are left out."""

    petitions: int
    words: Mapping[str, int]


def words_of(text: str) -> frozenset[str]:
    """The words of ordinary language in a text that say more than one character does."""
    words = {word for word in prepare(text).tokens.words if _ORDINARY.fullmatch(word)}
    return frozenset(words - stop_words())


def counted(petitions: Iterable[Said]) -> Counted:
    """What is kept of a week."""
    number, words = 0, Counter[str]()
    for petition in petitions:
        number += 1
        words.update(petition.words)
    return Counted(number, {word: n for word, n in words.items() if n >= LEAST})


def rising(now: Sequence[Said], before: Sequence[Counted], known: Collection[str] = ()) -> list[Finding]:
    """Words whose share rose far beyond that of the weeks before, those of one matter together.

    :param now: petitions of the last week; :param before: the weeks before.
    :param known: keys of alarms that go on: what rises together with one of them is no new finding.
    """
    weeks = [week for week in before if week.petitions >= FEWEST_A_BLOCK]
    if len(now) < FEWEST_NOW or len(weeks) < FEWEST_BLOCKS:
        return []
    counts = Counter(chain.from_iterable(said.words for said in now))
    more = {word for word, count in counts.items() if _is_more(word, count, len(now), weeks)}
    holding = _holding(now, more.union(known))
    found = {word: _finding(word, places, now, weeks) for word, places in holding.items()}
    risen = [word for word, finding in found.items() if word in known or finding.holds]
    risen.sort(key=lambda word: (word not in known, not found[word].raises, -found[word].shift.strength, word))
    return [_of_matter(words, found) for words in _matters(risen, holding)]


def known_words(alarms: Iterable[Alarm]) -> frozenset[str]:
    """The words that alarms are known by."""
    return frozenset(alarm.finding.key for alarm in alarms if alarm.finding.code == CODE)


def _is_more(word: str, count: int, petitions: int, weeks: Sequence[Counted]) -> bool:
    """Whether a word is worth looking at: neither hardly anybody's nor everybody's, and used more than it was."""
    if not HELD * _PETITIONS <= count <= _COMMON * petitions:
        return False
    before = sum(week.words.get(word, _NOT_KEPT) for week in weeks)
    usual = petitions * before / sum(week.petitions for week in weeks)
    return count >= _SOME * usual and (count - usual) ** 2 >= _FAINT**2 * usual


def _holding(petitions: Sequence[Said], words: Collection[str]) -> Mapping[str, list[int]]:
    """The places of the petitions that hold each of some words."""
    holding: dict[str, list[int]] = {word: [] for word in words}
    for place, petition in enumerate(petitions):
        for word in petition.words & holding.keys():
            holding[word].append(place)
    return holding


def _finding(word: str, places: Sequence[int], now: Sequence[Said], weeks: Sequence[Counted]) -> Finding:
    blocks = [(week.words.get(word, _NOT_KEPT), float(week.petitions)) for week in weeks]
    shift = share_shift((len(places), len(now)), blocks)
    days, texts = {now[place].day for place in places}, {now[place].words for place in places}
    size = min(shift.now / shift.before / _TIMES, len(texts) / _PETITIONS, len(days) / _DAYS)
    return Finding(CODE, word, "watch", shift, size if shift.strength > 0 else 0.0, STRONG_AMONG_WORDS)


def _matters(risen: Sequence[str], holding: Mapping[str, Sequence[int]]) -> Iterator[list[str]]:
    """Words of one matter, those that mostly come together with the first of them."""
    left = dict.fromkeys(risen)
    for first in risen:
        if first in left:
            places = holding[first]
            own = [word for word in left if word == first or _are_together(places, holding[word])]
            for word in own:
                del left[word]
            yield [first, *(word for word in own if word != first)]


def _are_together(one: Sequence[int], other: Sequence[int]) -> bool:
    return len({*one} & {*other}) > _TOGETHER * min(len(one), len(other))


def _of_matter(words: Sequence[str], found: Mapping[str, Finding]) -> Finding:
    """What is said of the first word, with all that rose together with it."""
    shifts = {word: found[word].shift for word in words[:_SHOWN]}
    parts = tuple(Part(word, shift.before, shift.now, 0.0) for word, shift in shifts.items())
    first = found[words[0]]
    return replace(first, shift=replace(first.shift, parts=parts))

"""What is looked at every day, and what of it is worth an alarm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from petition_nlp.monitoring.day import Day, mix, together, total
from petition_nlp.monitoring.psi import SOME, named_empty
from petition_nlp.monitoring.shift import Count, Shift, mix_shift, share_shift, volume_shift

WEEK: Final = 7
BLOCKS: Final = 8
"""Weeks that a week is compared with."""
NEEDED: Final = (BLOCKS + 1) * WEEK
"""Days that have to be known at most."""
STRONG: Final = 4.0
"""Standard deviations from which on a change is an alarm, if it is large enough too; ``benchmarks/drift.py``."""
STRONG_AMONG_MANY: Final = 5.0
"""The same for one of many units, departments or classes."""
HELD: Final = 0.5
"""An alarm is not over while both are at least this part of what raised it."""

FEWEST_BLOCKS: Final = 4
FEWEST_NOW: Final = 30
FEWEST_A_BLOCK: Final = 20
_FEWEST_RETURNS: Final = 5
_LONG: Final = 10
"""Long texts that should have come for their absence to say something."""
_TIMES: Final = 1.5
_WORKDAYS: Final = 4


@dataclass(frozen=True, slots=True)
class _Rate:
    """A share of a week.

    :param part: of what, as `Day` names it; :param whole: likewise.
    :param sign: 1 if a rise is bad, -1 if a fall is.
    :param least: the smallest change that matters; :param alarming: how many times that is an alarm.
    :param prior: dispersion to be expected.
    """

    code: str
    part: str
    whole: str
    sign: int
    least: float
    alarming: float = 6
    prior: float = 1.0


_RATES: Final = (
    _Rate("corrections_rose", "agreed", "decided", -1, 0.05, alarming=1),
    _Rate("answers_slow", "slow", "requests", 1, 0.05),
)
_RATES_OF_MODEL: Final = (
    _Rate("unseen_rose", "unseen", "read", 1, 0.01, prior=0.15),
    _Rate("expected_fell", "confidence", "petitions", -1, 0.015, prior=0.3),
    _Rate("review_rose", "review", "petitions", 1, 0.05),
)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one signal says.

    :param code: a key of `petition_nlp.monitoring.wording.TEXTS`; :param key: the unit, department or feature.
    :param level: ``watch`` or ``alarm``.
    :param size: how large the change is, by what is the least that matters; 1 or more is large.
    :param limit: strength from which on it is no chance.
    """

    code: str
    key: str
    level: str
    shift: Shift
    size: float
    limit: float = STRONG

    @property
    def raises(self) -> bool:
        """Whether it is worth an alarm."""
        return self.size >= 1 and abs(self.shift.strength) >= self.limit

    @property
    def holds(self) -> bool:
        """Whether an alarm that it raised goes on."""
        return self.size >= HELD and abs(self.shift.strength) >= HELD * self.limit


def findings(history: Sequence[Day], broken: frozenset[date] = frozenset()) -> list[Finding]:
    """What the signals say of the last day and of the week that it ends.

    :param history: days without a gap, oldest first, the last of them over; the last `NEEDED` are looked at.
    :param broken: days whose petitions did not come in whole: they show that, and nothing is compared with them.
    """
    last = history[-1]
    days = [day for day in history[-NEEDED:] if day is last or day.day not in broken]
    found = [*_of_the_day(days), *_volume(days)]
    whole = [day for day in days if day.day not in broken]
    if whole and whole[-1] is last:
        found += _of_the_week(whole, last)
    return found


def arrivals(history: Sequence[Day], broken: frozenset[date] = frozenset()) -> list[Finding]:
    """What can be said of the present day before it is over: whether petitions come in whole."""
    last = history[-1]
    return list(_of_the_day([day for day in history[-NEEDED:] if day is last or day.day not in broken]))


def _of_the_day(days: Sequence[Day]) -> Iterator[Finding]:
    """Signs of a broken export; such a thing begins from one moment to the next."""
    *before, now = days
    shares: Mapping[str, tuple[Callable[[Day], Count], float]] = {
        "texts_empty": (lambda day: (_of(day, "empty") + _of(day, "very_short"), day.petitions), 0.05),
        "texts_garbled": (lambda day: (day.garbled, day.read), 0.05),
        "channel_missing": (lambda day: (day.of("channel").get("", 0), day.petitions), 0.2),
    }
    for code, (count, least) in shares.items():
        shift = _share(count(now), [count(day) for day in before])
        if shift is not None:
            yield Finding(code, "", "alarm", shift, (shift.now - shift.before) / least)
    yield from _cut(before, now)


def _cut(before: Sequence[Day], now: Day) -> Iterator[Finding]:
    """Whether long texts are gone: above some length, hardly any are left of those that there should be."""
    classes = sorted({int(code) for day in before for code in day.of("length")})
    found = []
    for first in classes[1:]:
        shift = _share(_longer(now, first), [_longer(day, first) for day in before])
        if shift is not None and shift.before * shift.size >= _LONG:
            gone = 1 - shift.now / shift.before
            found.append(Finding("texts_cut", "", "alarm", shift, gone / 0.9 if shift.strength < 0 else 0.0))
    if found:
        yield max(found, key=lambda finding: (finding.raises, finding.size))


def _volume(days: Sequence[Day]) -> Iterator[Finding]:
    *before, now = days
    like = [day.petitions for day in before if day.day.weekday() == now.day.weekday() and day.workday == now.workday]
    if len(like) < FEWEST_BLOCKS:
        return
    shift = volume_shift(now.petitions, like)
    if shift.before < FEWEST_A_BLOCK:
        return
    share = now.petitions / shift.before
    level = "alarm" if share <= 0.1 else "watch"
    yield Finding("volume_fell", "", level, shift, (1 - share) / 0.6 if shift.strength < 0 else 0.0)
    yield Finding("volume_rose", "", "watch", shift, share / 2 if shift.strength > 0 else 0.0)


def _of_the_week(days: Sequence[Day], last: Day) -> Iterator[Finding]:
    """Signals of a week, against the weeks before. What the model makes is compared within one model."""
    now, blocks = _weeks(days, last)
    yield from _volume_of_week(now, blocks)
    yield from _rates(now, blocks, _RATES)
    yield from _mixes(now, blocks, ("channel", "length"))
    yield from _returns(now, blocks)
    if _is_of(last.model, now):
        same = [block for block in blocks if _is_of(last.model, block)]
        yield from _rates(now, same, _RATES_OF_MODEL)
        yield from _mixes(now, same, ("matter", "department"))
        yield from _departments(now, same)


def _volume_of_week(now: Sequence[Day], blocks: Sequence[Sequence[Day]]) -> Iterator[Finding]:
    """A change that is too small for a single day; weeks of public holidays are like no others."""
    like = [int(total(week, "petitions")) for week in blocks if _is_common(week)]
    if len(like) < FEWEST_BLOCKS or not _is_common(now):
        return
    shift = volume_shift(int(total(now, "petitions")), like)
    if shift.before < WEEK * FEWEST_A_BLOCK:
        return
    away = 1 - shift.now / shift.before
    yield Finding("week_low", "", "watch", shift, away / 0.3)
    yield Finding("week_high", "", "watch", shift, -away / 0.5)


def _is_common(week: Sequence[Day]) -> bool:
    return len(week) == WEEK and sum(day.workday for day in week) >= _WORKDAYS


def _is_of(model: str | None, days: Sequence[Day]) -> bool:
    return all(day.model in (None, model) for day in days)


def _weeks(days: Sequence[Day], last: Day) -> tuple[list[Day], list[list[Day]]]:
    """The week that a day ends, and the weeks before."""
    weeks: list[list[Day]] = [[] for _ in range(BLOCKS + 1)]
    for day in days:
        age = (last.day - day.day).days // WEEK
        if age <= BLOCKS:
            weeks[age].append(day)
    return weeks[0], [week for week in weeks[1:] if week]


def _rates(now: Sequence[Day], blocks: Sequence[Sequence[Day]], rates: Sequence[_Rate]) -> Iterator[Finding]:
    for rate in rates:
        own, *before = [(total(days, rate.part), total(days, rate.whole)) for days in (now, *blocks)]
        shift = _share(own, before, rate.prior)
        if shift is not None:
            size = rate.sign * (shift.now - shift.before) / rate.least
            yield Finding(rate.code, "", "alarm" if size >= rate.alarming else "watch", shift, size)


def _mixes(now: Sequence[Day], blocks: Sequence[Sequence[Day]], features: Sequence[str]) -> Iterator[Finding]:
    for feature in features:
        own, *before = [named_empty(mix(days, feature)) for days in (now, *blocks)]
        counted = [counts for counts in before if sum(counts.values()) >= FEWEST_A_BLOCK]
        if len(counted) >= FEWEST_BLOCKS and sum(own.values()) >= FEWEST_NOW:
            shift = mix_shift(own, counted)
            yield Finding("mix_changed", feature, "watch", shift, shift.now / SOME, STRONG_AMONG_MANY)


def _departments(now: Sequence[Day], blocks: Sequence[Sequence[Day]]) -> Iterator[Finding]:
    own, counted = mix(now, "department"), [mix(block, "department") for block in blocks]
    size, sizes = sum(own.values()), [sum(counts.values()) for counts in counted]
    for code in own.keys() | together(counted).keys():
        shift = _share((own[code], size), [(counts[code], n) for counts, n in zip(counted, sizes, strict=True)])
        if code and shift is not None:
            times = shift.now / max(shift.before, 1 / size)
            large = min((shift.now - shift.before) / 0.02, times / _TIMES)
            yield Finding("department_rose", code, "watch", shift, large, STRONG_AMONG_MANY)


def _returns(now: Sequence[Day], blocks: Sequence[Sequence[Day]]) -> Iterator[Finding]:
    """Units that send back much more of what they are sent than they did."""
    sent, back = together(day.sent for day in now), together(day.returned for day in now)
    earlier = [(together(day.sent for day in block), together(day.returned for day in block)) for block in blocks]
    for unit in sent.keys() | back.keys():
        counted = [(float(min(b[unit], s[unit])), float(s[unit])) for s, b in earlier if s[unit]]
        whole = max(sent[unit], back[unit])
        if len(counted) < FEWEST_BLOCKS or whole < _FEWEST_RETURNS:
            continue
        shift = share_shift((back[unit], whole), counted)
        enough = min(1.0, back[unit] / _FEWEST_RETURNS)
        size = min((shift.now - shift.before) / 0.1, enough)
        yield Finding("returns_rose", unit, "alarm", shift, size, STRONG_AMONG_MANY)


def _share(now: Count, blocks: Sequence[Count], prior: float = 1.0) -> Shift | None:
    """The shift of a share; None where too little is known."""
    kept = [block for block in blocks if block[1] >= FEWEST_A_BLOCK]
    if now[1] < FEWEST_NOW or len(kept) < FEWEST_BLOCKS:
        return None
    return share_shift(now, kept, prior=prior)


def _of(day: Day, reason: str) -> int:
    return day.reasons.get(reason, 0)


def _longer(day: Day, first: int) -> Count:
    return sum(n for code, n in day.of("length").items() if int(code) >= first), day.petitions

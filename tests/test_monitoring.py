"""The signals of monitoring over daily counts, and the alarms that they become."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from petition_nlp.expected import TOLERATED, expected_accuracy, gap_evidence
from petition_nlp.fall import LIMIT
from petition_nlp.monitoring.day import Day
from petition_nlp.monitoring.follow import AGAIN, CALM, Alarm, begun, broken_days, follow, is_forgotten
from petition_nlp.monitoring.gap import gap
from petition_nlp.monitoring.psi import EMPTY, named_empty, stability
from petition_nlp.monitoring.rising import CODE as WORDS
from petition_nlp.monitoring.shift import Shift, mix_shift, share_shift, volume_shift
from petition_nlp.monitoring.signals import NEEDED, Finding, arrivals, findings
from petition_nlp.monitoring.wording import TEXTS, told

FIRST = date(2026, 3, 2)
LAST = FIRST + timedelta(days=NEEDED - 1)


def usual(number: int, **values: Any) -> Day:
    """A day with a hundred petitions; even and odd ones differ a little."""
    day = Day(
        FIRST + timedelta(days=number),
        petitions=100 + number % 2,
        features={
            "matter": {"government": 90, "community": 10},
            "department": {"gas": 30 + number % 3, "housing": 70 - number % 3},
            "channel": {"热线": 80, "网站": 20},
            "length": {"1": 50, "2": 30, "3": 20},
        },
        review=30,
        reasons={"low_confidence": 30},
        confidence=80.0,
        unseen=10.0,
        read=100,
        decided=30,
        agreed=25,
        sent={"gas": 30, "housing": 70},
        returned={"housing": 2},
        models={"m": 100},
        requests=1000,
        slow=2,
    )
    return replace(day, **values)


QUIET = [usual(number) for number in range(NEEDED)]


def raised(days: Sequence[Day], **options: Any) -> set[tuple[str, str]]:
    return {(one.code, one.key) for one in findings(days, **options) if one.raises}


def last_week(change: Callable[[Day], dict[str, Any]]) -> list[Day]:
    return [*QUIET[:-7], *(replace(day, **change(day)) for day in QUIET[-7:])]


def last_day(**values: Any) -> list[Day]:
    return [*QUIET[:-1], replace(QUIET[-1], **values)]


def feature(day: Day, name: str, counts: dict[str, int]) -> dict[str, Any]:
    return {"features": {**day.features, name: counts}}


def test_nothing_is_said_of_days_like_any_other() -> None:
    assert raised(QUIET) == set()


def test_nothing_is_said_before_there_is_something_to_compare_with() -> None:
    assert findings([QUIET[0]]) == [] == findings([QUIET[0], replace(QUIET[1], garbled=100)])


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"reasons": {"empty": 20}}, "texts_empty"),
        ({"garbled": 15}, "texts_garbled"),
        (feature(QUIET[-1], "channel", {"": 60, "热线": 40}), "channel_missing"),
        (feature(QUIET[-1], "length", {"1": 100}), "texts_cut"),
        ({"petitions": 0, "features": {}, "read": 0, "decided": 0, "models": {}}, "volume_fell"),
        ({"petitions": 400}, "volume_rose"),
    ],
)
def test_a_single_day_shows_what_breaks_at_once(values: dict[str, Any], code: str) -> None:
    assert (code, "") in raised(last_day(**values))


@pytest.mark.parametrize(
    ("change", "what"),
    [
        (lambda day: feature(day, "department", {"gas": 60, "housing": 40}), ("department_rose", "gas")),
        (lambda day: feature(day, "channel", {"热线": 40, "网站": 60}), ("mix_changed", "channel")),
        (lambda day: {"confidence": 70.0}, ("expected_fell", "")),
        (lambda day: {"unseen": 14.0}, ("unseen_rose", "")),
        (lambda day: {"review": 60}, ("review_rose", "")),
        (lambda day: {"agreed": 12}, ("corrections_rose", "")),
        (lambda day: {"returned": {"gas": 20}}, ("returns_rose", "gas")),
        (lambda day: {"slow": 200}, ("answers_slow", "")),
        (lambda day: {"petitions": 50}, ("week_low", "")),
        (lambda day: {"petitions": 190}, ("week_high", "")),
    ],
)
def test_a_week_shows_what_changes(change: Callable[[Day], dict[str, Any]], what: tuple[str, str]) -> None:
    assert what in raised(last_week(change))


@pytest.mark.parametrize(
    "change",
    [
        lambda day: {"confidence": 90.0},
        lambda day: {"unseen": 6.0},
        lambda day: {"review": 10},
        lambda day: {"agreed": 30},
        lambda day: {"returned": {}},
    ],
)
def test_what_gets_better_is_no_alarm(change: Callable[[Day], dict[str, Any]]) -> None:
    assert raised(last_week(change)) == set()


def test_a_new_model_is_not_compared_with_the_old_one() -> None:
    changed = last_week(lambda day: {"confidence": 60.0, "review": 70, "models": {"new": 100}})
    assert raised(changed) == set()
    assert ("returns_rose", "gas") in raised(
        [replace(day, returned={"gas": 20}) if n >= 56 else day for n, day in enumerate(changed)]
    )


def test_a_week_of_holidays_is_not_compared() -> None:
    assert ("week_low", "") not in raised(last_week(lambda day: {"petitions": 50, "workday": False}))


def test_broken_days_are_left_out_of_what_comes_after_them() -> None:
    broken = last_week(lambda day: {**feature(day, "channel", {"": 100}), "confidence": 30.0})
    days = [*broken, *(usual(NEEDED + step) for step in range(7))]
    left_out = frozenset(day.day for day in broken[-7:])
    assert raised(days, broken=left_out) == set()
    assert raised(broken, broken=left_out) == {("channel_missing", "")}


def test_the_present_day_shows_only_whether_petitions_come_in_whole() -> None:
    half = last_day(petitions=50, features={"channel": {"": 50}, "length": {"1": 25, "2": 15, "3": 10}}, garbled=0)
    assert {one.code for one in arrivals(half) if one.raises} == {"channel_missing"}


FINDING = Finding("review_rose", "", "watch", Shift(0.3, 0.5, 8.0, 700), 4.0)
FAINT = replace(FINDING, shift=replace(FINDING.shift, strength=2.5), size=0.6)
GONE = replace(FINDING, shift=replace(FINDING.shift, strength=0.1), size=0.0)


def followed(*found: Finding) -> list[Alarm]:
    alarms: list[Alarm] = []
    for step, finding in enumerate(found):
        alarms = follow(alarms, [finding], FIRST + timedelta(days=step))
    return alarms


def test_an_alarm_begins_once_and_goes_on_while_something_of_it_is_left() -> None:
    [alarm] = followed(FINDING, FAINT, FINDING, FAINT)
    assert (alarm.since, alarm.last, alarm.over) == (FIRST, FIRST + timedelta(days=3), None)


def test_what_is_faint_begins_no_alarm() -> None:
    assert followed(FAINT, FAINT) == []


def test_an_alarm_is_over_after_some_calm_days_in_a_row() -> None:
    assert followed(FINDING, *[GONE] * (CALM - 1), FAINT, *[GONE] * (CALM - 1))[0].over is None
    assert followed(FINDING, *[GONE] * CALM)[0].over == FIRST + timedelta(days=CALM)


def test_what_comes_back_soon_is_the_same_alarm() -> None:
    [alarm] = followed(FINDING, *[GONE] * CALM, FAINT, FINDING)
    assert (alarm.since, alarm.over) == (FIRST, None)


def test_what_comes_back_late_is_a_new_one() -> None:
    [alarm] = followed(FINDING, *[GONE] * CALM)
    assert alarm.over is not None and is_forgotten(alarm, alarm.over + AGAIN)
    assert begun([alarm], [FINDING], LAST) == []
    assert [one.since for one in begun([], [FINDING], LAST)] == [LAST]


def test_an_alarm_keeps_the_gravest_level_that_it_had() -> None:
    grave = replace(FINDING, level="alarm")
    assert followed(FINDING, grave, FINDING)[0].finding.level == "alarm"


def test_days_of_a_broken_export_are_known_from_its_alarms() -> None:
    broken = Alarm(FIRST, FIRST + timedelta(days=2), replace(FINDING, code="texts_cut"))
    assert broken_days([broken, Alarm(FIRST, LAST, FINDING)]) == {FIRST + timedelta(days=step) for step in range(3)}


def test_strength_counts_what_varies_by_itself() -> None:
    steady = [(30.0, 100.0)] * 8
    restless = [(20.0, 100.0), (40.0, 100.0)] * 4
    assert share_shift((45.0, 100.0), steady).strength > 2 * share_shift((45.0, 100.0), restless).strength
    calm = [{"a": 50, "b": 50}] * 8
    moving = [{"a": 30, "b": 70}, {"a": 70, "b": 30}] * 4
    assert mix_shift({"a": 70, "b": 30}, calm).strength > 2 > mix_shift({"a": 70, "b": 30}, moving).strength
    assert volume_shift(0, [100] * 8).strength < volume_shift(0, [10, 200] * 4).strength < 0


def test_quiet_shares_are_rarely_strong() -> None:
    random = np.random.default_rng(0)
    counts = random.binomial(200, 0.3, (2000, 9)).astype(float)
    strengths = [share_shift((row[0], 200.0), [(k, 200.0) for k in row[1:]]).strength for row in counts]
    assert 0.8 < np.std(strengths) < 1.2
    assert np.quantile(np.abs(strengths), 0.99) < 3.5


def test_what_has_no_class_is_not_taken_for_the_rest() -> None:
    index = stability(named_empty({"": 100, "a": 100}), named_empty({"": 20, "a": 180}))
    assert {part.code for part in index.parts} == {EMPTY, "a"}


@pytest.mark.parametrize("code", TEXTS)
def test_every_alarm_says_what_was_seen_and_what_to_do(code: str) -> None:
    shift = Shift(0.1, 0.3, 6.0, 700, stability({"a": 90, "b": 10}, {"a": 10, "b": 90}).parts)
    words = told(code, "燃气管理部门", shift, {"a": "甲"})
    assert words.title and words.todo and "{" not in words.title + words.seen + words.todo


def test_every_signal_has_words() -> None:
    codes = {one.code for one in findings(last_day(garbled=1))} | {gap([[(0.9, False)] * 40]).code}  # type: ignore[union-attr]
    assert codes | {WORDS} == TEXTS.keys()


def test_expected_accuracy_is_the_mean_confidence() -> None:
    found = expected_accuracy(80.0, 100)
    assert found is not None and found.low < found.share == 0.8 < found.high
    assert expected_accuracy(0.0, 0) is None


def test_verdicts_as_the_confidence_says_are_no_evidence() -> None:
    random = np.random.default_rng(1)
    confidence = random.uniform(0.7, 1.0, (60, 12, 40))
    odds = TOLERATED * (1 - confidence) / confidence
    right = random.random(confidence.shape) < 1 / (1 + odds)
    reached = [
        gap_evidence([list(zip(c, r, strict=True)) for c, r in zip(cs, rs, strict=True)]) >= LIMIT
        for cs, rs in zip(confidence, right, strict=True)
    ]
    assert np.mean(reached) <= 0.05


def test_verdicts_against_the_confidence_are_an_alarm() -> None:
    found = gap([[(0.95, number % 3 > 0) for number in range(60)]])
    assert found is not None and found.raises
    assert (found.shift.before, found.shift.size) == (pytest.approx(0.95), 60)
    better = gap([[(0.7, True)] * 60])
    assert better is not None and not better.raises
    assert gap([[(0.95, False)] * 10]) is None

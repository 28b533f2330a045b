"""Words that rise together, over petitions whose words are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest

from petition_nlp.monitoring.follow import Alarm, follow
from petition_nlp.monitoring.rising import LEAST, Counted, Said, counted, known_words, rising, words_of

FIRST = date(2026, 3, 2)
USUAL = [["路灯", "不亮"], ["水管", "爆裂"], ["油烟", "烧烤"], ["停车", "占道"]]
NEW = ["网约车", "派单"]


def days(number: int, *, new: int = 0, only: int | None = None) -> list[Said]:
    """So many days of 40 petitions each, and of some more a day of a new kind; ``only``: on that day alone."""
    found = []
    for step in range(number):
        day = FIRST + timedelta(days=step)
        found += [Said(day, frozenset(USUAL[n % 4])) for n in range(40)]
        found += [Said(day, frozenset({*NEW, f"别的{step}{n}"})) for n in range(new if only in (None, step) else 0)]
    return found


BEFORE = [counted(days(7)) for _ in range(8)]


def raised(now: Sequence[Said], before: Sequence[Counted] = BEFORE, known: Sequence[str] = ()) -> list[str]:
    return [finding.key for finding in rising(now, before, known) if finding.raises]


def test_a_new_kind_is_one_finding_of_all_its_words() -> None:
    [finding] = rising(days(7, new=2), BEFORE)
    assert finding.raises and finding.level == "watch"
    assert {part.code for part in finding.shift.parts} == set(NEW)
    assert finding.shift.size == 294 and finding.shift.now == pytest.approx(14 / 294)


@pytest.mark.parametrize(
    "now",
    [
        days(7),
        days(7, new=1),
        days(7, new=20, only=3),
        [*days(7), *(Said(FIRST + timedelta(days=n % 7), frozenset(NEW)) for n in range(20))],
    ],
    ids=["nothing", "hardly anybody", "a single day", "copies of one text"],
)
def test_nothing_is_said_of(now: Sequence[Said]) -> None:
    assert raised(now) == []


def test_what_everybody_suddenly_says_is_how_messages_are_taken_down() -> None:
    assert raised([replace(said, words=said.words | {"来电"}) for said in days(7)]) == []


@pytest.mark.parametrize(("now", "before"), [(days(7, new=3)[:25], BEFORE), (days(7, new=3), BEFORE[:3])])
def test_little_is_not_compared(now: Sequence[Said], before: Sequence[Counted]) -> None:
    assert rising(now, before) == []


def test_a_missing_day_or_week_raises_nothing() -> None:
    assert raised([said for said in days(7) if said.day != FIRST]) == []
    assert raised(days(7), [*BEFORE[:4], counted(days(2)), Counted(0, {}), *BEFORE[6:]]) == []


def test_words_that_always_come_back_are_not_new() -> None:
    restless = [counted(days(7, new=3 * (number % 2))) for number in range(8)]
    assert raised(days(7, new=2), restless) == []


def test_what_rises_with_a_known_word_is_the_same_alarm() -> None:
    [first] = rising(days(7, new=2), BEFORE)
    alarms: list[Alarm] = follow([], [first], FIRST)
    [other] = {*NEW} - {first.key}
    for key in (first.key, other):
        known = [replace(alarm, finding=replace(alarm.finding, key=key)) for alarm in alarms]
        found = rising(days(7, new=3), BEFORE, known_words(known))
        assert len(follow(known, found, FIRST + timedelta(days=1))) == 1


def test_an_alarm_is_over_when_the_words_are_usual() -> None:
    alarms = follow([], rising(days(7, new=2), BEFORE), FIRST)
    used = [counted(days(7, new=2)) for _ in range(8)]
    for step in range(1, 5):
        alarms = follow(alarms, rising(days(7, new=2), used, known_words(alarms)), FIRST + timedelta(days=step))
    assert alarms[0].over is not None


def test_words_that_hardly_anybody_used_are_not_kept() -> None:
    kept = counted([Said(FIRST, frozenset({"路灯"}))] * LEAST + [Said(FIRST, frozenset({"离婚"}))])
    assert (kept.petitions, kept.words) == (LEAST + 1, {"路灯": LEAST})


def test_names_numbers_and_places_are_no_words() -> None:
    text = "我叫王秀兰，住临江市和平路阳光花园3栋402，电话13812345678，车牌琼A12345，楼下烧烤油烟太大"
    words = words_of(text)
    assert {"烧烤", "油烟"} <= words
    assert not words & {"王秀兰", "秀兰", "临江", "临江市", "和平", "和平路", "阳光", "阳光花园"}
    assert not any(char.isascii() for word in words for char in word)

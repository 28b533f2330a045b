"""What retraining learns from: labels by strength and age, and rows that it must not learn."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from petition_nlp.errors import InputError
from petition_nlp.strengths import WEIGHTS, Strength
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.labels import Material, Reading, aged, held_out, together, without_copies

READING = Reading(heads=("department", "matter"), taxonomy=Taxonomy.load())


def write(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def label(number: int, strength: str, department: str = "gas", day: str = "2026-10-05") -> dict[str, Any]:
    return {
        "id": f"p{number}",
        "text": f"第{number}件：燃气管道漏气",
        "department": department,
        "matter": None,
        "strength": strength,
        "decided": f"{day}T08:00:00.000+08:00",
        "received": "2020-01-01T08:00:00.000+08:00",
    }


def test_the_strongest_label_of_a_message_wins_then_the_last(tmp_path: Path) -> None:
    first = write(tmp_path / "1.jsonl", label(1, "final_unit", "gas"), label(2, "corrected", "gas"))
    second = write(
        tmp_path / "2.jsonl",
        label(1, "accepted", "taxation", "2026-11-01"),
        label(2, "corrected", "education", "2026-11-01"),
        label(3, "blind"),
    )
    found = READING.labels([first, second])
    assert found.ids == ("p1", "p2", "p3")
    assert found.corpus.labels["department"] == ("gas", "education", "gas")
    assert found.strengths == (Strength.FINAL_UNIT, Strength.CORRECTED, Strength.BLIND)
    assert found.corpus.weights == tuple(WEIGHTS[own] for own in found.strengths if own)
    assert found.dates == (date(2026, 10, 5), date(2026, 11, 1), date(2026, 10, 5))


def test_strengths_weigh_as_they_are_told_to(tmp_path: Path) -> None:
    path = write(tmp_path / "1.jsonl", label(1, "accepted"))
    reading = Reading(READING.heads, READING.taxonomy, weights={**WEIGHTS, Strength.ACCEPTED: 0.05})
    assert reading.labels([path]).corpus.weights == (0.05,)


def test_a_strength_that_is_none_is_told_with_its_place(tmp_path: Path) -> None:
    path = write(tmp_path / "1.jsonl", label(1, "guessed"))
    with pytest.raises(InputError, match="第 1 行"):
        READING.labels([path])


def test_history_and_labels_may_name_their_columns_differently(tmp_path: Path) -> None:
    old = {"编号": "x", "诉求内容": "停电两天", "责任部门": "供电企业", "受理时间": "2025/3/4"}
    history = READING.history([write(tmp_path / "old.jsonl", old)])
    labels = READING.labels([write(tmp_path / "new.jsonl", label(1, "blind"))])
    both = together(history, labels, heads=READING.heads)
    assert both.corpus.labels["department"] == ("electricity", "gas")
    assert both.dates == (date(2025, 3, 4), date(2026, 10, 5))
    assert both.by_strength() == {"history": 1, "blind": 1}


def test_a_slip_in_a_year_does_not_make_all_others_old(tmp_path: Path) -> None:
    rows = [label(1, "blind"), label(2, "blind"), label(3, "blind", day="2099-10-05")]
    found = READING.labels([write(tmp_path / "1.jsonl", *rows)])
    assert (found.dates[2], found.newest) == (None, date(2026, 10, 5))
    assert aged(found, half_life=180).corpus.weights == (1.0, 1.0, 1.0)


def test_an_order_of_the_past_that_has_a_label_stands_only_with_it(tmp_path: Path) -> None:
    old = write(tmp_path / "old.jsonl", *({**label(n, ""), "department": "taxation"} for n in (1, 2)))
    labels = READING.labels([write(tmp_path / "new.jsonl", label(1, "corrected"))])
    both = together(READING.history([old]), labels, heads=READING.heads)
    assert both.ids == ("p2", "p1")
    assert both.corpus.labels["department"] == ("taxation", "gas")


def material(days: list[date | None], strength: Strength | None = None) -> Material:
    rows = [label(number, "") for number in range(len(days))]
    corpus = READING.history([write(Path("rows.jsonl"), *rows)]).corpus
    return Material(corpus, tuple(days), (strength,) * len(days))


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_recent_rows_weigh_more() -> None:
    today = date(2026, 11, 30)
    weights = aged(
        material([today, today - timedelta(180), today - timedelta(360), None]), half_life=180
    ).corpus.weights
    assert [weight / weights[0] for weight in weights] == pytest.approx([1, 0.5, 0.25, 0.25])
    assert sum(weights) / len(weights) == pytest.approx(1)


@pytest.mark.parametrize(("days", "half_life"), [([date(2026, 1, 1), date(2020, 1, 1)], None), ([None, None], 180.0)])
def test_without_ages_all_rows_weigh_the_same(days: list[date | None], half_life: float | None) -> None:
    assert aged(material(days), half_life=half_life).corpus.weights == (1.0, 1.0)


DAYS: list[date | None] = [date(2000, 1, 1) + timedelta(number) for number in range(2400)]


@pytest.fixture
def small_office(monkeypatch: pytest.MonkeyPatch) -> None:
    """300 rows are enough to hold out."""
    monkeypatch.setattr("petition_nlp.training.labels._CALIB_ROWS", (300, 3000))


def with_labels(count: int, strength: Strength) -> Material:
    """A long history of which so many of the latest are labels."""
    found = material(DAYS)
    past = len(DAYS) - count
    return Material(found.corpus, found.dates, (None,) * past + (strength,) * count)


@pytest.mark.usefixtures("small_office")
def test_the_latest_orders_of_the_past_calibrate() -> None:
    rest, calib = held_out(with_labels(200, Strength.REVIEWED))
    assert calib is not None
    assert (len(rest), len(calib)) == (2040, 360)
    assert calib.dates == tuple(DAYS[1840:2200])
    assert rest.strengths.count(Strength.REVIEWED) == 200


@pytest.mark.usefixtures("small_office")
def test_labels_are_learnt_and_never_held_out() -> None:
    found = with_labels(1900, Strength.REVIEWED)
    assert held_out(found) == (found, None)


@pytest.mark.usefixtures("small_office")
def test_what_was_held_out_is_learnt_by_the_next_model() -> None:
    found = with_labels(1, Strength.ACCEPTED)
    rest, calib = held_out(found)
    assert calib is not None
    assert rest.learnt_until == DAYS[2038]
    assert min(day for day in calib.dates if day is not None) == DAYS[2039]
    assert len(found.after(rest.learnt_until)) == 361


def test_too_few_rows_are_not_held_out() -> None:
    found = material(DAYS)
    assert held_out(found) == (found, None)


def test_what_is_known_because_the_model_was_right_or_wrong_does_not_calibrate() -> None:
    found = material([date(2026, 1, 1)] * 6)
    strengths = (None, *Strength)
    assert Material(found.corpus, found.dates, strengths).calibrates.tolist() == [True, False, True, True, True, False]


def test_copies_of_measured_messages_are_dropped_masked_or_not(tmp_path: Path) -> None:
    text = "我叫李桂芳，电话13800138000，幸福路路口的红绿灯坏了三天没有人来修，请派人去看一看"
    masked = "我叫[姓名]，电话[手机号]，幸福路路口的红绿灯坏了三天，没有人来修，请派人去看一看。"
    rows = [{**label(1, ""), "text": masked}, label(2, "")]
    found = READING.history([write(tmp_path / "rows.jsonl", *rows)])
    kept, dropped = without_copies(found, [text])
    assert (kept.ids, dropped) == (("p2",), 1)

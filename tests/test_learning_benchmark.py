"""The bookkeeping of benchmarks/learning.py: what a city knows, when it knows it, and what is counted."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from petition_nlp.strengths import Strength

_BENCHMARKS = Path(__file__).resolve().parents[1] / "benchmarks"
FIRST = date(2026, 1, 1)


@pytest.fixture(scope="module")
def city() -> ModuleType:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(_BENCHMARKS))
        import learning_city
    return learning_city


def orders(city: ModuleType, departments: Sequence[str], *, month: int = 1) -> list[Any]:
    """One order a day."""
    first = FIRST.replace(month=month)
    return [
        city.Order(f"{month}-{number}", f"第 {number} 件", department, first + timedelta(number))
        for number, department in enumerate(departments)
    ]


def said(city: ModuleType, departments: Sequence[str], *, automatic: bool) -> list[Any]:
    return [city.Said(department, automatic) for department in departments]


def strengths(labels: Sequence[Any]) -> list[Strength]:
    return [own.strength for own in labels]


def test_what_people_review_is_known_with_its_true_department(city: ModuleType) -> None:
    labels = city.People().labels(orders(city, ["gas", "water"]), said(city, ["gas", "gas"], automatic=False))
    assert [(own.department, own.strength) for own in labels] == [("gas", "reviewed"), ("water", "corrected")]
    assert [own.decided for own in labels] == [FIRST, FIRST + timedelta(1)]


def test_what_goes_out_by_itself_is_known_only_if_it_comes_back_or_is_judged(city: ModuleType) -> None:
    many = orders(city, ["gas"] * 2000)
    right = city.People(blind=0.1).labels(many, said(city, ["gas"] * 2000, automatic=True))
    assert set(strengths(right)) == {Strength.BLIND}
    assert len(right) == pytest.approx(200, abs=50)
    wrong = city.People(blind=0.0).labels(many, said(city, ["water"] * 2000, automatic=True))
    assert set(strengths(wrong)) == {Strength.FINAL_UNIT}
    assert len(wrong) == pytest.approx(1400, abs=90)
    assert {own.department for own in wrong} == {"gas"}
    assert wrong[0].decided == wrong[0].order.day + timedelta(7)


def test_an_orders_luck_does_not_depend_on_the_model(city: ModuleType) -> None:
    many, people = orders(city, ["gas"] * 500), city.People(blind=0.1)
    first, second = (people.labels(many, said(city, [name] * 500, automatic=True)) for name in ("gas", "water"))
    blind = [{own.order.id for own in part if own.strength is Strength.BLIND} for part in (first, second)]
    assert blind[0] == blind[1]


def test_a_month_is_counted(city: ModuleType) -> None:
    own = orders(city, ["gas", "gas", "water", "other"])
    says = [*said(city, ["gas", "water"], automatic=False), *said(city, ["water", "gas"], automatic=True)]
    labels = [city.Label(own[2], "water", Strength.BLIND, FIRST)]
    month = city.counted("1", own, says, labels, "other")
    assert (month.orders, month.known, month.right) == (4, 3, 2)
    assert (month.people, month.automatic, month.precise) == (3, 2, 1)
    assert month.labels == {"blind": 1}


def test_a_mistaken_team_touches_its_department_and_no_other_peoples_labels(city: ModuleType) -> None:
    own = orders(city, ["gas", "water", "gas"])
    kinds = (Strength.REVIEWED, Strength.REVIEWED, Strength.BLIND)
    labels = [city.Label(order, order.department, kind, FIRST) for order, kind in zip(own, kinds, strict=True)]
    found = city.mistaken_team("gas", "water")(labels)
    assert [(own.department, own.strength) for own in found] == [
        ("water", "corrected"),
        ("water", "reviewed"),
        ("gas", "blind"),
    ]


def test_a_shifted_export_moves_what_clerks_decided_by_a_row(city: ModuleType) -> None:
    own = orders(city, ["gas", "water", "heat", "tax"])
    kinds = (Strength.REVIEWED, Strength.BLIND, Strength.CORRECTED, Strength.REVIEWED)
    labels = [city.Label(order, order.department, kind, FIRST) for order, kind in zip(own, kinds, strict=True)]
    assert [own.department for own in city.shifted_export(labels)] == ["tax", "water", "gas", "heat"]
    assert city.shifted_export([]) == []


@dataclass
class Improving:
    """A model is the number of its month, and reviews everything; keeps what it was given."""

    city: ModuleType
    automatic: bool = False
    given: list[tuple[int, list[Any], list[Any]]] = field(default_factory=list)

    def said(self, model: int, orders: Sequence[Any]) -> list[Any]:
        return [self.city.Said(order.department if model else "", self.automatic) for order in orders]

    def next(self, model: int, labels: Sequence[Any], blind: Sequence[Any], name: str) -> int:
        self.given.append((model, list(labels), list(blind)))
        return model + 1


def test_months_are_routed_by_the_model_that_was_there_before_them(city: ModuleType) -> None:
    months = {str(month): orders(city, ["gas", "water"], month=month) for month in (1, 2, 3)}
    learner = Improving(city)
    lived = city.replay(months, learner, 0, city.People(), poison={"2": city.mistaken_team("gas", "water")})
    assert [(own.model, own.month.accuracy) for own in lived] == [(0, 0.0), (1, 1.0), (2, 1.0)]
    assert [len(labels) for _, labels, _ in learner.given] == [2, 4]
    assert [own.department for own in learner.given[1][1]] == ["gas", "water", "water", "water"]


def test_only_what_is_decided_by_the_end_of_a_month_is_learnt_after_it(city: ModuleType) -> None:
    months = {str(month): orders(city, ["gas"] * 10, month=month) for month in (1, 2)}
    learner = Improving(city, automatic=True)
    city.replay(months, learner, 0, city.People(blind=0.0, returned=1.0), poison={})
    [(_, labels, _)] = learner.given
    assert [own.order.id for own in labels] == ["1-0", "1-1", "1-2"]


def test_blind_verdicts_measure_for_some_months(city: ModuleType) -> None:
    months = {str(month): orders(city, ["gas"], month=month) for month in (1, 2, 3, 4)}
    learner = Improving(city, automatic=True)
    city.replay(months, learner, 0, city.People(blind=1.0), poison={}, memory=2)
    assert [[own.order.id for own in blind] for _, _, blind in learner.given] == [
        ["1-0"],
        ["1-0", "2-0"],
        ["2-0", "3-0"],
    ]
    assert [len(labels) for _, labels, _ in learner.given] == [1, 2, 3]

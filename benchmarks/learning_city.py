"""A city that routes its hotline's months with a model, and what its people's work tells of where orders belong."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Generic, Protocol, TypeVar

from petition_nlp.strengths import Strength

Model = TypeVar("Model")


@dataclass(frozen=True, slots=True)
class Order:
    """A message, and where it really went."""

    id: str
    text: str
    department: str
    day: date


@dataclass(frozen=True, slots=True)
class Said:
    """What the model says of an order, and whether it goes there without a person."""

    department: str
    automatic: bool


@dataclass(frozen=True, slots=True)
class Label:
    """Where people say that an order belongs."""

    order: Order
    department: str
    strength: Strength
    decided: date


@dataclass(frozen=True)
class People:
    """What people see of the orders. Each order has its own luck, the same whichever model routes it.

    :param blind: share of the automatic orders that are judged blindly. :param returned: share of the wrong ones that
        the unit sends back; :param after: days until the right one has it.
    """

    seed: int = 0
    blind: float = 0.02
    returned: float = 0.7
    after: int = 7

    def sees(self, order: Order, said: Said) -> Strength | None:
        """How it becomes known where an order belongs; None where it does not."""
        right = said.department == order.department
        if not said.automatic:
            return Strength.REVIEWED if right else Strength.CORRECTED
        luck = random.Random(f"{self.seed} {order.id}")
        if luck.random() < self.blind:
            return Strength.BLIND
        return Strength.FINAL_UNIT if luck.random() < self.returned and not right else None

    def labels(self, orders: Sequence[Order], said: Sequence[Said]) -> list[Label]:
        """What is known in the end of a month's orders."""
        found = []
        for order, own in zip(orders, said, strict=True):
            strength = self.sees(order, own)
            if strength is not None:
                days = self.after if strength is Strength.FINAL_UNIT else 0
                found.append(Label(order, order.department, strength, order.day + timedelta(days)))
        return found


Poison = Callable[[Sequence[Label]], list[Label]]
"""What goes wrong with the labels of a month; blind verdicts and returns are other people's."""

_BY_CLERKS = frozenset({Strength.REVIEWED, Strength.CORRECTED})


def mistaken_team(true: str, wrong: str) -> Poison:
    """Who reviews sends all orders of one department to another, which keeps them."""

    def poison(labels: Sequence[Label]) -> list[Label]:
        return [
            replace(own, department=wrong, strength=Strength.CORRECTED)
            if own.department == true and own.strength in _BY_CLERKS
            else own
            for own in labels
        ]

    return poison


def shifted_export(labels: Sequence[Label]) -> list[Label]:
    """Each reviewed order gets the department of the one before."""
    moved = [row for row, own in enumerate(labels) if own.strength in _BY_CLERKS]
    found = list(labels)
    for row, before in zip(moved, [moved[-1], *moved[:-1]] if moved else (), strict=True):
        found[row] = replace(labels[row], department=labels[before].department)
    return found


@dataclass(frozen=True)
class Month:
    """What happened in one month.

    :param known: orders of departments that the directory has; :param right: of them, with the right suggestion.
    :param people: orders that a person looks at, the blindly judged ones among them.
    :param automatic: orders that went out by themselves; :param precise: of them, to the right department.
    """

    name: str
    orders: int
    known: int
    right: int
    people: int
    automatic: int
    precise: int
    labels: Mapping[str, int]

    @property
    def accuracy(self) -> float:
        return self.right / self.known

    @property
    def review(self) -> float:
        return self.people / self.orders

    @property
    def precision(self) -> float | None:
        return self.precise / self.automatic if self.automatic else None


def counted(name: str, orders: Sequence[Order], said: Sequence[Said], labels: Sequence[Label], other: str) -> Month:
    """Count a month; ``other`` stands for all units that the directory does not have."""
    pairs = list(zip(orders, said, strict=True))
    strengths = [own.strength for own in labels]
    blind = sum(own.strength is Strength.BLIND for own in labels)
    return Month(
        name,
        orders=len(orders),
        known=sum(order.department != other for order in orders),
        right=sum(order.department == own.department != other for order, own in pairs),
        people=sum(not own.automatic for own in said) + blind,
        automatic=sum(own.automatic for own in said),
        precise=sum(own.automatic and order.department == own.department for order, own in pairs),
        labels={strength: strengths.count(strength) for strength in Strength if strength in strengths},
    )


class Learner(Protocol[Model]):
    """Makes models and lets them speak."""

    def said(self, model: Model, orders: Sequence[Order]) -> list[Said]:
        """What a model says."""

    def next(self, model: Model, labels: Sequence[Label], blind: Sequence[Label], name: str) -> Model:
        """The model that takes over after a month: a candidate, or the same as before.

        :param blind: verdicts of the last months, to compare with and not to learn from.
        """


@dataclass(frozen=True)
class Lived(Generic[Model]):
    """A month with the model that routed it."""

    month: Month
    model: Model


def replay(
    months: Mapping[str, Sequence[Order]],
    learner: Learner[Model],
    first: Model,
    people: People,
    *,
    poison: Mapping[str, Poison],
    memory: int = 3,
    other: str = "other",
) -> list[Lived[Model]]:
    """Live through months: route each with the model in use, then retrain on what people have decided until then.

    :param poison: name of a month → what goes wrong in it. :param memory: months whose blind verdicts measure.
    """
    model, labels, lived = first, list[Label](), list[Lived[Model]]()
    ends = [max(order.day for order in orders) for orders in months.values()]
    for number, (name, orders) in enumerate(months.items()):
        said = learner.said(model, orders)
        found = people.labels(orders, said)
        lived.append(Lived(counted(name, orders, said, found, other), model))
        labels += poison.get(name, list)(found)
        if number + 1 == len(months):
            break
        known = [own for own in labels if own.decided <= ends[number]]
        since = ends[number - memory] if number >= memory else date.min
        blind = [own for own in known if own.strength is Strength.BLIND and own.decided > since]
        model = learner.next(model, known, blind, name)
    return lived

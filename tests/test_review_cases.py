"""The default model's reasons for a review, on invented cases that nobody tunes on.

A failure prints counts only, so that these cases stay unread while thresholds are chosen.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from petition_nlp import Route, Router

_CASES = [Path(__file__).parent / "data" / name for name in ("review_cases.jsonl", "more_review_cases.jsonl")]
_TUNING = Path(__file__).parent.parent / "data" / "training" / "review_tuning.jsonl"
_REASONS = ("unclear", "several_matters", "out_of_domain", "very_short", "emergency")
_RECALL = 0.8
_FALSE_ALARMS = 0.2
# One matter told with other departments, further details and enumerations is hard to tell from several: these cases
# were written to mislead. On the hotline's dev orders the reason hardly fires at all (benchmarks/review.py).
_FALSE_ALARMS_OF = {"several_matters": 0.3}


@dataclass(frozen=True)
class _Case:
    reason: str
    expected: bool
    lines: tuple[str, ...]
    route: Route

    @property
    def raised(self) -> bool:
        if self.reason == "emergency":
            return self.route.emergency is not None
        return self.reason in {reason.code for reason in self.route.review.reasons}


@pytest.fixture(scope="module")
def cases() -> list[_Case]:
    raw = [json.loads(line) for path in _CASES for line in path.read_text(encoding="utf-8").splitlines()]
    routes = Router.load().route([case["text"] for case in raw])
    return [
        _Case(case["reason"], case["expected"], tuple(case.get("lines_ok", ())), route)
        for case, route in zip(raw, routes, strict=True)
    ]


def _without_the_head() -> Router:
    router = Router.load()
    heads = {name: head for name, head in router.loaded.heads.items() if name != "several"}
    return replace(router, loaded=replace(router.loaded, heads=heads))


def _share(cases: list[_Case], test: Callable[[_Case], bool]) -> tuple[float, str]:
    hits = sum(test(case) for case in cases)
    return hits / len(cases), f"{hits} of {len(cases)}"


@pytest.mark.parametrize("reason", _REASONS)
def test_a_reason_is_raised_where_it_is_due(cases: list[_Case], reason: str) -> None:
    due = [case for case in cases if case.reason == reason and case.expected]
    assert len(due) >= 30
    recall, counts = _share(due, lambda case: case.raised)
    assert recall >= _RECALL, f"{reason}: raised for {counts} that call for it"


def test_announced_matters_are_told_from_one_matter_told_at_length() -> None:
    """By the rules of a model without the head for it, on the cases that they were tuned on."""
    raw = [json.loads(line) for line in _TUNING.read_text(encoding="utf-8").splitlines()]
    tuned = [case for case in raw if case["reason"] == "several_matters"]
    raised = [
        any(reason.code == "several_matters" for reason in route.review.reasons)
        for route in _without_the_head().route([case["text"] for case in tuned])
    ]
    due = [hit for hit, case in zip(raised, tuned, strict=True) if case["expected"]]
    not_due = [hit for hit, case in zip(raised, tuned, strict=True) if not case["expected"]]
    assert min(len(due), len(not_due)) >= 30
    assert sum(due) >= _RECALL * len(due)
    assert sum(not_due) <= _FALSE_ALARMS * len(not_due)


@pytest.mark.parametrize("reason", _REASONS)
def test_a_reason_is_not_raised_where_it_only_looks_due(cases: list[_Case], reason: str) -> None:
    not_due = [case for case in cases if case.reason == reason and not case.expected]
    assert len(not_due) >= 30
    alarms, counts = _share(not_due, lambda case: case.raised)
    assert alarms <= _FALSE_ALARMS_OF.get(reason, _FALSE_ALARMS), (
        f"{reason}: raised for {counts} that do not call for it"
    )


def test_an_emergency_is_given_to_a_line_that_takes_it(cases: list[_Case]) -> None:
    found = [case for case in cases if case.reason == "emergency" and case.expected and case.route.emergency]
    right, counts = _share(
        found, lambda case: case.route.emergency is not None and case.route.emergency.line in case.lines
    )
    assert right >= _RECALL, f"a fitting line for {counts}"


@pytest.mark.parametrize("reason", [reason for reason in _REASONS if reason != "emergency"])
def test_a_case_that_calls_for_a_person_gets_one(cases: list[_Case], reason: str) -> None:
    due = [case for case in cases if case.reason == reason and case.expected]
    reviewed, counts = _share(due, lambda case: case.route.review.required)
    assert reviewed >= 0.9, f"{reason}: review for {counts}"

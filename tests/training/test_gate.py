"""Planted candidates: better, worse, better but ruinous for one department, more work, less precise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from toy import TAXONOMY, toy_model

from petition_nlp.policy import Policy
from petition_nlp.router import Router
from petition_nlp.training.answers import Answers, Sample
from petition_nlp.training.gate import Comparison, GateOptions, compare

ROUTER = Router(toy_model("department", "matter"), TAXONOMY, Policy.load())
LABELS = ("traffic_police", "electricity", "education", "gas", "taxation")
ROWS = 600
TRUTH = [LABELS[row % len(LABELS)] for row in range(ROWS)]

Flags = NDArray[np.bool_]


def flags(*wrong: range) -> Flags:
    """Right on all rows but some."""
    found = np.ones(ROWS, dtype=bool)
    for part in wrong:
        found[list(part)] = False
    return found


def sample(
    current: Flags, candidate: Flags, *, matters: tuple[Flags, Flags] | None = None, name: str = "frozen"
) -> Sample:
    first, second = matters or (flags(), flags())
    return Sample(
        name,
        {"department": TRUTH, "matter": ["government"] * ROWS},
        {"department": frozenset(), "matter": frozenset()},
        np.arange(ROWS),
        Answers({"department": current, "matter": first}, flags(range(200))),
        Answers({"department": candidate, "matter": second}, flags(range(200))),
    )


def judged(*samples: Sample, uses: int = 1, candidate: Router = ROUTER, **options: float) -> Comparison:
    return compare(ROUTER, candidate, samples, replace(GateOptions(), **options), uses=uses)


def failed(found: Comparison) -> set[str]:
    return {check.name for check in found.checks if not check.passed}


BETTER = sample(flags(range(0, 120)), flags(range(0, 60)))


def test_a_better_candidate_is_promoted() -> None:
    found = judged(BETTER)
    assert found.promote
    assert [check.name for check in found.checks] == [
        "heads",
        "frozen.department",
        "frozen.matter",
        "better",
        "departments",
        "review",
        "precision",
    ]


def test_a_worse_candidate_is_not() -> None:
    assert {"frozen.department", "better"} <= failed(judged(sample(flags(range(0, 60)), flags(range(0, 120)))))


def test_an_equal_candidate_is_not_better() -> None:
    assert failed(judged(sample(flags(range(0, 60)), flags(range(0, 60))))) == {"better"}


def test_a_gain_within_chance_is_not_better() -> None:
    assert failed(judged(sample(flags(range(0, 30)), flags(range(3, 30), range(100, 102))))) == {"better"}


def test_a_candidate_that_ruins_one_department_is_not_promoted() -> None:
    found = judged(sample(flags(range(0, 120)), flags(range(3, 200, 5))))
    assert failed(found) == {"departments"}
    assert found.departments[0].department == "gas"
    assert any("燃气" in check.text and "超出偶然" in check.text for check in found.checks)


def test_a_fall_that_may_be_chance_is_a_warning() -> None:
    others = [range(start, 120, 5) for start in (0, 1, 2)]
    found = judged(sample(flags(*others, range(3, 43, 5)), flags(range(303, 383, 5))))
    assert found.promote
    assert any("可能是偶然" in warning for warning in found.warnings)


def test_a_loss_of_matters_is_not_made_good_by_departments() -> None:
    matters = flags(), flags(range(40))
    worse = sample(flags(range(0, 120)), flags(range(0, 60)), matters=matters)
    assert failed(judged(worse)) == {"frozen.matter"}


def test_a_frozen_set_that_is_too_small_says_how_large_it_should_be() -> None:
    changed = flags(range(0, 40)), flags(range(20, 60))
    found = judged(sample(flags(range(0, 120)), flags(range(0, 60)), matters=changed))
    assert failed(found) == {"frozen.matter"}
    assert "行才能排除" in found.checks[2].text


def test_a_loss_on_the_blind_sample_is_not_made_good_by_the_frozen_set() -> None:
    blind = sample(flags(), flags(range(0, 30)), name="blind")
    assert "blind.department" in failed(judged(BETTER, blind))
    assert judged(BETTER, sample(flags(range(4)), flags(range(2, 8)), name="blind")).promote


def test_more_work_for_people_is_not_better() -> None:
    tired = replace(BETTER, candidate=replace(BETTER.candidate, automatic=flags(range(260))))
    assert failed(judged(tired)) == {"review"}
    assert judged(tired, review_margin=0.2).promote


def test_what_goes_out_without_a_person_keeps_the_target() -> None:
    careless = Answers({"department": flags(range(400, 500)), "matter": flags()}, flags(range(200)))
    before = Answers({"department": flags(range(0, 160)), "matter": flags()}, flags(range(200)))
    assert "precision" in failed(judged(replace(BETTER, current=before, candidate=careless)))


def test_a_current_model_that_sends_nothing_excuses_no_careless_candidate() -> None:
    careless = Answers({"department": flags(range(400, 500)), "matter": flags()}, flags(range(200)))
    idle = Answers({"department": flags(range(0, 160)), "matter": flags()}, flags(range(ROWS)))
    found = judged(replace(BETTER, current=idle, candidate=careless))
    assert failed(found) == {"precision"}
    assert "现用模型没有自动分拨的" in found.checks[-1].text


def test_a_current_model_that_is_no_more_precise_is_no_reason_to_keep_it() -> None:
    shaky = Answers({"department": flags(range(0, 60), range(400, 500)), "matter": flags()}, flags(range(200)))
    before = replace(shaky, right={"department": flags(range(0, 120), range(400, 500)), "matter": flags()})
    found = judged(replace(BETTER, current=before, candidate=shaky))
    assert found.promote
    assert "但不低于现用模型" in found.checks[-1].text


def test_what_the_current_model_knows_must_not_be_lost() -> None:
    without = Router(toy_model("department"), TAXONOMY, Policy.load())
    found = judged(BETTER, candidate=without)
    assert "heads" in failed(found)
    assert "matter" in found.checks[0].text


@pytest.mark.parametrize(
    ("uses", "told"), [(1, None), (20, "到了预定的次数"), (21, "不再有保证")], ids=["first", "last", "worn out"]
)
def test_a_frozen_set_wears_out(uses: int, told: str | None) -> None:
    warnings = [warning for warning in judged(BETTER, uses=uses).warnings if "固定测试集已用" in warning]
    assert [told in warning for warning in warnings] == ([] if told is None else [True])


def test_the_error_is_split_over_the_uses() -> None:
    options = GateOptions()
    assert options.level(1) == options.level(20) == pytest.approx(0.995)
    assert options.level(40) == pytest.approx(0.9975)


def figures(found: Comparison, name: str) -> Mapping[str, float]:
    return next(check.figures for check in found.checks if check.name == name)


def test_both_samples_count_for_better() -> None:
    found = judged(BETTER, sample(flags(), flags(), name="blind"))
    assert figures(found, "better")["n"] == 2 * ROWS
    assert figures(found, "frozen.department")["n"] == ROWS

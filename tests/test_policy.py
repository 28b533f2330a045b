"""The policy: the threshold for a target precision, and every reason for a review."""

from __future__ import annotations

import itertools
import math
import random
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import beta, binom

from petition_nlp.classify.gate import Gate, solve_gate
from petition_nlp.classify.profile import CalibrationRows
from petition_nlp.classify.threshold import binomial_tail, solve_threshold
from petition_nlp.errors import TaxonomyError
from petition_nlp.policy import REASONS, Policy, Reading, reason, review_reasons
from petition_nlp.resources import data_path
from petition_nlp.route import Choice, Emergency, Prediction
from petition_nlp.taxonomy import UNCLEAR, Taxonomy

_TAXONOMY = Taxonomy.load()
_POLICY = Policy()
_PROVEN = dict.fromkeys(_TAXONOMY.departments, 0.0)

# --- the threshold ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("successes", "trials", "probability", "tail"),
    [
        (3, 3, 0.5, 1 / 8),
        (2, 3, 0.5, 4 / 8),
        (1, 3, 0.5, 7 / 8),
        (1, 2, 0.9, 0.99),
        (2, 2, 0.9, 0.81),
        (9, 10, 0.9, 0.9**10 + 10 * 0.1 * 0.9**9),
        (0, 5, 0.9, 1.0),
        (6, 5, 0.9, 0.0),
    ],
)
def test_a_binomial_tail_by_hand(successes: int, trials: int, probability: float, tail: float) -> None:
    assert binomial_tail(successes, trials, probability) == pytest.approx(tail, rel=1e-12)


@pytest.mark.parametrize("probability", [0.5, 0.9, 0.95, 0.999])
@pytest.mark.parametrize("trials", [1, 29, 400, 5000])
def test_the_binomial_tail_is_scipys(trials: int, probability: float) -> None:
    for successes in {0, 1, trials // 2, int(trials * probability), trials - 1, trials}:
        expected = binom.sf(successes - 1, trials, probability)
        assert binomial_tail(successes, trials, probability) == pytest.approx(expected, rel=1e-9, abs=1e-300)


def _rows(
    seed: int,
    number: int,
    precision: Callable[[NDArray[np.float64]], NDArray[np.float64]] = lambda confidence: confidence,
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    draw = np.random.default_rng(seed)
    confidence = draw.uniform(0.2, 1.0, number)
    return confidence.astype(np.float32), draw.uniform(size=number) < precision(confidence)


@pytest.mark.parametrize("seed", range(20))
def test_a_higher_target_never_gives_a_lower_threshold(seed: int) -> None:
    confidence, correct = _rows(seed, 2000)
    thresholds = [solve_threshold(confidence, correct, target=target) for target in np.arange(0.5, 0.97, 0.01)]
    assert thresholds == sorted(thresholds)
    assert thresholds[0] < thresholds[-1]


@pytest.mark.parametrize("target", [0.6, 0.8, 0.9, 0.95])
def test_the_rows_above_the_threshold_reach_the_target(target: float) -> None:
    confidence, correct = _rows(7, 4000)
    threshold = solve_threshold(confidence, correct, target=target)
    accepted = confidence >= threshold
    assert accepted.sum() >= 100
    assert correct[accepted].mean() > target


def test_the_threshold_misses_the_target_no_more_often_than_it_says() -> None:
    """300 cities: true precision is confidence ** 0.7, so the expected precision from a threshold on is known."""
    trials, risk, target = 300, 0.05, 0.9
    missed = 0
    for seed in range(trials):
        confidence, correct = _rows(seed, 500, lambda values: values**0.7)
        threshold = solve_threshold(confidence, correct, target=target, risk=risk)
        if math.isfinite(threshold):
            missed += int(np.mean(np.linspace(threshold, 1.0, 2001) ** 0.7) < target)
    assert missed <= binom.ppf(0.999, trials, risk)


def test_a_useful_head_gets_a_threshold_almost_always() -> None:
    found = [solve_threshold(*_rows(seed, 2000), target=0.9) for seed in range(100)]
    assert sum(map(math.isfinite, found)) >= 90


@pytest.mark.parametrize(
    ("confidence", "correct"),
    [
        ([], []),
        ([0.99] * 20, [True] * 20),
        ([0.99] * 500, [False] * 500),
        ([0.9] * 500, [True, False] * 250),
        ([0.5] * 200, [True] * 170 + [False] * 30),
    ],
    ids=["no rows", "too few rows", "all wrong", "half wrong", "not surely enough"],
)
def test_no_threshold_where_none_reaches_the_target(confidence: list[float], correct: list[bool]) -> None:
    rows = np.array(confidence, dtype=np.float32), np.array(correct, dtype=bool)
    assert solve_threshold(*rows, target=0.9) == math.inf


def test_a_few_unlucky_rows_among_the_surest_do_not_send_everything_to_people() -> None:
    right = [139, 331, 455, 300]
    rows = [150, 350, 500, 1000]
    correct = np.array([n < hits for number, hits in zip(rows, right, strict=True) for n in range(number)])
    confidence = np.linspace(1, 0.2, len(correct), dtype=np.float32)
    accepted = confidence >= solve_threshold(confidence, correct, target=0.9)
    assert accepted.sum() > 1000
    assert correct[accepted].mean() > 0.9


def test_equal_confidences_are_accepted_or_refused_together() -> None:
    confidence = np.array([0.95] * 300 + [0.6] * 300, dtype=np.float32)
    correct = np.array([True] * 300 + [True, False] * 150)
    assert solve_threshold(confidence, correct, target=0.9) == pytest.approx(0.95)


def test_the_order_of_the_rows_does_not_matter() -> None:
    confidence, correct = _rows(3, 1000)
    shuffled = np.random.default_rng(0).permutation(1000)
    assert solve_threshold(confidence[shuffled], correct[shuffled], target=0.9) == solve_threshold(
        confidence, correct, target=0.9
    )


# --- the gate -----------------------------------------------------------------------------------------------


def _calibration(*labels: tuple[int, float]) -> CalibrationRows:
    """Rows for labels 0, 1, …: each with a number of rows and the share of them that is right."""
    draw = np.random.default_rng(0)
    choice = np.concatenate([np.full(rows, label) for label, (rows, _) in enumerate(labels)])
    correct = np.concatenate([np.arange(rows) < round(right * rows) for rows, right in labels])
    order = draw.permutation(len(choice))
    choice, correct = choice[order], correct[order]
    return CalibrationRows(
        confidence=(draw.uniform(0.9, 0.97, len(choice)) + 0.03 * correct).astype(np.float32),
        correct=correct,
        choice=choice,
        truth=np.ones(len(choice), dtype=np.float32),
        solves=np.arange(len(choice)) % 2 == 1,
        held=np.zeros(len(choice), dtype=bool),
    )


def test_labels_with_few_calibration_rows_never_pass() -> None:
    gate = solve_gate(_calibration((600, 0.98), (59, 1.0), (0, 0.0)), ("a", "b", "c"), target=0.9)
    assert set(gate.floors) == {"a"}
    assert gate.opens("a", 0.999)
    assert not gate.opens("b", 0.999)


def test_a_label_that_is_often_wrong_needs_more_confidence_than_the_others() -> None:
    rows = _calibration((3000, 0.99), (300, 0.6))
    gate = solve_gate(rows, ("a", "b"), target=0.9)
    assert gate.floors["b"] > 0.93 > gate.floors["a"]
    between = (gate.threshold + gate.floors["b"]) / 2
    assert gate.opens("a", between)
    assert not gate.opens("b", between)
    passes = (rows.choice == 1) & (rows.confidence >= gate.floors["b"])
    right, total = int(rows.correct[passes].sum()), int(passes.sum())
    assert beta.ppf(0.05, right, total - right + 1) >= 0.8  # Clopper and Pearson


def test_rows_that_a_person_sees_anyway_do_not_count() -> None:
    rows = _calibration((1000, 0.97), (1000, 0.5))
    assert solve_gate(rows, ("a", "b"), target=0.9).floors["b"] > 0.93
    assert solve_gate(replace(rows, held=~rows.correct), ("a", "b"), target=0.9).floors["b"] < 0.94
    assert solve_gate(replace(rows, held=np.ones(2000, dtype=bool)), ("a", "b"), target=0.9) == Gate(math.inf, {})


def test_nothing_passes_where_no_label_is_proven() -> None:
    gate = solve_gate(_calibration((600, 0.0), (600, 0.01)), ("a", "b"), target=0.9)
    assert gate == Gate(math.inf, {})
    assert not gate.opens("a", 1.0)


def test_what_passes_on_unseen_rows_misses_the_target_no_more_often_than_promised() -> None:
    """200 cities of four departments, each right less often than the one before at the same confidence."""
    missed = 0
    for seed in range(200):
        draw = np.random.default_rng(seed)
        confidence, choice = draw.random(4000).astype(np.float32), draw.integers(0, 4, 4000)
        chance = confidence ** np.array([0.3, 0.7, 1.0, 2.0])[choice]
        known = np.arange(4000) < 2000
        rows = CalibrationRows(
            confidence=confidence[known],
            correct=(draw.random(4000) < chance)[known],
            choice=choice[known],
            truth=np.ones(2000, dtype=np.float32),
            solves=np.arange(2000) % 2 == 1,
            held=np.zeros(2000, dtype=bool),
        )
        gate = solve_gate(rows, ("a", "b", "c", "d"), target=0.9)
        passes = ~known & [gate.opens("abcd"[label], sure) for label, sure in zip(choice, confidence, strict=True)]
        missed += bool(passes.any() and chance[passes].mean() < 0.9)
    assert missed <= 20  # 10 expected of a bound that is met exactly


# --- reasons for a review -----------------------------------------------------------------------------------


def _prediction(head: str, first: tuple[str, float], *others: tuple[str, float]) -> Prediction:
    choices = [Choice(code, _TAXONOMY.name(head, code), confidence) for code, confidence in (first, *others)]
    return Prediction(choices[0].code, choices[0].name, choices[0].confidence, tuple(choices[1:]))


def _matter(code: str = "government", confidence: float = 0.95) -> Prediction:
    return _prediction("matter", (code, confidence), ("private", (1 - confidence) / 2))


def _department(code: str = "traffic_police", confidence: float = 0.9, second: float = 0.05) -> Prediction:
    return _prediction("department", (code, confidence), ("transport", second))


def _codes(
    *,
    readable: int = 60,
    cut: bool = False,
    matter: Prediction | None = None,
    department: Prediction | None = None,
    outside: float = 0.0,
    several: tuple[str, ...] = (),
    threshold: float | None = 0.7,
    floor: float | None = 0.0,
    text: str = "",
    policy: Policy = _POLICY,
) -> list[str]:
    reading = Reading(
        readable=readable,
        cut=cut,
        matter=matter or _matter(),
        department=department or _department(),
        outside=outside,
        several=several,
        gate=None if threshold is None else Gate(threshold, {} if floor is None else dict.fromkeys(_PROVEN, floor)),
        text=text,
    )
    return [found.code for found in review_reasons(reading, policy, _TAXONOMY)]


def test_a_sure_and_likely_message_needs_no_review() -> None:
    assert _codes() == []


@pytest.mark.parametrize("confidence", [0.7, 0.8, 0.95, 0.999])
def test_a_department_that_is_not_proven_always_goes_to_people(confidence: float) -> None:
    sure = _department("gas", confidence, second=0.0)
    assert "low_confidence" in _codes(department=sure, floor=None)
    assert "low_confidence" not in _codes(department=sure)


def test_a_department_below_its_own_floor_goes_to_people() -> None:
    assert "low_confidence" in _codes(department=_department("gas", 0.85, second=0.0), floor=0.9)
    assert "low_confidence" not in _codes(department=_department("gas", 0.95, second=0.0), floor=0.9)


_TIES = [
    (first, round(first - gap, 3)) for first in np.arange(0.33, 0.51, 0.02).round(3) for gap in (0, 0.01, 0.02, 0.029)
]
_CLEAR = [(first, round(first - gap, 3)) for first in (0.4, 0.5, 0.55, 0.6) for gap in (0.031, 0.05, 0.1, 0.2)] + [
    (first, round(first - gap, 3)) for first in (0.1, 0.15, 0.2, 0.25, 0.27, 0.29) for gap in (0, 0.01, 0.02)
]


@pytest.mark.parametrize(("first", "second"), _TIES)
@pytest.mark.parametrize("head", ["department", "matter"])
def test_two_choices_that_share_most_of_the_probability_evenly_are_a_close_call(
    head: str, first: float, second: float
) -> None:
    tied = {
        "department": lambda: _codes(department=_department(confidence=first, second=second)),
        "matter": lambda: _codes(matter=_prediction("matter", ("government", first), ("community", second))),
    }
    assert tied[head]().count("close_call") == 1


@pytest.mark.parametrize(("first", "second"), _CLEAR)
@pytest.mark.parametrize("head", ["department", "matter"])
def test_a_clear_lead_or_a_scattered_choice_is_no_close_call(head: str, first: float, second: float) -> None:
    codes = {
        "department": lambda: _codes(department=_department(confidence=first, second=second)),
        "matter": lambda: _codes(matter=_prediction("matter", ("government", first), ("community", second))),
    }
    assert "close_call" not in codes[head]()


def test_ties_in_both_heads_are_one_reason() -> None:
    codes = _codes(
        department=_department(confidence=0.45, second=0.44),
        matter=_prediction("matter", ("government", 0.5), ("community", 0.49)),
    )
    assert codes.count("close_call") == 1


_THRESHOLDS = (0.55, 0.65, 0.7, 0.85, 0.93, 0.99)
_SHORT_OF = (0.001, 0.01, 0.05, 0.1, 0.3, 0.5)


@pytest.mark.parametrize(("threshold", "gap"), list(itertools.product(_THRESHOLDS, _SHORT_OF)))
def test_a_department_below_the_threshold_is_low_confidence(threshold: float, gap: float) -> None:
    confidence = round(threshold - gap, 4)
    assert "low_confidence" in _codes(department=_department(confidence=confidence, second=0.0), threshold=threshold)


@pytest.mark.parametrize(("threshold", "share"), list(itertools.product(_THRESHOLDS, (0, 0.01, 0.2, 0.5, 0.9, 1))))
def test_a_department_from_the_threshold_on_is_not_low_confidence(threshold: float, share: float) -> None:
    confidence = threshold + share * (1 - threshold)
    codes = _codes(department=_department(confidence=confidence, second=0.0), threshold=threshold)
    assert "low_confidence" not in codes


@pytest.mark.parametrize("confidence", np.arange(0.30, 0.60, 0.01).round(2).tolist())
def test_an_unsure_matter_is_low_confidence_even_if_the_department_is_sure(confidence: float) -> None:
    matter = _prediction("matter", ("government", confidence), ("private", 0.1))
    assert _codes(matter=matter) == ["low_confidence"]


@pytest.mark.parametrize("confidence", np.arange(0.60, 1.0, 0.01).round(2).tolist())
def test_a_sure_matter_is_not_low_confidence(confidence: float) -> None:
    assert _codes(matter=_matter(confidence=confidence)) == []


_ROUTED = [code for code in _TAXONOMY.matters if code != UNCLEAR]
_LISTED = [
    (matter, code)
    for code, department in _TAXONOMY.departments.items()
    for matter in _ROUTED
    if matter in department.matters
]
_UNLISTED = [
    (matter, code)
    for code, department in _TAXONOMY.departments.items()
    for matter in _ROUTED
    if department.matters and matter not in department.matters
]


@pytest.mark.parametrize(("matter", "department"), _UNLISTED)
def test_a_pair_that_the_directory_does_not_list_is_unlikely(matter: str, department: str) -> None:
    assert "unlikely_pair" in _codes(matter=_matter(matter), department=_department(department))


@pytest.mark.parametrize(("matter", "department"), _LISTED)
def test_a_pair_that_the_directory_lists_is_not_unlikely(matter: str, department: str) -> None:
    assert "unlikely_pair" not in _codes(matter=_matter(matter), department=_department(department))


def test_both_kinds_of_pairs_are_many() -> None:
    assert len(_LISTED) >= 30
    assert len(_UNLISTED) >= 30


@pytest.mark.parametrize(("matter", "department"), [(0.55, 0.9), (0.9, 0.55), (0.4, 0.4)])
def test_a_pair_of_which_one_is_in_doubt_is_no_contradiction(matter: float, department: float) -> None:
    unlisted_matter, unlisted_department = _UNLISTED[0]
    codes = _codes(
        matter=_matter(unlisted_matter, matter), department=_department(unlisted_department, department, second=0.0)
    )
    assert "unlikely_pair" not in codes
    assert "low_confidence" in codes


@pytest.mark.parametrize("line", ["110", "119", "120", "122"])
def test_an_emergency_is_seen_by_a_person_and_names_its_line(line: str) -> None:
    reading = Reading(
        60,
        False,
        _matter(),
        _department(),
        gate=Gate(0.7, _PROVEN),
        emergency=Emergency(line, "请转"),
    )
    (found,) = review_reasons(reading, _POLICY, _TAXONOMY)
    assert found.code == "emergency"
    assert line in found.message


@pytest.mark.parametrize("readable", range(1, 6))
def test_up_to_five_readable_characters_are_very_short(readable: int) -> None:
    assert "very_short" in _codes(readable=readable)


@pytest.mark.parametrize("readable", [6, 7, 20, 1000])
def test_more_characters_are_not_very_short(readable: int) -> None:
    assert "very_short" not in _codes(readable=readable)


@pytest.mark.parametrize(("cut", "codes"), [(True, ["text_cut"]), (False, [])])
def test_a_text_that_was_cut_says_so(cut: bool, codes: list[str]) -> None:
    assert _codes(cut=cut) == codes


@pytest.mark.parametrize(("outside", "codes"), [(0.5, ["out_of_domain"]), (0.49, []), (1.0, ["out_of_domain"])])
def test_what_is_probably_no_petition_is_out_of_domain(outside: float, codes: list[str]) -> None:
    assert _codes(outside=outside) == codes


def test_an_unclear_message_is_not_judged_by_its_department() -> None:
    unclear = _prediction("matter", (UNCLEAR, 0.9), ("private", 0.1))
    assert _codes(matter=unclear, threshold=None) == ["unclear"]


def test_several_matters_name_their_departments() -> None:
    reading = Reading(
        60,
        False,
        _matter(),
        _department(),
        several=("traffic_police", "gas"),
        gate=Gate(0.7, _PROVEN),
    )
    (found,) = review_reasons(reading, _POLICY, _TAXONOMY)
    assert found.code == "several_matters"
    assert _TAXONOMY.departments["gas"].name in found.message
    assert _TAXONOMY.departments["traffic_police"].name in found.message


def test_a_text_without_a_readable_character_is_empty_and_nothing_else() -> None:
    assert _codes(readable=0, cut=True, threshold=None) == ["empty"]


_CONFIDENCES = [round(value, 3) for value in np.linspace(0.05, 1.0, 30)]


@pytest.mark.parametrize("confidence", _CONFIDENCES)
@pytest.mark.parametrize("threshold", [None, math.inf])
def test_without_a_threshold_everything_goes_to_people(threshold: float | None, confidence: float) -> None:
    codes = _codes(department=_department(confidence=confidence, second=0.0), threshold=threshold)
    assert codes == ["no_threshold"]


@pytest.mark.parametrize("confidence", _CONFIDENCES)
def test_with_a_threshold_that_reason_never_stands(confidence: float) -> None:
    assert "no_threshold" not in _codes(department=_department(confidence=confidence, second=0.0), threshold=0.7)


_WORDS = ("港澳", "台胞", "集体上访", "拉横幅", "媒体采访", r"两会(?!议)")
_BEFORE = ("我们是", "来电人称", "", "听说要", "市民反映")
_AFTER = ("，请关注", "\n谢谢")
_HARMLESS = (
    "港湾小区停水",
    "澳洲进口奶粉",
    "台灯坏了",
    "上访谈节目",
    "横幅广告太多",
    "媒体报道",
    "两会议室噪音",
    "同胞兄弟",
)


@pytest.fixture
def own_rules(tmp_path: Path) -> Policy:
    path = tmp_path / "policy.yaml"
    listed = "\n".join(f"      - '{word}'" for word in _WORDS)
    path.write_text(f"always_review:\n  - name: 本地敏感\n    words:\n{listed}\n", encoding="utf-8")
    return Policy.load(path)


@pytest.mark.parametrize(("word", "before", "after"), list(itertools.product(_WORDS, _BEFORE, _AFTER)))
def test_a_citys_own_words_always_bring_a_review(own_rules: Policy, word: str, before: str, after: str) -> None:
    text = before + word.replace("(?!议)", "期间") + after
    assert _codes(policy=own_rules, text=text) == ["always_review"]


@pytest.mark.parametrize(("text", "before"), list(itertools.product(_HARMLESS, _BEFORE)))
def test_other_words_bring_none(own_rules: Policy, text: str, before: str) -> None:
    assert _codes(policy=own_rules, text=before + text) == []


def test_a_rule_of_ones_own_is_named_in_the_message(own_rules: Policy) -> None:
    assert [found.message for found in own_rules.local_rules("来了很多台胞")] == [
        REASONS["always_review"].format(rule="本地敏感")
    ]


_VALUES = {
    "max_chars": 10_000,
    "departments": "甲、乙",
    "matter": "大事",
    "department": "交警",
    "first": "甲",
    "second": "乙",
    "head": "责任部门",
    "confidence": 0.512,
    "threshold": 0.7,
    "target": 0.9,
    "rule": "敏感",
    "line": "119",
    "what": "「甲」已分为「乙」、「丙」，没有规则说明归哪一个",
    "rules": "城东区「物业费」",
}


@pytest.mark.parametrize("code", REASONS)
def test_each_reason_tells_a_person_in_chinese_what_to_look_at(code: str) -> None:
    message = reason(code, **_VALUES).message
    assert re.search(r"[一-鿿]{4}", message)
    assert not re.search(r"[{}]|\bNone\b", message)


_GRAVEST_FIRST = (
    *("empty", "emergency", "always_review", "text_cut", "very_short", "out_of_domain", "unclear", "several_matters"),
    *("unlikely_pair", "close_call", "no_threshold", "low_confidence"),
)


def test_reasons_come_in_a_fixed_order_and_each_once() -> None:
    draw = random.Random(0)
    for _ in range(200):
        codes = _codes(
            readable=draw.choice([3, 60]),
            cut=draw.random() < 0.5,
            outside=draw.random(),
            several=draw.choice([(), ("gas", "taxation")]),
            matter=_matter(draw.choice(_ROUTED), draw.choice([0.4, 0.9])),
            department=_department("taxation", *draw.choice([(0.4, 0.39), (0.9, 0.05)])),
            threshold=draw.choice([None, 0.7]),
        )
        assert [code for code in _GRAVEST_FIRST if code in codes] == codes


# --- policy files -------------------------------------------------------------------------------------------


def test_the_shipped_policy_aims_at_nine_of_ten() -> None:
    policy = Policy.load()
    assert policy.target_precision == 0.90
    assert policy.to_dict() == {"target_precision": 0.9}


def test_every_value_of_the_shipped_file_is_read(tmp_path: Path) -> None:
    text = data_path("policy.yaml").read_text(encoding="utf-8")
    changed = tmp_path / "policy.yaml"
    changed.write_text(re.sub(r"very_short: \d+", "very_short: 9", text), encoding="utf-8")
    assert Policy.load().very_short != 9
    assert Policy.load(changed).very_short == 9


_BAD_FILES = {
    "empty": "",
    "a sentence": "目标 0.9",
    "a list": "- target_precision: 0.9",
    "broken YAML": "review: {very_short: 5",
    "target in words": "target_precision: high",
    "target too low": "target_precision: 0.3",
    "certainty": "target_precision: 1.0",
    "not a number": "target_precision: .nan",
    "misspelt key": "target_precison: 0.95",
    "misspelt review key": "review: {very_shrot: 5}",
    "text for a number": "review: {very_short: five}",
    "fraction for a count": "review: {max_chars: 10.5}",
    "negative count": "review: {very_short: -1}",
    "nothing is read": "review: {max_chars: 0}",
    "share above one": "review: {close_call: 2}",
    "switch for a share": "review: {unclear: true}",
    "review as text": "review: strict",
    "rule without words": "always_review: [{name: 甲}]",
    "rule without name": "always_review: [{words: [甲]}]",
    "rule with no word": "always_review: [{name: 甲, words: []}]",
    "rule with an empty word": "always_review: [{name: 甲, words: ['']}]",
    "one word instead of a list": "always_review: [{name: 甲, words: 港澳}]",
    "broken expression": "always_review: [{name: 甲, words: ['(甲']}]",
    "rules as text": "always_review: 港澳",
}


@pytest.mark.parametrize("text", _BAD_FILES.values(), ids=_BAD_FILES.keys())
def test_a_wrong_policy_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "policy.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(TaxonomyError) as caught:
        Policy.load(path)
    assert caught.value.todo
    assert re.search(r"[一-鿿]", caught.value.what)


def test_a_missing_unreadable_or_miscoded_policy_file_is_named(tmp_path: Path) -> None:
    miscoded = tmp_path / "gbk.yaml"
    miscoded.write_bytes("always_review: [{name: 甲, words: [乙]}]".encode("gb18030"))
    for path in (tmp_path / "none.yaml", tmp_path, miscoded):
        with pytest.raises(TaxonomyError) as caught:
            Policy.load(path)
        assert caught.value.where == str(path)


@pytest.mark.parametrize("target", [0.49, 1.0, 2, -1, math.nan])
def test_a_target_precision_out_of_range_is_refused(target: float) -> None:
    with pytest.raises(TaxonomyError, match="目标准确率"):
        Policy().with_target_precision(target)

from __future__ import annotations

import time

import numpy as np
import pytest
from numpy.typing import NDArray
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support, top_k_accuracy_score

from petition_nlp.training.intervals import head_intervals, share_interval
from petition_nlp.training.metrics import calibration_error, head_metrics, reliability, risk_coverage

LABELS = ["a", "b", "c", "d"]


def guesses(n: int, *, seed: int = 0, classes: int = 4) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Probabilities that are right more often than not, and the truth."""
    generator = np.random.default_rng(seed)
    truth = generator.integers(0, classes, n)
    scores = generator.normal(size=(n, classes))
    scores[np.arange(n), truth] += 1.5
    exponentials = np.exp(scores)
    return (exponentials / exponentials.sum(axis=1, keepdims=True)).astype(np.float32), truth


def test_figures_agree_with_scikit_learn() -> None:
    probabilities, truth = guesses(400)
    report = head_metrics(probabilities, truth, LABELS)
    choice = probabilities.argmax(axis=1)
    precision, recall, f1, support = precision_recall_fscore_support(truth, choice, labels=range(4))
    assert report["accuracy"] == pytest.approx((choice == truth).mean(), abs=1e-4)
    assert report["macro_f1"] == pytest.approx(f1.mean(), abs=1e-4)
    assert report["top3"] == pytest.approx(top_k_accuracy_score(truth, probabilities, k=3), abs=1e-4)
    assert [row["precision"] for row in report["per_label"]] == pytest.approx(precision, abs=1e-4)
    assert [row["recall"] for row in report["per_label"]] == pytest.approx(recall, abs=1e-4)
    assert [row["n"] for row in report["per_label"]] == support.tolist()
    assert report["confusion"] == confusion_matrix(truth, choice).tolist()


def test_a_label_the_head_lacks_is_wrong_and_costs_precision() -> None:
    probabilities = np.array([[0.9, 0.1], [0.9, 0.1]], dtype=np.float32)
    report = head_metrics(probabilities, np.array([0, -1]), ["a", "b"])
    assert (report["n"], report["accuracy"], report["top3"]) == (2, 0.5, 0.5)
    assert report["confusion"] == [[1, 0], [0, 0]]
    assert report["per_label"][0] == {"label": "a", "n": 1, "precision": 0.5, "recall": 1.0, "f1": 0.6667}


def test_macro_f1_leaves_out_labels_with_few_rows() -> None:
    truth = np.array([0] * 20 + [1] * 3)
    probabilities = np.tile(np.array([[0.8, 0.2]], dtype=np.float32), (23, 1))
    report = head_metrics(probabilities, truth, ["a", "b"])
    assert report["macro_labels"] == 1
    assert report["macro_f1"] == pytest.approx(2 * 20 / (20 + 23), abs=1e-4)


def test_calibration_error_by_hand() -> None:
    confidence = np.full(100, 0.8)
    right = np.arange(100) % 2 == 0
    assert calibration_error(confidence, right) == pytest.approx(0.3)
    assert {point["accuracy"] for point in reliability(confidence, right)} == {0.5}


def test_the_error_of_perfect_calibration_is_not_zero_but_shrinks_with_rows() -> None:
    few = head_metrics(*guesses(60), LABELS)["ece_perfect"]
    many = head_metrics(*guesses(6000), LABELS)["ece_perfect"]
    assert few > 3 * many > 0


def test_risk_grows_along_the_coverage_by_hand() -> None:
    confidence, right = np.array([0.6, 0.9, 0.8, 0.7]), np.array([False, True, True, False])
    assert risk_coverage(confidence, right) == [
        {"coverage": 0.25, "risk": 0.0},
        {"coverage": 0.5, "risk": 0.0},
        {"coverage": 0.75, "risk": 0.3333},
        {"coverage": 1.0, "risk": 0.5},
    ]


def test_coverage_at_a_precision_is_nothing_where_too_few_rows_can_prove_it() -> None:
    certain = np.tile(np.array([[0.9, 0.1]], dtype=np.float32), (20, 1))
    few = head_metrics(certain, np.zeros(20, np.int64), ["a", "b"])
    many = head_metrics(np.tile(certain, (5, 1)), np.zeros(100, np.int64), ["a", "b"])
    assert few["coverage_at"] == {"0.90": 0.0, "0.95": 0.0}
    assert many["coverage_at"] == {"0.90": 1.0, "0.95": 1.0}


def test_no_rows_give_figures_of_nothing() -> None:
    report = head_metrics(np.zeros((0, 2), np.float32), np.zeros(0, np.int64), ["a", "b"])
    assert (report["n"], report["accuracy"], report["risk_coverage"]) == (0, 0.0, [])
    assert head_intervals(np.zeros((0, 2), np.float32), np.zeros(0, np.int64)) == {}


def test_intervals_agree_with_resampling_row_by_row() -> None:
    probabilities, truth = guesses(150, seed=3)
    generator = np.random.default_rng(7)
    drawn = [generator.integers(0, 150, 150) for _ in range(1000)]
    reports = [head_metrics(probabilities[rows], truth[rows], LABELS) for rows in drawn[:300]]
    found = head_intervals(probabilities, truth)
    for name in ("accuracy", "macro_f1", "top3"):
        expected = np.quantile([report[name] for report in reports], (0.025, 0.975))
        assert found[name] == pytest.approx(expected, abs=0.025)


def test_intervals_hold_the_figure_and_repeat() -> None:
    probabilities, truth = guesses(200, seed=5)
    report, found = head_metrics(probabilities, truth, LABELS), head_intervals(probabilities, truth)
    assert all(low <= report[name] <= high for name, (low, high) in found.items())
    assert found == head_intervals(probabilities, truth)


def test_intervals_of_many_rows_and_labels_are_quick() -> None:
    probabilities, truth = guesses(20_000, classes=48)
    start = time.perf_counter()
    head_intervals(probabilities, truth)
    assert time.perf_counter() - start < 5


@pytest.mark.parametrize(
    ("successes", "trials", "interval"),
    [(81, 263, [0.2553, 0.3662]), (0, 10, [0.0, 0.2775]), (10, 10, [0.7225, 1.0])],
)
def test_share_interval_agrees_with_known_values(successes: int, trials: int, interval: list[float]) -> None:
    # 81 of 263: Newcombe, "Two-sided confidence intervals for the single proportion", 1998, method 3.
    assert share_interval(successes, trials) == pytest.approx(interval, abs=1e-4)


def test_share_of_nothing_has_no_interval() -> None:
    assert share_interval(0, 0) is None

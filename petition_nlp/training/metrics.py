"""Figures for classifiers and their confidence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.threshold import solve_threshold

BINS: Final = 10
MIN_MACRO_ROWS: Final = 10
"""Labels with fewer test rows do not count for macro-F1: a single row would decide their F1."""


def head_metrics(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    labels: Sequence[str],
    *,
    targets: Sequence[float] = (0.90, 0.95),
) -> dict[str, Any]:
    """All figures of one head on n rows.

    :param probabilities: (n, labels), rows summing to at most 1; :param truth: n label indices, -1 for a
        label that the head does not have (always counted as wrong).
    :return: accuracy, macro_f1 (labels with at least `MIN_MACRO_ROWS` rows), top3, ece, ece_perfect (its value
        for a perfectly calibrated head of this size), n, per_label, confusion, reliability, risk_coverage, coverage_at.
    """
    n = len(truth)
    order = np.argsort(-probabilities, axis=1, kind="stable")
    predicted = order[:, 0]
    confidence = probabilities[np.arange(n), predicted].astype(np.float64)
    right = predicted == truth
    per_label = _per_label(predicted, truth, labels)
    counted = [row["f1"] for row in per_label if row["n"] >= MIN_MACRO_ROWS]
    return {
        "n": n,
        "accuracy": round(float(right.mean()), 4) if n else 0.0,
        "macro_f1": round(float(np.mean(counted)), 4) if counted else 0.0,
        "macro_labels": len(counted),
        "top3": round(float((order[:, :3] == truth[:, None]).any(axis=1).mean()), 4) if n else 0.0,
        "ece": round(calibration_error(confidence, right), 4),
        "ece_perfect": round(_perfect_error(confidence), 4),
        "per_label": per_label,
        "confusion": _confusion(predicted, truth, labels),
        "reliability": reliability(confidence, right),
        "risk_coverage": risk_coverage(confidence, right),
        "coverage_at": {f"{target:.2f}": _coverage(confidence, right, target) for target in targets},
    }


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Expected calibration error over `BINS` bins with equally many rows each (Nguyen and O'Connor 2015)."""
    return sum(
        len(part) / len(right) * abs(float(confidence[part].mean() - right[part].mean())) for part in _bins(confidence)
    )


def _perfect_error(confidence: NDArray[np.float64], *, draws: int = 50, seed: int = 0) -> float:
    if not len(confidence):
        return 0.0
    generator = np.random.default_rng(seed)
    return float(
        np.mean([calibration_error(confidence, generator.random(len(confidence)) < confidence) for _ in range(draws)])
    )


def reliability(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> list[dict[str, float]]:
    """Mean confidence and share of right answers per bin."""
    return [
        {
            "n": len(part),
            "confidence": round(float(confidence[part].mean()), 4),
            "accuracy": round(float(right[part].mean()), 4),
        }
        for part in _bins(confidence)
    ]


def risk_coverage(
    confidence: NDArray[np.float64], right: NDArray[np.bool_], *, points: int = 50
) -> list[dict[str, float]]:
    """Error rate of the surest share of rows, for growing shares."""
    if not len(right):
        return []
    order = np.argsort(-confidence, kind="stable")
    errors = np.cumsum(~right[order]) / np.arange(1, len(right) + 1)
    steps = np.unique(np.linspace(1, len(right), min(points, len(right))).astype(int))
    return [{"coverage": round(step / len(right), 4), "risk": round(float(errors[step - 1]), 4)} for step in steps]


def _bins(confidence: NDArray[np.float64]) -> list[NDArray[np.int64]]:
    return [part for part in np.array_split(np.argsort(confidence, kind="stable"), BINS) if len(part)]


def _coverage(confidence: NDArray[np.float64], right: NDArray[np.bool_], target: float) -> float:
    threshold = solve_threshold(confidence.astype(np.float32), right, target=target)
    return round(float((confidence.astype(np.float32) >= threshold).mean()), 4) if len(right) else 0.0


def _per_label(predicted: NDArray[np.int64], truth: NDArray[np.int64], labels: Sequence[str]) -> list[dict[str, Any]]:
    rows = []
    for index, label in enumerate(labels):
        hit = int(((predicted == index) & (truth == index)).sum())
        said, there = int((predicted == index).sum()), int((truth == index).sum())
        precision, recall = hit / said if said else 0.0, hit / there if there else 0.0
        f1 = 2 * precision * recall / (precision + recall) if hit else 0.0
        rows.append(
            {
                "label": label,
                "n": there,
                "precision": round(precision, 4),
                "recall": round(recall, 4),
                "f1": round(f1, 4),
            }
        )
    return rows


def _confusion(predicted: NDArray[np.int64], truth: NDArray[np.int64], labels: Sequence[str]) -> list[list[int]]:
    table = np.zeros((len(labels), len(labels)), dtype=int)
    known = truth >= 0
    np.add.at(table, (truth[known], predicted[known]), 1)
    return [[int(cell) for cell in row] for row in table]

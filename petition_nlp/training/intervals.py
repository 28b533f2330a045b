"""How far figures could be off by the chance of which rows were measured."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.training.metrics import MIN_MACRO_ROWS

Interval = list[float]
"""Lower and upper end."""

_RESAMPLES: Final = 1000
_Z95: Final = 1.96


def head_intervals(
    probabilities: NDArray[np.float32],
    truth: NDArray[np.int64],
    *,
    resamples: int = _RESAMPLES,
    seed: int = 0,
) -> dict[str, Interval]:
    """Bootstrap 95 % intervals of accuracy, macro-F1 and top-3.

    Rows with the same truth, first choice and top-3 hit are interchangeable, so a resample of the rows is one
    multinomial draw over these kinds of rows. The labels that count for macro-F1 stay those of the whole.

    :param probabilities: (n, labels); :param truth: n label indices, -1 for a label that the head lacks.
    """
    n = len(truth)
    if not n:
        return {}
    classes = probabilities.shape[1]
    order = np.argsort(-probabilities, axis=1, kind="stable")
    hit = (order[:, :3] == truth[:, None]).any(axis=1)
    kinds, sizes = np.unique(np.stack([truth, order[:, 0], hit], axis=1), axis=0, return_counts=True)
    drawn = np.random.default_rng(seed).multinomial(n, sizes / n, size=resamples)
    kind_truth, kind_choice, kind_hit = kinds.T
    right = kind_truth == kind_choice
    figures = {
        "accuracy": drawn[:, right].sum(axis=1) / n,
        "macro_f1": _macro_f1(drawn, kind_truth, kind_choice, np.bincount(truth[truth >= 0], minlength=classes)),
        "top3": drawn[:, kind_hit.astype(bool)].sum(axis=1) / n,
    }
    return {name: _middle(values) for name, values in figures.items()}


def _macro_f1(
    drawn: NDArray[np.int64], truth: NDArray[np.int64], choice: NDArray[np.int64], rows: NDArray[np.int64]
) -> NDArray[np.float64]:
    counted = np.flatnonzero(rows >= MIN_MACRO_ROWS)
    if not len(counted):
        return np.zeros(len(drawn))
    is_truth, is_choice = truth[:, None] == counted, choice[:, None] == counted
    both = drawn @ (is_truth & is_choice).astype(np.int64)
    either = drawn @ is_truth.astype(np.int64) + drawn @ is_choice.astype(np.int64)
    return np.asarray((2 * both / np.maximum(either, 1)).mean(axis=1))


def _middle(values: NDArray[np.float64]) -> Interval:
    low, high = np.quantile(values, (0.025, 0.975))
    return [round(float(low), 4), round(float(high), 4)]


def share_interval(successes: int, trials: int) -> Interval | None:
    """Wilson's 95 % interval of a share; None of nothing."""
    if not trials:
        return None
    share, spread = successes / trials, _Z95**2 / trials
    centre = (share + spread / 2) / (1 + spread)
    half = math.sqrt(share * (1 - share) * spread + spread**2 / 4) / (1 + spread)
    return [round(max(0.0, centre - half), 4), round(min(1.0, centre + half), 4)]

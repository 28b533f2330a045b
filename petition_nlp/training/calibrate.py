"""Fit the calibrators that inference applies."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import Calibration, bend
from petition_nlp.classify.profile import JointCalibration

FloatArray = NDArray[np.float32]

_CLIP: Final = 1e-4


def fit_calibration(scores: FloatArray, labels: NDArray[np.int64], weights: FloatArray | None = None) -> Calibration:
    """The two slopes that maximise the likelihood of held-out labels.

    Offsets per label (bias correction) are left out on purpose: they pull rare labels down to their frequency in
    the calibration rows, which cost accuracy, macro-F1 and calibration in grouped cross-validation.

    :param scores: (n, labels) scores of rows that the head has not been fitted on.
    :param labels: n label indices; :param weights: n sample weights.
    """
    parts = [bend(scores, 1.0, 0.0), bend(scores, 0.0, 1.0)]
    below, above = fit_weights(parts, [4.0, 1.0], labels, weights)
    return Calibration(below, above)


def fit_fused(
    scores: FloatArray, logits: FloatArray, labels: NDArray[np.int64], weights: FloatArray | None = None
) -> tuple[Calibration, float]:
    """The two slopes of the n-grams' scores and the share of the encoder's logits, fitted together.

    :param scores: (n, labels); :param logits: (n, labels), both of rows that neither was fitted on.
    """
    parts = [bend(scores, 1.0, 0.0), bend(scores, 0.0, 1.0), logits]
    below, above, share = fit_weights(parts, [2.0, 0.5, 0.5], labels, weights)
    return Calibration(below, above), share


def fit_weights(
    parts: Sequence[FloatArray], start: Sequence[float], labels: NDArray[np.int64], weights: FloatArray | None
) -> list[float]:
    """Positive weights of (n, labels) parts whose weighted sum is the best logit, by maximum likelihood."""
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    n = len(labels)
    sample = np.ones(n) if weights is None else weights.astype(np.float64)
    stack = np.stack(parts).astype(np.float64)
    true = stack[:, np.arange(n), labels]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        factors = np.exp(parameters)
        log_probabilities = log_softmax(np.tensordot(factors, stack, axes=1), axis=1)
        probabilities = np.exp(log_probabilities)
        gradient = factors * (((probabilities * stack).sum(axis=2) - true) @ sample)
        return -float(sample @ log_probabilities[np.arange(n), labels]), gradient

    solution = minimize(loss, np.log(start), jac=True, method="L-BFGS-B", bounds=[(-4.0, 4.0)] * len(parts))
    return [float(factor) for factor in np.exp(solution.x)]


def fit_joint(matter: FloatArray, department: FloatArray, both_right: NDArray[np.bool_]) -> JointCalibration:
    """Platt scaling of the two heads' confidences to the probability that both are right.

    :param matter: n confidences of the matter; :param department: of the department.
    """
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression(C=10.0).fit(np.stack([log_odds(matter), log_odds(department)], axis=1), both_right)
    first, second = model.coef_[0]
    return JointCalibration((float(first), float(second)), float(model.intercept_[0]))


def log_odds(probability: FloatArray) -> FloatArray:
    """Log-odds, clipped away from certainty."""
    clipped = np.clip(probability, _CLIP, 1 - _CLIP)
    return np.asarray(np.log(clipped / (1 - clipped)), dtype=np.float32)

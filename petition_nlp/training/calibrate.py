"""Fit the calibrators that inference applies."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.artifact import JointCalibration
from petition_nlp.classify.head import Calibration, bend

FloatArray = NDArray[np.float32]

_CLIP: Final = 1e-4


def fit_calibration(scores: FloatArray, labels: NDArray[np.int64], weights: FloatArray | None = None) -> Calibration:
    """The two slopes that maximise the likelihood of held-out labels.

    Offsets per label (bias correction) are left out on purpose: they pull rare labels down to their frequency in
    the calibration rows, which cost accuracy, macro-F1 and calibration in grouped cross-validation.

    :param scores: (n, labels) scores of rows that the head has not been fitted on.
    :param labels: n label indices; :param weights: n sample weights.
    """
    from scipy.optimize import minimize
    from scipy.special import log_softmax

    n = len(labels)
    sample = np.ones(n) if weights is None else weights.astype(np.float64)
    under, over = bend(scores, 1.0, 0.0).astype(np.float64), bend(scores, 0.0, 1.0).astype(np.float64)
    true_under, true_over = under[np.arange(n), labels], over[np.arange(n), labels]

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        below, above = np.exp(parameters)
        log_probabilities = log_softmax(below * under + above * over, axis=1)
        probabilities = np.exp(log_probabilities)
        value = -float(sample @ log_probabilities[np.arange(n), labels])
        gradient = [
            below * float(sample @ ((probabilities * under).sum(axis=1) - true_under)),
            above * float(sample @ ((probabilities * over).sum(axis=1) - true_over)),
        ]
        return value, np.array(gradient)

    solution = minimize(loss, np.log([4.0, 1.0]), jac=True, method="L-BFGS-B", bounds=[(-4.0, 4.0)] * 2)
    below, above = np.exp(solution.x)
    return Calibration(float(below), float(above))


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

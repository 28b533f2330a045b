"""Sets of labels that hold the true one with a stated coverage."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def inclusion_threshold(truth: NDArray[np.float32], coverage: float) -> float | None:
    """Probability from which on a label belongs to the set, so that the true one is in it as often as ``coverage``.

    Split conformal prediction with the least ambiguous sets (Sadinle, Lei and Wasserman, "Least Ambiguous Set-Valued
    Classifiers with Bounded Error Levels", JASA 2019). The promise holds on average over messages that are drawn like
    the calibration rows, not for each department by itself.

    :param truth: probabilities of the true labels of n calibration rows.
    :param coverage: between 0 and 1, both excluded.
    :return: None where there are too few rows to show the coverage with less than all labels.
    """
    place = math.floor((len(truth) + 1) * (1 - coverage))
    return float(np.sort(truth)[place - 1]) if place >= 1 else None

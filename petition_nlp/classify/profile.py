"""When the encoder reads a message, and the decisions on held-out rows that follow from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from numpy.typing import NDArray

NEVER: Final = 0.0
ALWAYS: Final = 2.0
"""A confidence that no message reaches."""


@dataclass(frozen=True)
class CalibrationRows:
    """What the thresholds are solved from: n held-out decisions of one head.

    :param confidence: calibrated confidence of the first choice.
    :param correct: whether it was right.
    :param choice: index of the first choice among the head's labels.
    :param truth: calibrated probability of the true label; NaN where it is never suggested.
    :param solves: rows that no calibrator was fitted on.
    :param held: rows that a person sees for another reason than the confidence of this head.
    """

    confidence: NDArray[np.float32]
    correct: NDArray[np.bool_]
    choice: NDArray[np.int64]
    truth: NDArray[np.float32]
    solves: NDArray[np.bool_]
    held: NDArray[np.bool_]


@dataclass(frozen=True)
class JointCalibration:
    """Probability that matter and department are both right: sigmoid of a weighted sum of their log-odds.

    Platt scaling on two inputs; ``coefficients`` for (matter, department), then the intercept.
    """

    coefficients: tuple[float, float]
    intercept: float


@dataclass(frozen=True)
class Profile:
    """A way to read messages, with the held-out decisions that it made.

    :param encode_below: the encoder reads a message if the n-grams alone are less sure than this of its matter or
        department: `NEVER`, a confidence, or `ALWAYS`.
    """

    name: str
    encode_below: float = NEVER
    calibration_rows: Mapping[str, CalibrationRows] = field(default_factory=dict)
    joint: JointCalibration | None = None

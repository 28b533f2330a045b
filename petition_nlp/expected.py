"""How often the model should be right by its own confidence, and whether what people find agrees with that.

The expected accuracy is the mean of the calibrated confidences (average confidence: Guillory et al., Predicting with
Confidence on Unseen Distributions, ICCV 2021). On the hotline's months it lay closest to the true accuracy among it,
the difference of confidences of the same paper, thresholded confidence (Garg et al., Leveraging Unlabeled Data to
Predict Out-of-Distribution Performance, ICLR 2022) and confidence-based performance estimation as NannyML describes
it: ``benchmarks/expected.py``. It needs no labels, and so it shows at once a stream that has become harder. What it
cannot see is that the same messages now belong elsewhere; people's blind verdicts do.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from petition_nlp.fall import LIMIT, WORSE
from petition_nlp.report.statistics import wilson

TOLERATED: Final = 1.25
"""How many times the odds of an error may be what the confidence says."""
_MOST_LOG: Final = 700.0
_SUREST: Final = 0.9999

Verdict = tuple[float, bool]
"""The confidence of a suggestion, and whether people found it right."""


@dataclass(frozen=True, slots=True)
class Expected:
    """A share of right routes with its 95 % interval."""

    share: float
    low: float
    high: float


def expected_accuracy(confidence: float, petitions: int) -> Expected | None:
    """The accuracy to be expected; None of nothing.

    The interval says how far chance alone can carry the true accuracy away, if the confidences mean what they say.

    :param confidence: sum of the calibrated confidences of so many petitions.
    """
    if not petitions:
        return None
    low, high = wilson(confidence, petitions)
    return Expected(confidence / petitions, low, high)


def gap_evidence(months: Sequence[Sequence[Verdict]]) -> float:
    """How strongly verdicts say that the model errs more often than its confidence admits.

    As `petition_nlp.fall.evidence`, with each verdict's own confidence, less `TOLERATED`, in the place of one target:
    while the confidences are no further off than that, the sum over all months as beginnings reaches
    `petition_nlp.fall.LIMIT` within a year with a probability of at most 5 %, however often one looks.

    :param months: verdicts in the order of the months.
    """
    total = 0.0
    logs = [0.0] * len(WORSE)
    for verdicts in reversed(months):
        for place, (times, _) in enumerate(WORSE):
            logs[place] += sum(_log_ratio(confidence, right, times) for confidence, right in verdicts)
        total += sum(weight * math.exp(min(log, _MOST_LOG)) for log, (_, weight) in zip(logs, WORSE, strict=True))
    return total


def is_misleading(months: Sequence[Sequence[Verdict]]) -> bool:
    """Whether the confidence no longer means what it says."""
    return gap_evidence(months) >= LIMIT


def _log_ratio(confidence: float, right: bool, times: float) -> float:
    """How much more likely a verdict is where the odds of an error are so many times the tolerated ones."""
    sure = min(confidence, _SUREST)
    odds = TOLERATED * (1 - sure) / sure
    found = math.log((1 + odds) / (1 + times * odds))
    return found if right else found + math.log(times)

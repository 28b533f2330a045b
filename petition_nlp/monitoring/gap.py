"""The signal of blind verdicts that say that the confidence is no longer what it says."""

from __future__ import annotations

import math
from collections.abc import Sequence

from petition_nlp.expected import Verdict, gap_evidence
from petition_nlp.fall import LIMIT
from petition_nlp.monitoring.shift import Shift
from petition_nlp.monitoring.signals import STRONG, Finding

LEAST = 30
"""Verdicts below which nothing is said."""
CODE = "confidence_misleads"


def gap(months: Sequence[Sequence[Verdict]]) -> Finding | None:
    """Expected against found accuracy; None of too few verdicts.

    :param months: verdicts on the model in use, month by month.
    """
    verdicts = [verdict for month in months for verdict in month]
    if len(verdicts) < LEAST:
        return None
    expected = sum(confidence for confidence, _ in verdicts) / len(verdicts)
    found = sum(right for _, right in verdicts) / len(verdicts)
    strength = -STRONG * math.log(max(1.0, gap_evidence(months))) / math.log(LIMIT)
    return Finding(CODE, "", "alarm", Shift(expected, found, strength, len(verdicts)), 1.0 if found < expected else 0.0)

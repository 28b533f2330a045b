"""What a policy lets through without a person, and how often that was right."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from petition_nlp.route import Route
from petition_nlp.training.intervals import share_interval

_CONFIDENCE_REASONS: Final = frozenset({"low_confidence", "no_threshold"})


@dataclass(frozen=True, slots=True)
class Decision:
    """What the router decided for one labelled row, apart from any threshold.

    :param confidence: of the department, 0.0 where none is named.
    :param reasons: review reasons other than those that compare the confidence with the threshold.
    :param both_right: whether matter and department are right; None where the row or the model has no matter.
    """

    confidence: float
    reasons: frozenset[str]
    right: bool
    both_right: bool | None

    @classmethod
    def of(cls, route: Route, *, department: str, matter: str | None) -> Decision:
        """Compare a route with the row's labels."""
        right = route.department is not None and route.department.code == department
        both = right and route.matter is not None and route.matter.code == matter
        return cls(
            confidence=route.department.confidence if route.department else 0.0,
            reasons=frozenset(reason.code for reason in route.review.reasons) - _CONFIDENCE_REASONS,
            right=right,
            both_right=None if matter is None or route.matter is None else both,
        )


def policy_report(decisions: Sequence[Decision], thresholds: Mapping[float, float]) -> dict[str, Any]:
    """Shares and precision at each threshold, and how often each further review reason fired.

    :param thresholds: target precision → confidence from which on no review is needed.
    """
    reasons = Counter(code for decision in decisions for code in sorted(decision.reasons))
    return {
        "n": len(decisions),
        "targets": {
            f"{target:.2f}" if round(target, 2) == target else f"{target}": _let_through(decisions, threshold)
            for target, threshold in thresholds.items()
        },
        "reasons": dict(reasons.most_common()),
    }


def _let_through(decisions: Sequence[Decision], threshold: float) -> dict[str, Any]:
    sure = [decision for decision in decisions if decision.confidence >= threshold]
    auto = [decision for decision in sure if not decision.reasons]
    joint = [decision.both_right for decision in auto if decision.both_right is not None]
    right = sum(decision.right for decision in auto)
    return {
        "threshold": None if math.isinf(threshold) else round(threshold, 4),
        "sure_share": _share(len(sure), len(decisions)),
        "auto": len(auto),
        "auto_share": _share(len(auto), len(decisions)),
        "precision": _share(right, len(auto)),
        "precision_interval": share_interval(right, len(auto)),
        "joint_n": len(joint),
        "joint_precision": _share(sum(joint), len(joint)),
        "joint_precision_interval": share_interval(sum(joint), len(joint)),
    }


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None

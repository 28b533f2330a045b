"""What a policy lets through without a person, and how often that was right."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petition_nlp.classify.gate import Gate
from petition_nlp.policy import CONFIDENCE_REASONS, Policy, held_otherwise
from petition_nlp.route import Route
from petition_nlp.training.intervals import share_interval


@dataclass(frozen=True, slots=True)
class Decision:
    """What the router decided for one labelled row, apart from any gate.

    :param department: the named one, empty where there is none; :param confidence: its confidence.
    :param reasons: review reasons other than those that compare the confidence with the gate.
    :param held: whether a person sees the row for another reason than the department's confidence.
    :param both_right: whether matter and department are right; None where the row or the model has no matter.
    """

    department: str
    confidence: float
    reasons: frozenset[str]
    held: bool
    right: bool
    both_right: bool | None

    @classmethod
    def of(cls, route: Route, policy: Policy, *, department: str, matter: str | None) -> Decision:
        """Compare a route with the row's labels."""
        right = route.department is not None and route.department.code == department
        both = right and route.matter is not None and route.matter.code == matter
        return cls(
            department=route.department.code if route.department else "",
            confidence=route.department.confidence if route.department else 0.0,
            reasons=frozenset(reason.code for reason in route.review.reasons) - CONFIDENCE_REASONS,
            held=held_otherwise(route, policy),
            right=right,
            both_right=None if matter is None or route.matter is None else both,
        )


def policy_report(decisions: Sequence[Decision], gates: Mapping[float, Gate]) -> dict[str, Any]:
    """Shares and precision at each gate, and how often each further review reason fired.

    :param gates: target precision → which decisions need no review for their confidence.
    """
    reasons = Counter(code for decision in decisions for code in sorted(decision.reasons))
    return {
        "n": len(decisions),
        "targets": {
            f"{target:.2f}" if round(target, 2) == target else f"{target}": _let_through(decisions, gate)
            for target, gate in gates.items()
        },
        "reasons": dict(reasons.most_common()),
    }


def _let_through(decisions: Sequence[Decision], gate: Gate) -> dict[str, Any]:
    sure = [decision for decision in decisions if gate.opens(decision.department, decision.confidence)]
    auto = [decision for decision in sure if not decision.held]
    joint = [decision.both_right for decision in auto if decision.both_right is not None]
    right = sum(decision.right for decision in auto)
    return {
        "threshold": None if math.isinf(gate.threshold) else round(gate.threshold, 4),
        "proven": sorted(gate.floors),
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

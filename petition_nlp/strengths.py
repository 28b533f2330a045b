"""How much a label by a person says: from a unit that keeps what it was sent, down to a suggestion that was accepted.

A petition that the model routed and nobody looked at has no strength: learning from it, a model would learn from
itself.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Strength(StrEnum):
    """Where a label comes from; the strongest is the first."""

    FINAL_UNIT = "final_unit"
    BLIND = "blind"
    CORRECTED = "corrected"
    REVIEWED = "reviewed"
    ACCEPTED = "accepted"

    @property
    def rank(self) -> int:
        """0 for the strongest."""
        return list(Strength).index(self)


STRENGTH_NAMES: Final = {
    Strength.FINAL_UNIT: "退单后的最终去向",
    Strength.BLIND: "盲审结论",
    Strength.CORRECTED: "更正",
    Strength.REVIEWED: "复核确认",
    Strength.ACCEPTED: "采纳建议",
}

WEIGHTS: Final = {
    Strength.FINAL_UNIT: 1.0,
    Strength.BLIND: 1.0,
    Strength.CORRECTED: 0.9,
    Strength.REVIEWED: 0.7,
    Strength.ACCEPTED: 0.3,
}
"""Weight of a row in training; an order of the past, with the unit that handled it in the end, weighs 1.

A unit that kept what another sent back, and a person who did not see the suggestion, say as much as the past does. A
correction was made with the suggestion in view, but against it. Who confirms what the model was unsure of was led by
it; who accepts what it was sure of has often only nodded, and such labels are as the model would have them.
"""

"""What the board counts of each day for monitoring alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Self

from sqlalchemy import Row

GARBLED: Final = 0.7
"""Share of unknown words from which on a text counts as garbled."""
STOPPED: Final = "auto_routing_stopped"


@dataclass(slots=True)
class Watched:
    """Petitions of a day by review reason and by model; sums of their confidences and shares of unknown words.

    :param stopped: petitions that wait only because automatic routing is stopped.
    :param read: those of which the share of unknown words is known; :param garbled: those of them that are garbled.
    """

    reasons: Counter[str] = field(default_factory=Counter)
    models: Counter[str] = field(default_factory=Counter)
    stopped: int = 0
    confidence: float = 0.0
    unseen: float = 0.0
    read: int = 0
    garbled: int = 0

    def add(self, petition: Row[Any]) -> None:
        """Count a petition."""
        self.reasons.update(petition.review_reasons)
        self.models[f"{petition.model} {petition.policy}"] += 1
        self.stopped += petition.review_reasons == [STOPPED]
        self.confidence += petition.confidence
        if petition.unseen is not None:
            self.read += 1
            self.unseen += petition.unseen
            self.garbled += petition.unseen >= GARBLED

    def as_json(self) -> dict[str, Any]:
        """As the table holds it."""
        return {
            "reasons": dict(self.reasons),
            "models": dict(self.models),
            "stopped": self.stopped,
            "confidence": round(self.confidence, 4),
            "unseen": round(self.unseen, 4),
            "read": self.read,
            "garbled": self.garbled,
        }

    @classmethod
    def of(cls, held: Mapping[str, Any]) -> Self:
        """From the table."""
        return cls(Counter(held["reasons"]), Counter(held["models"]), **{name: held[name] for name in _NUMBERS})


_NUMBERS: Final = ("stopped", "confidence", "unseen", "read", "garbled")

"""What is counted of each day, and sums of several days."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

FEATURES: Final = ("matter", "department", "channel", "length")
"""Of which the mix is compared; ``length`` has classes of rising length, numbered from 0."""

Counts = Mapping[str, int]
_NONE: Final[Counts] = {}


@dataclass(frozen=True, slots=True)
class Day:
    """The petitions that came in on one day.

    :param workday: whether offices work; :param features: petitions by class, for each of `FEATURES`.
    :param reasons: petitions by reason of review; one can have several.
    :param confidence: sum of the probabilities that the model gave its own choices.
    :param unseen: sum of the shares of words that the model does not know, of the ``read`` petitions that have one;
        :param garbled: petitions that consist of such words almost alone.
    :param decided: petitions that people confirmed or changed; :param agreed: those that they confirmed.
    :param sent: petitions that each unit was sent; :param returned: how many each unit sent back on this day.
    :param models: petitions by the model that read them.
    :param requests: requests that were answered; :param slow: those of them that took too long.
    """

    day: date
    petitions: int = 0
    workday: bool = True
    features: Mapping[str, Counts] = field(default_factory=dict)
    review: int = 0
    reasons: Counts = field(default_factory=dict)
    confidence: float = 0.0
    unseen: float = 0.0
    read: int = 0
    garbled: int = 0
    decided: int = 0
    agreed: int = 0
    sent: Counts = field(default_factory=dict)
    returned: Counts = field(default_factory=dict)
    models: Counts = field(default_factory=dict)
    requests: int = 0
    slow: int = 0

    @property
    def model(self) -> str | None:
        """The model that read most of them."""
        return max(self.models, key=lambda name: self.models[name], default=None)

    def of(self, feature: str) -> Counts:
        """Petitions by class."""
        return self.features.get(feature, _NONE)


def total(days: Iterable[Day], name: str) -> float:
    """The sum of a number."""
    return float(sum(getattr(day, name) for day in days))


def together(counts: Iterable[Counts]) -> Counter[str]:
    """The sum of several countings."""
    found: Counter[str] = Counter()
    for own in counts:
        found.update(own)
    return found


def mix(days: Sequence[Day], feature: str) -> Counter[str]:
    """Petitions by class, of all days together."""
    return together(day.of(feature) for day in days)

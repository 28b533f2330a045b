"""A few examples of many messages: bounded, the same for the same input, and different from each other."""

from __future__ import annotations

from bisect import insort
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

_PIECE: Final = 2
_ALIKE: Final = 0.4
_SPARE: Final = 3


@dataclass(order=True, frozen=True, slots=True)
class _Example:
    rank: tuple[bool, float, int]
    text: str


@dataclass(slots=True)
class Examples:
    """The best ``wanted`` examples of all that were offered, the more certain first.

    A few more are kept, so that one that is dropped as a near duplicate has a successor.
    """

    wanted: int
    _kept: list[_Example] = field(default_factory=list)
    _offered: int = 0

    def offer(self, review: bool, confidence: float, wording: Callable[[], str]) -> None:
        """Consider a message; ``wording`` is called only if it is good enough to be kept.

        :param review: whether a person should look at it; such a message comes after all others.
        """
        self._offered += 1
        rank = (review, -confidence, self._offered)
        full = len(self._kept) >= self.wanted + _SPARE
        if not self.wanted or (full and rank > self._kept[-1].rank):
            return
        text = wording()
        if text:
            self._insert(_Example(rank, text))

    def texts(self) -> tuple[str, ...]:
        """The examples."""
        return tuple(example.text for example in self._kept[: self.wanted])

    def _insert(self, new: _Example) -> None:
        alike = [old for old in self._kept if are_alike(old.text, new.text)]
        if any(old < new for old in alike):
            return
        self._kept = [old for old in self._kept if old not in alike]
        insort(self._kept, new)
        del self._kept[self.wanted + _SPARE :]


def are_alike(first: str, second: str) -> bool:
    """Whether two wordings share so many character pairs that one says no more than the other."""
    a, b = _pieces(first), _pieces(second)
    return len(a & b) >= _ALIKE * len(a | b)


def _pieces(text: str) -> set[str]:
    plain = "".join(char for char in text if char.isalnum())
    return {plain[start : start + _PIECE] for start in range(max(len(plain) - _PIECE + 1, 1))}

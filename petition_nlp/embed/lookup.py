"""A dictionary of integers in numpy arrays: many keys are looked up at once, and processes share it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

ABSENT: Final = -1
_EMPTY: Final = np.uint64(2**64 - 1)
_MULTIPLIER: Final = np.uint64(0x9E3779B97F4A7C15)  # 2**64 / golden ratio: neighbouring keys lie far apart
_SLOTS_PER_KEY: Final = 2


@dataclass(frozen=True, slots=True)
class KeyTable:
    """Values of distinct keys: open addressing with linear probing, all keys of a call in step.

    :param keys: 2**n slots.
    :param values: one for each slot.
    """

    keys: NDArray[np.uint64]
    values: NDArray[np.int32]

    @classmethod
    def build(cls, keys: NDArray[np.uint64], values: NDArray[np.int32]) -> Self:
        """A table of distinct keys, each under 2**63, with their values, each 0 or above."""
        size = 1 << max(1, (_SLOTS_PER_KEY * len(keys)).bit_length())
        table = cls(np.full(size, _EMPTY), np.full(size, ABSENT, dtype=np.int32))
        waiting, slots = np.arange(len(keys)), table._home(keys)
        while len(waiting):
            free = np.flatnonzero(table.keys[slots] == _EMPTY)
            placed = free[np.unique(slots[free], return_index=True)[1]]
            table.keys[slots[placed]] = keys[waiting[placed]]
            table.values[slots[placed]] = values[waiting[placed]]
            waiting, slots = np.delete(waiting, placed), table._next(np.delete(slots, placed))
        return table

    def get(self, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The value of each key, `ABSENT` where there is none."""
        slots = self._home(keys)
        found = self.keys[slots]
        same = found == keys
        values = np.where(same, self.values[slots], np.int32(ABSENT))
        left = np.flatnonzero(~same & (found != _EMPTY))
        slots = slots[left]
        while len(left):
            slots = self._next(slots)
            found = self.keys[slots]
            same = found == keys[left]
            values[left[same]] = self.values[slots[same]]
            going_on = ~same & (found != _EMPTY)
            left, slots = left[going_on], slots[going_on]
        return values

    def _home(self, keys: NDArray[np.uint64]) -> NDArray[np.intp]:
        """The slot where the search for each key begins."""
        bits = len(self.keys).bit_length() - 1
        return (keys * _MULTIPLIER >> np.uint64(64 - bits)).astype(np.intp)

    def _next(self, slots: NDArray[np.intp]) -> NDArray[np.intp]:
        return (slots + 1) & (len(self.keys) - 1)

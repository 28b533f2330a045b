"""A dictionary of integers in numpy arrays: many keys are looked up at once, and processes share it."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

from petition_nlp.arrays import bounds

ABSENT: Final = -1
_EMPTY: Final = np.uint64(2**64 - 1)
_MULTIPLIERS: Final = (np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F))  # golden ratio, square root of 3
_SLOTS_PER_KEY: Final = 2
_ROUNDS: Final = 200
_NOBODY: Final = -1


@dataclass(frozen=True, slots=True)
class KeyTable:
    """Values of distinct keys, each in one of the two slots where it may stand: two looks find any number of keys.

    Cuckoo hashing (Pagh and Rodler, 2004).

    :param keys: 2**n slots.
    :param values: one for each slot.
    """

    keys: NDArray[np.uint64]
    values: NDArray[np.int32]

    @classmethod
    def build(cls, keys: NDArray[np.uint64], values: NDArray[np.int32]) -> Self:
        """A table of distinct keys, each under 2**63, with their values, each 0 or above."""
        bits = max(1, (_SLOTS_PER_KEY * len(keys)).bit_length())
        while (owners := _placed(keys, bits)) is None:
            bits += 1
        taken = owners != _NOBODY
        table = cls(np.full(len(owners), _EMPTY), np.full(len(owners), ABSENT, dtype=np.int32))
        table.keys[taken], table.values[taken] = keys[owners[taken]], values[owners[taken]]
        return table

    def get_all(self, parts: Sequence[NDArray[np.uint64]]) -> list[NDArray[np.int32]]:
        """As `get`, for several arrays of keys."""
        found = self.get(np.concatenate(parts))
        limits = bounds(map(len, parts)).tolist()
        return [found[start:end] for start, end in itertools.pairwise(limits)]

    def get(self, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The value of each key, `ABSENT` where there is none."""
        bits = len(self.keys).bit_length() - 1
        first, second = (_slots(keys, multiplier, bits) for multiplier in _MULTIPLIERS)
        slots = np.where(self.keys[first] == keys, first, second)
        return np.where(self.keys[slots] == keys, self.values[slots], np.int32(ABSENT))


def _slots(keys: NDArray[np.uint64], multiplier: np.uint64, bits: int) -> NDArray[np.intp]:
    return (keys * multiplier >> np.uint64(64 - bits)).astype(np.intp)


def _placed(keys: NDArray[np.uint64], bits: int) -> NDArray[np.intp] | None:
    """Which key stands in each of 2**bits slots; None if they do not find their places.

    In each round all keys without a place take a slot of theirs; who stood there goes to its other one.
    """
    homes = np.array([_slots(keys, multiplier, bits) for multiplier in _MULTIPLIERS])
    owners = np.full(1 << bits, _NOBODY, dtype=np.intp)
    turn = np.zeros(len(keys), dtype=np.intp)
    waiting = np.arange(len(keys))
    for _ in range(_ROUNDS):
        slots = homes[turn[waiting], waiting]
        before = owners[slots]
        owners[slots] = waiting
        stayed = owners[slots] == waiting
        driven_out = before[stayed & (before != _NOBODY)]
        waiting = np.concatenate([waiting[~stayed], driven_out])
        if not len(waiting):
            return owners
        turn[waiting] = 1 - turn[waiting]
    return None

"""Messages as a bad line, a hasty thumb or a polite writer would deliver them, for training.

The label of a message stays the same when speech recognition mishears a character, punctuation is missing, or thanks
stand around the request. A model that sees such copies while it learns keeps its answer (``benchmarks/robustness.py``,
which disturbs messages with a generator and words of its own).
"""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import yaml

from petition_nlp.resources import data_path

_HOMOPHONES: Final = 0.35  # shares of the copies that each disturbance meets
_NO_PUNCTUATION: Final = 0.15
_COURTESY: Final = 0.3  # before the message, and again after it
_MISHEARD: Final = (0.02, 0.15)  # share of a text's characters
_HAN: Final = re.compile(r"[一-鿿]")
_PUNCTUATION: Final = re.compile(r"[，。、；：！？,.;:!?“”\"'（）()《》…—\s]+")


@dataclass(frozen=True)
class Noise:
    """Draws a disturbed copy of a message.

    :param alike: character → (characters of the same sound, their frequencies).
    """

    alike: Mapping[str, tuple[tuple[str, ...], tuple[int, ...]]]

    @classmethod
    def of(cls, texts: Sequence[str]) -> Noise:
        """Homophones among the characters that the texts use; frequent ones are misheard more often."""
        from pypinyin import Style, lazy_pinyin

        seen = Counter(char for text in texts for char in _HAN.findall(text))
        sound = {char: lazy_pinyin(char, style=Style.NORMAL)[0] for char in sorted(seen)}
        groups: dict[str, list[str]] = {}
        for char, own in sound.items():
            groups.setdefault(own, []).append(char)
        alike = {}
        for char, own in sound.items():
            others = tuple(other for other in groups[own] if other != char)
            if others:
                alike[char] = (others, tuple(seen[other] for other in others))
        return cls(alike)

    def copies(self, texts: Sequence[str], *, seed: int) -> list[str]:
        """One copy of each text; some stay as they are."""
        return [self(text, random.Random(f"{seed} {number}")) for number, text in enumerate(texts)]

    def __call__(self, text: str, draw: random.Random) -> str:
        """One copy of a text."""
        if draw.random() < _HOMOPHONES:
            text = self._misheard(text, draw)
        if draw.random() < _NO_PUNCTUATION:
            text = _PUNCTUATION.sub("", text)
        before, after = _courtesies()
        if draw.random() < _COURTESY:
            text = draw.choice(before) + text
        if draw.random() < _COURTESY:
            text = text + draw.choice(after)
        return text

    def _misheard(self, text: str, draw: random.Random) -> str:
        share = draw.uniform(*_MISHEARD)
        chars = list(text)
        for position, char in enumerate(chars):
            if char in self.alike and draw.random() < share:
                others, weights = self.alike[char]
                chars[position] = draw.choices(others, weights)[0]
        return "".join(chars)


@lru_cache(maxsize=1)
def _courtesies() -> tuple[tuple[str, ...], tuple[str, ...]]:
    words = yaml.safe_load(data_path("text/courtesies.yaml").read_text(encoding="utf-8"))
    return tuple(words["before"]), tuple(words["after"])

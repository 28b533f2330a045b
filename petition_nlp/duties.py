"""What in a department's duties speaks of a message."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from petition_nlp.repeats.rarity import rarity
from petition_nlp.taxonomy import Department
from petition_nlp.text.normalise import normalise
from petition_nlp.text.segment import segment

_TELLING: Final = 0.35
"""Least rarity of a word that says something."""
_SHARE: Final = 0.3
"""Least part of a typical matter's words that a message must hold, by their rarity."""
_MOST_TYPICAL: Final = 3
_MAX_CHARS: Final = 10_000


@dataclass(frozen=True, slots=True)
class Duty:
    """A department's duties, with what in them speaks of a message.

    :param matches: spans of ``text`` whose words the message holds.
    :param typical: typical matters of the department that are like it, the likest first.
    """

    department: Department
    text: str
    matches: tuple[tuple[int, int], ...]
    typical: tuple[str, ...]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "department": {"code": self.department.code, "name": self.department.name},
            "text": self.text,
            "matches": [{"start": start, "end": end, "text": self.text[start:end]} for start, end in self.matches],
            "typical": list(self.typical),
        }


def duty_for(department: Department, text: str) -> Duty:
    """The duties of a department, as far as they speak of a message."""
    read = normalise(text[:_MAX_CHARS])
    matches = tuple((start, end) for word, start, end in _telling_words(department.duty) if word in read)
    shares = {matter: _share(matter, read) for matter in department.typical}
    typical = sorted((matter for matter in shares if shares[matter] >= _SHARE), key=lambda matter: -shares[matter])
    return Duty(department, department.duty, matches, tuple(typical[:_MOST_TYPICAL]))


def _share(matter: str, text: str) -> float:
    words = {word: rarity(word) for word, _, _ in _telling_words(matter)}
    return sum(told for word, told in words.items() if word in text) / max(sum(words.values()), 1e-9)


@lru_cache(2048)
def _telling_words(text: str) -> tuple[tuple[str, int, int], ...]:
    """Words of two and more characters that say something, with their places."""
    found, at = [], 0
    for word in segment(text):
        if len(word) > 1 and rarity(word) >= _TELLING:
            found.append((word, at, at + len(word)))
        at += len(word)
    return tuple(found)

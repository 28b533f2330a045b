"""How rare a pair of characters is among residents' messages, and which subjects a text speaks of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import yaml

from petition_nlp.resources import data_path

UNSEEN: Final = 1.0
"""Weight of a pair that the table lacks."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A word at ``text[start:end]`` that speaks of a subject."""

    subject: str
    start: int
    end: int


@cache
def pair_weights() -> Mapping[str, float]:
    """Weights of the pairs of characters that messages commonly hold, 0 to 1; see ``data/text/pairs.txt``."""
    found: dict[str, float] = {}
    for line in data_path("text/pairs.txt").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            weight, _, pairs = line.partition(" ")
            found.update((pairs[at : at + 2], int(weight) / 100) for at in range(0, len(pairs), 2))
    return found


def rarity(word: str) -> float:
    """Weight of the rarest pair in a word; the word itself is at least as rare."""
    known = pair_weights()
    return max((known.get(word[at : at + 2], UNSEEN) for at in range(len(word) - 1)), default=0.0)


def mentions(text: str) -> Iterator[Mention]:
    """Words of a text that speak of subjects, from the left; where words overlap, the first and longest."""
    words, at = _words(), 0
    while at < len(text) - 1:
        for word, subjects in words.get(text[at : at + 2], ()):
            if text.startswith(word, at):
                yield from (Mention(subject, at, at + len(word)) for subject in subjects)
                at += len(word) - 1
                break
        at += 1


@cache
def subject_weights() -> Mapping[str, float]:
    """How much each subject tells: the rarity of its commonest word."""
    return {subject: min(map(rarity, words)) for subject, words in _subjects().items()}


@cache
def personal_subjects() -> frozenset[str]:
    """Subjects of one person or one event: sharing them says nothing."""
    return frozenset(_lists()["personal"].split())


@cache
def general_subjects() -> frozenset[str]:
    """Subjects so common that sharing one alone does not make one matter."""
    return frozenset(_lists()["general"].split())


@cache
def _subjects() -> Mapping[str, tuple[str, ...]]:
    return {subject: tuple(words.lower().split()) for subject, words in _lists()["subjects"].items()}


@cache
def _lists() -> dict[str, Any]:
    lists: dict[str, Any] = yaml.safe_load(data_path("text/subjects.yaml").read_text(encoding="utf-8"))
    return lists


@cache
def _words() -> Mapping[str, tuple[tuple[str, tuple[str, ...]], ...]]:
    """Each word with its subjects, by its first two characters, the longest first."""
    subjects_of: dict[str, list[str]] = {}
    for subject, words in _subjects().items():
        for word in words:
            subjects_of.setdefault(word, []).append(subject)
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for word in sorted(subjects_of, key=len, reverse=True):
        found.setdefault(word[:2], []).append((word, tuple(subjects_of[word])))
    return {start: tuple(words) for start, words in found.items()}

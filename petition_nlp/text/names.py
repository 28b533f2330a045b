"""Where the names of places, people and firms stand in a text."""

from __future__ import annotations

from functools import cache
from typing import Final

from petition_nlp.resources import data_path, read_yaml
from petition_nlp.text.segment import NAME, Tokens

_FILE: Final = "text/names.yaml"


def name_spans(found: Tokens) -> list[tuple[int, int]]:
    """Starts and ends of the names among the tokens of a text, in order.

    What follows a name and says what it names (翠湖 + 新城) belongs to it.
    """
    spans: list[tuple[int, int]] = []
    for word, start, end in zip(found.words, found.starts, found.ends, strict=True):
        if word == NAME:
            spans.append((start, end))
        elif spans and spans[-1][1] == start and word in suffixes():
            spans[-1] = (spans[-1][0], end)
    return spans


@cache
def suffixes() -> frozenset[str]:
    """Words that say what a name names."""
    return frozenset(_lists()["suffixes"].split())


@cache
def plain_stems() -> frozenset[str]:
    """Ordinary words after which such a word names nothing (老旧 + 小区)."""
    return frozenset(_lists()["plain_stems"].split())


@cache
def glue() -> frozenset[str]:
    """Characters that no name holds."""
    return frozenset(_lists()["glue"].replace(" ", ""))


@cache
def _lists() -> dict[str, str]:
    lists: dict[str, str] = read_yaml(data_path(_FILE))
    return lists

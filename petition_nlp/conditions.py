"""Conditions that written rules set: matter, department, topic, area and words of a message."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from petition_nlp.lined import LINE, LinedFolder
from petition_nlp.local.names import NameFinder, fold
from petition_nlp.text.normalise import normalise

CONDITIONS: Final = ("matter", "department", "topic", "area", "words", "words_not")
"""Keys of a rule that say when it holds."""
_KIND: Final = "district"
_REMEMBERED: Final = 10_000
_BETWEEN: Final = re.compile(r"[\s/、,，;；>|·-]+")


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules look at.

    :param text: the message, folded as the words of rules are.
    :param topics: what it was classed as, at every level. :param areas: the places that are known of it.
    """

    text: str
    matter: str | None = None
    department: str | None = None
    topics: frozenset[str] = frozenset()
    areas: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Condition:
    """Everything that is given must hold: any of the words and of the areas, none of the words that exclude."""

    matter: str | None = None
    department: str | None = None
    topic: str | None = None
    areas: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    words_not: tuple[str, ...] = ()

    def holds(self, facts: Facts) -> bool:
        """Whether it does for a message."""
        return self.holds_but_for_area(facts) and self.holds_there(facts.areas)

    def holds_there(self, areas: frozenset[str]) -> bool:
        """Whether the place is right."""
        return not self.areas or not areas.isdisjoint(self.areas)

    def holds_but_for_area(self, facts: Facts) -> bool:
        """Whether all does but perhaps the place."""
        return (
            self.matter in (None, facts.matter)
            and self.department in (None, facts.department)
            and (self.topic is None or self.topic in facts.topics)
            and self.words_hold(facts.text)
        )

    def words_hold(self, text: str) -> bool:
        """Whether the words are right."""
        wanted = not self.words or any(word in text for word in self.words)
        return wanted and not any(word in text for word in self.words_not)

    @property
    def is_empty(self) -> bool:
        """Whether it holds for every message."""
        return self == Condition()

    def to_dict(self) -> dict[str, Any]:
        """JSON form, without what is not given."""
        whole = {
            "matter": self.matter,
            "department": self.department,
            "topic": self.topic,
            "area": list(self.areas),
            "words": list(self.words),
            "words_not": list(self.words_not),
        }
        return {name: value for name, value in whole.items() if value}


def read_condition(
    reader: LinedFolder,
    name: str,
    raw: dict[str, Any],
    *,
    matters: Collection[str],
    departments: Collection[str],
) -> Condition:
    """The condition in a table of a file.

    :param matters: known codes; :param departments: likewise.
    :raises TaxonomyError: names file and line.
    """
    for key, known, kind in (("matter", matters, "事项类别"), ("department", departments, "部门")):
        if raw.get(key) is not None:
            reader.known(name, raw[LINE], raw[key], known, kind)
    return Condition(
        matter=raw.get("matter"),
        department=raw.get("department"),
        topic=reader.optional_text(name, raw, "topic"),
        areas=reader.one_or_more(name, raw, "area"),
        words=_folded(reader.one_or_more(name, raw, "words")),
        words_not=_folded(reader.one_or_more(name, raw, "words_not")),
    )


def folded(text: str) -> str:
    """A raw text as the words of rules are looked for in it."""
    return fold(normalise(text))


def _folded(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(folded(word) for word in words)


class AreaNames:
    """Finds areas in a message's field for its place.

    :param areas: every name and number with the area that it stands for.
    """

    def __init__(self, areas: Mapping[str, str]) -> None:
        self._areas = {folded(name): area for name, area in areas.items()}
        self._finder = NameFinder((name, _KIND) for name in areas)
        self.find: Callable[[str], frozenset[str]] = lru_cache(_REMEMBERED)(self._find)
        """The areas that a field names; fields repeat, so the last ones are remembered."""

    def _find(self, written: str) -> frozenset[str]:
        text = folded(written)
        named = [found.name for found in self._finder.find(text)]
        parts = (*_BETWEEN.split(text), *named)
        return frozenset(self._areas[part] for part in parts if part in self._areas)

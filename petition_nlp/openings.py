"""What the matches of a regular expression begin with, read from its parsed form."""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Iterable
from importlib import import_module
from typing import Any, Final

_PARSER: Final[Any] = import_module("re._parser")  # what `re.compile` itself uses; there is no public way to a tree
WINDOW: Final = 16
"""Characters from the first of an opening on in which the later one stands."""
LAST: Final = 0xFFFE
"""Largest code point that openings and later characters have."""
_LONGEST: Final = 2  # characters of an opening
_MOST_IN_CLASS: Final = 64
_GAP: Final = "\uffff"  # a noncharacter

_Heads = dict[str, float]
"""What matches begin with, to the most characters that this takes: up to two characters and the next known one, `_GAP`
for any number of unknown ones; shorter ones may go on with whatever comes next in the expression."""


def openings(pattern: re.Pattern[str]) -> dict[str, frozenset[str]] | None:
    """Strings of one or two characters of which every match begins with one; None where that can't be told.

    Each with the characters of which one follows within `WINDOW`; none where that can't be told.
    """
    if pattern.flags & ~re.UNICODE.value:
        return None
    found: dict[str, frozenset[str]] = {}
    for text, length in _sequence(_PARSER.parse(pattern.pattern)).items():
        opening = text.split(_GAP)[0][:_LONGEST]
        later = frozenset(text[-1] if _is_complete(text) and length <= WINDOW else ())
        before = found.get(opening, later)
        found[opening] = before | later if before and later else frozenset()
    return None if "" in found else found


def _is_complete(text: str) -> bool:
    return text[-1] != _GAP if _GAP in text else len(text) > _LONGEST


def _sequence(items: Iterable[tuple[Any, Any]]) -> _Heads:
    heads: _Heads = {"": 0}
    for operator, argument in items:
        heads = _joined(heads, _item(str(operator), argument))
    return heads


def _joined(heads: _Heads, following: _Heads) -> _Heads:
    found: _Heads = {}
    for text, length in heads.items():
        if _is_complete(text):
            found[text] = max(length, found.get(text, 0))
            continue
        for more, more_length in following.items():
            longer = text
            for symbol in more:
                if not _is_complete(longer) and not symbol == _GAP == longer[-1:]:
                    longer += symbol
            found[longer] = max(length + more_length, found.get(longer, 0))
    return found


def _item(operator: str, argument: Any) -> _Heads:
    """What one item of a parsed expression begins with."""
    match operator:
        case "LITERAL" if argument <= LAST:
            return {chr(argument): 1}
        case "IN":
            return _class(argument)
        case "ANY" | "NOT_LITERAL" | "LITERAL":
            return {_GAP: 1}
        case "BRANCH":
            return _united(map(_sequence, argument[1]))
        case "SUBPATTERN" if not argument[1] and not argument[2]:  # flags of its own
            return _sequence(argument[3])
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(*argument)
        case "ASSERT" | "ASSERT_NOT" | "AT":
            return {"": 0}
    return {_GAP: math.inf}


def _class(members: Iterable[tuple[Any, Any]]) -> _Heads:
    found: _Heads = {}
    for operator, argument in members:
        low, high = argument if str(operator) == "RANGE" else (argument, argument)
        if str(operator) not in ("LITERAL", "RANGE") or high - low >= _MOST_IN_CLASS or high > LAST:
            return {_GAP: 1}
        found |= {chr(code): 1 for code in range(low, high + 1)}
    return found


def _united(parts: Iterable[_Heads]) -> _Heads:
    found: _Heads = {}
    for text, length in itertools.chain.from_iterable(part.items() for part in parts):
        found[text] = max(length, found.get(text, 0))
    return found


def _repeated(least: int, most: int, items: Any) -> _Heads:
    once = _sequence(items)
    times = range(min(int(most), _LONGEST + 1) + 1)
    heads = itertools.accumulate(times[1:], lambda before, _: _joined(before, once), initial={"": 0.0})
    found = _united(own for count, own in zip(times, heads, strict=True) if count >= min(int(least), times[-1]))
    longest = math.inf if most == _PARSER.MAXREPEAT else int(most) * max(once.values())
    return {text: longest if text else 0 for text in found}

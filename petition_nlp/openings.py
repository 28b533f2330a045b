"""Where in many texts regular expressions could match at all: their openings, looked up in numpy tables.

Every match of most expressions begins with one of some pairs of characters. Tables of these pairs tell for a batch of
texts which of a hundred expressions are worth trying on which text, and at which places.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

_PARSER: Final[Any] = import_module("re._parser")  # what `re.compile` itself uses; there is no public way to a tree
_LONGEST: Final = 2
_MOST_IN_CLASS: Final = 64
_TABLE: Final = 0x10000
_NO_CHARACTER: Final = "\uffff"

_Head = tuple[str, bool]
"""What a match begins with, up to `_LONGEST` characters, and whether what follows in the expression comes next."""
_NOTHING: Final[_Head] = ("", True)
_ANYTHING: Final[_Head] = ("", False)


def openings(pattern: re.Pattern[str]) -> frozenset[str] | None:
    """Strings of one or two characters of which every match begins with one; None where that can't be told."""
    if pattern.flags & ~re.UNICODE.value:
        return None
    heads = {text for text, _ in _sequence(_PARSER.parse(pattern.pattern))}
    return None if "" in heads or any(max(text) >= _NO_CHARACTER for text in heads) else frozenset(heads)


def _sequence(items: Iterable[tuple[Any, Any]]) -> set[_Head]:
    heads = {_NOTHING}
    for operator, argument in items:
        heads = _joined(heads, _item(str(operator), argument))
    return heads


def _joined(heads: set[_Head], following: set[_Head]) -> set[_Head]:
    done = {head for head in heads if not head[1]}
    return done | {
        ((text + more)[:_LONGEST], goes_on and len(text + more) < _LONGEST)
        for text, is_open in heads
        if is_open
        for more, goes_on in following
    }


def _item(operator: str, argument: Any) -> set[_Head]:
    """What one item of a parsed expression begins with."""
    match operator:
        case "LITERAL":
            return {(chr(argument), True)}
        case "IN":
            return _class(argument)
        case "BRANCH":
            return set().union(*map(_sequence, argument[1]))
        case "SUBPATTERN":
            _, more_flags, fewer_flags, items = argument
            return {_ANYTHING} if more_flags or fewer_flags else _sequence(items)
        case "MAX_REPEAT" | "MIN_REPEAT":
            return _repeated(*argument)
        case "ASSERT" | "ASSERT_NOT" | "AT":
            return {_NOTHING}
    return {_ANYTHING}


def _class(members: Iterable[tuple[Any, Any]]) -> set[_Head]:
    found: set[_Head] = set()
    for operator, argument in members:
        match str(operator):
            case "LITERAL":
                found.add((chr(argument), True))
            case "RANGE" if argument[1] - argument[0] < _MOST_IN_CLASS:
                found |= {(chr(code), True) for code in range(argument[0], argument[1] + 1)}
            case _:
                return {_ANYTHING}
    return found


def _repeated(least: int, most: int, items: Any) -> set[_Head]:
    once = _sequence(items)
    heads, found = {_NOTHING}, set()
    for times in range(min(int(most), _LONGEST) + 1):
        if times >= min(int(least), _LONGEST):
            found |= heads
        heads = _joined(heads, once)
    return found


@dataclass(frozen=True, slots=True)
class Openings:
    """The openings of numbered expressions.

    :param first: a number for each character that begins an opening, 0 for all others.
    :param second: likewise for the character after it.
    :param sets: by both numbers, which set of expressions could match there; 0 for none.
    :param members: (sets, expressions), whether the expression belongs to the set.
    :param anywhere: expressions that could match at any place.
    """

    first: NDArray[np.uint16]
    second: NDArray[np.uint16]
    sets: NDArray[np.uint16]
    members: NDArray[np.bool_]
    anywhere: Set[int]

    @classmethod
    def of(cls, patterns: Sequence[re.Pattern[str]], *, never: str = "") -> Openings:
        """The openings of some expressions.

        :param never: characters that texts may get after they were looked through; expressions that could begin
            with one could match anywhere.
        """
        found = [openings(pattern) for pattern in patterns]
        found = [None if own is None or any(set(text) & set(never) for text in own) else own for own in found]
        by_opening: dict[str, set[int]] = defaultdict(set)
        for number, own in enumerate(found):
            for opening in own or ():
                by_opening[opening].add(number)
        firsts, seconds = (sorted({text[place] for text in by_opening if len(text) > place}) for place in (0, 1))
        rows = {char: number for number, char in enumerate(firsts, 1)}
        columns = {char: number for number, char in enumerate(seconds, 1)}
        numbers: dict[frozenset[int], int] = {frozenset(): 0}
        sets = np.zeros((len(rows) + 1, len(columns) + 1), dtype=np.uint16)
        for opening in sorted(by_opening, key=len):
            alone = by_opening.get(opening[0], set())
            own_set = frozenset(alone | by_opening[opening])
            column = columns[opening[1]] if len(opening) == _LONGEST else slice(None)
            sets[rows[opening[0]], column] = numbers.setdefault(own_set, len(numbers))
        members = np.zeros((len(numbers), len(patterns)), dtype=bool)
        for own_set, number in numbers.items():
            members[number, sorted(own_set)] = True
        return cls(
            _table(rows),
            _table(columns),
            sets,
            members,
            frozenset(number for number, own in enumerate(found) if own is None),
        )

    def places(self, texts: Sequence[str]) -> Places:
        """Where in each text each expression could match."""
        ends = np.cumsum([len(text) + 1 for text in texts])
        joined = _NO_CHARACTER.join([*texts, _NO_CHARACTER])
        codes = np.minimum(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32), _TABLE - 1)
        sets = self.sets[self.first[codes[:-1]], self.second[codes[1:]]]
        found = np.flatnonzero(sets)
        which, expressions = np.nonzero(self.members[sets[found]])
        rows = np.searchsorted(ends, found, side="right")
        starts = found - (ends - np.diff(ends, prepend=0))[rows]
        number = self.members.shape[1]
        cells = rows[which] * number + expressions
        counts = np.bincount(cells, minlength=len(texts) * number).reshape(-1, number)
        ordered = starts[which[np.argsort(cells, kind="stable")]].tolist()
        return Places(counts, np.cumsum(counts).reshape(counts.shape), ordered, self.anywhere)


@dataclass(frozen=True, slots=True)
class Places:
    """Places of n texts at which e expressions could match.

    :param counts: (n, e) numbers of places.
    :param ends: (n, e), where those of a cell end in ``starts``.
    :param starts: offsets into the texts, rising within a cell.
    :param anywhere: expressions that could match at any place.
    """

    counts: NDArray[np.int64]
    ends: NDArray[np.int64]
    starts: Sequence[int]
    anywhere: Set[int]

    def possible(self) -> NDArray[np.bool_]:
        """(n, e), whether the expression could match in the text."""
        found = self.counts > 0
        found[:, sorted(self.anywhere)] = True
        return found

    def of(self, row: int) -> PlacesInText:
        """The places of one text."""
        counts = self.counts[row]
        own = np.flatnonzero(counts)
        stops = self.ends[row, own]
        cells = zip(own.tolist(), (stops - counts[own]).tolist(), stops.tolist(), strict=True)
        return PlacesInText({number: self.starts[start:stop] for number, start, stop in cells}, self.anywhere)


@dataclass(frozen=True, slots=True)
class PlacesInText:
    """Places of one text by the number of the expression that could match there."""

    starts: Mapping[int, Sequence[int]]
    anywhere: Set[int]

    def possible(self, expression: int) -> bool:
        """Whether an expression could match."""
        return expression in self.starts or expression in self.anywhere

    def matches(self, expression: int, pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
        """What ``pattern.finditer(text)`` finds, tried only where it could match.

        :param text: the text that was looked through, or one of its length with characters that no opening has.
        """
        if expression in self.anywhere:
            return list(pattern.finditer(text))
        found: list[re.Match[str]] = []
        end = 0
        for start in self.starts.get(expression, ()):
            match = pattern.match(text, start) if start >= end else None
            if match:
                found.append(match)
                end = match.end()
        return found


def _table(numbers: dict[str, int]) -> NDArray[np.uint16]:
    table = np.zeros(_TABLE, dtype=np.uint16)
    table[[ord(char) for char in numbers]] = list(numbers.values())
    return table

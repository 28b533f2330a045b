"""Where in many texts regular expressions could match at all: their openings, looked up in numpy tables.

Every match of most expressions begins with one of some pairs of characters, and a little later comes one of a few
others. Tables of these tell for a batch of texts which of a hundred expressions are worth trying on which text, and
at which places.
"""

from __future__ import annotations

import itertools
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.arrays import bounds, group_starts, owners, sizes, with_end
from petition_nlp.openings import LAST, WINDOW, openings

_END: Final = chr(LAST + 1)  # stands behind every text, and for all larger code points


@dataclass(frozen=True, slots=True)
class Scanner:
    """Looks for the openings of numbered expressions.

    :param first: a number for each character that begins an opening, 0 for all others.
    :param second: likewise for the character after it.
    :param later: a bit for each character that follows an opening.
    :param sets: by the numbers of two characters, the set of expressions that such an opening belongs to.
    :param bounds: the members of set i are those from the i-th bound to the next.
    :param members: expressions. :param needed: bits of which one must follow each, 0 where none need.
    :param number: of expressions.
    :param anywhere: expressions that could match at any place.
    """

    first: NDArray[np.uint16]
    second: NDArray[np.uint16]
    later: NDArray[np.uint64]
    sets: NDArray[np.int32]
    bounds: NDArray[np.int64]
    members: NDArray[np.int64]
    needed: NDArray[np.uint64]
    number: int
    anywhere: Set[int]

    @classmethod
    def of(cls, patterns: Sequence[re.Pattern[str]], *, never: str = "") -> Scanner:
        """The openings of some expressions.

        :param never: characters that texts may get after they were looked through; expressions that could begin
            with one could match anywhere.
        """
        found = map(openings, patterns)
        known = {number: own for number, own in enumerate(found) if own is not None and not _has_any(own, never)}
        by_opening: dict[str, dict[int, frozenset[str]]] = defaultdict(dict)
        for number, own in known.items():
            for opening, later in own.items():
                by_opening[opening][number] = later
        first, second = (_numbered(text[place] for text in by_opening if len(text) > place) for place in (0, 1))
        bits = _bits(later for own in known.values() for later in own.values())
        sets = np.zeros((len(first) + 1, len(second) + 1), dtype=np.int32)
        members: list[dict[int, frozenset[str]]] = [{}]
        for opening in sorted(by_opening, key=len):
            column = slice(None) if len(opening) == 1 else second[opening[1]]
            sets[first[opening[0]], column] = len(members)
            alone = by_opening.get(opening[0], {})
            members.append(_both(alone, by_opening[opening]))
        needed = [sum({bits[char] for char in later}) for own in members for later in own.values()]
        return cls(
            first=_table(first, np.uint16),
            second=_table(second, np.uint16),
            later=_table(bits, np.uint64),
            sets=sets,
            bounds=np.cumsum([0, *map(len, members)]),
            members=np.array([number for own in members for number in own], dtype=np.int64),
            needed=np.array(needed, dtype=np.uint64),
            number=len(patterns),
            anywhere=set(range(len(patterns))) - known.keys(),
        )

    def places(self, texts: Sequence[str]) -> Places:
        """Where in each text each expression could match."""
        begins = bounds(len(text) + 1 for text in texts)
        joined = _END.join([*texts, _END])
        codes = np.minimum(np.frombuffer(joined.encode("utf-32-le", "surrogatepass"), dtype=np.uint32), LAST + 1)
        sets = self.sets[self.first[codes[:-1]], self.second[codes[1:]]]
        found = sets.nonzero()[0]
        kinds = sets[found]
        limits = bounds(sizes(self.bounds)[kinds])
        which = owners(limits)
        member = np.arange(len(which)) + (self.bounds[kinds] - limits[:-1])[which]
        needed = self.needed[member]
        kept = ((needed == 0) | (needed & self._following(codes)[found][which] != 0)).nonzero()[0]
        places, expressions = found[which[kept]], self.members[member[kept]]
        rows = begins[1:].searchsorted(places, side="right")
        cells = rows * self.number + expressions
        order = cells.argsort(kind="stable")
        cells = cells[order]
        first = group_starts(cells)
        starts = (places - begins[rows])[order]
        row, expression = np.divmod(cells[first], self.number)
        in_text = row.searchsorted(np.arange(len(texts) + 1))
        stops = with_end(first, len(starts))[1:]
        own = (in_text.tolist(), expression.tolist(), first.tolist(), stops.tolist(), starts.tolist())
        return Places(row, expression, *own, self.anywhere)

    def _following(self, codes: NDArray[np.uint32]) -> NDArray[np.uint64]:
        """The bits of the characters within the window that begins at each."""
        bits = self.later[codes]
        step = 1
        while step < WINDOW:
            bits[:-step] |= bits[step:]
            step *= 2
        return bits


@dataclass(frozen=True, slots=True)
class Places:
    """Places of n texts at which e expressions could match, in cells of one text and one expression.

    :param rows: text of each cell, rising. :param columns: its expression.
    :param bounds: n + 1 numbers, where the cells of each text begin. :param expressions: as ``columns``.
    :param firsts: where the places of each cell begin in ``starts``. :param stops: where they end.
    :param starts: offsets into the texts, rising within a cell.
    :param anywhere: expressions that could match at any place.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    bounds: Sequence[int]
    expressions: Sequence[int]
    firsts: Sequence[int]
    stops: Sequence[int]
    starts: Sequence[int]
    anywhere: Set[int]

    def sums(self, weights: NDArray[np.int64]) -> NDArray[np.int64]:
        """(n, k), for each text the (e, k) weights of all expressions that could match."""
        sums = np.tile(weights[sorted(self.anywhere)].sum(axis=0), (len(self.bounds) - 1, 1))
        np.add.at(sums, self.rows, weights[self.columns])
        return sums

    def of(self, row: int) -> PlacesInText:
        """The places of one text."""
        found: dict[int, Sequence[int] | None] = dict.fromkeys(self.anywhere)
        for cell in range(self.bounds[row], self.bounds[row + 1]):
            found[self.expressions[cell]] = self.starts[self.firsts[cell] : self.stops[cell]]
        return PlacesInText(found)


@dataclass(frozen=True, slots=True)
class PlacesInText:
    """Places of one text by the number of the expression that could match there; None for anywhere."""

    starts: Mapping[int, Sequence[int] | None]

    def matches(self, expression: int, pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
        """What ``pattern.finditer(text)`` finds, tried only where it could match.

        :param text: the text that was looked through, or one of its length with characters that no opening has.
        """
        starts = self.starts.get(expression, ())
        if starts is None:
            return list(pattern.finditer(text))
        found: list[re.Match[str]] = []
        end = 0
        for start in starts:
            match = pattern.match(text, start) if start >= end else None
            if match:
                found.append(match)
                end = match.end()
        return found


def _has_any(own: Mapping[str, frozenset[str]], characters: str) -> bool:
    return any(
        not later.isdisjoint(characters) or not set(opening).isdisjoint(characters) for opening, later in own.items()
    )


def _numbered(characters: Iterable[str]) -> dict[str, int]:
    return {char: number for number, char in enumerate(sorted(set(characters)), 1)}


def _bits(sets: Iterable[frozenset[str]]) -> dict[str, int]:
    """A bit of 64 for each character; several share one."""
    return {char: 1 << number % 64 for char, number in _numbered(itertools.chain.from_iterable(sets)).items()}


def _both(one: Mapping[int, frozenset[str]], other: Mapping[int, frozenset[str]]) -> dict[int, frozenset[str]]:
    """The expressions of two openings at the same place; where either needs nothing after it, nothing is needed."""
    found = {**one, **other}
    for number in one.keys() & other.keys():
        found[number] = one[number] | other[number] if one[number] and other[number] else frozenset()
    return found


def _table(values: Mapping[str, int], kind: type[Any]) -> NDArray[Any]:
    table = np.zeros(LAST + 2, dtype=kind)
    for char, value in values.items():
        table[ord(char)] = value
    return table

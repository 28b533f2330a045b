"""A few keys of a message: two messages about one matter nearly always share one.

A service keeps the clues of its open petitions in an indexed table and finds candidates with one query, then counts
how many petitions hold each of its keys and theirs::

    SELECT petition, SUM(strength) FROM clues WHERE key IN (…) GROUP BY petition ORDER BY 2 DESC LIMIT 50
    SELECT key, COUNT(*) FROM clues WHERE key IN (SELECT key FROM clues WHERE petition IN (…)) GROUP BY key
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from petition_nlp.repeats.places import Reach
from petition_nlp.repeats.rarity import UNSEEN, personal_subjects, rarity, subject_weights
from petition_nlp.repeats.statement import Statement

VERSION: Final = "1"
"""First character of every key. Raised when equal messages would get other keys; keys of two versions never meet."""
MOST_CLUES: Final = 12

_NAME: Final = "n"
_FEWEST: Final = 200
_COMMON: Final = 0.45
_RARE_ENOUGH: Final = 0.75
_NAMES: Final = 4
_NAMED_SUBJECTS: Final = 2
_HEADS: Final = 2
_COPIES: Final = 4
_RARE: Final = 6
_PIECE: Final = 5
_LEAST_RARITY: Final = 0.7
_RUN: Final = re.compile(r"[a-z一-鿿]{5,}")


@dataclass(frozen=True, slots=True)
class Clue:
    """A key to look up, and how much it tells if another message has it too.

    :param key: 14 ASCII characters: version, kind, hash. Nobody can read a name from it without guessing the name.
    """

    key: str
    strength: int


@dataclass(frozen=True, slots=True)
class Held:
    """How many of the petitions searched hold which clue, so that a name of half a city says little.

    :param total: number of petitions searched; with few of them every name tells.
    :param counts: by key, of the new message and its candidates; a key that is missing is held by one.
    """

    total: int = 0
    counts: Mapping[str, int] = field(default_factory=dict)

    def telling(self, name: str) -> float:
        """How much it says that two messages share a name, from 0 to 1."""
        if self.total < _FEWEST:
            return 1.0
        holders = max(self.counts.get(_key(_NAME, name), 1), 1)
        rare = 1 - math.log(holders) / math.log(self.total)
        return min(1.0, max(0.0, (rare - _COMMON) / (_RARE_ENOUGH - _COMMON)))


UNCOUNTED: Final = Held()
"""Nobody has counted, so every name tells."""


def clues(statement: Statement) -> list[Clue]:
    """At most `MOST_CLUES` keys, the strongest first; the same for the same message in every process."""
    ranked = sorted(statement.names, key=lambda name: -name.reach)[:_NAMES]
    stems = list(dict.fromkeys(name.stem for name in ranked))
    heads = [name.head for name in ranked if name.head and name.head not in stems][:_HEADS]
    placed = stems[:1] if ranked and ranked[0].reach > Reach.LOOSE else []
    found = [Clue(_key("b", f"{stem} {subject}"), 4) for stem in placed for subject in _weightiest(statement)]
    found += [Clue(_key(_NAME, name), 3) for name in (*stems, *heads)]
    found += [Clue(_key("c", f"{number} {piece}"), 2) for number, piece in enumerate(_copies(statement.text))]
    found += [Clue(_key(_NAME, pair), 1) for pair in _rare(statement) if pair not in stems + heads]
    return found[:MOST_CLUES]


def _weightiest(statement: Statement) -> list[str]:
    weights = subject_weights()
    shared = statement.mentions.keys() - personal_subjects()
    return sorted(shared, key=lambda subject: (-weights[subject], subject))[:_NAMED_SUBJECTS]


def _copies(text: str) -> Iterator[str]:
    """Pieces chosen by MinHash, so that near copies share some; none of everyday phrases only."""
    pieces = {run[at : at + _PIECE] for run in _RUN.findall(text) for at in range(len(run) - _PIECE + 1)}
    hashed = [(_digest(piece), piece) for piece in pieces if rarity(piece) >= _LEAST_RARITY]
    for number in range(_COPIES if hashed else 0):
        part = slice(4 * number, 4 * number + 4)
        yield min(hashed, key=lambda each: (each[0][part], each[1]))[1]


def _rare(statement: Statement) -> Iterable[str]:
    """A few of the pairs that messages hardly ever hold; of two messages that share many, mostly the same few.

    They meet the short names of other messages, where a name has not been known as one.
    """
    rare = (pair for pair, evidence in statement.pairs.items() if evidence == UNSEEN)
    return sorted(rare, key=_digest)[:_RARE]


def _key(kind: str, value: str) -> str:
    return f"{VERSION}{kind}{_digest(value)[:6].hex()}"


def _digest(value: str) -> bytes:
    return hashlib.blake2b(value.encode("utf-8", "replace"), digest_size=16).digest()

"""Words of a message, with names of places, people and firms reduced to one placeholder.

A model must keep no street, compound, company or person's name, and one city's names teach it nothing about
another city. A token counts as a name when the dictionary does not know it or tags it as a proper name, unless
the domain dictionary (``data/text/words.txt``) lists it, and when it stands as the stem before a suffix such
as 路 or 花园 (``data/text/names.yaml``).
"""

from __future__ import annotations

import enum
import itertools
import operator
import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

from petition_nlp.resources import data_path, read_yaml
from petition_nlp.text.mask import PLACEHOLDER

if TYPE_CHECKING:
    from rjieba import Jieba

NAME: Final = "[名称]"
"""What stands for a name of a place, person or firm."""

_PROPER_TAGS: Final = frozenset({"nr", "nrt", "nrfg", "ns", "nt", "nz"})
_PERSON_TAGS: Final = frozenset({"nr", "nrt", "nrfg"})
_PLACE_TAGS: Final = frozenset({"ns", "nt"})
_STEM_TAGS: Final = frozenset(
    {"n", "nz", "ns", "nr", "nt", "nrt", "nrfg", "a", "b", "s", "t", "j", "vn", "i", "l", "z", "an"}
)
# Whatever stands before one of these names a road.
_ROADS: Final = frozenset({"东路", "西路", "南路", "北路", "中路", "大道", "横路"})
_HAN: Final = re.compile(r"[一-鿿]+")
_CACHED_WORDS: Final = 100_000


@dataclass(frozen=True, slots=True)
class Token:
    """A word at ``text[start:end]`` of the masked text; ``word`` is `NAME` for names."""

    word: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Tokens:
    """The tokens of a text in order, as columns; iterating gives one `Token` after the other."""

    words: list[str] = field(default_factory=list)
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.words)

    def __iter__(self) -> Iterator[Token]:
        return map(Token, self.words, self.starts, self.ends)

    def between(self, start: int, end: int) -> Tokens:
        """Those that lie within ``text[start:end]``."""
        first, stop = bisect_left(self.starts, start), bisect_right(self.ends, end)
        return Tokens(self.words[first:stop], self.starts[first:stop], self.ends[first:stop])


class _Kind(enum.IntEnum):
    """What becomes of a word; `ORDINARY` ones are tokens as they are."""

    ORDINARY = 0
    BLANK = 1
    BRAND = 2
    SUFFIX = 3
    NAME = 4
    RUN_TOGETHER = 5
    STEM_OR_RUN_TOGETHER = 6


@dataclass(frozen=True)
class _NameRules:
    suffixes: frozenset[str]
    plain_stems: frozenset[str]
    brands: dict[str, str]
    glue: frozenset[str]
    place_endings: tuple[str, ...]
    plain_endings: tuple[str, ...]

    def is_place(self, word: str) -> bool:
        """Whether a word is the name of a street, village or town by its ending."""
        return len(word) > 2 and word.endswith(self.place_endings) and not word.endswith(self.plain_endings)


def segment(text: str) -> list[str]:
    """Words of a text in order, as they are written (jieba's algorithm and dictionary, plus the domain's)."""
    words: list[str] = segmenter().cut(text)
    return words


def tokens(text: str) -> Tokens:
    """Tokens of a normalised, masked text; whitespace left out, names as `NAME`, placeholders whole."""
    found = _Builder()
    for start, end in _pieces(text):
        if PLACEHOLDER.fullmatch(text, start, end):
            found.add(text[start:end], start, end)
        else:
            found.add_words(segment(text[start:end]), start)
    return found.tokens


def _pieces(text: str) -> list[tuple[int, int]]:
    """The text cut at placeholders, each placeholder a piece of its own."""
    if "[" not in text:
        return [(0, len(text))] if text else []
    pieces: list[tuple[int, int]] = []
    done = 0
    for match in PLACEHOLDER.finditer(text):
        pieces += [(done, match.start()), match.span()]
        done = match.end()
    pieces.append((done, len(text)))
    return [(start, end) for start, end in pieces if start < end]


class _Builder:
    """Collects the tokens of a text from the left, and finds the names in it."""

    def __init__(self) -> None:
        self.tokens = Tokens()
        self._rules = _name_rules()

    def add(self, word: str, start: int, end: int) -> None:
        """Add one token as it is."""
        self.tokens.words.append(word)
        self.tokens.starts.append(start)
        self.tokens.ends.append(end)

    def add_words(self, words: list[str], start: int) -> None:
        """Add the tokens that neighbouring words make; most are ordinary, so they are added by the slice."""
        found = self.tokens
        bounds = list(itertools.accumulate(map(len, words), initial=start))
        ordinary = list(map(_ordinary_words().__getitem__, words))
        specials = itertools.compress(itertools.count(), map(operator.not_, ordinary))
        done = 0
        for place in itertools.chain(specials, (len(words),)):
            if place > done:
                found.words.extend(ordinary[done:place])
                found.starts.extend(bounds[done:place])
                found.ends.extend(bounds[done + 1 : place + 1])
            if place < len(words):
                following = words[place + 1] if place + 1 < len(words) else ""
                self._add_special(words[place], _kind(words[place]), following, bounds[place])
            done = place + 1

    def _add_special(self, word: str, kind: _Kind, following: str, start: int) -> None:
        end = start + len(word)
        if kind is _Kind.SUFFIX:
            self._add_suffix(word, start, end)
        elif kind is _Kind.BRAND:
            self.add(self._rules.brands[word], start, end)
        elif kind is _Kind.NAME or (kind is _Kind.STEM_OR_RUN_TOGETHER and following in self._rules.suffixes):
            self.add(NAME, start, end)
        elif kind is not _Kind.BLANK:
            for place, char in enumerate(word, start):
                add = self._add_suffix if char in self._rules.suffixes else self.add
                add(char, place, place + 1)

    def _add_suffix(self, word: str, start: int, end: int) -> None:
        """Add a suffix; what stands before it becomes a name, a word (和平 + 路) or characters (阳 + 光 + 花园)."""
        if self.tokens.words and not self._is_plain_stem(word):
            stem_end = self.tokens.ends[-1]
            stem_start = self._take()
            while self.tokens.words and self._is_bare_character(-1, stem_start):
                stem_start = self._take()
            if self.tokens.words and self.tokens.words[-1] == NAME and self.tokens.ends[-1] == stem_start:
                stem_start = self._take()
            self.add(NAME, stem_start, stem_end)
        self.add(word, start, end)

    def _take(self) -> int:
        """Take the last token away; where it starts."""
        self.tokens.words.pop()
        self.tokens.ends.pop()
        return self.tokens.starts.pop()

    def _is_plain_stem(self, suffix: str) -> bool:
        """Whether what stands before a suffix is ordinary language (老旧小区, 这条路) and no name's stem."""
        last = self.tokens.words[-1]
        if last in self._rules.plain_stems or last in self._rules.glue or not _HAN.fullmatch(last):
            return True
        if len(last) == 1:
            return len(self.tokens) < 2 or not self._is_bare_character(-2, self.tokens.starts[-1])
        return not _can_be_stem(last) and suffix not in _ROADS

    def _is_bare_character(self, place: int, follower: int) -> bool:
        """Whether a token is one character, right before ``follower``, that could belong to a name."""
        word = self.tokens.words[place]
        return (
            len(word) == 1
            and self.tokens.ends[place] == follower
            and word not in self._rules.glue
            and word not in self._rules.plain_stems
            and _HAN.fullmatch(word) is not None
        )


@lru_cache(maxsize=_CACHED_WORDS)
def _can_be_stem(word: str) -> bool:
    """Whether a place or firm could be called so: a noun or adjective, or one among the parts (大园, not 这条)."""
    tagged: list[tuple[str, str]] = segmenter().tag(word)
    return tagged[0][1][:1] not in ("r", "m") and any(flag in _STEM_TAGS for _, flag in tagged)


class _OrdinaryWords(dict[str, str]):
    """Ordinary words by themselves, so that equal words are one object; of any other word the empty string."""

    def __missing__(self, word: str) -> str:
        if len(self) >= _CACHED_WORDS:
            self.clear()
        own = self[word] = word if _kind(word) is _Kind.ORDINARY else ""
        return own


@cache
def _ordinary_words() -> _OrdinaryWords:
    return _OrdinaryWords()


@lru_cache(maxsize=_CACHED_WORDS)
def _kind(word: str) -> _Kind:
    rules = _name_rules()
    if word.isspace():
        return _Kind.BLANK
    if word in rules.brands:
        return _Kind.BRAND
    if word in rules.suffixes:
        return _Kind.SUFFIX
    return _Kind.ORDINARY if len(word) == 1 or _is_general(word) else _kind_of_unknown(word, rules)


def _kind_of_unknown(word: str, rules: _NameRules) -> _Kind:
    """Whether a word that is not general is words run together (其是, 到了) or a name (上海, 王中来)."""
    if not any(char in rules.glue for char in word):
        return _Kind.NAME
    tag = _tag(word)
    if not segmenter().has_word(word):
        return _Kind.NAME if tag in _PERSON_TAGS and "某" not in word else _Kind.RUN_TOGETHER
    if tag == "nz" and not word.endswith(tuple(rules.suffixes)):  # 和平 + 路, but 开放式
        return _Kind.STEM_OR_RUN_TOGETHER
    return _Kind.NAME if tag == "nz" or tag in _PLACE_TAGS else _Kind.RUN_TOGETHER


def _is_general(word: str) -> bool:
    """Whether a word is ordinary language: known, and neither tagged nor built as a proper name."""
    if word in domain_words() or not _HAN.fullmatch(word):
        return True
    if _name_rules().is_place(word):
        return False
    return bool(segmenter().has_word(word)) and _tag(word) not in _PROPER_TAGS


def _tag(word: str) -> str:
    tagged: list[tuple[str, str]] = segmenter().tag(word)
    return tagged[0][1] if len(tagged) == 1 else ""


@cache
def domain_words() -> frozenset[str]:
    """The domain dictionary."""
    lines = data_path("text/words.txt").read_text(encoding="utf-8").splitlines()
    return frozenset(word for line in lines if not line.startswith("#") for word in line.split())


def added_words() -> list[str]:
    """Every word that we add to the base dictionary: the domain's, names of known firms, suffixes of names."""
    rules = _name_rules()
    longer = {suffix for suffix in rules.suffixes if len(suffix) > 1}
    return sorted(domain_words() | rules.brands.keys() | longer)


@cache
def segmenter() -> Jieba:
    """jieba's algorithm and dictionary with our added words."""
    from rjieba import Jieba

    jieba = Jieba()
    for word in added_words():
        jieba.add_word(word, None, None)
    return jieba


@cache
def _name_rules() -> _NameRules:
    raw = read_yaml(data_path("text/names.yaml"))
    return _NameRules(
        suffixes=frozenset(raw["suffixes"].split()),
        plain_stems=frozenset(raw["plain_stems"].split()),
        brands={name: f"[{kind}]" for kind, names in raw["brands"].items() for name in names.split()},
        glue=frozenset(raw["glue"].replace(" ", "")),
        place_endings=tuple(raw["place_endings"].split()),
        plain_endings=tuple(raw["plain_endings"].split()),
    )

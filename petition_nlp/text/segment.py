"""Words of a message, with names of places, people and firms reduced to one placeholder.

A model must keep no street, compound, company or person's name, and one city's names teach it nothing about
another city. A token counts as a name when the dictionary does not know it or tags it as a proper name, unless
the domain dictionary (``data/text/words.txt``) lists it, and when it stands as the stem before a suffix such
as 路 or 花园 (``data/text/names.yaml``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final

import yaml

from petition_nlp.resources import data_path
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


@dataclass(frozen=True, slots=True)
class Token:
    """A word at ``text[start:end]`` of the masked text; ``word`` is `NAME` for names."""

    word: str
    start: int
    end: int


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
    words: list[str] = _jieba().cut(text)
    return words


def tokens(text: str) -> list[Token]:
    """Tokens of a normalised, masked text; whitespace left out, names as `NAME`, placeholders whole."""
    rules = _name_rules()
    found: list[Token] = []
    for start, end in _pieces(text):
        if PLACEHOLDER.fullmatch(text, start, end):
            found.append(Token(text[start:end], start, end))
            continue
        words = segment(text[start:end])
        for word, following in zip(words, [*words[1:], ""], strict=True):
            if not word.isspace():
                found += _classified(word, following, start, rules)
            start += len(word)
    return _mask_stems(found, rules)


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


def _classified(word: str, following: str, start: int, rules: _NameRules) -> list[Token]:
    end = start + len(word)
    if word in rules.brands:
        return [Token(rules.brands[word], start, end)]
    if len(word) == 1 or word in rules.suffixes or is_general(word):
        return [Token(word, start, end)]
    if _runs_together(word, following, rules):
        return [Token(char, start + offset, start + offset + 1) for offset, char in enumerate(word)]
    return [Token(NAME, start, end)]


def _runs_together(word: str, following: str, rules: _NameRules) -> bool:
    """Whether a word that is not general is words run together (其是, 到了) rather than a name (上海, 王中来)."""
    if not any(char in rules.glue for char in word):
        return False
    tag = _tag(word)
    if not _jieba().has_word(word):
        return tag not in _PERSON_TAGS or "某" in word
    if tag == "nz":  # 和平 + 路, 解放路, but 开放式
        return following not in rules.suffixes and not word.endswith(tuple(rules.suffixes))
    return tag not in _PLACE_TAGS


def _mask_stems(found: list[Token], rules: _NameRules) -> list[Token]:
    """Names made of general words or single characters: 和平 + 路, 阳 + 光 + 花园."""
    masked: list[Token] = []
    for token in found:
        if token.word in rules.suffixes and masked and not _is_plain_stem(masked, token, rules):
            stem = masked.pop()
            while masked and _is_bare_character(masked[-1], stem, rules):
                stem = Token(NAME, masked.pop().start, stem.end)
            stem = Token(NAME, stem.start, stem.end)
            if masked and masked[-1].word == NAME and masked[-1].end == stem.start:
                stem = Token(NAME, masked.pop().start, stem.end)
            masked.append(stem)
        masked.append(token)
    return masked


def _is_plain_stem(before: list[Token], suffix: Token, rules: _NameRules) -> bool:
    """Whether what stands before a suffix is ordinary language (老旧小区, 这条路) and no name's stem."""
    last = before[-1].word
    if last in rules.plain_stems or last in rules.glue or not _HAN.fullmatch(last):
        return True
    if len(last) == 1:
        return len(before) < 2 or not _is_bare_character(before[-2], before[-1], rules)
    return not _can_be_stem(last) and suffix.word not in _ROADS


@lru_cache(maxsize=200_000)
def _can_be_stem(word: str) -> bool:
    """Whether a place or firm could be called so: a noun or adjective, or one among the parts (大园, not 这条)."""
    tagged: list[tuple[str, str]] = _jieba().tag(word)
    return tagged[0][1][:1] not in ("r", "m") and any(flag in _STEM_TAGS for _, flag in tagged)


def _is_bare_character(token: Token, follower: Token, rules: _NameRules) -> bool:
    return (
        len(token.word) == 1
        and token.end == follower.start
        and token.word not in rules.glue
        and token.word not in rules.plain_stems
        and _HAN.fullmatch(token.word) is not None
    )


@lru_cache(maxsize=200_000)
def is_general(word: str) -> bool:
    """Whether a word is ordinary language: known, and neither tagged nor built as a proper name."""
    if word in domain_words() or not _HAN.fullmatch(word):
        return True
    if _name_rules().is_place(word):
        return False
    return bool(_jieba().has_word(word)) and _tag(word) not in _PROPER_TAGS


@lru_cache(maxsize=200_000)
def _tag(word: str) -> str:
    tagged: list[tuple[str, str]] = _jieba().tag(word)
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
def _jieba() -> Jieba:
    from rjieba import Jieba

    jieba = Jieba()
    for word in added_words():
        jieba.add_word(word, None, None)
    return jieba


@cache
def _name_rules() -> _NameRules:
    raw = yaml.safe_load(data_path("text/names.yaml").read_text(encoding="utf-8"))
    return _NameRules(
        suffixes=frozenset(raw["suffixes"].split()),
        plain_stems=frozenset(raw["plain_stems"].split()),
        brands={name: f"[{kind}]" for kind, names in raw["brands"].items() for name in names.split()},
        glue=frozenset(raw["glue"].replace(" ", "")),
        place_endings=tuple(raw["place_endings"].split()),
        plain_endings=tuple(raw["plain_endings"].split()),
    )

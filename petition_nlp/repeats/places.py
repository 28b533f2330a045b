"""What a message names: compounds, firms, crossings, roads, bus lines; and numbers of buildings and doors."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final
from unicodedata import decimal

import yaml

from petition_nlp.repeats.rarity import UNSEEN, mentions, rarity
from petition_nlp.resources import data_path
from petition_nlp.text.names import glue, name_spans, plain_stems, suffixes
from petition_nlp.text.segment import NAME, Tokens

_WAYS: Final = ("路", "街", "巷", "村", "镇")
_AREAS: Final = ("区", "县", "市", "省", "州")
_AREA_BEFORE: Final = re.compile(r"^[一-鿿]{1,4}?[区县市镇乡](?=[一-鿿]{2})")
_DISTRICT: Final = re.compile(
    r"(?:(?<![一-鿿])|(?<=[市在住是于到]))[一-鿿]{2}"
    r"(?<![小社片城景厂校园地辖发院街住郊库商宅本该全各新我活舍业两几分林灾老矿港站禁学军期半每])[区县]"
)
_NO_BEGINNING: Final = tuple("和与及在住到去从请查把被")
_BEHIND_ROAD: Final = re.compile(r"(?<=[一-鿿]{2}[路街巷道])(?=[一-鿿]{3})")
_LINE: Final = re.compile(r"(?<![\d.])(?:\d{1,3}路(?![口段灯面])|\d{1,2}号线)")
_HAN: Final = re.compile(r"[一-鿿]+")
_LEAST_RARITY: Final = 0.7
_ORDINARY: Final = 0.6
"""Rarity of words below which they belong to no name that the segmenter does not know."""
_LONGEST_STEM: Final = 6
_CACHED_WORDS: Final = 50_000
_DIGITS: Final = {char: number for number, char in enumerate("零一二三四五六七八九")} | {"两": 2, "〇": 0}
_NUMBER: Final = r"[A-Za-z]?\d{1,5}|[A-Za-z]|[零〇一二两三四五六七八九十百]{1,5}"
_HOUSE: Final = re.compile(rf"({_NUMBER})(栋|幢|号楼|座|单元|号)")
_KINDS: Final = {"幢": "栋", "号楼": "栋", "座": "栋"}


class Reach(enum.IntEnum):
    """How much of a city a name covers."""

    LOOSE = 0
    """No place by its form: a firm, a person, or no name at all."""
    BROAD = 1
    """A road, a river, a village, a town."""
    SPOT = 2
    """A compound, a building, a school, a shop, a bus line."""


@dataclass(frozen=True, slots=True)
class Name:
    """A name at ``text[start:end]``; ``stem`` is what is left of it without 花园, 路 and the like."""

    text: str
    stem: str
    reach: Reach
    start: int
    end: int

    @property
    def head(self) -> str:
        """Two characters by which a longer name is called for short, if they are rare enough; else empty."""
        head = self.stem[:2]
        return head if len(self.stem) > 2 and rarity(head) == UNSEEN else ""


def names(text: str, tokens: Tokens) -> tuple[Name, ...]:
    """The names in a masked text, each once, without those of districts and cities."""
    spans = _merged([*name_spans(tokens), *_unknown(text, tokens)])
    parts = (part for start, end in spans for part in _parts(text, start, end))
    found = [name for start, end in parts if (name := _name(text[start:end], start))]
    found += [Name(line.group(), line.group(), Reach.SPOT, *line.span()) for line in _LINE.finditer(text)]
    return tuple({name.text: name for name in reversed(found)}.values())[::-1]


def districts(text: str) -> frozenset[str]:
    """Districts and counties that a text names."""
    return frozenset(_DISTRICT.findall(text))


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A name without its district and without what does not belong to it, cut behind a road (柳浪路 + 小满茶楼)."""
    before = _AREA_BEFORE.match(text[start:end])
    if before:
        start += before.end()
    if text[start : start + 1] in _NO_BEGINNING and rarity(text[start : start + 2]) == UNSEEN:
        start += 1
    for cut in _BEHIND_ROAD.finditer(text, start, end):
        yield start, cut.start()
        start = cut.start()
    yield start, end


def _merged(spans: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Without those that lie within another."""
    done = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if end > done:
            yield start, end
            done = end


def _unknown(text: str, tokens: Tokens) -> Iterator[tuple[int, int]]:
    """Names that end in what firms and places are called by, and hold nothing ordinary before (宏远 + 板材 + 厂)."""
    words = tokens.words
    for number, word in enumerate(words):
        if len(word) > 2 and word.endswith(_WAYS) and rarity(word[:2]) == UNSEEN:
            yield tokens.starts[number], tokens.ends[number]
        elif _is_ending(word) and (word not in _listed("after_names") or words[number - 1 : number] == [NAME]):
            ending = number - 1 if number and words[number - 1] + word in _endings() else number
            start, end = _stem_start(text, tokens, ending), tokens.starts[ending]
            if end - start >= 2 and rarity(text[start:end]) == UNSEEN:
                yield start, tokens.ends[number]


@lru_cache(maxsize=_CACHED_WORDS)
def _is_ending(word: str) -> bool:
    return word in _endings() or (1 < len(word) <= 3 and word.endswith(("厂", "店", "馆")))


def _stem_start(text: str, tokens: Tokens, ending: int) -> int:
    """Where the name begins whose ending is a token: at a known name, or behind the last ordinary word."""
    start = end = tokens.starts[ending]
    for before in range(ending - 1, -1, -1):
        first, word = tokens.starts[before], tokens.words[before]
        adjacent = tokens.ends[before] == start and end - first <= _LONGEST_STEM
        if not adjacent or not _may_belong(word, text[first:start], text[start]):
            break
        start = first
        if word == NAME:
            break
    return start


def _may_belong(word: str, written: str, follower: str) -> bool:
    """Whether a token can be part of a name.

    :param follower: the character behind it.
    """
    if word == NAME:
        return True
    if word in glue() or not _HAN.fullmatch(written):
        return False
    if len(word) == 1:
        return word not in plain_stems() or rarity(word + follower) == UNSEEN
    return word not in plain_stems() and rarity(word) >= _ORDINARY


def _name(text: str, start: int) -> Name | None:
    for neutral in _listed("neutral"):
        if len(text) - len(neutral) >= 2 and text.endswith(neutral):
            text = text.removesuffix(neutral)
            return Name(text, _split(text)[0], Reach.SPOT, start, start + len(text))
    stem, ending = _split(text)
    if len(stem) < 2 or ending in _AREAS or (ending in _listed("after_names") and rarity(stem) < _LEAST_RARITY):
        return None
    reach = Reach.LOOSE if not ending else Reach.BROAD if _is_broad(ending) else Reach.SPOT
    if reach is Reach.LOOSE and (rarity(text) < _LEAST_RARITY or _says_something(text)):
        return None
    return Name(text, stem, reach, start, start + len(text))


def _says_something(text: str) -> bool:
    """Whether a word that looks like a name is an area or a subject."""
    return text.endswith(_AREAS) or next(mentions(text), None) is not None


def _split(text: str) -> tuple[str, str]:
    """A name without its ending, and the ending; a name that is nothing else keeps it."""
    for ending in _by_length() if text.endswith(_by_length()) else ():
        if len(text) - len(ending) >= 2 and text.endswith(ending):
            return text.removesuffix(ending), ending
    return text, ""


def follows_ending(text: str, at: int) -> bool:
    """Whether a word that makes a name another's stands at a place of a text (碧水 + 广场, not 碧水 + 小区)."""
    return not text.startswith(_listed("neutral"), at) and text.startswith(_by_length(), at)


def _is_broad(ending: str) -> bool:
    return ending in _listed("broad") or ending in _listed("waters")


@cache
def _endings() -> frozenset[str]:
    return suffixes().union(*(_listed(name) for name in ("firms", "after_names", "waters", "neutral")))


@cache
def _listed(name: str) -> tuple[str, ...]:
    lists: dict[str, str] = yaml.safe_load(data_path("text/places.yaml").read_text(encoding="utf-8"))
    return tuple(lists[name].split())


@cache
def _by_length() -> tuple[str, ...]:
    return tuple(sorted(_endings(), key=lambda ending: (-len(ending), ending)))


def house_numbers(parts: Iterable[str]) -> frozenset[str]:
    """Numbers of buildings, entrances and doors in what was masked as such: ``12栋``, ``3单元``, ``56号``."""
    found = (match for part in parts for match in _HOUSE.finditer(part))
    return frozenset(_number(match[1]) + _KINDS.get(match[2], match[2]) for match in found)


def _number(written: str) -> str:
    """A number in digits, however it is written: full-width digits are digits too."""
    plain = "".join(str(decimal(char)) if char.isdecimal() else char for char in written)
    if plain.isascii():
        return plain.upper().lstrip("0")
    total, digit = 0, 0
    for char in written:
        if char in "十百":
            total, digit = total + (digit or 1) * (10 if char == "十" else 100), 0
        else:
            digit = _DIGITS[char]
    return str(total + digit)

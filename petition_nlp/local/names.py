"""Finding a city's place names in a text, and telling them from longer names that they are part of."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from petition_nlp.local.records import ADMINISTRATIVE
from petition_nlp.text.mask import PLACEHOLDER
from petition_nlp.text.normalise import normalise

_PREFIX: Final = 2
_LOWER: Final = {code: chr(code + 32) for code in range(ord("A"), ord("Z") + 1)}
_SUFFIXED: Final = re.compile(r"(?:[区县市旗镇乡村屯]|街道|社区|网格|居委会|村委会|地区|开发区|苏木)$")
"""Names of districts, streets, communities and grids that say what they are."""
_OTHER_ROAD: Final = (
    "[东西南北中]?(?:大道|路(?![灯面口边上段牌障况旁中沿人不太很被又都没有])|街(?![道边上面头口坊])|巷(?![子口道里内]))"
)
_OTHER_PLACE: Final = (
    "街道|社区|小学|中学|学校|幼儿园|公园|广场|市场|商场|大厦|医院|派出所|支行|分行|大桥|立交|隧道|(?:地铁|火车)站"
)
_NEIGHBOUR: Final = r"小区|花园|家园|公寓|站(?=[台点牌])|村|苑|[一二三四五六七八九十]+[巷里弄条街]"
_AFTER_SUFFIXED: Final = re.compile(_OTHER_ROAD)
_AFTER_COMPOUND: Final = re.compile(f"{_OTHER_ROAD}|{_OTHER_PLACE}")
_AFTER_OTHERS: Final = re.compile(f"{_OTHER_ROAD}|{_OTHER_PLACE}|{_NEIGHBOUR}")
_BEFORE: Final = re.compile("(?<![重最全更高])新$|(?:^|[^一-鿿]|[在到从于的是去住由至经过区镇乡])[东西南北]$")
"""What makes a name the end of a longer one, 新甲路 or 南甲路, unless it belongs to a word before it (高新, 解放西)."""
_NUMERAL: Final = "0123456789一二三四五六七八九十百零〇两"
_LATIN: Final = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True, slots=True)
class _Name:
    """A name, and what makes it the beginning of a longer one if it follows."""

    text: str
    after: re.Pattern[str]


@dataclass(frozen=True, slots=True)
class Found:
    """A name at ``[start:end]`` of a folded text."""

    name: str
    start: int
    end: int


def fold(text: str) -> str:
    """A name or a normalised text as names are looked for: A to Z in lower case, so nothing moves."""
    return text.translate(_LOWER)


def says_its_kind(name: str) -> bool:
    """Whether a name ends with what it is the name of, as 甲区 or 乙社区 do."""
    return _SUFFIXED.search(name) is not None


class NameFinder:
    """Finds names, the longest at each place, from the left and without overlap.

    :param kinds: every name with the kinds of places that are called so.
    """

    def __init__(self, kinds: Iterable[tuple[str, str]]) -> None:
        by_name: dict[str, set[str]] = defaultdict(set)
        for name, kind in kinds:
            by_name[fold(normalise(name))].add(kind)
        self._by_start = _by_start(_name(text, own) for text, own in by_name.items() if len(text) >= _PREFIX)

    def find(self, text: str) -> Iterator[Found]:
        """Every name in a folded text; placeholders of the masking are no names."""
        hidden = [match.span() for match in PLACEHOLDER.finditer(text)] if "[" in text else []
        by_start, place, last = self._by_start, 0, len(text) - _PREFIX
        while place <= last:
            names = by_start.get(text[place : place + _PREFIX])
            name = _longest(names, text, place) if names else None
            if name is None or any(start < place + len(name.text) and place < end for start, end in hidden):
                place += 1
                continue
            yield Found(name.text, place, place + len(name.text))
            place += len(name.text)


def _by_start(names: Iterable[_Name]) -> Mapping[str, tuple[_Name, ...]]:
    found: dict[str, list[_Name]] = defaultdict(list)
    for name in names:
        found[name.text[:_PREFIX]].append(name)
    return {start: tuple(sorted(own, key=lambda name: -len(name.text))) for start, own in found.items()}


def _name(text: str, kinds: set[str]) -> _Name:
    if kinds <= set(ADMINISTRATIVE) and says_its_kind(text):
        return _Name(text, _AFTER_SUFFIXED)
    if kinds == {"compound"}:
        return _Name(text, _AFTER_COMPOUND)
    return _Name(text, _AFTER_OTHERS)


def _longest(names: tuple[_Name, ...], text: str, place: int) -> _Name | None:
    for name in names:
        if text.startswith(name.text, place) and _stands_alone(name, text, place):
            return name
    return None


def _stands_alone(name: _Name, text: str, start: int) -> bool:
    end = start + len(name.text)
    if name.after.match(text, end) or _goes_on(text, start) or _goes_on(text, end):
        return False
    return _BEFORE.search(text[max(start - 2, 0) : start]) is None


def _goes_on(text: str, place: int) -> bool:
    """Whether one number, or one Latin word, reaches over a place of the text."""
    if not 0 < place < len(text):
        return False
    before, after = text[place - 1], text[place]
    return (before in _NUMERAL and after in _NUMERAL) or (before in _LATIN and after in _LATIN)

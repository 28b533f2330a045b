"""The raw material of archive_data.py: clauses of invented messages by department, and made-up names of places."""

from __future__ import annotations

import json
import random
import re
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from common import ROOT, sample_rows
from numpy.typing import NDArray

from petition_nlp.taxonomy import Taxonomy

LONGEST_CLAUSE = 40
_SHORTEST_CLAUSE = 3
_END = re.compile(r"(?<=[，。！？；：,!?;])|\s+")
_MARKS = "，。！？；：,!?;、"
_NUMBER = re.compile(r"(?<!\d)\d{1,2}月|(?<![\d.])\d{1,3}(?![\d.])|[二三四五六七八九](?=个月|天|年|次|栋|户|楼|号)")
_DIGITS = "二三四五六七八九"
_FALLBACK = "subdistrict"

_STEM_HEADS = "澄槿岫沁笙翊蓼芷沅菡漪珞琅霁晏茗苒筠菀棠栩朔煦绮澹霖琬昕皓衡"
_STEM_MIDDLES = "禾潭岚溪砚帆鹭梧汀屿荻舟篱樾桐渚莓蕨泓坞"
_STEM_ENDS = "里湾园谷坊台泽陂港岭"
_COMPOUNDS = ("花园", "家园", "小区", "苑", "雅苑", "公寓", "新村", "华府", "城", "广场", "村", "路", "大厦")
_COMMUNITIES = 400
_SKEW = 3


@dataclass(frozen=True)
class Pool:
    """One department's names and clauses, sorted by length; each clause ends in a mark."""

    unit: str
    short_name: str
    topics: tuple[str, ...]
    weight: int
    clauses: NDArray[np.object_]
    lengths: NDArray[np.intp]

    def bodies(self, wanted: NDArray[np.intp], random_: np.random.Generator) -> list[str]:
        """Clauses in a row for each length wanted, as near to it as clauses allow, without the last mark."""
        fits = wanted < LONGEST_CLAUSE // 2
        found = np.empty(len(wanted), dtype=object)
        found[fits] = self._single(wanted[fits], random_)
        found[~fits] = self._several(wanted[~fits], random_)
        return found.tolist()

    def _single(self, wanted: NDArray[np.intp], random_: np.random.Generator) -> list[str]:
        low = np.minimum(np.searchsorted(self.lengths, wanted - 1), len(self.lengths) - 1)
        high = np.maximum(np.searchsorted(self.lengths, wanted + 3), low + 1)
        chosen = low + (random_.random(len(wanted)) * (high - low)).astype(int)
        return [clause[:-1] for clause in self.clauses[chosen].tolist()]

    def _several(self, wanted: NDArray[np.intp], random_: np.random.Generator) -> list[str]:
        """One long row of random clauses, cut where the lengths wanted end."""
        bounds = np.concatenate([[0], np.cumsum(wanted)])
        chosen = random_.integers(
            0, len(self.clauses), int(bounds[-1] / self.lengths.mean() * 1.2) + 2 * LONGEST_CLAUSE
        )
        ends = np.concatenate([[0], np.cumsum(self.lengths[chosen])])
        cuts = np.searchsorted(ends, bounds - self.lengths.mean() / 2).tolist()
        clauses = self.clauses[chosen].tolist()
        return ["".join(clauses[start : max(end, start + 1)])[:-1] for start, end in pairwise(cuts)]


@dataclass(frozen=True)
class Template:
    """A clause whose numbers can be changed."""

    parts: tuple[str, ...]
    numbers: tuple[str, ...]

    @classmethod
    def of(cls, clause: str) -> Template:
        """Split a clause at its numbers."""
        return cls(tuple(_NUMBER.split(clause)), tuple(_NUMBER.findall(clause)))

    def varied(self, random_: random.Random) -> str:
        """The clause with other numbers of the same kind."""
        if not self.numbers:
            return self.parts[0]
        filled = [part + _other(number, random_) for part, number in zip(self.parts, self.numbers, strict=False)]
        return "".join(filled) + self.parts[-1]


def _other(number: str, random_: random.Random) -> str:
    if number.endswith("月"):
        return f"{random_.randint(1, 12)}月"
    if number in _DIGITS:
        return random_.choice(_DIGITS)
    return str(random_.randint(10 ** (len(number) - 1), 10 ** len(number) - 1))


@dataclass(frozen=True)
class Source:
    """One department's clauses before their numbers are chosen."""

    unit: str
    short_name: str
    topics: tuple[str, ...]
    weight: int
    templates: tuple[Template, ...]

    def pool(self, random_: random.Random) -> Pool:
        """Clauses with numbers chosen."""
        clauses = sorted((template.varied(random_) for template in self.templates), key=len)
        lengths = np.array([len(clause) for clause in clauses])
        return Pool(self.unit, self.short_name, self.topics, self.weight, np.array(clauses, dtype=object), lengths)


@dataclass(frozen=True)
class Material:
    """Every department's clauses."""

    pools: tuple[Source, ...]

    def varied(self, random_: random.Random) -> list[Pool]:
        """The clauses with other numbers."""
        return [source.pool(random_) for source in self.pools]


def read_material() -> Material:
    """The clauses of the sample orders and of the invented training messages, by department."""
    directory = Taxonomy.load()
    texts: dict[str, list[str]] = {}
    for text, code in invented_messages(directory):
        texts.setdefault(code, []).append(text)
    sources = []
    for code, own in sorted(texts.items()):
        department = directory.departments[code]
        unit = department if department.dispatch else directory.departments[_FALLBACK]
        clauses = sorted({clause for text in own for clause in split_clauses(text)})
        topics = tuple(department.typical)
        short_name = department.aliases[0] if department.aliases else department.name
        templates = tuple(Template.of(clause) for clause in clauses)
        sources.append(Source(unit.name, short_name, topics, len(own), templates))
    return Material(tuple(sources))


def invented_messages(directory: Taxonomy) -> list[tuple[str, str]]:
    """Text and department's code of every invented message."""
    found = [(row["诉求内容"], directory.resolve("department", row["责任部门"])) for row in sample_rows()]
    for path in sorted((ROOT / "data" / "training").glob("invented_*.jsonl")):
        rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
        found += [(row["text"], row["department"]) for row in rows if row["department"] in directory.departments]
    return found


def split_clauses(text: str) -> list[str]:
    """The clauses of a text, each with one mark at its end; those too short or too long are left out."""
    found = []
    for piece in _END.split(text):
        words = piece.strip().rstrip(_MARKS)
        mark = piece.strip()[len(words) :][:1] or "，"
        if _SHORTEST_CLAUSE <= len(words) < LONGEST_CLAUSE:
            found.append(words + mark)
    return found


def places(size: int, random_: np.random.Generator) -> tuple[list[str], list[str]]:
    """Made-up compounds, a few of them much more often than others, and the communities that they lie in."""
    chosen = (random_.random(size) ** _SKEW * len(_STEMS) * len(_COMPOUNDS)).astype(int).tolist()
    compounds = [_STEMS[number % len(_STEMS)] + _COMPOUNDS[number % len(_COMPOUNDS)] for number in chosen]
    return compounds, [_STEMS[number % _COMMUNITIES] + "社区" for number in chosen]


def _stems() -> list[str]:
    """Three characters each, in no order, so that no name is a real one."""
    made = [head + middle + end for head in _STEM_HEADS for middle in _STEM_MIDDLES for end in _STEM_ENDS]
    return random.Random(0).sample(made, len(made))


_STEMS = _stems()

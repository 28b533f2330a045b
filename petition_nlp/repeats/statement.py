"""A message read for comparison with others."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from petition_nlp.repeats.places import Name, districts, house_numbers, names
from petition_nlp.repeats.rarity import UNSEEN, Mention, mentions, pair_weights
from petition_nlp.route import Choice, Message, Prediction
from petition_nlp.text.aligned import AlignedText
from petition_nlp.text.header import without_header
from petition_nlp.text.mask import PLACEHOLDER, mask_aligned, without_placeholders
from petition_nlp.text.normalise import normalise_aligned
from petition_nlp.text.segment import tokens

LONGEST: Final = 2_000
"""Characters that are read; what a message is about stands further in front."""

_RUN: Final = re.compile(r"[0-9a-z一-鿿]{2,}")
_HOUSE: Final = "[门牌号]"
_PLATE: Final = "[车牌]"
_OF_DIGITS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Statement:
    """What a message says, ready to be compared.

    :param text: normalised, masked, in lower case, without placeholders; ``aligned`` leads back to what was written.
    :param skip: characters of the title in front of what was written.
    :param area: district, street or community, empty if unknown.
    :param departments: probabilities by code, none if unknown; :param department_name: of the likeliest.
    :param districts: that the text names; :param names: of places, firms and people.
    :param numbers: of buildings and doors; :param plates: of vehicles.
    :param mentions: the first word for each subject.
    :param pairs: squared weights of all pairs of characters; :param words: those that stand outside of names.
    :param evidence: sum of the squared weights; :param outside: of those outside of names.
    """

    text: str
    aligned: AlignedText
    skip: int
    area: str
    departments: Mapping[str, float]
    department_name: str
    districts: frozenset[str]
    names: tuple[Name, ...]
    numbers: frozenset[str]
    plates: frozenset[str]
    mentions: Mapping[str, Mention]
    pairs: Mapping[str, float]
    words: frozenset[str]
    evidence: float
    outside: float

    def written(self, start: int, end: int) -> tuple[int, int] | None:
        """Span of the message's text, as it was sent, that ``text[start:end]`` came from; none within the title."""
        first, last = self.aligned.origin(start, end)
        return (first - self.skip, last - self.skip) if first >= self.skip else None


def read(message: Message, department: Prediction | Choice | None = None) -> Statement:
    """Read a message once, to be compared with many.

    :param message: with its area, if the source has one; read up to `LONGEST` characters, title included.
    :param department: to which it is routed, with the alternatives; or has been dispatched, with a confidence of 1.
    """
    title = (message.title or "").strip()
    whole = (f"{title}\n{message.text}" if title else message.text)[:LONGEST]
    plain = without_header(normalise_aligned(whole))
    aligned = mask_aligned(plain)
    text = _lower(without_placeholders(aligned.text))
    hidden = [(found.group(), aligned.origin(*found.span())) for found in PLACEHOLDER.finditer(aligned.text)]
    found_names = names(aligned.text, tokens(aligned.text))
    pairs = _pairs(text)
    words = frozenset(pairs).difference(*(_pairs_of(name.text.lower()) for name in found_names))
    return Statement(
        text=text,
        aligned=aligned,
        skip=len(title) + 1 if title else 0,
        area=(message.area or "").strip(),
        departments=_probabilities(department),
        department_name=department.name if department else "",
        districts=districts(text),
        names=found_names,
        numbers=house_numbers(whole[slice(*span)] for kind, span in hidden if kind == _HOUSE),
        plates=frozenset(whole[slice(*span)].upper() for kind, span in hidden if kind == _PLATE),
        mentions=_first_mentions(text, found_names),
        pairs=pairs,
        words=words,
        evidence=sum(pairs.values()),
        outside=sum(pairs[pair] for pair in words),
    )


def _first_mentions(text: str, found: Sequence[Name]) -> dict[str, Mention]:
    """The first mention of each subject outside of names, which say where it is and not what it is about."""
    own = [
        mention
        for mention in mentions(text)
        if not any(name.start <= mention.start and mention.end <= name.end for name in found)
    ]
    return {mention.subject: mention for mention in reversed(own)}


def _probabilities(department: Prediction | Choice | None) -> dict[str, float]:
    if department is None:
        return {}
    others = department.alternatives if isinstance(department, Prediction) else ()
    return {choice.code: choice.confidence for choice in (department, *others)}


def _lower(text: str) -> str:
    lower = text.lower()
    return lower if len(lower) == len(text) else text


def _pairs(text: str) -> dict[str, float]:
    known = pair_weights()
    found = dict.fromkeys(pair for run in _RUN.findall(text) for pair in _pairs_of(run))
    return {pair: _OF_DIGITS if pair.isdigit() else known.get(pair, UNSEEN) ** 2 for pair in found}


def _pairs_of(run: str) -> list[str]:
    return [run[at : at + 2] for at in range(len(run) - 1)]

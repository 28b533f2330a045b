"""Wordings of residents made fit to be handed round in a meeting: masked strictly, and short."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final

import yaml

from petition_nlp.resources import data_path
from petition_nlp.text.header import without_header
from petition_nlp.text.mask import PLACEHOLDER, mask, mask_aligned
from petition_nlp.text.normalise import normalise, normalise_aligned
from petition_nlp.text.strict import full_width, strict_mask

LENGTH: Final = 64
"""Characters of an example; longer ones are cut behind a clause."""

_READ: Final = 1_000
_SHORTEST_TITLE: Final = 4
_ADDRESS: Final = "尊敬的[一-鿿、]{1,12}(?=[，：！,:!])|各位领导(?=[，：！,:!])|(?:您|你|你们)好(?=[，：！。,:!])"
_CLAUSE_END: Final = re.compile(r"[，。；：！？,;!?](?=.)")
_LOOSE_END: Final = re.compile(r"[，、；：。,;:\s]+$")
_OFFICIAL_END: Final = re.compile(r"(?:社区|村|居委会|村委会|委员会|小区|网格|街道|镇|乡|区|县|市)(?:\([^)]*\))?$")


def example(title: str, text: str) -> str:
    """A message in one short line without personal data; empty if nothing in it can be read.

    The title stands first unless it is no more than a word or the text says the same.
    """
    head, body = _cleaned(title), _without_courtesies(_cleaned(text))
    if len(head) >= _SHORTEST_TITLE and head not in body:
        body = f"{_LOOSE_END.sub('', head)}：{body}" if body else head
    return shorten(body) if any(char.isalnum() for char in body) else ""


def area_label(name: str) -> str:
    """The name of a community or district for a heading: an official name as it is, all else masked."""
    return name if _OFFICIAL_END.search(name) and not _personal(name) else mask(name)


def topic_label(text: str) -> str:
    """The first two levels of a classification such as 城乡建设/物业管理/停车, masked."""
    levels = [level.strip() for level in re.split(r"[/\\>|→_]+|-+|—+", normalise(text))]
    return shorten(mask(" / ".join([level for level in levels if level][:2])))


def shorten(text: str, length: int = LENGTH) -> str:
    """At most ``length`` characters and an ellipsis, cut behind a clause where one ends late enough."""
    if len(text) <= length:
        return _LOOSE_END.sub("", text)
    ends = [match.start() for match in _CLAUSE_END.finditer(text, length // 2, length + 1)]
    cut = ends[-1] if ends else length
    for placeholder in PLACEHOLDER.finditer(text):
        if placeholder.start() < cut < placeholder.end():
            cut = placeholder.start()
    return _LOOSE_END.sub("", text[:cut]) + "…"


def _cleaned(text: str) -> str:
    cut = text if len(text) <= _READ else re.sub(r"[\w-]{1,40}$", "", text[:_READ], flags=re.ASCII)
    masked = mask_aligned(without_header(normalise_aligned(cut))).text
    strict = strict_mask(masked)
    plain = "".join(char for char in strict if char < "\u2100" or unicodedata.category(char) != "So")  # no emoji
    return full_width(plain)


def _personal(name: str) -> bool:
    """Whether a name holds anything personal but what looks like a house number."""
    return any(found[0] != "[门牌号]" for found in PLACEHOLDER.finditer(mask(name)))


def _without_courtesies(text: str) -> str:
    shorter = _courtesies().sub("", text)
    return shorter if any(char.isalnum() for char in shorter) else text


@cache
def _courtesies() -> re.Pattern[str]:
    """One or several polite openings at the start of a text."""
    raw = yaml.safe_load(data_path("text/courtesies.yaml").read_text(encoding="utf-8"))
    phrases = sorted({_LOOSE_END.sub("", phrase).rstrip("！？!?") for phrase in raw["before"]}, key=len, reverse=True)
    known = "|".join([*map(re.escape, phrases), _ADDRESS])
    return re.compile(rf"^(?:(?:{known})[，。：！？,!?:;； ]*)+")

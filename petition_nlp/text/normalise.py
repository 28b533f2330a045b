"""One spelling for one text: Unicode, width, HTML remnants, repetition, traditional characters, whitespace."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache, lru_cache
from typing import Final, Protocol

from petition_nlp.text.aligned import AlignedText

_HTML_TAG: Final = re.compile(r"<!--.*?-->|</?[A-Za-z][A-Za-z0-9]{0,15}(?:\s[^<>]{0,300})?/?>", re.DOTALL)
_HTML_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_MARKUP: Final = re.compile(r"[<&]")
_REPEATED_MARK: Final = re.compile(r"([^\w\s*])\1+")
_RUN: Final = re.compile(r"([^\d*])\1{3,}")
_WHITESPACE: Final = re.compile(r"\s+")
# Full-width forms and the ideographic space: one character for one, so no alignment is needed.
_WIDTH: Final = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}
_WIDE: Final = re.compile("[\u3000\uff01-\uff5e]")
_COMMON_WIDTH: Final = tuple((chr(ord(char) + 0xFEE0), char) for char in ",!?:;()")
"""Most messages hold no other full-width form."""
# Characters that no later step changes, except simplification; most messages hold only these.
_PLAIN_CHARACTERS: Final = r"A-Za-z0-9 一-鿿。、《》“”‘’—【】,!?;:()\[\]*%/.+_=-"
_PLAIN: Final = re.compile(f"[{_PLAIN_CHARACTERS}]*")
_UNUSUAL: Final = re.compile(f"[^{_PLAIN_CHARACTERS}]+")
_INVISIBLE: Final = frozenset({"Cc", "Cf", "Co", "Cs", "Cn"})
_MAX_PASSES: Final = 10


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@cache
def _simplifier() -> _Converter:
    from opencc import OpenCC

    converter: _Converter = OpenCC("t2s")
    return converter


def normalise(text: str) -> str:
    """The normalised text; see :func:`normalise_aligned`."""
    return normalise_aligned(text).text


def normalise_aligned(text: str) -> AlignedText:
    """Normalise a text and keep the way back to it.

    NFKC and full width → half width, control, zero-width and private characters out, HTML tags and
    entities out, runs of one punctuation mark to one and of another character to three, traditional →
    simplified (OpenCC ``t2s``, which keeps the length), whitespace to single spaces. Idempotent.

    :param text: any string, lone surrogates included.
    """
    aligned = AlignedText.identity(text)
    for number in range(2 * _MAX_PASSES):  # one step can uncover work for an earlier one: &amp;lt; → &lt; → <
        if number == _MAX_PASSES:  # nested deeper than any real text
            aligned = aligned.sub(_MARKUP, lambda match: " ")
        cleaned = _clean(aligned)
        if cleaned.text == aligned.text:
            break
        aligned = cleaned
        if _PLAIN.fullmatch(aligned.text):
            break
    return aligned


def _clean(aligned: AlignedText) -> AlignedText:
    aligned = aligned.same_length(_half_width(aligned.text))
    plain = _PLAIN.fullmatch(aligned.text) is not None
    if not plain:
        aligned = _compose(aligned)
        if _MARKUP.search(aligned.text):
            aligned = aligned.sub(_HTML_TAG, lambda match: " ")
            aligned = aligned.sub(_HTML_ENTITY, lambda match: html.unescape(match.group()))
    simplified = _simplify(aligned.text)
    if len(simplified) == len(aligned.text):
        aligned = aligned.same_length(simplified)
    aligned = aligned.sub(_REPEATED_MARK, lambda match: match.group(1))
    aligned = aligned.sub(_RUN, lambda match: match.group(1) * 3)
    if not plain or "  " in aligned.text:
        aligned = aligned.sub(_WHITESPACE, lambda match: " ")
    return _strip(aligned)


def _half_width(text: str) -> str:
    for wide, narrow in _COMMON_WIDTH:
        text = text.replace(wide, narrow)
    return text.translate(_WIDTH) if _WIDE.search(text) else text


def _simplify(text: str) -> str:
    """Simplified characters; a few take two steps (薴 → 苧 → 苎)."""
    try:
        once = _simplifier().convert(text)
    except UnicodeEncodeError:  # lone surrogates, which entities can bring in
        text = text.encode("utf-8", "replace").decode("utf-8")
        once = _simplifier().convert(text)
    return once if once == text else _simplifier().convert(once)


def _compose(aligned: AlignedText) -> AlignedText:
    """NFKC character by character (combining marks with their base), invisible characters left out."""
    spans: list[tuple[int, int, str]] = []
    for unusual in _UNUSUAL.finditer(aligned.text):
        first = max(0, unusual.start() - 1)  # a mark at its start belongs to the character before
        for start, end in _clusters(aligned.text[first : unusual.end()]):
            cluster = aligned.text[first + start : first + end]
            new = _compose_cluster(cluster)
            if new != cluster or len(cluster) > 1:
                spans.append((first + start, first + end, new))
    return aligned.replace(spans)


def _clusters(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for index, char in enumerate(text):
        if spans and unicodedata.combining(char):
            spans[-1] = (spans[-1][0], index + 1)
        else:
            spans.append((index, index + 1))
    return spans


@lru_cache(maxsize=10_000)
def _compose_cluster(cluster: str) -> str:
    if "①" <= cluster <= "⑳":  # they number matters; NFKC would make ①路灯 1路灯, a bus line
        return cluster
    composed = unicodedata.normalize("NFKC", cluster)
    return "".join(
        " " if char.isspace() else char
        for char in composed
        if char.isspace() or unicodedata.category(char) not in _INVISIBLE
    )


def _strip(aligned: AlignedText) -> AlignedText:
    stripped = aligned.text.strip(" ")
    if stripped == aligned.text:
        return aligned
    start = aligned.text.find(stripped) if stripped else 0
    stop = start + len(stripped)
    return AlignedText(stripped, aligned.starts[start:stop], aligned.ends[start:stop])

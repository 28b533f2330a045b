"""One spelling for one text: Unicode, width, HTML remnants, repetition, traditional characters, whitespace."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import cache
from typing import Final, Protocol

from petition_nlp.text.aligned import AlignedText

_HTML_TAG: Final = re.compile(r"<!--.*?-->|</?[A-Za-z][A-Za-z0-9]{0,15}(?:\s[^<>]{0,300})?/?>", re.DOTALL)
_HTML_ENTITY: Final = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z]{2,8});")
_MARKUP: Final = re.compile(r"[<&]")
_REPEATED: Final = re.compile(r"([^\w\s*])\1+|([^\d*])\2{3,}")
_WHITESPACE: Final = re.compile(r"\s+")
# Full-width forms and the ideographic space: one character for one, so no alignment is needed.
_WIDTH: Final = {0x3000: " ", **{code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}}
# Characters that no later step changes, except simplification; most messages hold only these.
_PLAIN: Final = re.compile(r"[A-Za-z0-9 一-鿿。、《》“”‘’—【】,!?;:()\[\]*%/.+_=-]*")
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
    aligned = aligned.same_length(aligned.text.translate(_WIDTH))
    if not _PLAIN.fullmatch(aligned.text):
        aligned = _compose(aligned)
        aligned = aligned.sub(_HTML_TAG, lambda match: " ")
        aligned = aligned.sub(_HTML_ENTITY, lambda match: html.unescape(match.group()))
    simplified = _simplify(_without_surrogates(aligned.text))
    if len(simplified) == len(aligned.text):
        aligned = aligned.same_length(simplified)
    aligned = aligned.sub(_REPEATED, lambda match: match.group(1) or match.group(2) * 3)
    return _strip(aligned.sub(_WHITESPACE, lambda match: " "))


def _simplify(text: str) -> str:
    """Simplified characters; a few take two steps (薴 → 苧 → 苎)."""
    once = _simplifier().convert(text)
    return once if once == text else _simplifier().convert(once)


def _without_surrogates(text: str) -> str:
    """OpenCC refuses lone surrogates; entities can bring them in."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _compose(aligned: AlignedText) -> AlignedText:
    """NFKC character by character (combining marks with their base), invisible characters left out."""
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(aligned.text):
        new = _compose_cluster(aligned.text[start:end])
        first, last = aligned.origin(start, end)
        pieces.append(new)
        starts += [first] * len(new)
        ends += [last] * len(new)
    return AlignedText("".join(pieces), tuple(starts), tuple(ends))


def _clusters(text: str) -> list[tuple[int, int]]:
    spans: list[tuple[int, int]] = []
    for index, char in enumerate(text):
        if spans and unicodedata.combining(char):
            spans[-1] = (spans[-1][0], index + 1)
        else:
            spans.append((index, index + 1))
    return spans


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

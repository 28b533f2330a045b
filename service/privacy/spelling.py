"""Numbers and names in one spelling, so that a search finds them however a text writes them."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final, Protocol

_NOT_A_WORD: Final = re.compile(r"[\W_]+")
_DIGITS: Final = str.maketrans("〇○零一二三四五六七八九幺壹贰叁肆伍陆柒捌玖", "0001234567891123456789")
_COUNTRY: Final = re.compile(r"^(?:00)?86(?=1\d{10}$)")


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


@cache
def _simplifier() -> _Converter:
    from opencc import OpenCC

    converter: _Converter = OpenCC("t2s")
    return converter


def folded(text: str) -> str:
    """Letters and digits alone: half width, simplified, lower case, Chinese digits as 0–9, nothing between them."""
    simple = _simplifier().convert(unicodedata.normalize("NFKC", text).encode("utf-8", "replace").decode())
    return _NOT_A_WORD.sub("", simple.translate(_DIGITS)).casefold()


def folded_phone(number: str) -> str:
    """A telephone number as `folded` leaves it in texts, without the country's 86."""
    return _COUNTRY.sub("", folded(number))

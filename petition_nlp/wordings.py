"""Lists of wordings in a configuration file as regular expressions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_GAP: Final = "[^,。!?;:]{0,8}?"
_NAME: Final = re.compile(r"<([a-z_]+)>")
# Without unbounded repetition a pattern's time grows with the text's length and no faster.
_UNBOUNDED: Final = re.compile(r"(?<!\\)[*+]|\{\d*,\}")


def any_of(listed: Any, words: Mapping[str, str], where: str) -> re.Pattern[str]:
    """One expression for a list of wordings: ``…`` is a short gap, ``<name>`` any word of that list.

    :param words: alternatives by name. :param where: place in the file, for messages.
    :raises ValueError: a wording cannot be used; the message names its place.
    """
    try:
        filled = [_NAME.sub(lambda match: f"(?:{words[match[1]]})", each) for each in wordings(listed, where)]
        return re.compile("|".join(filled).replace("…", _GAP))
    except KeyError as error:
        raise ValueError(f"{where} 用了 words 里没有的词表 <{error.args[0]}>") from None
    except re.error as error:
        raise ValueError(f"{where} 有写错的说法：{error}") from None


def named_lists(raw: Mapping[str, Any]) -> dict[str, str]:
    """The ``words`` section: each list as alternatives of one expression."""
    return {name: "|".join(wordings(listed, f"words.{name}")) for name, listed in raw.items()}


def wordings(listed: Any, where: str) -> list[str]:
    """The wordings of a text that separates them by blanks and line ends."""
    if not isinstance(listed, str) or not listed.strip():
        raise ValueError(f"{where} 应是用空格隔开的说法，不是 {listed!r}")
    for wording in listed.split():
        if _UNBOUNDED.search(wording):
            raise ValueError(f"{where} 的「{wording}」含无上限的重复（* + {{n,}}），请写明上限")
    return listed.split()


def positive(value: Any, where: str) -> int:
    """A whole number above zero."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise ValueError(f"{where} 应是正整数，不是 {value!r}")
    return value


def only(raw: Any, where: str, known: set[str]) -> None:
    """Refuse what nobody reads, such as a misspelt name."""
    if not isinstance(raw, Mapping):
        raise ValueError(f"{where} 应是键值表")
    unknown = sorted(str(name) for name in set(raw) - known)
    if unknown:
        raise ValueError(f"{where} 有不认识的项：{', '.join(unknown)}")

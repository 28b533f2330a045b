"""Which column holds the text, and which ones its title, number, area, time, department and topic."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

import yaml

from petition_nlp.archive.rows import Row, as_text
from petition_nlp.errors import InputError, TaxonomyError
from petition_nlp.resources import data_path
from petition_nlp.roles import ROLES
from petition_nlp.route import Message

HEADER_WINDOW = 20
"""Rows at the top of a table among which its header is looked for."""

_BRACKETED = re.compile(r"\([^)]*\)|\[[^]]*\]|【[^】]*】|〔[^〕]*〕|<[^>]*>|{[^}]*}")
_MARKS = re.compile(r"[\s*:_\-#\"'“”]+")
_SUFFIX_LENGTH = 4
_SHOWN_LENGTH = 20
_SHOWN_COLUMNS = 30


def normalise_name(name: str) -> str:
    """A column name without case, full-width forms, spaces, marks and bracketed remarks."""
    folded = unicodedata.normalize("NFKC", name).casefold()
    return _MARKS.sub("", _BRACKETED.sub("", folded)) or _MARKS.sub("", folded)


@dataclass(frozen=True)
class ColumnNames:
    """The table of usual names, by role, in order of preference."""

    roles: Mapping[str, tuple[str, ...]]

    def find(self, role: str, columns: Sequence[str]) -> str | None:
        """The column that plays ``role``, or None."""
        found = self.ranked(role, columns)
        return None if found is None else found[1]

    def ranked(self, role: str, columns: Sequence[str]) -> tuple[int, str] | None:
        """The column that plays ``role`` and its rank: by whole name first, then by a long enough ending."""
        known, names = self.roles[role], _by_name(columns)
        for rank, wanted in enumerate(known):
            if wanted in names:
                return rank, names[wanted]
        for rank, wanted in enumerate(known, start=len(known)):
            ending = next((name for name in names if name.endswith(wanted)), None)
            if ending is not None and len(wanted) >= _SUFFIX_LENGTH:
                return rank, names[ending]
        return None


def _by_name(columns: Sequence[str]) -> dict[str, str]:
    return {normalise_name(column): column for column in reversed(columns)}


@cache
def usual_names() -> ColumnNames:
    """The names in ``data/text/columns.yaml``.

    :raises TaxonomyError: if the file is missing or has another shape.
    """
    path = data_path("text/columns.yaml")
    try:
        roles = yaml.safe_load(path.read_text(encoding="utf-8"))["roles"]
        table = {role: tuple(normalise_name(name) for name in roles[role]) for role in (*ROLES, "personal")}
    except FileNotFoundError:
        raise TaxonomyError("缺少列名表", where=str(path), todo="请补上自带的文件") from None
    except (yaml.YAMLError, KeyError, TypeError) as error:
        raise TaxonomyError("列名表的结构不对", where=str(path), todo="请参照自带的文件修改") from error
    return ColumnNames(table)


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The columns of one file that make up a message."""

    text: str
    title: str | None = None
    id: str | None = None
    area: str | None = None
    received: str | None = None
    department: str | None = None
    topic: str | None = None

    def message(self, row: Row) -> tuple[Message, str]:
        """The message in a row, and what is wrong with its text field (empty if nothing is)."""
        value = row.fields.get(self.text)
        flaw = ""
        if self.text not in row.fields:
            flaw = f"缺少正文字段「{self.text}」"
        elif isinstance(value, bool | list | dict):
            flaw, value = f"正文字段「{self.text}」不是文字", None
        message = Message(
            text=as_text(value),
            title=self._optional(row, self.title),
            id=self._optional(row, self.id),
            area=self._optional(row, self.area),
            received=self._optional(row, self.received),
        )
        return message, flaw

    def describe(self) -> str:
        """The mapping in one line."""
        return "，".join(f"{ROLES[role]}列「{column}」" for role, column in self.named().items())

    def named(self) -> dict[str, str]:
        """The column of every role that has one."""
        return {role: column for role in ROLES if (column := getattr(self, role))}

    @staticmethod
    def _optional(row: Row, column: str | None) -> str | None:
        return None if column is None else as_text(row.fields.get(column)) or None


Chosen = Mapping[str, Sequence[str]]
"""The user's own choice of columns: role → names, of which a file has one; without a name, it has no such column."""


def map_columns(
    columns: Sequence[str],
    *,
    where: str,
    text: str | None = None,
    title: str | None = None,
    chosen: Chosen | None = None,
) -> ColumnMap:
    """Map a file's columns to the parts of a message.

    :param text: the user's own choice of text column; ``title`` likewise.
    :param chosen: the user's choice for any role; where the file has none of these columns, a text column is missing
        and any other role falls back to its usual names.
    :raises InputError: names the columns found and the flag to use.
    """
    names, chosen = usual_names(), chosen or {}
    found_text = _chosen(columns, text, "--text-column", where) if text else _first(columns, chosen.get("text", ()))
    if found_text is None and not chosen.get("text"):
        found_text = names.find("text", columns)
    if found_text is None:
        wanted = f"「{'」「'.join(chosen['text'])}」都没有" if chosen.get("text") else "找不到正文列"
        raise InputError(
            f"{wanted}；{list_columns(columns)}",
            where=where,
            todo="请用 --text-column 列名 指明哪一列是正文",
        )
    rest = [column for column in columns if column != found_text]
    found_title = _chosen(columns, title, "--title-column", where) if title else None
    others = {
        role: _first(rest, chosen.get(role, ())) or names.find(role, rest)
        for role in ROLES
        if role != "text" and (role not in chosen or chosen[role])
    }
    return ColumnMap(text=found_text, **{**others, "title": found_title or others.get("title")})


@lru_cache(maxsize=10_000)
def is_personal(name: str) -> bool:
    """Whether a column by its name holds nothing but personal data: names, numbers, addresses of people."""
    return normalise_name(name).rstrip("0123456789").endswith(usual_names().roles["personal"])


def _first(columns: Sequence[str], wanted: Sequence[str]) -> str | None:
    return next((found for name in wanted if (found := match_column(columns, name))), None)


def match_column(columns: Sequence[str], wanted: str) -> str | None:
    """The column that a user named: exactly, else without regard to case, width and remarks."""
    if wanted in columns:
        return wanted
    folded = normalise_name(wanted)
    return next((column for column in columns if normalise_name(column) == folded), None)


def header_index(rows: Sequence[Sequence[str]], text: Sequence[str] = ()) -> int | None:
    """Which of the first rows of a table is its header: the one that names the text column best.

    :param text: names of which the header has one, if the user gave any.

    A title such as 「某市工单内容」 or a group heading such as 「诉求」 must not win over the header below.
    """
    found: list[tuple[int, int]] = []
    for index, row in enumerate(rows[:HEADER_WINDOW]):
        filled = [cell for cell in row if cell.strip()]
        if _first(filled, text) is not None:
            return index
        ranked = None if text else usual_names().ranked("text", filled)
        if ranked is not None:
            found.append((ranked[0], index))
    return min(found)[1] if found else None


def widest_index(rows: Sequence[Sequence[str]]) -> int:
    """The row most like a header where no text column is named: the first with the most filled cells."""
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:HEADER_WINDOW]]
    return filled.index(max(filled))


def name_columns(header: Sequence[str], above: Sequence[Sequence[str]] = ()) -> tuple[str, ...]:
    """Names for every column of a table: filled from the header above, never empty, never twice.

    :param above: the rows above the header, from the top; those with a single filled cell are titles.
    """
    uppers = [row for row in above if sum(1 for cell in row if cell.strip()) > 1]
    names: list[str] = []
    for index, cell in enumerate(header):
        name = _clean(cell)
        for upper in reversed(uppers):
            name = name or (_clean(upper[index]) if index < len(upper) else "")
        names.append(as_unique(name or f"列{index + 1}", names))
    return tuple(names)


def as_unique(name: str, taken: Sequence[str]) -> str:
    """``name``, with a number behind it if it is taken."""
    number, candidate = 1, name
    while candidate in taken:
        number += 1
        candidate = f"{name}（{number}）"
    return candidate


def list_columns(columns: Sequence[str]) -> str:
    """The columns of a file for a message; cells too long for a name are not quoted."""
    shown = [
        f"「{column}」" if len(column) <= _SHOWN_LENGTH else f"（第 {number} 列，内容过长，不像列名）"
        for number, column in enumerate(columns[:_SHOWN_COLUMNS], start=1)
    ]
    more = f" 等 {len(columns)} 列" if len(columns) > _SHOWN_COLUMNS else ""
    return f"现有的列：{'、'.join(shown) or '无'}{more}"


def _chosen(columns: Sequence[str], wanted: str, flag: str, where: str) -> str:
    found = match_column(columns, wanted)
    if found is None:
        raise InputError(
            f"没有名为「{wanted}」的列；{list_columns(columns)}",
            where=where,
            todo=f"请改正 {flag}；若列名是乱码，请用 --encoding 指定编码",
        )
    return found


def _clean(cell: str) -> str:
    return " ".join(cell.split())

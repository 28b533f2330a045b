"""What one row says: community, day, topic, wording, and what the model decided."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from petition_nlp.archive.columns import list_columns, map_columns, match_column, usual_names
from petition_nlp.archive.routed import CLASH_SUFFIX
from petition_nlp.archive.rows import Row, as_text
from petition_nlp.errors import InputError
from petition_nlp.ledger.periods import as_date
from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from petition_nlp.text.normalise import normalise

ROUTE: Final = "route"
_DECIDED: Final = ("事项类别", "责任部门", "置信度", "人工复核", "紧急")
_REASONS: Final = "复核原因"
_CACHED_NAMES: Final = 20_000


@dataclass(frozen=True, slots=True)
class Wanted:
    """The columns that a user named."""

    by: str
    topic: str | None = None
    text: str | None = None
    title: str | None = None
    date: str | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    """What the model decided about a message.

    :param matter: its code; `UNCLEAR` also for a class that the taxonomy does not know.
    :param department: its code, or the name as it stands if the taxonomy does not know it; empty for none.
    :param review: whether a person should look at it.
    :param line: telephone line of an emergency; empty without one.
    :param reasons: why a person should look, in the words of the policy.
    """

    matter: str
    department: str
    confidence: float
    review: bool
    line: str
    reasons: str


@dataclass(frozen=True, slots=True)
class Record:
    """One row as the ledger counts it; ``title`` and ``text`` are as they were written."""

    community: str
    date: datetime.date | None
    topic: str
    title: str
    text: str
    decision: Decision


@dataclass(frozen=True, slots=True)
class Fields:
    """The columns of one file that matter here.

    :param decided: the columns that ``classify`` adds to a table, by their plain names; empty where ``route`` is.
    :param route: the key under which ``classify`` puts a route into JSON Lines.
    """

    by: str
    text: str
    title: str | None
    date: str | None
    topic: str | None
    decided: Mapping[str, str]
    route: str | None

    @classmethod
    def find(cls, columns: Sequence[str], wanted: Wanted, *, where: str, dated: bool) -> Fields:
        """The columns of a file.

        :param dated: whether a column of dates is needed.
        :raises InputError: one is missing; names the columns that there are.
        """
        route = _added(ROUTE, columns)
        found = {name: _added(name, columns) for name in (*_DECIDED, _REASONS)}
        missing = [name for name in _DECIDED if found[name] is None]
        if route is None and missing:
            raise InputError(
                f"没有分类结果的列{'、'.join(f'「{name}」' for name in missing)}；{list_columns(columns)}",
                where=where,
                todo="请先运行 petition-nlp classify，把它的输出交给本命令",
            )
        own = [column for column in columns if column not in (route, *found.values())]
        usual = map_columns(own, where=where, text=wanted.text, title=wanted.title)
        date = _named(own, wanted.date, "--date-column", where) or usual_names().find("received", own)
        if dated and date is None:
            todo = "请用 --date-column 列名 指明，或用 --period all 不分时段"
            raise InputError(f"找不到日期列；{list_columns(columns)}", where=where, todo=todo)
        return cls(
            by=_named(columns, wanted.by, "--by", where) or "",
            text=usual.text,
            title=usual.title,
            date=date,
            topic=_named(columns, wanted.topic, "--topic-column", where),
            decided={} if route else {name: column for name, column in found.items() if column},
            route=route,
        )

    def record(self, row: Row, taxonomy: Taxonomy) -> Record | None:
        """What a row says; None if it holds no decision."""
        decision = self._routed(row, taxonomy) if self.route else self._tabled(row, taxonomy)
        if decision is None:
            return None
        return Record(
            community=tidy(as_text(row.fields.get(self.by))),
            date=as_date(row.fields.get(self.date)) if self.date else None,
            topic=as_text(row.fields.get(self.topic)).strip() if self.topic else "",
            title=as_text(row.fields.get(self.title)) if self.title else "",
            text=as_text(row.fields.get(self.text)),
            decision=decision,
        )

    def describe(self) -> str:
        """The mapping in one line."""
        parts = [
            ("社区", self.by),
            ("正文", self.text),
            ("标题", self.title),
            ("日期", self.date),
            ("分类", self.topic),
        ]
        return "，".join(f"{role}列「{column}」" for role, column in parts if column)

    def _tabled(self, row: Row, taxonomy: Taxonomy) -> Decision | None:
        cells = {name: as_text(row.fields.get(column)).strip() for name, column in self.decided.items()}
        if not cells["事项类别"] and not cells["人工复核"]:
            return None
        return Decision(
            matter=_matter(cells["事项类别"], taxonomy),
            department=taxonomy.resolve("department", cells["责任部门"]),
            confidence=_number(cells["置信度"]),
            review=cells["人工复核"] != "否",
            line=_line(cells["紧急"]),
            reasons=cells.get(_REASONS, ""),
        )

    def _routed(self, row: Row, taxonomy: Taxonomy) -> Decision | None:
        route = _part(row.fields, self.route or "")
        review = _part(route, "review")
        if "matter" not in route or not review:
            return None
        reasons = review.get("reasons")
        listed = reasons if isinstance(reasons, list) else []
        return Decision(
            matter=_matter(_label(route, "matter"), taxonomy),
            department=taxonomy.resolve("department", _label(route, "department")),
            confidence=_number(as_text(route.get("confidence"))),
            review=review.get("required") is not False,
            line=_line(as_text(_part(route, "emergency").get("line"))),
            reasons="；".join(as_text(each.get("message")) for each in listed if isinstance(each, dict)),
        )


@lru_cache(maxsize=_CACHED_NAMES)
def tidy(name: str) -> str:
    """A community's name in one spelling."""
    return normalise(name).strip()


def _added(name: str, columns: Sequence[str]) -> str | None:
    """The column that ``classify`` added under a name: the last one if the input had it already, as `added_names`."""
    found = name if name in columns else None
    candidate, number = name + CLASH_SUFFIX, 1
    while candidate in columns:
        found, number = candidate, number + 1
        candidate = f"{name}{CLASH_SUFFIX}（{number}）"
    return found


def _named(columns: Sequence[str], wanted: str | None, flag: str, where: str) -> str | None:
    if wanted is None:
        return None
    found = match_column(columns, wanted)
    if found is None:
        raise InputError(f"没有名为「{wanted}」的列；{list_columns(columns)}", where=where, todo=f"请改正 {flag}")
    return found


def _part(fields: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = fields.get(key)
    return value if isinstance(value, dict) else {}


def _label(route: Mapping[str, Any], head: str) -> str:
    choice = _part(route, head)
    return as_text(choice.get("code")) or as_text(choice.get("name"))


def _matter(label: str, taxonomy: Taxonomy) -> str:
    code = taxonomy.resolve("matter", label)
    return code if code in taxonomy.matters else UNCLEAR


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0


def _line(text: str) -> str:
    """The line of an emergency: what stands before the colon, if it can be a telephone number."""
    line = text.partition("：")[0].strip()
    return line if not text or (line.isdecimal() and len(line) <= 12) else "是"

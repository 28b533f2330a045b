"""What a meeting gets of the list (会议材料): the same petitions as an export, masked by the same rule and noted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, Final

from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.taxonomy import Taxonomy
from service import problems
from service.access.principal import Principal
from service.moments import CHINA
from service.petitions.lateness import today
from service.petitions.list_schemas import By, MeetingFilter
from service.petitions.meeting_book import Book, Part, workbook
from service.petitions.queries import Filter
from service.privacy.export import batches, how_many, note_export
from service.problems import FieldError
from service.store.database import Database

MOST: Final = 5000
"""Petitions of a workbook, which is made in memory."""
_MOST_PARTS: Final = 60
_WHAT: Final[Mapping[By, str]] = {"matter": "事项类别", "community": "社区"}
_NOWHERE: Final[Mapping[By, str]] = {"matter": "未分类", "community": "未识别社区"}
_REST: Final = "其他社区"

Row = Mapping[str, Any]


def meeting(
    database: Database, caller: Principal, asked: MeetingFilter, taxonomy: Taxonomy, calendar: WorkCalendar
) -> bytes:
    """The workbook.

    :raises Problem: 422, it would have too many petitions.
    """
    wanted = Filter(**asked.model_dump(exclude={"by", "heading"})).resolved(taxonomy, calendar)
    count = how_many(database, caller, wanted)
    if count > MOST:
        message = f"符合条件的有 {count} 件，会议材料最多 {MOST} 件，请缩小范围或用 /v1/petitions/export"
        raise problems.invalid_request([FieldError("$", message)])
    note_export(database, caller, wanted, form="xlsx", petitions=count)
    rows = [row for batch in batches(database, caller, wanted, taxonomy) for row in batch]
    parts = _by_matter(rows, taxonomy) if asked.by == "matter" else _by_community(rows)
    return workbook(Book(asked.heading, _period(wanted, rows), _WHAT[asked.by], parts))


def _by_matter(rows: Sequence[Row], taxonomy: Taxonomy) -> list[Part]:
    found = _grouped(rows, [row["matter"] and row["matter"]["code"] for row in rows])
    order = [*taxonomy.matters, *sorted(code for code in found if code and code not in taxonomy.matters), None]
    name = _NOWHERE["matter"]
    return [Part(taxonomy.name("matter", code) if code else name, found[code]) for code in order if code in found]


def _by_community(rows: Sequence[Row]) -> list[Part]:
    found = _grouped(rows, [row["community"] for row in rows])
    order = sorted(found, key=lambda name: (name is None, -len(found[name]), name or ""))
    parts = [Part(name or _NOWHERE["community"], found[name]) for name in order]
    if len(parts) <= _MOST_PARTS:
        return parts
    rest = [row for part in parts[_MOST_PARTS:] for row in part.rows]
    return [*parts[:_MOST_PARTS], Part(_REST, rest)]


def _grouped(rows: Sequence[Row], keys: Sequence[str | None]) -> dict[str | None, list[Row]]:
    found: defaultdict[str | None, list[Row]] = defaultdict(list)
    for row, key in zip(rows, keys, strict=True):
        found[key].append(row)
    return found


def _period(wanted: Filter, rows: Sequence[Row]) -> str:
    """Which days the petitions were received on: as asked for, else as they are."""
    days = [row["received"][:10] for row in rows]
    made = f"制表：{today()}"
    if not days:
        return f"没有符合条件的诉求；{made}"
    asked = wanted.received_from
    first = asked.astimezone(CHINA).date().isoformat() if asked else min(days)
    return f"收到时间：{first} 至 {max(days)}；{made}"

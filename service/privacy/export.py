"""Many petitions as one file: CSV for spreadsheets or JSON Lines, streamed, masked unless the caller may see all."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic import Field
from sqlalchemy import func, select

from petition_nlp.archive.outputs import safe_cell
from petition_nlp.local.workdays import WorkCalendar
from petition_nlp.taxonomy import Taxonomy
from service.access.audit import audit, audit_reading
from service.access.principal import Principal, Scope
from service.petitions import queries
from service.petitions.queries import Filter, PageFilter
from service.petitions.shown import petition_json
from service.privacy.masking import masked
from service.store.database import Database
from service.store.tables import Petition

Format = Literal["csv", "jsonl"]

_BATCH: Final = 200
_BOM: Final = "\ufeff"
_PERSONAL_FILTERS: Final = frozenset({"text", "external_id", "area"})
"""Parts of a filter that may say who somebody is: of them only the name is noted."""
_COLUMNS: Final = {
    "编号": "id",
    "来源编号": "external_id",
    "来源": "channel",
    "种类": "kind_name",
    "收到时间": "received",
    "标题": "title",
    "内容": "text",
    "地区": "area",
    "区县": "district",
    "街道": "street",
    "社区": "community",
    "事项类别": "matter",
    "责任部门": "department",
    "协办部门": "co_departments",
    "诉求类型": "request_type",
    "承办单位": "unit",
    "办理状态": "status_name",
    "办理期限": "due",
    "退单次数": "returns",
    "逾期": "overdue",
    "疑难": "hard",
    "催办次数": "urges",
    "待复核": "review",
    "紧急": "emergency",
    "敏感": "sensitive",
    "把握": "confidence",
    "办结时间": "closed",
    "办理结果": "outcome",
    "满意": "satisfied",
    "并入": "merged_into",
}
_PLACES: Final = ("district", "street", "community")


class ExportFilter(Filter):
    """Which petitions, and in what form."""

    format: Format = Field(default="csv", description="csv 或 jsonl")
    bom: bool = Field(default=True, description="CSV 开头加 BOM，Excel 可直接打开")


@dataclass(frozen=True, slots=True)
class Export:
    """What is exported, and how.

    :param bom: begin a CSV file with a byte order mark, by which Excel recognises UTF-8.
    """

    wanted: Filter
    form: Format
    bom: bool

    @classmethod
    def of(cls, asked: ExportFilter, taxonomy: Taxonomy, calendar: WorkCalendar) -> Export:
        """What a request asks for."""
        wanted = Filter(**asked.model_dump(exclude={"format", "bom"}))
        return cls(wanted.resolved(taxonomy, calendar), asked.format, asked.bom)

    def parts(self, database: Database, caller: Principal, taxonomy: Taxonomy) -> Iterator[str]:
        """The file, piece by piece, newest petition first."""
        if self.form == "csv":
            yield (_BOM if self.bom else "") + _csv([list(_COLUMNS)])
        for batch in batches(database, caller, self.wanted, taxonomy):
            if self.form == "csv":
                yield _csv([[_cell(row[name]) for name in _COLUMNS.values()] for row in batch])
            else:
                yield "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in batch)

    def note(self, database: Database, caller: Principal) -> int:
        """Note in the audit log that this is about to be exported; without this nothing is.

        :return: how many petitions.
        """
        count = how_many(database, caller, self.wanted)
        note_export(database, caller, self.wanted, form=self.form, petitions=count)
        return count


def how_many(database: Database, caller: Principal, wanted: Filter) -> int:
    """Petitions that an export would hold."""
    with database.read() as session:  # while it counts, others can write
        conditions = [*queries.visible(caller), *wanted.conditions()]
        return session.scalar(select(func.count()).select_from(Petition).where(*conditions)) or 0


def note_export(database: Database, caller: Principal, wanted: Filter, *, form: str, petitions: int) -> None:
    """Note in the audit log that petitions are about to be exported."""
    with database.write() as session:
        audit(
            session,
            caller,
            "export",
            petitions=petitions,
            format=form,
            masked=not caller.may(Scope.PERSONAL),
            filter=_noted(wanted),
        )


def batches(
    database: Database, caller: Principal, wanted: Filter, taxonomy: Taxonomy
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """Petitions in their JSON form with their places; each batch is read in a session of its own."""
    following = PageFilter(**wanted.model_dump(), limit=_BATCH)
    while True:
        with database.read() as session:
            page = queries.find(session, caller, following)
            links = queries.links(session, page.items, caller)
            merged = {petition.merged_into for petition in page.items if petition.merged_into}
            known = queries.visible_ids(session, caller, merged)
        audit_reading(database, caller, page.items, "export")
        yield [
            {
                **masked(petition_json(petition, links.get(petition.id, []), taxonomy, known), caller),
                **{name: getattr(petition, name) for name in _PLACES},
            }
            for petition in page.items
        ]
        if page.next is None:
            return
        following = following.model_copy(update={"cursor": page.next})


def _noted(wanted: Filter) -> dict[str, Any]:
    given = wanted.model_dump(mode="json", exclude_defaults=True)
    return {name: True if name in _PERSONAL_FILTERS else value for name, value in given.items()}


def _csv(rows: Sequence[Sequence[str]]) -> str:
    lines = io.StringIO()
    csv.writer(lines, lineterminator="\r\n").writerows(rows)
    return lines.getvalue()


def _cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "是" if value else "否"
        case dict():
            return safe_cell(value["name"] or value["code"])
        case list():
            return safe_cell("；".join(_cell(part) for part in value))
        case _:
            return safe_cell(str(value))

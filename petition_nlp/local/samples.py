"""Sample messages from an archive that `petition-nlp classify` wrote, to see where they would go."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from petition_nlp.archive.columns import map_columns, match_column
from petition_nlp.archive.rows import Row, as_text
from petition_nlp.archive.sources import open_source
from petition_nlp.errors import InputError
from petition_nlp.local.compare import Case
from petition_nlp.taxonomy import Taxonomy

_DEPARTMENT: Final = "责任部门"
_MATTER: Final = "事项类别"


def read_cases(path: Path, taxonomy: Taxonomy) -> Iterator[Case]:
    """Every message of a routed file, named by its number or its line.

    :raises InputError: it cannot be read or has no column 责任部门.
    """
    source = open_source(path, encoding=None, sheet=None, text_columns=())
    try:
        department = match_column(source.columns, _DEPARTMENT)
        if department is None:
            todo = "请先用 petition-nlp classify 处理这个文件"
            raise InputError(f"没有「{_DEPARTMENT}」列", where=str(path), todo=todo)
        matter = match_column(source.columns, _MATTER)
        columns = map_columns([name for name in source.columns if name != department], where=str(path))
        for row in source.rows():
            if isinstance(row, Row):
                message, _ = columns.message(row)
                yield Case(
                    id=message.id or f"第 {row.line} 行",
                    text=f"{message.title}\n{message.text}" if message.title else message.text,
                    department=_code(taxonomy, "department", row, department),
                    matter=_code(taxonomy, "matter", row, matter),
                    area=message.area,
                )
    finally:
        source.close()


def _code(taxonomy: Taxonomy, head: str, row: Row, column: str | None) -> str | None:
    written = as_text(row.fields.get(column)) if column else ""
    return taxonomy.resolve(head, written) if written.strip() else None

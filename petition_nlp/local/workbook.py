"""A directory as a workbook to be edited: one sheet for each kind of record, choices offered, an explanation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from petition_nlp.errors import OutputError
from petition_nlp.local.reading import KINDS
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.resources import data_path, read_yaml
from petition_nlp.taxonomy import Taxonomy

_EXPLANATION: Final = "说明"
_GROUPS: Final = {
    ("units", "level"): "unit_levels",
    ("rules", "level"): "unit_levels",
    ("places", "kind"): "place_kinds",
    ("services", "kind"): "service_kinds",
}
_WIDE: Final = frozenset({"name", "area", "areas", "words", "words_not", "note", "parents", "offers", "address"})
_CHOICE_ROWS: Final = 5000


def write_template(path: Path, taxonomy: Taxonomy) -> None:
    """Write a workbook with an invented city and an explanation, to be filled in.

    :raises OutputError: it cannot be written.
    """
    example = read_yaml(data_path("local/example.yaml"))
    write_workbook(example["directory"], path, taxonomy, explanation=example["explanation"])


def write_workbook(
    document: Mapping[str, Any], path: Path, taxonomy: Taxonomy, *, explanation: Sequence[str] = ()
) -> None:
    """Write a directory's document as a workbook that `read_directory` reads.

    :param explanation: lines of a first sheet.
    :raises OutputError: it cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import XlsxWriterException

    try:
        with Workbook(path) as book:
            head = book.add_format({"bold": True, "bg_color": "#E4EBF4", "border": 1})
            if explanation:
                _explain(book, explanation, head)
            for kind in KINDS:
                _write(book.add_worksheet(vocabulary().sheet(kind)), kind, document.get(kind, []), taxonomy, head)
    except (OSError, XlsxWriterException):
        raise OutputError("无法写入", where=str(path), todo="请检查文件夹和权限，或关闭正在占用它的程序") from None


def _explain(book: Any, lines: Sequence[str], head: Any) -> None:
    sheet = book.add_worksheet(_EXPLANATION)
    sheet.set_column(0, 0, 110, book.add_format({"text_wrap": True, "valign": "top"}))
    for number, line in enumerate(lines):
        sheet.write_string(number, 0, line, head if number == 0 else None)


def _write(sheet: Any, kind: str, records: Sequence[Mapping[str, Any]], taxonomy: Taxonomy, head: Any) -> None:
    sheet.freeze_panes(1, 0)
    for column, field in enumerate(vocabulary().columns[kind]):
        sheet.set_column(column, column, 24 if field in _WIDE else 14)
        sheet.write_string(0, column, vocabulary().column(kind, field), head)
        choices = _choices(kind, field, taxonomy)
        if choices:
            options = {"validate": "list", "source": choices, "error_type": "warning"}
            sheet.data_validation(1, column, _CHOICE_ROWS, column, options)
        show = partial(_shown, kind, field, taxonomy)
        for row, record in enumerate(records, start=1):
            if text := show(record.get(field)):
                sheet.write_string(row, column, text)


def _choices(kind: str, field: str, taxonomy: Taxonomy) -> list[str]:
    if (kind, field) in _GROUPS:
        return [names[0] for names in vocabulary().values[_GROUPS[kind, field]].values()]
    return [matter.name for matter in taxonomy.matters.values()] if field in ("matter", "matters") else []


def _shown(kind: str, field: str, taxonomy: Taxonomy, value: Any) -> str:
    """A value as people write it: names instead of codes, several joined."""
    if isinstance(value, list):
        return "、".join(_shown(kind, field, taxonomy, item) for item in value)
    if value is None:
        return ""
    if (kind, field) in _GROUPS:
        return vocabulary().value(_GROUPS[kind, field], value)
    return taxonomy.name(field.removesuffix("s"), value) if field.startswith(("matter", "department")) else str(value)

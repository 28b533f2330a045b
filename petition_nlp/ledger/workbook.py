"""The ledger as a workbook to be filtered, printed and filled in: totals, one sheet for each matter, remarks."""

from __future__ import annotations

import datetime
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.ledger.lists import Chapter, Entry, Section, Tally
from petition_nlp.ledger.remarks import emergencies, kind_title, list_title, remarks, title, wordings

if TYPE_CHECKING:
    from petition_nlp.ledger.job import Ledger

_A4: Final = 9
_SIGN: Final = "&L议事日期：____________    主持人：____________    记录人：____________&R第 &P 页，共 &N 页"
_INK, _LINE, _HEAD, _SOFT, _ALARM = "#1D2733", "#B8C0CA", "#E4EBF4", "#F4F6F9", "#B42318"
_SUBTOTAL: Final = "小计"
_TOTAL: Final = "合计"
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME: Final = 31


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of a sheet: its heading, its width in characters, and the name of its format."""

    name: str
    width: int
    form: str = "text"


_PLACE: Final = (_Column("社区", 13), _Column("时段", 11))
_COUNTS: Final = (_Column("件数", 6, "number"), _Column("待复核", 7, "number"), _Column("紧急", 9, "alarm"))
_TO_FILL: Final = (_Column("议定意见", 24), _Column("责任人", 10), _Column("完成时限", 11))
_SPAN: Final = (_Column("最早", 11, "date"), _Column("最晚", 11, "date"))


def write_workbook(ledger: Ledger, path: Path) -> None:
    """Write the workbook.

    :raises OSError: it cannot be written.
    """
    from xlsxwriter import Workbook
    from xlsxwriter.exceptions import FileCreateError

    book = Workbook(path, {"constant_memory": True, "tmpdir": str(path.parent)})
    formats = _formats(book)
    _totals(ledger, _Sheet(book, "总表", _total_columns(ledger), formats, title(ledger)))
    for code, name in ledger.matters:
        _list(book, ledger, code, name, formats)
    _remarks(book, ledger, formats)
    try:
        book.close()
    except FileCreateError as error:
        raise (error.args[0] if error.args and isinstance(error.args[0], OSError) else OSError(error)) from None


class _Sheet:
    """A worksheet that prints on A4 across, its header on every page, rows written from the top."""

    def __init__(self, book: Any, name: str, columns: Sequence[_Column], formats: dict[str, Any], heading: str) -> None:
        self._columns, self._formats = columns, formats
        self._sheet = sheet = book.add_worksheet(_FORBIDDEN.sub(" ", name)[:_LONGEST_NAME])
        sheet.set_landscape()
        sheet.set_paper(_A4)
        sheet.set_margins(left=0.4, right=0.4, top=0.75, bottom=0.75)
        sheet.fit_to_pages(1, 0)
        sheet.repeat_rows(0)
        sheet.set_header(f"&C&14{heading.replace('&', '&&')}")
        sheet.set_footer(_SIGN)
        sheet.freeze_panes(1, min(2, len(columns)))
        for number, column in enumerate(columns):
            sheet.set_column(number, number, column.width)
            sheet.write_string(0, number, column.name, formats["head"])
        sheet.set_row(0, 24)
        self._row = 1

    def add(self, cells: Sequence[Any], weight: str = "") -> None:
        """Write a row; ``weight`` is ``strong`` for sums."""
        for number, (column, cell) in enumerate(zip(self._columns, cells, strict=True)):
            form = self._formats[weight + column.form]
            where = (self._row, number)
            if cell is None or cell == "":
                self._sheet.write_blank(*where, None, form)
            elif isinstance(cell, datetime.date):
                self._sheet.write_datetime(*where, datetime.datetime(cell.year, cell.month, cell.day), form)
            elif isinstance(cell, int):
                self._sheet.write_number(*where, cell, form)
            else:
                self._sheet.write_string(*where, _valid(cell), form)
        self._row += 1

    def filter(self) -> None:
        """Let the rows so far be filtered by every column."""
        self._sheet.autofilter(0, 0, max(self._row - 1, 1), len(self._columns) - 1)


def _total_columns(ledger: Ledger) -> tuple[_Column, ...]:
    matters = tuple(_Column(name, 11, "number") for _, name in ledger.matters)
    review = _Column("其中待复核", 11, "number")
    return (*_PLACE, _Column("合计", 9, "number"), *matters, review, _Column("其中紧急", 14, "alarm"), *_SPAN)


def _totals(ledger: Ledger, sheet: _Sheet) -> None:
    for area in ledger.areas:
        for chapter in area.chapters:
            sheet.add(_total_row(area.name, chapter.period, chapter.tally, [chapter]))
        if len(area.chapters) > 1:
            sheet.add(_total_row(area.name, _SUBTOTAL, area.tally, area.chapters), "strong")
    sheet.filter()
    every = [chapter for area in ledger.areas for chapter in area.chapters]
    sheet.add(_total_row(_TOTAL, "", Tally.total(area.tally for area in ledger.areas), every), "strong")


def _total_row(area: str, period: str, tally: Tally, chapters: Iterable[Chapter]) -> list[Any]:
    by_matter = [sum(section.count for section in same) for same in zip(*(c.sections for c in chapters), strict=True)]
    return [area, period, tally.count, *by_matter, tally.review, emergencies(tally), tally.first, tally.last]


@dataclass(frozen=True, slots=True)
class _About:
    """How the entries of one list are told apart.

    :param matter: of the list.
    :param levels: what is deliberated at a level is guided by departments, and told by topic already.
    :param by_party: who has to act says it all.
    :param topics: the messages have topics.
    """

    matter: str
    levels: bool
    by_party: bool
    topics: bool

    @classmethod
    def of(cls, ledger: Ledger, matter: str) -> _About:
        levels = bool(ledger.taxonomy.matters[matter].levels)
        return cls(matter, levels, ledger.is_by_party(matter), ledger.topic is not None)

    def columns(self) -> tuple[_Column, ...]:
        kind = _Column(kind_title(self.matter, levelled=self.levels), 20)
        party = _Column("责任主体", 20)
        if self.levels:
            return kind, party, _Column("协商层级", 9), _Column("指导部门", 18)
        topics = (_Column("主要分类", 18),) if self.topics else ()
        return (party, *topics) if self.by_party else (kind, party, *topics)

    def cells(self, entry: Entry) -> list[str]:
        if self.levels:
            return [entry.kind, entry.party, entry.level, "、".join(entry.guides)]
        topics = ["\n".join(f"{name} {count}" for name, count in entry.topics)] if self.topics else []
        return [entry.party, *topics] if self.by_party else [entry.kind, entry.party, *topics]


def _list(book: Any, ledger: Ledger, matter: str, name: str, formats: dict[str, Any]) -> None:
    about, heading = _About.of(ledger, matter), list_title(matter, name)
    wording = (_Column("典型诉求", 52), _Column("建议渠道", 36))
    columns = (*_PLACE, *about.columns(), *_COUNTS, *_SPAN, *wording, *_TO_FILL)
    sheet = _Sheet(book, heading, columns, formats, f"{title(ledger)} · {heading}")
    for area in ledger.areas:
        for chapter in area.chapters:
            for entry in _section(chapter, matter).entries:
                sheet.add([area.name, chapter.period, *about.cells(entry), *_counted(entry)])
    sheet.filter()


def _counted(entry: Entry) -> list[Any]:
    tally = entry.tally
    counts = [tally.count, tally.review or None, emergencies(tally), tally.first, tally.last]
    return [*counts, "\n".join(wordings(entry)), entry.channel, *("" for _ in _TO_FILL)]


def _section(chapter: Chapter, matter: str) -> Section:
    return next(section for section in chapter.sections if section.matter == matter)


def _remarks(book: Any, ledger: Ledger, formats: dict[str, Any]) -> None:
    sheet = book.add_worksheet("说明")
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.set_column(0, 0, 120)
    for number, line in enumerate(remarks(ledger)):
        sheet.write_string(number, 0, _valid(line), formats["plain"])


def _formats(book: Any) -> dict[str, Any]:
    """Every format by name; those of sums have ``strong`` in front."""
    plain = {"font_color": _INK, "font_size": 10, "valign": "top", "text_wrap": True}
    cell = {**plain, "border": 1, "border_color": _LINE}
    forms = {
        "text": cell,
        "number": {**cell, "num_format": "#,##0", "align": "right"},
        "date": {**cell, "num_format": "yyyy-mm-dd", "align": "center"},
        "alarm": {**cell, "font_color": _ALARM, "bold": True},
    }
    strong = {f"strong{name}": {**form, "bold": True, "bg_color": _SOFT} for name, form in forms.items()}
    head = {**cell, "bold": True, "bg_color": _HEAD, "align": "center", "valign": "vcenter"}
    return {name: book.add_format(form) for name, form in {**forms, **strong, "head": head, "plain": plain}.items()}


def _valid(text: str) -> str:
    """Text that UTF-8 can hold: a file's name need not be."""
    return text.encode("utf-8", "replace").decode("utf-8")

"""Petitions as a workbook for a meeting (会议材料): a sheet of figures, then a sheet for each matter or community."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from service.petitions.states import OPEN, STATUS_NAMES

_A4: Final = 9
_LINE, _HEAD = "#B8C0CA", "#E4EBF4"
_FORBIDDEN: Final = re.compile(r"[\[\]:*?/\\']")
_LONGEST_NAME: Final = 31
_EXCERPT: Final = 120
_ABOVE: Final = 3
"""Rows above a table: title, period, figures."""

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """What goes on a sheet of its own."""

    name: str
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Book:
    """What the workbook says.

    :param what: what each part is, such as 事项类别; :param period: which petitions, in words.
    """

    title: str
    period: str
    what: str
    parts: Sequence[Part]


def workbook(book: Book) -> bytes:
    """The XLSX file. Every cell is typed as text or a number, so that no spreadsheet takes one for a formula."""
    from xlsxwriter import Workbook

    out = io.BytesIO()
    made = Workbook(out, {"in_memory": True})
    formats = _formats(made)
    names: set[str] = set()
    every = [row for part in book.parts for row in part.rows]
    totals: list[list[str | int]] = [[part.name, *_figures(part.rows).values()] for part in book.parts]
    totals.append(["合计", *_figures(every).values()])
    widths = [(book.what, 20), *((name, 9) for name in _figures([]))]
    _sheet(made, formats, _free("总表", names), _heading(book, "总表", every), widths, totals)
    for part in book.parts:
        entries = [[number, *_cells(row)] for number, row in enumerate(part.rows, start=1)]
        heading = _heading(book, part.name, part.rows)
        _sheet(made, formats, _free(part.name, names), heading, [("序号", 6), *_COLUMNS], entries)
    made.close()
    return out.getvalue()


_COLUMNS: Final = (
    ("来源编号", 16),
    ("种类", 9),
    ("诉求", 44),
    ("社区", 12),
    ("事项类别", 10),
    ("责任部门", 18),
    ("承办单位", 18),
    ("状态", 9),
    ("收到", 11),
    ("期限", 12),
    ("退单", 6),
    ("催办", 6),
    ("疑难", 6),
    ("协商", 24),
    ("转介", 24),
    ("资源", 24),
    ("办理结果", 28),
    ("满意", 7),
    ("议定意见", 24),
)


def _cells(row: Row) -> Iterator[str | int]:
    yield row["external_id"] or ""
    yield row["kind_name"]
    yield _words(row)
    yield row["community"] or row["area"] or ""
    yield from (_name(row[label]) for label in ("matter", "department", "unit"))
    yield row["status_name"]
    yield row["received"][:10]
    yield _due(row)
    yield row["returns"]
    yield row["urges"]
    yield "是" if row["hard"] else ""
    yield _deliberation(row["deliberation"])
    yield _referral(row["referral"])
    yield _resources(row["resources"])
    yield row["outcome"] or ""
    yield {None: "", True: "满意", False: "不满意"}[row["satisfied"]]
    yield ""


def _words(row: Row) -> str:
    text = row["text"] if len(row["text"]) <= _EXCERPT else f"{row['text'][:_EXCERPT]}…"
    return f"{row['title']}\n{text}" if row["title"] else text


def _due(row: Row) -> str:
    notes = [note for name, note in (("overdue", "已逾期"), ("due_provisional", "暂定")) if row[name]]
    return " ".join([row["due"] or "", *notes])


def _deliberation(found: Row | None) -> str:
    if found is None:
        return ""
    people = None if found["participants"] is None else f"{found['participants']} 人"
    return _joined([found["level_name"], found["state_name"], found["date"], people, found["outcome"]])


def _referral(found: Row | None) -> str:
    return "" if found is None else _joined([found["kind_name"], found["to"], found["result"]])


def _resources(found: Row | None) -> str:
    if found is None:
        return ""
    sides = (("需要", found["needed"]), ("已认领", found["pledged"]))
    return "\n".join(f"{name}：{_side(side)}" for name, side in sides if side)


def _side(side: Row) -> str:
    fund = None if side["fund"] is None else f"资金 {side['fund']} 元"
    people = None if side["volunteers"] is None else f"志愿者 {side['volunteers']} 人"
    return _joined([fund, people, side["other"], *side.get("donors", [])])


def _figures(rows: Sequence[Row]) -> dict[str, int]:
    statuses = {name: sum(row["status"] == status for row in rows) for status, name in STATUS_NAMES.items()}
    return {
        "件数": len(rows),
        **statuses,
        "未办结": sum(row["status"] in OPEN for row in rows),
        "逾期": sum(row["overdue"] for row in rows),
        "疑难": sum(row["hard"] for row in rows),
        "催办过": sum(row["urges"] > 0 for row in rows),
        "不满意": sum(row["satisfied"] is False for row in rows),
    }


def _heading(book: Book, name: str, rows: Sequence[Row]) -> tuple[str, str, str]:
    figures = _figures(rows)
    told = "，".join(f"{name} {figures[name]}" for name in ("件数", "未办结", "逾期", "疑难", "催办过", "不满意"))
    return f"{book.title} · {name}", book.period, told


def _sheet(
    made: Any,
    formats: Mapping[str, Any],
    name: str,
    heading: tuple[str, str, str],
    columns: Sequence[tuple[str, int]],
    rows: Sequence[Sequence[str | int]],
) -> None:
    """One worksheet that prints on A4 across, the head of its table on every page."""
    sheet = made.add_worksheet(name)
    sheet.set_landscape()
    sheet.set_paper(_A4)
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(_ABOVE)
    sheet.freeze_panes(_ABOVE + 1, 0)
    sheet.set_footer("&R第 &P 页，共 &N 页")
    for number, line in enumerate(heading):
        sheet.write_string(number, 0, line, formats["plain" if number else "title"])
    for number, (column, width) in enumerate(columns):
        sheet.set_column(number, number, width)
        sheet.write_string(_ABOVE, number, column, formats["head"])
    for number, row in enumerate(rows, start=_ABOVE + 1):
        for place, cell in enumerate(row):
            write = sheet.write_number if isinstance(cell, int) else sheet.write_string
            write(number, place, cell, formats["cell"])


def _formats(made: Any) -> dict[str, Any]:
    cell = {"font_size": 10, "valign": "top", "text_wrap": True, "border": 1, "border_color": _LINE}
    forms = {
        "title": {"bold": True, "font_size": 14},
        "plain": {"font_size": 10},
        "head": {**cell, "bold": True, "bg_color": _HEAD, "align": "center"},
        "cell": cell,
    }
    return {name: made.add_format(form) for name, form in forms.items()}


def _free(name: str, taken: set[str]) -> str:
    """A name for a sheet: without what Excel forbids, and not there yet in small or capital letters."""
    wanted = _FORBIDDEN.sub(" ", name)[:_LONGEST_NAME].strip() or "未命名"
    found, number = wanted, 1
    while found.lower() in taken:
        number += 1
        found = f"{wanted[: _LONGEST_NAME - 4]} {number}"
    taken.add(found.lower())
    return found


def _name(label: Row | None) -> str:
    return "" if label is None else label["name"] or label["code"]


def _joined(parts: Sequence[str | None]) -> str:
    return "，".join(part for part in parts if part)

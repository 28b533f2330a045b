from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from tables import write_table

from petition_nlp.archive import workbook
from petition_nlp.archive.workbook import WorkbookSource
from petition_nlp.errors import InputError

HEADER = ["编号", "诉求内容"]


def source(path: Path, *, sheet: str | None = None, column: str | None = None) -> WorkbookSource:
    return WorkbookSource(path, sheet=sheet, text_columns=(column,) if column else ())


@pytest.fixture
def book(tmp_path: Path) -> Any:
    return xlsxwriter.Workbook(tmp_path / "a.xlsx")


def finish(book: Any) -> Path:
    book.close()
    return Path(book.filename)


def test_title_rows_above_the_header(tmp_path: Path) -> None:
    table = source(write_table(tmp_path / "a.xlsx", [["某市工单明细"], [], HEADER, ["1", "吵"]]))
    assert table.columns == ("编号", "诉求内容")
    assert [(row.line, dict(row.fields)) for row in table.rows()] == [(4, {"编号": "1", "诉求内容": "吵"})]


def test_a_header_of_two_merged_rows(book: Any) -> None:
    sheet = book.add_worksheet()
    sheet.merge_range(0, 0, 0, 4, "2018 年工单明细")
    sheet.merge_range(1, 0, 2, 0, "编号")
    sheet.merge_range(1, 1, 1, 2, "来电人")
    sheet.merge_range(1, 3, 2, 3, "诉求内容")
    sheet.merge_range(1, 4, 2, 4, "区域")
    sheet.write_row(2, 1, ["姓名", "电话"])
    sheet.write_row(3, 0, ["1", "甲", "1", "吵", "东区"])
    table = source(finish(book))
    assert table.columns == ("编号", "姓名", "电话", "诉求内容", "区域")
    assert [row.fields["诉求内容"] for row in table.rows()] == ["吵"]


def test_the_sheet_with_a_text_column_is_taken_and_others_are_named(book: Any) -> None:
    book.add_worksheet("说明").write_row(0, 0, ["填写说明", "请勿修改"])
    sheet = book.add_worksheet("工单")
    sheet.write_row(0, 0, HEADER)
    sheet.write_row(1, 0, ["1", "吵"])
    hidden = book.add_worksheet("字典")
    hidden.write_row(0, 0, HEADER)
    hidden.hide()
    book.add_worksheet("空")
    path = finish(book)
    table = source(path)
    assert "工作表「工单」" in table.describe()
    assert "未处理的工作表：说明（" in table.describe()
    assert source(path, sheet="2").columns == tuple(HEADER)
    assert source(path, sheet="工单").columns == tuple(HEADER)
    with pytest.raises(InputError, match=r"没有工作表「9」；现有：说明、工单、字典、空.*--sheet"):
        source(path, sheet="9")
    with pytest.raises(InputError, match="没有内容"):
        source(path, sheet="空")
    with pytest.raises(InputError, match="只有表头"):
        source(path, sheet="字典")


def test_empty_rows_are_skipped_and_lines_stay_right(tmp_path: Path) -> None:
    table = source(write_table(tmp_path / "a.xlsx", [HEADER, ["1", "吵"], [], [], ["2", "臭"]]))
    assert [row.line for row in table.rows()] == [2, 5]


def test_a_workbook_without_content(book: Any) -> None:
    book.add_worksheet()
    with pytest.raises(InputError, match="没有内容"):
        source(finish(book))


def damaged(path: Path, how: str) -> None:
    if how == "truncated":
        path.write_bytes(path.read_bytes()[:-300])
    elif how == "no zip":
        path.write_text("编号,诉求内容\n1,吵\n")
    elif how == "zip of something else":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("hello.txt", "hello")
    elif how == "broken sheet":
        with zipfile.ZipFile(path) as archive:
            parts = {name: archive.read(name) for name in archive.namelist()}
        parts["xl/worksheets/sheet1.xml"] = parts["xl/worksheets/sheet1.xml"][:200] + b"<<<"
        with zipfile.ZipFile(path, "w") as archive:
            for name, data in parts.items():
                archive.writestr(name, data)


@pytest.mark.parametrize("how", ["truncated", "no zip", "zip of something else", "broken sheet"])
def test_damaged_workbooks(tmp_path: Path, how: str) -> None:
    path = write_table(tmp_path / "a.xlsx", [HEADER, ["1", "吵"]])
    damaged(path, how)
    with pytest.raises(InputError, match="XLSX 文件已损坏"):
        source(path)


def test_encrypted_and_old_workbooks(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    path.write_bytes(ole + "EncryptedPackage".encode("utf-16-le"))
    with pytest.raises(InputError, match="加了密码"):
        source(path)
    path.write_bytes(ole)
    with pytest.raises(InputError, match="旧版 Excel"):
        source(path)


def test_a_zip_bomb_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "_BOMB_SIZE", 1 << 20)
    path = tmp_path / "a.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(4 << 20))
    with pytest.raises(InputError, match="解压后有 4 MB"):
        source(path)

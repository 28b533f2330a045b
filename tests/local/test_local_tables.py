from __future__ import annotations

import csv
import datetime
import shutil
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from petition_nlp.errors import InputError, OutputError
from petition_nlp.local import sheets
from petition_nlp.local.directory import Directory
from petition_nlp.local.problems import DirectoryError
from petition_nlp.local.tables import read_directory
from petition_nlp.local.workbook import write_template, write_workbook
from petition_nlp.taxonomy import Taxonomy

PLACES = [["名称", "类别", "上级"], ["城东区", "区", ""], ["和平街道", "街道", "城东区"]]
UNITS = [["编号", "单位名称", "部门", "辖区"], ["A", "甲局", "城管", "城东区"]]
Tables = dict[str, Sequence[Sequence[Any]]]


def workbook(path: Path, tables: Tables) -> Path:
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd"}) as book:
        for name, rows in tables.items():
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
    return path


def folder(path: Path, tables: Tables, *, encoding: str = "utf-8", delimiter: str = ",") -> Path:
    path.mkdir()
    for name, rows in tables.items():
        with (path / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
            csv.writer(file, delimiter=delimiter).writerows(rows)
    return path


def read(path: Path, taxonomy: Taxonomy) -> Directory:
    return read_directory(path, version="1", taxonomy=taxonomy)


def test_the_template_is_the_example(tmp_path: Path, city: Directory, taxonomy: Taxonomy) -> None:
    write_template(tmp_path / "目录.xlsx", taxonomy)
    assert read(tmp_path / "目录.xlsx", taxonomy) == city


def test_a_directory_can_be_written_edited_and_read_again(tmp_path: Path, city: Directory, taxonomy: Taxonomy) -> None:
    write_workbook(city.to_dict(), tmp_path / "目录.xlsx", taxonomy)
    assert read(tmp_path / "目录.xlsx", taxonomy) == city


@pytest.mark.parametrize(("encoding", "delimiter"), [("utf-8-sig", ","), ("gb18030", ";"), ("utf-8", "\t")])
def test_a_folder_of_csv_files(tmp_path: Path, taxonomy: Taxonomy, encoding: str, delimiter: str) -> None:
    path = folder(tmp_path / "目录", {"地点": PLACES, "单位": UNITS}, encoding=encoding, delimiter=delimiter)
    directory = read(path, taxonomy)
    assert directory.units["A"].area == "城东区"
    assert list(directory.areas) == ["城东区", "城东区/和平街道"]


@pytest.mark.parametrize(
    ("limit", "value", "message"), [("_LARGEST", 10, "不像单位目录"), ("_MOST_ROWS", 4, "超过 4 行")]
)
@pytest.mark.parametrize("suffix", ["", ".zip", ".xlsx"])
def test_a_file_larger_than_any_directory_is_refused(
    tmp_path: Path,
    taxonomy: Taxonomy,
    monkeypatch: pytest.MonkeyPatch,
    suffix: str,
    limit: str,
    value: int,
    message: str,
) -> None:
    tables = {"地点": PLACES, "单位": UNITS}  # only together they are too large
    path = workbook(tmp_path / "目录.xlsx", tables) if suffix == ".xlsx" else folder(tmp_path / "目录", tables)
    if suffix == ".zip":
        path = Path(shutil.make_archive(str(path), "zip", path))
    read(path, taxonomy)
    monkeypatch.setattr(sheets, limit, value)
    with pytest.raises(InputError, match=message):
        read(path, taxonomy)


def test_a_workbook_that_unpacks_to_much_is_refused(
    tmp_path: Path, taxonomy: Taxonomy, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = workbook(tmp_path / "目录.xlsx", {"地点": PLACES, "单位": UNITS})
    monkeypatch.setattr(sheets, "_LARGEST_BOOK", 1000)
    with pytest.raises(InputError, match="解压后有"):
        read(path, taxonomy)


def test_a_zipped_folder_from_a_chinese_windows(tmp_path: Path, taxonomy: Taxonomy) -> None:
    """Names in GBK and no flag that says so, as Explorer writes them: put there behind the library's back."""
    path, target = folder(tmp_path / "目录", {"地点": PLACES, "单位": UNITS}, encoding="gb18030"), tmp_path / "目录.zip"
    names = {"AAAA": "地点", "BBBB": "单位"}
    with zipfile.ZipFile(target, "w") as archive:
        for plain, name in names.items():
            archive.write(path / f"{name}.csv", f"dir/{plain}.csv")
    data = target.read_bytes()
    for plain, name in names.items():
        data = data.replace(f"{plain}.csv".encode(), f"{name}.csv".encode("gb18030"))
    target.write_bytes(data)
    assert read(target, taxonomy).units["A"].area == "城东区"


def test_titles_above_the_header_more_columns_and_other_sheets_do_not_matter(
    tmp_path: Path, taxonomy: Taxonomy
) -> None:
    units = [["某市单位表"], [], ["序", "编号（必填）", "单位名称", "备注栏"], [1, 101.0, "甲局", "随便"]]
    path = workbook(tmp_path / "目录.xlsx", {"封面": [["说明"]], "承办单位": units})
    assert read(path, taxonomy).units["101"].name == "甲局"


def test_cells_hold_lists_and_dates(tmp_path: Path, taxonomy: Taxonomy) -> None:
    rules = [
        ["含有", "起始日期", "截止日期", "派往单位"],
        ["积水、内涝；倒灌", datetime.date(2026, 5, 1), "2026/9/30", "A"],
    ]
    path = workbook(tmp_path / "目录.xlsx", {"单位": [["编号", "名称"], ["A", "甲"]], "规则": rules})
    (rule,) = read(path, taxonomy).rules
    assert rule.words == ("积水", "内涝", "倒灌")
    assert (rule.since, rule.until) == (datetime.date(2026, 5, 1), datetime.date(2026, 9, 30))


def test_a_mistake_is_named_by_sheet_row_and_column(tmp_path: Path, taxonomy: Taxonomy) -> None:
    units = [["编号", "名称", "部门"], ["A", "甲", "城管"], ["", "", ""], ["B", "乙", "魔法部"]]
    path = workbook(tmp_path / "目录.xlsx", {"单位": units})
    with pytest.raises(DirectoryError) as caught:
        read(path, taxonomy)
    assert str(caught.value).startswith("目录.xlsx 工作表「单位」第 4 行「责任部门」：没有「魔法部」这个部门")


def test_a_row_of_a_csv_file_counts_lines(tmp_path: Path, taxonomy: Taxonomy) -> None:
    units = [["编号", "名称", "部门"], ["A", "甲\n局", "城管"], ["B", "乙", "魔法部"]]
    path = folder(tmp_path / "目录", {"单位": units})
    with pytest.raises(DirectoryError, match=r"单位.csv第 4 行「责任部门」"):
        read(path, taxonomy)


@pytest.mark.parametrize(
    ("tables", "message"),
    [
        ({"花名册": [["姓名"], ["甲"]]}, "没有一张可用的表，有的是：花名册"),
        ({"单位": [["编号"], ["A"]]}, "缺少列「单位名称」"),
        ({"规则": [["含有"], ["水"]]}, "缺少列「派往单位」或「派往层级」"),
    ],
)
def test_a_missing_sheet_or_column_is_named(tmp_path: Path, taxonomy: Taxonomy, tables: Tables, message: str) -> None:
    with pytest.raises(DirectoryError, match=message):
        read(workbook(tmp_path / "目录.xlsx", tables), taxonomy)


def test_empty_sheets_are_empty_lists(tmp_path: Path, taxonomy: Taxonomy) -> None:
    tables: Tables = {"单位": [["编号", "名称"]], "规则": []}
    assert read(workbook(tmp_path / "目录.xlsx", tables), taxonomy).units == {}


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("没有.xlsx", None, "文件不存在"),
        ("目录.docx", b"x", "不认识的目录文件"),
        ("目录.xlsx", b"x", "已损坏"),
        ("目录.zip", b"x", "ZIP 文件已损坏"),
    ],
)
def test_a_file_that_cannot_be_read(
    tmp_path: Path, taxonomy: Taxonomy, name: str, content: bytes | None, message: str
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError, match=message):
        read(path, taxonomy)


def test_a_template_that_cannot_be_written(tmp_path: Path, taxonomy: Taxonomy) -> None:
    with pytest.raises(OutputError, match="无法写入"):
        write_template(tmp_path / "没有" / "目录.xlsx", taxonomy)

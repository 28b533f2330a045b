from __future__ import annotations

import csv
import datetime
import json
import re
import sys
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from classified import HEADER, mixed, row
from stand_in import StandInRouter
from tables import write_table

from petition_nlp.archive import ClassifyJob, ClassifyOptions
from petition_nlp.errors import InputError, MissingExtraError, OutputError
from petition_nlp.ledger import LedgerJob, LedgerOptions, Period
from petition_nlp.ledger import read as read_module
from petition_nlp.ledger.fields import Wanted
from petition_nlp.ledger.job import Ledger
from petition_nlp.taxonomy import Taxonomy

TAXONOMY = Taxonomy.load()
LISTS = ["总表", "大事清单", "小事清单", "私事清单", "待人工判断", "说明"]


def make(target: Path, *sources: Path, topic: str | None = None, **options: Any) -> Ledger:
    wanted = Wanted(options.pop("by", "社区"), topic=topic)
    return LedgerJob(LedgerOptions(sources, target, wanted, **options), TAXONOMY).run()


def sheets(path: Path) -> dict[str, list[list[Any]]]:
    book = openpyxl.load_workbook(path)
    return {sheet.title: [list(cells) for cells in sheet.iter_rows(values_only=True)] for sheet in book}


def named(rows: list[list[Any]]) -> list[dict[str, Any]]:
    return [dict(zip(rows[0], cells, strict=True)) for cells in rows[1:]]


def write_parquet(path: Path, rows: list[list[Any]]) -> Path:
    pyarrow = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    parquet.write_table(
        pyarrow.table({name: list(cells) for name, cells in zip(HEADER, zip(*rows, strict=True), strict=True)}), path
    )
    return path


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write_table(tmp_path / "结果.csv", [HEADER, *mixed()])


def test_the_workbook(source: Path, tmp_path: Path) -> None:
    make(tmp_path / "清单.xlsx", source, topic="问题分类")
    found = sheets(tmp_path / "清单.xlsx")
    assert list(found) == LISTS
    day = datetime.datetime
    assert found["总表"][1:] == [
        ["河东社区", "2026年9月", 3, 1, 2, 0, 0, 1, None, day(2026, 9, 1), day(2026, 9, 20)],
        ["河东社区", "2026年10月", 1, 1, 0, 0, 0, 1, "1（119×1）", day(2026, 10, 2), day(2026, 10, 2)],
        ["河东社区", "小计", 4, 2, 2, 0, 0, 2, "1（119×1）", day(2026, 9, 1), day(2026, 10, 2)],
        ["柳林村", "2026年9月", 2, 0, 0, 1, 1, 1, None, day(2026, 9, 1), day(2026, 9, 1)],
        ["合计", None, 6, 2, 2, 1, 1, 3, "1（119×1）", day(2026, 9, 1), day(2026, 10, 2)],
    ]
    (small,) = named(found["小事清单"])
    assert small == {
        "社区": "河东社区",
        "时段": "2026年9月",
        "事项": "城乡建设 / 物业管理",
        "责任主体": "物业服务企业、业主委员会",
        "协商层级": "小区",
        "指导部门": "住房和城乡建设部门",
        "件数": 2,
        "待复核": 1,
        "紧急": None,
        "最早": day(2026, 9, 1),
        "最晚": day(2026, 9, 20),
        "典型诉求": "1. 小区电梯坏了没人修\n2. 地库车位不够停",
        "建议渠道": TAXONOMY.matters["community"].party_by_department["housing"].channel,
        "议定意见": None,
        "责任人": None,
        "完成时限": None,
    }
    light, fire = named(found["大事清单"])
    assert (light["责任主体"], light["主要分类"], light["典型诉求"]) == (
        "公安交管部门（交警）",
        "交通 / 信号灯 1",
        "路口红绿灯坏了",
    )
    assert (fire["紧急"], fire["典型诉求"]) == ("1（119×1）", "（均为紧急诉求，不列原文）")
    (own,) = named(found["私事清单"])
    assert (own["涉及领域"], own["责任主体"]) == ("住房和城乡建设部门", "房屋当事人双方")
    (unclear,) = named(found["待人工判断"])
    assert (unclear["社区"], unclear["原因"], unclear["待复核"]) == ("柳林村", "文字太短", 1)


def test_every_list_prints_on_a4_across_with_its_header_and_can_be_filtered(source: Path, tmp_path: Path) -> None:
    make(tmp_path / "清单.xlsx", source)
    for sheet in openpyxl.load_workbook(tmp_path / "清单.xlsx").worksheets[:-1]:
        assert sheet.freeze_panes == "C2"
        assert sheet.auto_filter.ref.startswith("A1:")
        assert (sheet.page_setup.orientation, sheet.page_setup.paperSize) == ("landscape", 9)
        assert sheet.print_title_rows == "$1:$1"
        assert sheet.page_setup.fitToHeight == 0
        assert sheet["A2"].value is None or sheet["A2"].alignment.wrap_text
        assert "议事日期" in sheet.oddFooter.left.text


def test_the_page_has_a_sheet_for_each_community_and_blanks_for_the_meeting(source: Path, tmp_path: Path) -> None:
    make(tmp_path / "清单.xlsx", source)
    page = (tmp_path / "清单.html").read_text(encoding="utf-8")
    assert re.findall(r"<h1[^>]*>(.*?)</h1>", page) == ["河东社区", "柳林村"]
    assert page.count("<dd></dd>") == 2 * 9
    for told in (
        "议事日期",
        "主持人",
        "决议",
        "议定意见",
        "2026年10月",
        "待复核 1",
        "均为紧急诉求，不列原文",
        "小区电梯坏了没人修",
    ):
        assert told in page
    assert "楼下着火" not in page
    assert not re.search(r"<script|https?://|src=|@import|url\(", page)
    assert "break-before: page" in page


def test_wording_is_text_in_the_workbook_and_in_the_page(tmp_path: Path) -> None:
    nasty = '=cmd|calc!A1 & {% x %} a<b "电梯坏了"'
    source = write_table(tmp_path / "a.jsonl", [HEADER, row(nasty, community="=1+1", topic="@类", matter="小事")])
    make(tmp_path / "b.xlsx", source, topic="问题分类")
    for sheet in openpyxl.load_workbook(tmp_path / "b.xlsx"):
        assert all(cell.data_type != "f" for cells in sheet.iter_rows() for cell in cells)
    assert sheets(tmp_path / "b.xlsx")["小事清单"][1][0] == "=1+1"
    page = (tmp_path / "b.html").read_text(encoding="utf-8")
    assert "=cmd|calc!A1 &amp; {% x %} a&lt;b &#34;电梯坏了&#34;" in page


def test_no_personal_data_reaches_an_output(tmp_path: Path) -> None:
    told = "我叫李桂芳，住3栋402室，电话13800000000，楼上502的刘大姐总跳舞"
    rows = [
        row(told, title="楼长王建国电话13800000000", topic="13800000000", matter=matter, community="13800000000")
        for matter in ("大事", "小事", "私事", "无法判断")
    ]
    source = write_table(tmp_path / "a.csv", [HEADER, *rows])
    make(tmp_path / "b.xlsx", source, topic="问题分类")
    written = json.dumps(sheets(tmp_path / "b.xlsx"), ensure_ascii=False, default=str)
    for output in (written, (tmp_path / "b.html").read_text(encoding="utf-8")):
        assert "[姓名]" in output
        for personal in ("李桂芳", "王建国", "402", "502", "刘大姐", "13800000000"):
            assert personal not in output


@pytest.mark.parametrize("name", ["a.csv", "a.tsv", "a.csv.gz", "a.xlsx", "a.jsonl"])
def test_every_format_gives_the_same_lists(tmp_path: Path, source: Path, name: str) -> None:
    other = write_table(tmp_path / name, [HEADER, *mixed()])
    assert make(tmp_path / "1.xlsx", other).areas == make(tmp_path / "2.xlsx", source).areas


def test_parquet_files_and_folders_of_parts(tmp_path: Path, source: Path) -> None:
    folder = tmp_path / "部分"
    folder.mkdir()
    write_parquet(folder / "part-0.parquet", mixed()[:2])
    write_parquet(folder / "part-1.parquet", mixed()[2:])
    (folder / "_SUCCESS").touch()
    whole = make(tmp_path / "1.xlsx", source)
    assert make(tmp_path / "2.xlsx", folder).areas == whole.areas
    assert make(tmp_path / "3.xlsx", *sorted(folder.glob("*.parquet")), folder).areas == whole.areas


@pytest.mark.parametrize("name", ["b.csv", "b.xlsx", "b.jsonl"])
def test_the_output_of_classify_is_understood(tmp_path: Path, stand_in: StandInRouter, name: str) -> None:
    table = [
        ["社区", "日期", "内容", "事项类别"],
        ["甲", "2026-09-01", "楼下油烟扰民", "私事"],
        ["甲", "2026-09-02", "漏水", ""],
    ]
    source = write_table(tmp_path / "a.csv", [*table, ["乙", "", "着火", ""], ["乙", "", "", ""]])
    ClassifyJob(ClassifyOptions([source], tmp_path / name)).run(stand_in)
    ledger = make(tmp_path / "清单.xlsx", tmp_path / name)
    counts = [[section.count for section in chapter.sections] for area in ledger.areas for chapter in area.chapters]
    assert [area.name for area in ledger.areas] == ["乙", "甲"]
    assert counts == [[1, 0, 0, 1], [2, 0, 0, 0]]
    assert [(area.tally.review, area.tally.emergencies) for area in ledger.areas] == [(1, 1), (1, 0)]
    assert ledger.undated == 2


def test_several_files_are_one_ledger(tmp_path: Path) -> None:
    first = write_table(tmp_path / "a.csv", [HEADER, row(), row()])
    second = write_table(tmp_path / "b.jsonl", [HEADER, row()])
    assert make(tmp_path / "c.xlsx", first, second).areas[0].tally.count == 3


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, count in (("分类结果", 3), ("分类结果2", 3), ("分类结果3", 1), ("别的", 1)):
        sheet = book.create_sheet(name)
        for cells in [HEADER, *([row()] * count)]:
            sheet.append(cells)
    book.save(tmp_path / "a.xlsx")
    monkeypatch.setattr(read_module, "XLSX_ROWS", 4)
    assert make(tmp_path / "b.xlsx", tmp_path / "a.xlsx").rows == 7
    assert make(tmp_path / "c.xlsx", tmp_path / "a.xlsx", sheet="分类结果").rows == 3


def test_rows_that_cannot_be_counted_are_told_of(tmp_path: Path) -> None:
    source = tmp_path / "a.jsonl"
    good = json.dumps(dict(zip(HEADER, row(), strict=True)), ensure_ascii=False)
    source.write_text(f'{good}\n{{"社区": \n{{"社区": "甲"}}\n', encoding="utf-8")
    ledger = make(tmp_path / "b.xlsx", source)
    assert (ledger.rows, dict(ledger.lost)) == (1, {"a.jsonl": 2})
    assert "有 2 行无法读取或没有分类结果，没有计入。" in (tmp_path / "b.html").read_text(encoding="utf-8")
    assert ["有 2 行无法读取或没有分类结果，没有计入。"] in sheets(tmp_path / "b.xlsx")["说明"]


def test_examples_can_be_left_out(source: Path, tmp_path: Path) -> None:
    make(tmp_path / "b.xlsx", source, examples=0)
    assert "电梯坏了" not in (tmp_path / "b.html").read_text(encoding="utf-8")


def test_periods_divide_the_lists(source: Path, tmp_path: Path) -> None:
    make(tmp_path / "b.xlsx", source, period=Period.ALL)
    totals = sheets(tmp_path / "b.xlsx")["总表"]
    assert [cells[:3] for cells in totals[1:]] == [
        ["河东社区", "全部时间", 4],
        ["柳林村", "全部时间", 2],
        ["合计", None, 6],
    ]


def test_the_same_input_gives_the_same_page(source: Path, tmp_path: Path) -> None:
    make(tmp_path / "1.xlsx", source)
    make(tmp_path / "2.xlsx", source)
    assert (tmp_path / "1.html").read_bytes() == (tmp_path / "2.html").read_bytes()


@pytest.mark.parametrize("taken", ["清单.xlsx", "清单.html"])
def test_existing_outputs_stay_unless_they_may_be_replaced(source: Path, tmp_path: Path, taken: str) -> None:
    (tmp_path / taken).write_text("旧")
    with pytest.raises(OutputError, match="输出文件已存在"):
        make(tmp_path / "清单.xlsx", source)
    assert (tmp_path / taken).read_text() == "旧"
    make(tmp_path / "清单.xlsx", source, overwrite=True)
    assert (tmp_path / taken).stat().st_size > 1000


def test_the_workbook_must_be_one(source: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="清单要写成 XLSX 工作簿"):
        make(tmp_path / "清单.html", source)


def test_an_input_is_never_replaced(tmp_path: Path) -> None:
    source = write_table(tmp_path / "a.xlsx", [HEADER, row()])
    with pytest.raises(OutputError, match="同一个文件"):
        make(source, source, overwrite=True)


def test_a_broken_run_leaves_nothing(source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("petition_nlp.ledger.page.write_page", fail)
    with pytest.raises(OutputError, match="无法写入"):
        make(tmp_path / "清单.xlsx", source)
    assert [path.name for path in tmp_path.iterdir()] == ["结果.csv"]


def test_missing_and_empty_inputs(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="文件不存在"):
        make(tmp_path / "b.xlsx", tmp_path / "没有.csv")
    with pytest.raises(InputError, match="文件夹里没有能读的文件"):
        make(tmp_path / "b.xlsx", tmp_path)
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    pytest.importorskip("pyarrow")
    with pytest.raises(InputError, match="Parquet 文件已损坏"):
        make(tmp_path / "b.xlsx", tmp_path / "a.parquet")


def test_an_input_without_any_decision(tmp_path: Path) -> None:
    source = write_table(tmp_path / "a.csv", [HEADER, row(matter="", review="")])
    with pytest.raises(InputError, match="没有一行有分类结果"):
        make(tmp_path / "b.xlsx", source)


def test_parquet_without_its_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a.parquet").write_bytes(b"PAR1")
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    monkeypatch.delitem(sys.modules, "petition_nlp.archive.parquet", raising=False)
    with pytest.raises(MissingExtraError, match=re.escape('pip install "petition-nlp[archive]"')):
        make(tmp_path / "b.xlsx", tmp_path / "a.parquet")


def test_memory_does_not_grow_with_the_rows(tmp_path: Path) -> None:
    from petition_nlp.ledger.book import Book
    from petition_nlp.ledger.fields import Fields
    from petition_nlp.ledger.read import open_tables

    source = tmp_path / "a.csv"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for number in range(500):
            writer.writerow(row(f"第{number}件：小区{number}号电梯坏了", confidence=number / 500))
    book = Book(TAXONOMY, Period.ALL, 3)
    (table,) = open_tables(source, encoding=None, sheet=None, text_column=None)
    fields = Fields.find(table.columns, Wanted("社区"), where="a.csv", dated=False)
    for each in table.rows():
        found = fields.record(each, TAXONOMY)  # type: ignore[arg-type]
        assert found is not None
        book.add(found)
    (group,) = book._groups.values()
    assert book.rows == 500
    assert len(group.examples._kept) <= 6

"""Whole runs through real files."""

from __future__ import annotations

import csv
import datetime
import gzip
import io
import json
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook
from stand_in import StandInRouter
from tables import read_table, write_table

from petition_nlp.archive import ClassifyJob, ClassifyOptions, Summary, outputs, spreadsheet
from petition_nlp.archive.outputs import safe_cell
from petition_nlp.archive.summary import FLAWED, REASON_NAMES
from petition_nlp.errors import InputError, OutputError
from petition_nlp.route import Message, Route

Classify = Callable[..., Summary]

ADDED = ["事项类别", "责任部门", "备选部门", "置信度", "人工复核", "复核原因", "紧急"]
TABLE = [
    ["工单编号", "诉求标题", "诉求内容", "区域"],
    ["001", "噪音", "楼下烧烤店，油烟\n和噪音", "秀英区"],
    ["002", "", "=1+1 厨房漏水", ""],
    ["003", "火", "", "琼山区"],
    ["004", "x", "着火了", "-5"],
]
NAMES = ["a.csv", "a.tsv", "a.jsonl", "a.xlsx", "a.csv.gz", "a.tsv.gz", "a.jsonl.gz", "a.ndjson"]


@pytest.mark.parametrize("given", NAMES)
@pytest.mark.parametrize("wanted", ["b.csv", "b.tsv.gz", "b.jsonl", "b.jsonl.gz", "b.xlsx"])
def test_every_format_into_every_format(tmp_path: Path, classify: Classify, given: str, wanted: str) -> None:
    source, target = write_table(tmp_path / given, TABLE), tmp_path / wanted
    summary = classify(source, target)
    assert (summary.rows, summary.reviewed, summary.emergencies, summary.rejected) == (4, 2, 1, 0)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([given, wanted])
    if "jsonl" in wanted:
        objects = [row[0] for row in read_table(target)]
        assert [[o[name] or "" for name in TABLE[0]] for o in objects] == TABLE[1:]
        assert objects[1]["route"]["department"]["code"] == "urban_management"
        return
    header, *rows = read_table(target)
    assert header == TABLE[0] + ADDED
    escaped = "" if wanted.endswith("xlsx") else "'"
    assert [row[:4] for row in rows] == [
        [*r[:2], f"{escaped}{r[2]}" if r[2].startswith("=") else r[2], r[3]] for r in TABLE[1:]
    ]
    assert [str(cell) for cell in rows[1][4:]] == [
        "大事", "城市管理部门", "水务部门、住建部门", "0.79", "是", "把握 79%，不够", "",
    ]  # fmt: skip
    assert [row[4] for row in rows] == ["大事", "大事", "无法判断", "大事"]
    assert rows[3][10] == "119：请立即转消防"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.tsv"])
def test_encodings_of_input(tmp_path: Path, classify: Classify, name: str, encoding: str) -> None:
    classify(write_table(tmp_path / name, TABLE, encoding=encoding), tmp_path / "b.jsonl")
    assert [row[0]["诉求内容"] for row in read_table(tmp_path / "b.jsonl")] == [row[2] for row in TABLE[1:]]


def test_big5(tmp_path: Path, classify: Classify) -> None:
    table = [["編號", "內容"], ["1", "樓下燒烤店油煙擾民，請有關部門處理"]]
    source = write_table(tmp_path / "a.csv", table, encoding="big5")
    classify(source, tmp_path / "b.csv", text_column="內容")
    assert read_table(tmp_path / "b.csv")[1][:2] == table[1]


def test_output_encoding(tmp_path: Path, classify: Classify) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)
    classify(source, tmp_path / "mark.csv")
    classify(source, tmp_path / "gb.csv", output_encoding="gb18030")
    assert (tmp_path / "mark.csv").read_bytes().startswith(b"\xef\xbb\xbf")
    assert read_table(tmp_path / "gb.csv", encoding="gb18030")[0] == TABLE[0] + ADDED


def test_the_router_sees_title_number_and_area(tmp_path: Path, classify: Classify, stand_in: StandInRouter) -> None:
    classify(write_table(tmp_path / "a.csv", TABLE), tmp_path / "b.csv")
    assert stand_in.seen[0] == Message("楼下烧烤店，油烟\n和噪音", title="噪音", id="001", area="秀英区")


def test_order_is_kept_over_batches(tmp_path: Path, classify: Classify, stand_in: StandInRouter) -> None:
    table = [["编号", "内容"], *([f"{n:05}", f"第{n}件事"] for n in range(1000))]
    classify(write_table(tmp_path / "a.csv", table), tmp_path / "b.jsonl", batch_size=64)
    assert [row[0]["编号"] for row in read_table(tmp_path / "b.jsonl")] == [row[0] for row in table[1:]]
    assert stand_in.batches == [64] * 15 + [40]


def test_batches_are_bounded_by_length_too(
    tmp_path: Path, classify: Classify, stand_in: StandInRouter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("petition_nlp.archive.rows.BATCH_CHARACTERS", 1000)
    classify(write_table(tmp_path / "a.csv", [["内容"], *([["吵" * 600]] * 5)]), tmp_path / "b.csv")
    assert stand_in.batches == [2, 2, 1]


def test_json_lines_keep_their_own_fields_to_the_letter(tmp_path: Path, classify: Classify) -> None:
    lines = [
        '{"id": 12345678901234567890, "price":1.10, "text": "吵", "nested": {"a": [1, null]}, "e": 1e400}',
        '  {"text":"\\u5435\\ud800","id":"x"}  ',
        '{"id": null}',
        '{"text": 5}',
        "{}",
    ]
    source = tmp_path / "a.jsonl"
    source.write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    classify(source, tmp_path / "b.jsonl")
    written = (tmp_path / "b.jsonl").read_text(encoding="utf-8").splitlines()
    for line, original in zip(written, lines, strict=True):
        assert line.startswith(original.strip()[:-1])
        assert json.loads(line)["route"]["model"] == "standin@1"
    codes = [[r["code"] for r in json.loads(line)["route"]["review"]["reasons"]] for line in written]
    assert codes == [[], [], ["empty", FLAWED], [], ["empty", FLAWED]]


def test_fields_that_differ_from_line_to_line_all_become_columns(tmp_path: Path, classify: Classify) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "吵", "a": {"x": 1}}\n{"b": [true], "text": "臭", "c": false}\n', encoding="utf-8")
    classify(source, tmp_path / "b.csv")
    header, first, second = read_table(tmp_path / "b.csv")
    assert header[:4] == ["text", "a", "b", "c"]
    assert (first[:4], second[:4]) == (["吵", '{"x": 1}', "", ""], ["臭", "", "[true]", "FALSE"])


def test_rows_that_cannot_be_kept_are_put_down_whole(tmp_path: Path, classify: Classify) -> None:
    source = tmp_path / "a.jsonl"
    bad = ['{"text": "吵"', "[1, 2]", '"文字"', "=cmd()", "9" * 5000]
    source.write_text("\n".join(['{"text": "好"}', *bad, '{"text": "也好"}']) + "\n", encoding="utf-8")
    summary = classify(source, tmp_path / "b.jsonl")
    assert (summary.rows, summary.rejected) == (2, 5)
    assert summary.rejected_file == tmp_path / "b.jsonl.rejected.csv"
    header, *rows = read_table(tmp_path / "b.jsonl.rejected.csv")
    assert header == ["文件", "行号", "原因", "原始内容"]
    assert [row[1] for row in rows] == ["2", "3", "4", "5", "6"]
    assert [row[3] for row in rows] == [*bad[:3], "'=cmd()", bad[4]]
    assert [row[2] for row in rows[1:3]] == ["不是 JSON 对象"] * 2


def test_deeply_nested_json_is_rejected(tmp_path: Path, classify: Classify) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "好"}\n{"text":' + "[" * 100_000 + "]" * 100_000 + "}\n", encoding="utf-8")
    assert classify(source, tmp_path / "b.jsonl").reject_reasons == {"JSON 嵌套过深": 1}


def test_a_flawed_row_is_kept_and_reviewed(tmp_path: Path, classify: Classify) -> None:
    source = tmp_path / "a.csv"
    source.write_bytes("编号,内容,区域\n1,吵,甲\n2,吵\0吵,乙\n3,吵\n".encode())
    summary = classify(source, tmp_path / "b.csv")
    rows = read_table(tmp_path / "b.csv")[1:]
    assert [row[7] for row in rows] == ["否", "是", "是"]
    assert "NUL" in rows[1][8]
    assert "2 列" in rows[2][8]
    assert (summary.rejected, summary.reasons[FLAWED]) == (0, 2)


@pytest.mark.parametrize("name", ["b.csv", "b.xlsx"])
def test_columns_that_clash_are_both_kept(tmp_path: Path, classify: Classify, name: str) -> None:
    table = [["内容", "责任部门", "责任部门（模型）"], ["吵", "旧部门", "更旧"]]
    classify(write_table(tmp_path / "a.csv", table), tmp_path / name)
    header, row = read_table(tmp_path / name)
    assert header[:3] == table[0]
    assert header[4] == "责任部门（模型）（2）"
    assert (row[1], row[4]) == ("旧部门", "城市管理部门")


def test_a_route_that_is_there_already_is_kept(tmp_path: Path, classify: Classify) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "吵"}\n{"text": "吵", "route": "旧"}\n', encoding="utf-8")
    classify(source, tmp_path / "b.jsonl")
    first, second = (row[0] for row in read_table(tmp_path / "b.jsonl"))
    assert second["route"] == "旧"
    assert first["route（模型）"] == second["route（模型）"]


def test_twice_named_and_unnamed_columns(tmp_path: Path, classify: Classify) -> None:
    classify(
        write_table(tmp_path / "a.csv", [["内容", "备注", "备注", ""], ["吵", "1", "2", "3"]]),
        tmp_path / "b.jsonl",
    )
    ((row,),) = read_table(tmp_path / "b.jsonl")
    assert list(row)[:4] == ["内容", "备注", "备注（2）", "列4"]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("+1+1", "'+1+1"),
        ("-2+3+cmd|' /C calc'!A0", "'-2+3+cmd|' /C calc'!A0"),
        ("@SUM(1)", "'@SUM(1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("＝1+1", "'＝1+1"),
        ("-5 度了还不供暖", "'-5 度了还不供暖"),
        ("+86 138", "'+86 138"),
        ("-5", "-5"),
        ("+3.5", "+3.5"),
        ("-1,200.50", "-1,200.50"),
        ("-.5", "-.5"),
        ("-12%", "-12%"),
        ("-1e5", "-1e5"),
        ("-", "-"),
        ("——", "——"),
        ("--", "--"),
        ("1=1", "1=1"),
        ("a\0b", "ab"),
        ("-５", "'-５"),
        ("-5\n", "'-5\n"),
    ],
)
def test_formulas_in_csv(cell: str, safe: str) -> None:
    assert safe_cell(cell) == safe


def test_no_cell_of_a_workbook_is_a_formula_or_link(tmp_path: Path, classify: Classify) -> None:
    cells = ["=1+1", "@a", "http://example.com/吵", "00123", "{=1}", "a\0b\x01", "吵\ud800"]
    source = tmp_path / "a.jsonl"
    source.write_text("".join(json.dumps({"内容": cell}) + "\n" for cell in cells), encoding="utf-8")
    classify(source, tmp_path / "b.xlsx")
    sheet = load_workbook(tmp_path / "b.xlsx").active
    assert sheet is not None
    found = [sheet.cell(row, 1) for row in range(2, len(cells) + 2)]
    assert [cell.data_type for cell in found] == ["s"] * len(cells)
    assert not any(cell.hyperlink for cell in found)
    assert [cell.value for cell in found][:5] == cells[:5]


def typed_workbook(path: Path) -> Path:
    with xlsxwriter.Workbook(path) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["内容", "数", "小数", "时刻", "日期", "对错", "时长", "空"])
        sheet.write_row(1, 0, ["吵", 20180101, 1.5])
        sheet.write_datetime(
            1, 3, datetime.datetime(2018, 1, 1, 8, 30), book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        )
        sheet.write_datetime(1, 4, datetime.date(2018, 1, 2), book.add_format({"num_format": "yyyy-mm-dd"}))
        sheet.write_boolean(1, 5, True)
        sheet.write_datetime(1, 6, datetime.timedelta(hours=30), book.add_format({"num_format": "[hh]:mm:ss"}))
    return path


def test_numbers_and_dates_of_a_workbook(tmp_path: Path, classify: Classify) -> None:
    source = typed_workbook(tmp_path / "a.xlsx")
    classify(source, tmp_path / "b.csv")
    assert read_table(tmp_path / "b.csv")[1][:8] == [
        "吵", "20180101", "1.5", "2018-01-01 08:30:00", "2018-01-02", "TRUE", "1 day, 6:00:00", "",
    ]  # fmt: skip
    classify(source, tmp_path / "b.jsonl")
    ((row,),) = read_table(tmp_path / "b.jsonl")
    assert list(row.values())[:6] == ["吵", 20180101, 1.5, "2018-01-01 08:30:00", "2018-01-02", True]
    classify(source, tmp_path / "b.xlsx")
    assert read_table(tmp_path / "b.xlsx")[1][:8] == read_table(source)[1]


def test_a_cell_too_long_for_excel_is_cut_and_put_down_whole(tmp_path: Path, classify: Classify) -> None:
    text = "吵" * 40_000
    source = write_table(tmp_path / "a.csv", [["编号", "内容"], ["1", text], ["2", "好"]])
    summary = classify(source, tmp_path / "b.xlsx")
    assert (summary.rows, summary.rejected) == (2, 1)
    rows = read_table(tmp_path / "b.xlsx")
    assert len(rows[1][1]) == 32_767
    assert rows[1][1].endswith("（已截断）")
    assert rows[2][1] == "好"
    (rejected,) = read_table(tmp_path / "b.xlsx.rejected.csv")[1:]
    assert json.loads(rejected[3]) == {"编号": "1", "内容": text}


def test_a_full_sheet_goes_on_in_the_next(tmp_path: Path, classify: Classify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "XLSX_ROWS", 4)
    classify(write_table(tmp_path / "a.csv", [["内容"], *([f"事{n}"] for n in range(7))]), tmp_path / "b.xlsx")
    book = load_workbook(tmp_path / "b.xlsx")
    assert [(sheet.title, sheet.max_row) for sheet in book] == [
        ("分类结果", 4),
        ("分类结果2", 4),
        ("分类结果3", 2),
    ]
    assert [sheet.cell(1, 1).value for sheet in book] == ["内容"] * 3


def test_too_many_columns_for_a_workbook(tmp_path: Path, classify: Classify, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spreadsheet, "XLSX_COLUMNS", 10)
    with pytest.raises(OutputError, match="超过 XLSX 的 10 列上限"):
        classify(write_table(tmp_path / "a.csv", TABLE), tmp_path / "b.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_only_bad_rows_still_make_an_output(tmp_path: Path, classify: Classify) -> None:
    source = tmp_path / "a.csv"
    source.write_text("编号,内容\n1,2,3\n", encoding="utf-8")
    for name in ("b.csv", "b.xlsx"):
        assert classify(source, tmp_path / name).rejected == 1
        assert read_table(tmp_path / name)[0][:2] == ["编号", "内容"]


@pytest.mark.parametrize(
    ("name", "data", "what"),
    [
        ("a.csv", b"", "文件是空的"),
        ("a.jsonl", b"\n \n", "没有内容"),
        ("a.csv", "编号,内容\n".encode(), "只有表头"),
        ("a.csv", "编号,备注\n1,2\n".encode(), "找不到正文列"),
        ("a.jsonl", '{"备注": "吵"}\n'.encode(), "找不到正文列"),
        ("a.jsonl", b'[{"text": "a"},\n {"text": "b"}]', "没有一行是完整的 JSON 对象"),
        ("a.txt", b"x", "不认识的文件类型 .txt"),
        ("a.xls", b"x", "另存为 .xlsx"),
        ("a", b"x", "无扩展名"),
        ("a.xlsx.gz", b"x", "不认识的文件类型"),
        ("a.csv", b"PK\x03\x04", "像是 ZIP 或 Excel"),
        ("a.csv.gz", b"hello", "gzip 压缩文件不完整或已损坏"),
        ("a.csv.gz", gzip.compress("内容\n吵\n".encode() * 99)[:-9], "gzip 压缩文件不完整或已损坏"),
        ("a.csv", gzip.compress(b"x"), "gzip"),
        ("a.xlsx", b"hello", "XLSX 文件已损坏"),
    ],
)
def test_inputs_that_cannot_be_read(tmp_path: Path, classify: Classify, name: str, data: bytes, what: str) -> None:
    source = tmp_path / name
    source.write_bytes(data)
    with pytest.raises(InputError, match=what) as caught:
        classify(source, tmp_path / "b.csv")
    assert str(source) in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_inputs_that_are_no_files(tmp_path: Path, classify: Classify) -> None:
    with pytest.raises(InputError, match="文件不存在"):
        classify(tmp_path / "none.csv", tmp_path / "b.csv")
    with pytest.raises(InputError, match="文件夹"):
        classify(tmp_path, tmp_path / "b.csv")
    os.mkfifo(tmp_path / "pipe.csv")
    with pytest.raises(InputError, match="不是普通文件"):
        classify(tmp_path / "pipe.csv", tmp_path / "b.csv")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read and write everything")
def test_permissions(tmp_path: Path, classify: Classify) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)
    locked = tmp_path / "locked"
    locked.mkdir(mode=0o500)
    with pytest.raises(OutputError, match="没有写入权限"):
        classify(source, locked / "b.csv")
    source.chmod(0)
    with pytest.raises(InputError, match="没有读取权限"):
        classify(source, tmp_path / "b.csv")


def test_a_file_that_the_system_refuses_to_read(
    tmp_path: Path, classify: Classify, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)

    def refuse(*_: Any, **__: Any) -> Any:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="没有读取权限"):
        classify(source, tmp_path / "b.csv")


def test_outputs_that_cannot_be_written(tmp_path: Path, classify: Classify) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)
    (tmp_path / "link.csv").symlink_to(source)
    existing = write_table(tmp_path / "b.csv", TABLE)
    before = existing.read_bytes()
    for target, what in (
        (source, "同一个文件"),
        (tmp_path / "link.csv", "同一个文件"),
        (tmp_path / "none" / "b.csv", "文件夹不存在"),
        (tmp_path, "输入文件在输出的文件夹里"),
        (tmp_path / "b.txt", "不认识的文件类型"),
        (existing, "--overwrite"),
    ):
        with pytest.raises(OutputError, match=what):
            classify(source, target)
    (tmp_path / "dir.csv").mkdir()
    with pytest.raises(OutputError, match="输出是一个文件夹"):
        classify(source, tmp_path / "dir.csv")
    assert existing.read_bytes() == before
    assert classify(source, existing, overwrite=True).rows == 4


def test_rejected_rows_of_an_earlier_run(tmp_path: Path, classify: Classify) -> None:
    bad, good = tmp_path / "bad.csv", write_table(tmp_path / "good.csv", TABLE)
    bad.write_text("编号,内容\n1,2,3\n", encoding="utf-8")
    rejected = tmp_path / "b.csv.rejected.csv"
    classify(bad, tmp_path / "b.csv")
    (tmp_path / "b.csv").unlink()
    with pytest.raises(OutputError, match="rejected"):
        classify(good, tmp_path / "b.csv")
    assert rejected.exists()
    classify(good, tmp_path / "b.csv", overwrite=True)
    assert not rejected.exists()


def test_an_output_is_readable_as_any_new_file(tmp_path: Path, classify: Classify) -> None:
    (tmp_path / "plain").touch()
    classify(write_table(tmp_path / "a.csv", TABLE), tmp_path / "b.csv")
    assert stat.S_IMODE((tmp_path / "b.csv").stat().st_mode) == stat.S_IMODE((tmp_path / "plain").stat().st_mode)


@pytest.mark.parametrize("name", ["b.csv", "b.jsonl.gz", "b.xlsx"])
@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, MemoryError])
def test_a_run_that_breaks_off_leaves_nothing(tmp_path: Path, name: str, error: type[BaseException]) -> None:
    class Breaking(StandInRouter):
        def route(self, messages: Sequence[Message | str]) -> list[Route]:
            if self.batches:
                raise error
            return super().route(messages)

    source = tmp_path / "a.csv"
    source.write_text("编号,内容\n0,a,b\n" + "1,吵\n" * 100, encoding="utf-8")
    (tmp_path / name).write_bytes(b"before")
    options = ClassifyOptions([source], tmp_path / name, batch_size=10, overwrite=True)
    with pytest.raises(error):
        ClassifyJob(options).run(Breaking())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["a.csv", name])
    assert (tmp_path / name).read_bytes() == b"before"


@pytest.mark.parametrize("name", ["b.csv", "b.jsonl", "b.xlsx"])
def test_a_full_disk_leaves_nothing(
    tmp_path: Path, classify: Classify, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    class Full(io.BytesIO):
        def write(self, *_: Any) -> int:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(outputs.BytesOutput, "open_part", lambda *_: Full())
    with pytest.raises(OutputError, match=r"No space left on device.*磁盘空间"):
        classify(write_table(tmp_path / "a.csv", TABLE), tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize("name", ["b.csv.gz", "b.jsonl.gz", "b.csv"])
def test_the_same_input_gives_the_same_bytes(tmp_path: Path, classify: Classify, name: str) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)
    classify(source, tmp_path / name)
    first = (tmp_path / name).read_bytes()
    classify(source, tmp_path / name, overwrite=True)
    assert (tmp_path / name).read_bytes() == first


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.xlsx", "a.jsonl"])
def test_progress_reaches_the_end(tmp_path: Path, stand_in: StandInRouter, name: str) -> None:
    seen: list[tuple[int, int, int]] = []
    source = write_table(tmp_path / name, [["内容"], *([f"事{n}"] for n in range(50))])
    job = ClassifyJob(ClassifyOptions([source], tmp_path / "b.csv", batch_size=10))
    job.run(stand_in, lambda *state: seen.append(state))
    assert [rows for _, _, rows in seen] == [10, 20, 30, 40, 50]
    assert seen[-1][0] == seen[-1][1]


def test_the_summary_counts_what_was_decided(tmp_path: Path, classify: Classify) -> None:
    summary = classify(write_table(tmp_path / "a.csv", TABLE), tmp_path / "b.csv")
    text = "\n".join(summary.lines())
    for part in (
        "共 4 行",
        "大事  3（75.0%）",
        "无法判断  1（25.0%）",
        "城市管理部门  3",
        "（不派单）  1",
        "人工复核  2 行（50.0%）",
        "把握不足  1",
        "没有可读的文字  1",
        "紧急      1 行",
    ):
        assert part in text


def test_every_review_reason_has_a_short_name() -> None:
    from petition_nlp.policy import REASONS

    assert set(REASONS) <= set(REASON_NAMES)


def test_csv_lines_end_as_excel_expects(tmp_path: Path, classify: Classify) -> None:
    classify(write_table(tmp_path / "a.csv", [["内容"], ["两\n行"]]), tmp_path / "b.csv")
    text = (tmp_path / "b.csv").read_bytes().decode("utf-8-sig")
    assert text.count("\r\n") == 2
    assert next(csv.reader(io.StringIO(text.split("\r\n", 1)[1], newline="")))[0] == "两\n行"


CELL = st.text(st.characters(exclude_categories=("Cs", "Cc"), include_characters="\n\r\t\"',;|"), max_size=30)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=st.lists(CELL, min_size=1, max_size=8), delimiter=st.sampled_from(",;\t|"))
def test_any_text_comes_back_as_it_was(tmp_path: Path, cells: list[str], delimiter: str) -> None:
    source, target = tmp_path / "a.csv", tmp_path / "b.jsonl"
    with source.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, delimiter=delimiter)
        writer.writerow(["编号", "诉求内容", "区域"])
        writer.writerows([str(number), cell, "甲"] for number, cell in enumerate(cells))
    job = ClassifyJob(ClassifyOptions([source], target, overwrite=True))
    assert job.run(StandInRouter()).rejected == 0
    assert [row[0]["诉求内容"] for row in read_table(target)] == cells

"""Many inputs at once: folders, patterns, files that differ, files that cannot be read."""

from __future__ import annotations

import gzip
import json
import lzma
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stand_in import StandInRouter
from tables import read_table, write_table

from petition_nlp.archive import ClassifyJob, ClassifyOptions, Summary
from petition_nlp.archive.inputs import expand
from petition_nlp.errors import InputError, OutputError
from petition_nlp.roles import ROLES

ROWS = [["编号", "内容", "区域"], ["1", "吵", "甲"], ["2", "漏水", "乙"]]


def run(sources: list[Path], target: Path, **options: Any) -> Summary:
    return ClassifyJob(ClassifyOptions(sources, target, **options)).run(StandInRouter())


def test_a_folder_holds_every_file_that_can_be_read(tmp_path: Path) -> None:
    (tmp_path / "2019").mkdir()
    (tmp_path / ".cache").mkdir()
    names = ["b.csv", "a.xlsx", "2019/c.jsonl.gz"]
    for name in [*names, ".cache/x.csv", "~$a.xlsx"]:
        write_table(tmp_path / name, ROWS)
    (tmp_path / "说明.docx").write_bytes(b"x")
    found = expand([tmp_path, tmp_path / "b.csv"])
    assert [path.relative_to(tmp_path).as_posix() for path in found.files] == ["2019/c.jsonl.gz", "a.xlsx", "b.csv"]
    assert [path.name for path in found.ignored] == ["说明.docx"]
    assert [path.name for path in expand([tmp_path / "*.csv", tmp_path / "**" / "*.gz"]).files] == [
        "b.csv",
        "c.jsonl.gz",
    ]


def test_a_folder_or_pattern_without_files(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="文件夹里没有能读的文件"):
        expand([tmp_path])
    with pytest.raises(InputError, match="没有文件符合"):
        expand([tmp_path / "*.csv"])


def test_a_file_whose_name_looks_like_a_pattern(tmp_path: Path) -> None:
    path = write_table(tmp_path / "工单[1].csv", ROWS)
    assert expand([path]).files == (path,)


@pytest.mark.parametrize("name", ["b.csv", "b.jsonl", "b.xlsx"])
def test_files_that_differ_become_one_output(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    write_table(folder / "1.csv", ROWS, encoding="gb18030")
    write_table(folder / "2.xlsx", [["流水号", "诉求内容", "备注"], ["9", "着火了", "x"]])
    summary = run([folder], tmp_path / name)
    assert (summary.rows, summary.emergencies) == (3, 1)
    if name == "b.jsonl":
        objects = [row[0] for row in read_table(tmp_path / name)]
        assert [o["source"] for o in objects] == [
            {"file": "1.csv", "line": 2},
            {"file": "1.csv", "line": 3},
            {"file": "2.xlsx", "line": 2},
        ]
        return
    header, *rows = read_table(tmp_path / name)
    assert header[:8] == ["编号", "内容", "区域", "流水号", "诉求内容", "备注", "来源文件", "来源行号"]
    assert [row[:2] for row in rows] == [["1", "吵"], ["2", "漏水"], ["", ""]]
    assert [[row[6], int(row[7])] for row in rows] == [["1.csv", 2], ["1.csv", 3], ["2.xlsx", 2]]
    assert rows[2][3:6] == ["9", "着火了", "x"]


def test_what_is_going_to_be_read_is_told_once_for_files_alike(tmp_path: Path) -> None:
    for number in range(3):
        write_table(tmp_path / f"{number}.csv", ROWS)
    write_table(tmp_path / "x.csv", ROWS, encoding="gb18030")
    lines = ClassifyJob(ClassifyOptions([tmp_path], tmp_path / "out.jsonl")).describe()
    assert lines[0].startswith("4 个文件")
    assert [line.split("：")[0].rpartition("/")[2] for line in lines[1:]] == ["0.csv 等 3 个", "x.csv"]
    assert "正文列「内容」，编号列「编号」，区域列「区域」" in lines[1]


@pytest.mark.parametrize("ending", [".gz", ".bz2", ".xz"])
def test_compressed_in_and_out(tmp_path: Path, ending: str) -> None:
    source = write_table(tmp_path / "a.csv", ROWS)
    run([source], tmp_path / f"b.csv{ending}")
    run([tmp_path / f"b.csv{ending}"], tmp_path / "c.jsonl")
    assert [row[0]["内容"] for row in read_table(tmp_path / "c.jsonl")] == ["吵", "漏水"]


def test_truncated_xz(tmp_path: Path) -> None:
    (tmp_path / "a.csv.xz").write_bytes(lzma.compress("内容\n吵\n".encode() * 99)[:-20])
    with pytest.raises(InputError, match="xz 压缩文件不完整"):
        run([tmp_path / "a.csv.xz"], tmp_path / "b.csv")


def test_a_missing_column_in_one_of_many_files_stops_the_run_before_it_begins(tmp_path: Path) -> None:
    good = [write_table(tmp_path / f"{number}.csv", ROWS) for number in range(3)]
    bad = write_table(tmp_path / "缺.csv", [["编号", "备注"], ["1", "x"]])
    worse = tmp_path / "坏.xlsx"
    worse.write_bytes(b"hello")
    with pytest.raises(InputError, match=r"有 2 个文件不能处理：.*缺.csv：找不到正文列.*坏.xlsx：.*--skip-bad-files"):
        run([*good, bad, worse], tmp_path / "b.csv")
    assert not (tmp_path / "b.csv").exists()
    summary = run([*good, bad, worse], tmp_path / "b.csv", skip_bad_files=True)
    assert (summary.rows, summary.skipped_files) == (6, 2)


def test_a_file_that_breaks_off_half_way_keeps_what_was_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("_CHECKED", "_CHUNK", "_WINDOW"):  # as if the file were a thousand times larger
        monkeypatch.setattr(f"petition_nlp.archive.encoding.{limit}", 1000)
    lines = "".join(f"{number},第{number}件事{number * 7919 % 10007}\n" for number in range(20_000))
    data = gzip.compress(f"编号,内容\n{lines}".encode())
    (tmp_path / "a.csv.gz").write_bytes(data[: len(data) // 2])
    write_table(tmp_path / "b.csv", ROWS)
    summary = run([tmp_path / "a.csv.gz", tmp_path / "b.csv"], tmp_path / "c.jsonl")
    assert summary.rejected == 1
    whole = zlib.decompressobj(31).decompress(data[: len(data) // 2]).decode(errors="ignore")
    complete = whole.count("\n") - 1
    assert complete - 1 <= summary.rows - 2 <= complete  # the line before the cut may be waiting for the next one
    ids = [row[0]["编号"] for row in read_table(tmp_path / "c.jsonl")]
    assert ids == [*map(str, range(summary.rows - 2)), "1", "2"]
    (rejected,) = read_table(tmp_path / "c.jsonl.rejected.csv")[1:]
    assert "从这里起无法读取" in rejected[2]
    assert rejected[0].endswith("a.csv.gz")


@pytest.mark.parametrize("role", [*ROLES])
def test_every_role_can_be_given_to_a_column(tmp_path: Path, role: str) -> None:
    source = write_table(tmp_path / "a.csv", [["甲", "乙", "诉求内容"], ["a", "b", "吵"]])
    job = ClassifyJob(ClassifyOptions([source], tmp_path / "b.csv", chosen={role: ["乙"]}))
    assert getattr(job.plan.sources[0].mapped, role) == "乙"


def test_a_choice_counts_where_a_file_has_it(tmp_path: Path) -> None:
    first = write_table(tmp_path / "1.csv", [["诉求", "处置"], ["吵", "甲"]])
    second = write_table(tmp_path / "2.csv", [["事情", "承办单位"], ["漏水", "乙"]])
    chosen = {"text": ["事情", "诉求"], "department": ["处置"]}
    job = ClassifyJob(ClassifyOptions([first, second], tmp_path / "b.csv", chosen=chosen))
    assert [plan.mapped.text for plan in job.plan.sources] == ["诉求", "事情"]
    assert [plan.mapped.department for plan in job.plan.sources] == ["处置", "承办单位"]
    with pytest.raises(InputError, match=r"没有名为「无」的列可作时间.*--map"):
        ClassifyJob(ClassifyOptions([first], tmp_path / "b.csv", chosen={"received": ["无"]}))
    with pytest.raises(InputError, match="「无」都没有"):
        ClassifyJob(ClassifyOptions([first], tmp_path / "b.csv", chosen={"text": ["无"]}))


def test_outputs_that_are_folders(tmp_path: Path) -> None:
    source = write_table(tmp_path / "a.csv", ROWS)
    other = tmp_path / "other"
    other.mkdir()
    (other / "notes.txt").touch()
    with pytest.raises(OutputError, match="别的文件，不能覆盖"):
        run([source], other, overwrite=True)
    run([source], tmp_path / "out")
    with pytest.raises(OutputError, match="不是空的"):
        run([source], tmp_path / "out")
    assert run([source], tmp_path / "out", overwrite=True).rows == 2
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["part-00000.parquet"]
    with pytest.raises(OutputError, match="已有同名的文件"):
        (tmp_path / "file").touch()
        run([source], tmp_path / "file")


def test_a_cell_of_200_mb_is_put_down_and_the_run_goes_on(tmp_path: Path, classify: Callable[..., Summary]) -> None:
    source = tmp_path / "a.csv"
    with source.open("w", encoding="utf-8") as file:
        file.write("编号,内容\n1,吵\n2,")
        for _ in range(70):
            file.write("臭" * 1_000_000)
        file.write("\n3,闹\n")
    summary = classify(source, tmp_path / "b.jsonl")
    assert (summary.rows, summary.rejected) == (2, 1)
    (rejected,) = read_table(tmp_path / "b.jsonl.rejected.csv")[1:]
    assert rejected[1] == "3"
    assert "只保留开头" in rejected[2]


def test_a_million_empty_rows(tmp_path: Path, classify: Callable[..., Summary]) -> None:
    import xlsxwriter

    with xlsxwriter.Workbook(tmp_path / "a.xlsx", {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        sheet.write_row(0, 0, ["编号", "内容"])
        sheet.write_row(1, 0, ["1", "吵"])
        sheet.write_row(1_000_000, 0, ["2", "臭"])
    summary = classify(tmp_path / "a.xlsx", tmp_path / "b.csv")
    assert [row[1] for row in read_table(tmp_path / "b.csv")[1:]] == ["吵", "臭"]
    assert summary.rows == 2


def test_an_encoding_that_changes_far_down_marks_the_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for limit in ("_CHECKED", "_CHUNK"):
        monkeypatch.setattr(f"petition_nlp.archive.encoding.{limit}", 1000)
    head = "编号,内容\n" + "1,楼下烧烤店油烟扰民\n" * 500
    (tmp_path / "a.csv").write_bytes(head.encode() + "2,厨房吵闹\n".encode("gb18030"))
    run([tmp_path / "a.csv"], tmp_path / "b.jsonl")
    last = read_table(tmp_path / "b.jsonl")[-1][0]
    assert "无法解码的字节" in json.dumps(last["route"]["review"], ensure_ascii=False)


def test_linked_folders_lock_files_and_patterns_of_folders(tmp_path: Path) -> None:
    real, sub = tmp_path / "real", tmp_path / "sub"
    real.mkdir()
    (sub / "2013").mkdir(parents=True)
    write_table(real / "a.csv", ROWS)
    write_table(sub / "2013" / "b.csv", ROWS)
    write_table(sub / "~$b.xlsx", ROWS)
    (sub / "2014").symlink_to(real)
    (real / "again").symlink_to(sub)  # a circle
    assert [path.name for path in expand([sub]).files] == ["b.csv", "a.csv"]
    assert [path.name for path in expand([sub / "20*"]).files] == ["b.csv", "a.csv"]
    with pytest.raises(InputError, match="没有文件符合"):
        expand([sub / "*.xlsx"])


@pytest.mark.parametrize(("target", "report"), [("same", "same"), ("out", "out/报告"), ("报告/结果.csv", "报告")])
def test_report_and_output_keep_apart(tmp_path: Path, target: str, report: str) -> None:
    source = write_table(tmp_path / "a.csv", ROWS)
    for folder in ("out", "报告"):
        (tmp_path / folder).mkdir()
    with pytest.raises(OutputError, match="互相包含"):
        run([source], tmp_path / target, report=tmp_path / report)


def test_an_output_called_report(tmp_path: Path) -> None:
    source = write_table(tmp_path / "a.csv", ROWS)
    run([source], tmp_path / "report", report=tmp_path / "rep2")
    assert [path.name for path in (tmp_path / "report").iterdir()] == ["part-00000.parquet"]
    assert (tmp_path / "rep2" / "报告.html").is_file()


def test_names_and_texts_that_are_not_utf8(tmp_path: Path) -> None:
    import os

    name = os.fsdecode("工单.csv".encode("gbk"))
    try:
        write_table(tmp_path / name, ROWS)
    except OSError:
        pytest.skip("this file system takes UTF-8 names only")
    (tmp_path / "b.jsonl").write_text('{"内容": "吵", "承办单位": "怪\\ud800"}\n', encoding="utf-8")
    summary = run([tmp_path / name, tmp_path / "b.jsonl"], tmp_path / "c.parquet")
    assert (summary.rows, summary.unmapped.total()) == (3, 1)


def test_a_field_called_route_that_comes_late(tmp_path: Path) -> None:
    lines = ['{"text": "吵"}'] * 1100 + ['{"text": "吵", "route": "旧"}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    run([tmp_path / "a.jsonl"], tmp_path / "b.jsonl")
    last = read_table(tmp_path / "b.jsonl")[-1][0]
    assert last["route"] == "旧"
    assert last["route（模型）"]["model"] == "standin@1"


def test_an_output_without_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(OutputError, match="没有名称"):
        run([write_table(tmp_path / "a.csv", ROWS)], Path("."))

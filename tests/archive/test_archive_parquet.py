from __future__ import annotations

import datetime
import decimal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from stand_in import StandInRouter
from tables import read_table, write_table

from petition_nlp.archive import ClassifyJob, ClassifyOptions, Summary
from petition_nlp.archive.sources import open_source
from petition_nlp.errors import InputError, OutputError

Classify = Callable[..., Summary]
ADDED = ["事项类别", "责任部门", "备选部门", "置信度", "人工复核", "复核原因", "紧急"]
DAY = datetime.datetime(2024, 5, 6, 7, 8, 9)


def typed(path: Path, rows: int = 3, **options: Any) -> Path:
    """A file with every kind of column that an export might have."""
    table = pa.table(
        {
            "工单编号": pa.array(range(rows), pa.int64()),
            "诉求内容": [f"第{number}件事漏水" for number in range(rows)],
            "受理时间": pa.array([DAY] * rows, pa.timestamp("ns")),
            "区域": pa.array(["甲", None, "乙"] * (rows // 3), pa.string()).dictionary_encode(),
            "金额": pa.array([decimal.Decimal("1.50")] * rows, pa.decimal128(10, 2)),
            "标签": pa.array([["a", "b"]] * rows, pa.list_(pa.string())),
            "原件": pa.array([b"\xff"] * rows, pa.binary()),
        }
    )
    pq.write_table(table, path, **options)
    return path


def test_own_columns_keep_their_types(tmp_path: Path, classify: Classify) -> None:
    source = typed(tmp_path / "a.parquet")
    assert classify(source, tmp_path / "b.parquet").rows == 3
    before, after = pq.read_table(source), pq.read_table(tmp_path / "b.parquet")
    assert after.column_names == before.column_names + ADDED
    assert after.select(before.column_names).equals(before)
    assert after.column("置信度").type == pa.float64()
    assert after.column("责任部门").to_pylist() == ["城市管理部门"] * 3


@pytest.mark.parametrize("name", ["b.csv", "b.jsonl", "b.xlsx"])
def test_into_other_formats(tmp_path: Path, classify: Classify, name: str) -> None:
    classify(typed(tmp_path / "a.parquet"), tmp_path / name)
    if name == "b.jsonl":
        row = read_table(tmp_path / name)[0][0]
        assert list(row.values())[:7] == [
            0, "第0件事漏水", "2024-05-06 07:08:09", "甲", "1.50", ["a", "b"], "\ufffd",
        ]  # fmt: skip
        return
    rows = read_table(tmp_path / name)
    day = DAY if name.endswith("xlsx") else "2024-05-06 07:08:09"
    assert rows[1][1:7] == ["第0件事漏水", day, "甲", "1.50", '["a", "b"]', "\ufffd"]
    assert rows[2][3] == ""


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.xlsx"])
def test_from_other_formats_the_own_columns_are_text(tmp_path: Path, classify: Classify, name: str) -> None:
    table = [["编号", "内容"], ["001", "吵"], ["002", "\ud800坏字"]][: 2 if name != "a.jsonl" else 3]
    classify(
        write_table(tmp_path / name, table) if name != "a.jsonl" else _lines(tmp_path / name), tmp_path / "b.parquet"
    )
    found = pq.read_table(tmp_path / "b.parquet")
    assert found.schema.field("编号").type == pa.string()
    assert found.column("编号").to_pylist()[0] == "001"
    if name == "a.jsonl":
        assert found.column("内容").to_pylist() == ["吵", "\ufffd坏字"]


def _lines(path: Path) -> Path:
    path.write_text('{"编号": "001", "内容": "吵"}\n{"编号": "002", "内容": "\\ud800坏字"}\n', encoding="utf-8")
    return path


def test_twice_named_columns(tmp_path: Path, classify: Classify) -> None:
    table = pa.table([["吵"], ["1"], ["2"]], names=["内容", "备注", "备注"])
    pq.write_table(table, tmp_path / "a.parquet")
    classify(tmp_path / "a.parquet", tmp_path / "b.parquet")
    assert pq.read_table(tmp_path / "b.parquet").column_names[:3] == ["内容", "备注", "备注（2）"]


def test_rows_are_skipped_across_row_groups(tmp_path: Path) -> None:
    source = open_source(typed(tmp_path / "a.parquet", rows=30, row_group_size=7))
    for skip in (0, 3, 7, 13, 29, 30):
        batches = list(source.batches(4, skip=skip, read=["工单编号"]))
        assert [row.fields["工单编号"] for batch in batches for row in batch.rows] == list(range(skip, 30))
        assert [row.line for batch in batches for row in batch.rows] == list(range(skip + 1, 31))
        assert max((batch.size for batch in batches), default=0) <= 4


def test_a_folder_of_parts_reads_as_one_table(tmp_path: Path) -> None:
    sources = [typed(tmp_path / f"{number}.parquet", rows=30) for number in range(2)]
    job = ClassifyJob(ClassifyOptions(sources, tmp_path / "out", batch_size=4, part_rows=8))
    job.run(StandInRouter())
    names = [path.name for path in sorted((tmp_path / "out").iterdir())]
    assert names == [f"part-{number:05}.parquet" for number in range(8)]
    whole = pq.read_table(tmp_path / "out")
    assert whole.column("工单编号").to_pylist() == [*range(30), *range(30)]
    assert whole.column("来源文件").to_pylist() == ["0.parquet"] * 30 + ["1.parquet"] * 30
    assert whole.column("来源行号").to_pylist() == [*range(1, 31), *range(1, 31)]


def test_files_with_other_columns_and_narrower_types(tmp_path: Path) -> None:
    pq.write_table(pa.table({"内容": ["吵"], "数": pa.array([1], pa.int32())}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"内容": ["闹"], "数": pa.array([2], pa.int64()), "备": ["x"]}), tmp_path / "b.parquet")
    sources = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    ClassifyJob(ClassifyOptions(sources, tmp_path / "c.parquet")).run(StandInRouter())
    found = pq.read_table(tmp_path / "c.parquet").select(["内容", "数", "备"])
    assert found.to_pylist() == [{"内容": "吵", "数": 1, "备": None}, {"内容": "闹", "数": 2, "备": "x"}]
    pq.write_table(pa.table({"内容": ["吵"], "数": ["一"]}), tmp_path / "d.parquet")
    with pytest.raises(OutputError, match="同名列类型不同"):
        ClassifyJob(ClassifyOptions([*sources, tmp_path / "d.parquet"], tmp_path / "e.parquet"))


def test_parquet_beside_tables_becomes_text(tmp_path: Path) -> None:
    sources = [typed(tmp_path / "a.parquet"), write_table(tmp_path / "b.csv", [["工单编号", "诉求内容"], ["x", "吵"]])]
    ClassifyJob(ClassifyOptions(sources, tmp_path / "c.parquet")).run(StandInRouter())
    found = pq.read_table(tmp_path / "c.parquet")
    assert found.column("工单编号").to_pylist() == ["0", "1", "2", "x"]


@pytest.mark.parametrize("how", ["truncated", "text", "empty"])
def test_damaged_files(tmp_path: Path, classify: Classify, how: str) -> None:
    path = typed(tmp_path / "a.parquet")
    if how == "empty":
        pq.write_table(pq.read_table(path).slice(0, 0), path)
    else:
        path.write_bytes(path.read_bytes()[:-100] if how == "truncated" else "编号,内容\n".encode())
    with pytest.raises(InputError, match="没有数据行" if how == "empty" else "Parquet 文件已损坏"):
        classify(path, tmp_path / "b.parquet")


def test_a_damaged_column_far_down_is_told_and_the_rest_kept(tmp_path: Path, classify: Classify) -> None:
    path = typed(tmp_path / "a.parquet", rows=300, row_group_size=30, compression="none")
    data = bytearray(path.read_bytes())
    place = data.rindex("第285件事漏水".encode())
    data[place - 40 : place + 40] = b"\xff" * 80
    path.write_bytes(data)
    summary = classify(path, tmp_path / "b.parquet")
    assert 270 <= summary.rows <= 300
    assert pq.read_table(tmp_path / "b.parquet").num_rows == summary.rows
    if summary.rows < 300:
        assert summary.rejected == 1


def test_long_numbers_survive_a_file_that_holds_them_as_floats(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"内容": ["吵"], "编号": pa.array([202405061234567891], pa.int64())}), tmp_path / "a.parquet"
    )
    pq.write_table(pa.table({"内容": ["闹"], "编号": pa.array([20240506.0], pa.float64())}), tmp_path / "b.parquet")
    sources = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    ClassifyJob(ClassifyOptions(sources, tmp_path / "c.parquet")).run(StandInRouter())
    assert pq.read_table(tmp_path / "c.parquet").column("编号").to_pylist() == ["202405061234567891", "20240506"]


def test_a_time_beyond_the_calendar_and_a_number_that_is_none(tmp_path: Path, classify: Classify) -> None:
    far = pa.array([10**18, 0], pa.timestamp("us"))
    table = pa.table({"内容": ["吵", "闹"], "受理时间": far, "数": [float("nan"), 1.5]})
    pq.write_table(table, tmp_path / "a.parquet")
    assert classify(tmp_path / "a.parquet", tmp_path / "b.jsonl").rows == 2
    rows = [row[0] for row in read_table(tmp_path / "b.jsonl")]
    assert [row["数"] for row in rows] == [None, 1.5]
    assert classify(tmp_path / "a.parquet", tmp_path / "c.parquet").rows == 2


def test_a_column_that_must_be_filled_and_is_missing_elsewhere(tmp_path: Path) -> None:
    schema = pa.schema([pa.field("内容", pa.string()), pa.field("必填", pa.int64(), nullable=False)])
    pq.write_table(pa.table({"内容": ["吵"], "必填": [1]}, schema=schema), tmp_path / "a.parquet")
    pq.write_table(pa.table({"内容": ["闹"]}), tmp_path / "b.parquet")
    sources = [tmp_path / "a.parquet", tmp_path / "b.parquet"]
    ClassifyJob(ClassifyOptions(sources, tmp_path / "c.parquet")).run(StandInRouter())
    assert pq.read_table(tmp_path / "c.parquet").column("必填").to_pylist() == [1, None]

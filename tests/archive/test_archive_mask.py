"""Outputs without personal data (``mask``)."""

from __future__ import annotations

import datetime
import json
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tables import read_table, write_table

from petition_nlp.archive import Summary
from petition_nlp.archive.masking import HIDDEN

Classify = Callable[..., Summary]
PERSONAL = ["13912345678", "王小明", "110101199003074215", "京A12345"]
TABLE = [
    ["工单编号", "受理时间", "诉求标题", "诉求内容", "来电人姓名", "来电号码", "备注", "承办单位"],
    [
        "20240506123456789",
        "2024-05-06 10:00:00",
        "王小明女士反映",
        "我叫王小明，身份证110101199003074215，电话13912345678，楼下油烟",
        "王小明",
        "13912345678",
        "车牌京A12345",
        "市公安局",
    ],
]


@pytest.mark.parametrize("name", ["b.csv", "b.jsonl", "b.xlsx", "b.parquet"])
@pytest.mark.parametrize("given", ["a.csv", "a.jsonl", "a.parquet"])
def test_no_personal_data_is_left_and_the_order_is(tmp_path: Path, classify: Classify, given: str, name: str) -> None:
    source = write_table(tmp_path / "table.csv", TABLE)
    if given != "a.csv":
        classify(source, tmp_path / given)
        source = tmp_path / given
    classify(source, tmp_path / name, mask=True)
    if name == "b.parquet":
        text = json.dumps(pq.read_table(tmp_path / name).to_pylist(), ensure_ascii=False, default=str)
    else:
        text = json.dumps(read_table(tmp_path / name), ensure_ascii=False)
    for part in PERSONAL:
        assert part not in text
    for part in ("20240506123456789", "2024-05-06 10:00:00", "楼下油烟", HIDDEN, "[手机号]", "[车牌]", "市公安局"):
        assert part in text


def test_of_rejected_rows_only_the_place_is_told(tmp_path: Path, classify: Classify) -> None:
    source = tmp_path / "a.csv"
    source.write_text("编号,内容\n1,吵\n2,打13912345678,多出一列\n", encoding="utf-8")
    classify(source, tmp_path / "b.csv", mask=True)
    (rejected,) = read_table(tmp_path / "b.csv.rejected.csv")[1:]
    assert rejected[1:] == ["3", rejected[2], HIDDEN]


def test_values_inside_json_are_masked(tmp_path: Path, classify: Classify) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "吵", "人": {"回访": "13912345678", "数": [13912345678, 5, true]}}\n', encoding="utf-8")
    classify(source, tmp_path / "b.jsonl", mask=True)
    assert read_table(tmp_path / "b.jsonl")[0][0]["人"] == {"回访": "[手机号]", "数": ["[手机号]", 5, True]}


def test_columns_of_any_type(tmp_path: Path, classify: Classify) -> None:
    table = pa.table({"内容": ["电话13912345678"], "号": [13912345678], "日期": [datetime.date(2024, 5, 6)]})
    pq.write_table(table, tmp_path / "a.parquet")
    classify(tmp_path / "a.parquet", tmp_path / "b.parquet", mask=True)
    row = pq.read_table(tmp_path / "b.parquet").to_pylist()[0]
    assert (row["内容"], row["号"], row["日期"]) == ("电话[手机号]", "[手机号]", "2024-05-06")


def test_numbers_of_every_type_are_masked(tmp_path: Path, classify: Classify) -> None:
    source = write_table(
        tmp_path / "a.xlsx", [["内容", "来电人号码2", "回访", "金额"], ["吵", 13812345678, 13912345678, 12.5]]
    )
    classify(source, tmp_path / "b.csv", mask=True)
    assert read_table(tmp_path / "b.csv")[1][1:4] == [HIDDEN, "[手机号]", "12.5"]


def test_a_personal_field_that_comes_late_is_hidden(tmp_path: Path, classify: Classify) -> None:
    lines = ['{"text": "吵"}'] * 1200 + ['{"text": "吵", "姓名": "王小明", "来电": {"联系电话": "12"}}']
    (tmp_path / "a.jsonl").write_text("\n".join(lines), encoding="utf-8")
    classify(tmp_path / "a.jsonl", tmp_path / "b.jsonl", mask=True)
    last = read_table(tmp_path / "b.jsonl")[-1][0]
    assert (last["姓名"], last["来电"]) == (HIDDEN, {"联系电话": HIDDEN})

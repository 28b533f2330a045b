"""The model beside the historical department."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tables import read_table, write_table

from petition_nlp.archive import Summary
from petition_nlp.directory import UnitNames
from petition_nlp.taxonomy import Taxonomy

Classify = Callable[..., Summary]
TABLE = [
    ["编号", "内容", "承办单位"],
    ["1", "烧烤油烟", "某某区城管局"],
    ["2", "烧烤油烟", "市公安局"],
    ["3", "厨房漏水", "市公安局"],
    ["4", "烧烤油烟", "第九指挥部"],
    ["5", "烧烤油烟", ""],
    ["6", "", "市公安局"],
]


def test_agreement_is_told_for_each_row_and_in_all(tmp_path: Path, classify: Classify) -> None:
    summary = classify(write_table(tmp_path / "a.csv", TABLE), tmp_path / "b.csv")
    header, *rows = read_table(tmp_path / "b.csv")
    assert header[-3:] == ["历史部门（归一）", "与历史一致", "疑似错派"]
    name = Taxonomy.load().name("department", "public_security")
    assert [row[-2:] for row in rows] == [
        ["是", ""],
        ["否", "是"],
        ["否", ""],  # 漏水 is for a person: the model is not sure
        ["", ""],
        ["", ""],
        ["", ""],
    ]
    assert [row[-3] for row in rows[1:]] == [name, name, "", "", name]
    assert (summary.compared, summary.agreeing, summary.suspect) == (3, 1, 1)
    assert summary.unmapped == {"第九指挥部": 1}
    text = "\n".join(summary.lines())
    for part in ("与历史部门一致  1 / 3 行（33.3%）", "疑似错派  1 行", "对不上目录的历史部门  1 行：第九指挥部（1）"):
        assert part in text


def test_json_lines_hold_it_under_history(tmp_path: Path, classify: Classify) -> None:
    classify(write_table(tmp_path / "a.csv", TABLE), tmp_path / "b.jsonl")
    second = read_table(tmp_path / "b.jsonl")[1][0]
    assert second["history"] == {
        "written": "市公安局",
        "department": "public_security",
        "agrees": False,
        "suspect": True,
    }


def test_without_such_a_column_nothing_is_added(tmp_path: Path, classify: Classify) -> None:
    classify(write_table(tmp_path / "a.csv", [row[:2] for row in TABLE]), tmp_path / "b.csv")
    assert read_table(tmp_path / "b.csv")[0][-1] == "紧急"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("traffic_police", "traffic_police"),
        ("市公安局交通警察支队", "traffic_police"),
        ("某某市公安局", "public_security"),
        ("某某区城市管理行政执法局", "urban_management"),
        ("某某区 城管局（综合执法大队）", "urban_management"),
        ("某某市住房和城乡建设局", "housing"),
        ("某某街道办事处", "subdistrict"),
        ("某某镇人民政府", "subdistrict"),
        ("某某乡政府", "subdistrict"),
        ("某某供电局", "electricity"),
        ("某某市公共交通集团有限公司", "public_transit"),
        ("市政府", None),
        ("市人民政府", None),
        ("第三指挥部", None),
        ("", None),
    ],
)
def test_what_units_are_called(written: str, code: str | None) -> None:
    assert UnitNames(Taxonomy.load()).code(written) == code

from __future__ import annotations

import datetime
from typing import Any

import pytest
from classified import HEADER, OWN

from petition_nlp.archive.rows import Row
from petition_nlp.errors import InputError
from petition_nlp.ledger.fields import Fields, Record, Wanted
from petition_nlp.taxonomy import Taxonomy

TAXONOMY = Taxonomy.load()
WANTED = Wanted("社区", topic="问题分类")


def find(columns: list[str], wanted: Wanted = WANTED, *, dated: bool = True) -> Fields:
    return Fields.find(columns, wanted, where="a.csv", dated=dated)


def read(fields: dict[str, Any], columns: list[str] | None = None) -> Record | None:
    return find(columns or list(fields)).record(Row(2, fields), TAXONOMY)


def table(**cells: Any) -> dict[str, Any]:
    plain = {"社区": "河东社区", "诉求内容": "电梯坏了", "事项类别": "小事", "人工复核": "否", "置信度": "0.8"}
    return {name: "" for name in HEADER} | plain | cells


def test_a_row_of_a_table() -> None:
    found = read(table(受理时间="2026-09-01 08:00", 责任部门="住建局", 紧急="119：请立即转消防", 社区=" 河東社区 "))
    assert found is not None
    assert (found.community, found.date) == ("河东社区", datetime.date(2026, 9, 1))
    decision = found.decision
    assert (decision.matter, decision.department) == ("community", "housing")
    assert (decision.confidence, decision.review, decision.line) == (0.8, False, "119")


def test_a_row_of_json_lines() -> None:
    route = {
        "matter": {"code": "private", "name": "私事"},
        "department": None,
        "confidence": 0.7,
        "review": {"required": True, "reasons": [{"code": "empty", "message": "没有可读的文字"}]},
        "emergency": {"line": "110", "message": "请转"},
    }
    own = {name: "" for name in OWN} | {"社区": "甲", "route": route}
    found = read(own)
    assert found is not None
    decision = found.decision
    assert (decision.matter, decision.department, decision.review) == ("private", "", True)
    assert (decision.line, decision.reasons) == ("110", "没有可读的文字")


def test_the_models_columns_count_and_not_those_that_the_input_had() -> None:
    own = table(事项类别="大事") | {"事项类别（模型）": "私事", "事项类别（模型）（2）": "小事"}
    found = read(own)
    assert found is not None
    assert found.decision.matter == "community"


def test_the_models_route_counts_and_not_a_field_of_that_name() -> None:
    route = {"matter": {"code": "private"}, "review": {"required": False}}
    found = read({name: "" for name in OWN} | {"route": "3路公交", "route（模型）": route})
    assert found is not None
    assert (found.decision.matter, found.decision.review) == ("private", False)


def test_a_class_that_the_taxonomy_does_not_know_is_for_a_person() -> None:
    found = read(table(事项类别="杂事"))
    assert found is not None
    assert found.decision.matter == "unclear"


@pytest.mark.parametrize("review", ["是", "", "TRUE"])
def test_only_a_plain_no_says_that_nobody_needs_to_look(review: str) -> None:
    found = read(table(人工复核=review))
    assert found is not None
    assert found.decision.review


@pytest.mark.parametrize(
    ("cell", "line"), [("", ""), ("119：请转", "119"), ("有危险", "是"), ("电话13800000000", "是")]
)
def test_the_line_of_an_emergency(cell: str, line: str) -> None:
    found = read(table(紧急=cell))
    assert found is not None
    assert found.decision.line == line


def test_rows_without_a_decision() -> None:
    assert read(table(事项类别="", 人工复核="")) is None
    assert read({name: "" for name in OWN} | {"route": "3路公交"}) is None


def test_columns_are_found_whatever_their_case_and_width() -> None:
    columns = ["SHEQU（必填）", *HEADER[1:]]
    assert find(columns, Wanted("shequ")).by == "SHEQU（必填）"


@pytest.mark.parametrize(
    ("columns", "wanted", "told"),
    [
        (
            list(OWN),
            WANTED,
            "没有分类结果的列「事项类别」、「责任部门」、「置信度」、「人工复核」、「紧急」；现有的列：「社区」",
        ),
        (HEADER, Wanted("小区"), "没有名为「小区」的列；现有的列：「社区」"),
        (HEADER, Wanted("社区", topic="类型"), "没有名为「类型」的列"),
        (HEADER, Wanted("社区", date="日期"), "没有名为「日期」的列"),
        (HEADER, Wanted("社区", text="正文"), "没有名为「正文」的列"),
        ([name for name in HEADER if name != "受理时间"], WANTED, "找不到日期列；现有的列：「社区」"),
        ([name for name in HEADER if name != "诉求内容"], WANTED, "找不到正文列；现有的列：「社区」"),
    ],
)
def test_a_missing_column_is_named_with_those_that_there_are(columns: list[str], wanted: Wanted, told: str) -> None:
    with pytest.raises(InputError) as caught:
        find(columns, wanted)
    assert told in str(caught.value)
    assert str(caught.value).startswith("a.csv：")


def test_without_periods_no_date_is_needed() -> None:
    columns = [name for name in HEADER if name != "受理时间"]
    assert find(columns, dated=False).date is None

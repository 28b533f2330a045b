"""The sample orders that ship: many voices, all departments, no copies."""

from __future__ import annotations

import csv
import itertools
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from petition_nlp.taxonomy import UNCLEAR, Taxonomy
from petition_nlp.text.mask import PLACEHOLDER, mask

_ROOT = Path(__file__).resolve().parents[1]
_ORDERS = _ROOT / "data" / "samples" / "orders.csv"
_TRAINING = sorted((_ROOT / "data" / "training").glob("*.jsonl"))
_TAXONOMY = Taxonomy.load()
_COLUMNS = [
    *("工单编号", "受理时间", "受理渠道", "所属区域", "诉求标题", "诉求内容", "诉求类型", "紧急程度"),
    *("事项类别", "责任部门", "协办部门", "表达方式"),
]
_NEAR = 0.5

Rows = list[dict[str, str]]


@pytest.fixture(scope="module")
def rows() -> Rows:
    with _ORDERS.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def _pieces(text: str) -> frozenset[str]:
    letters = re.sub(r"\W+", "", text)
    return frozenset(letters[start : start + 4] for start in range(len(letters) - 3)) or frozenset({letters})


def _likeness(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)


def test_the_file_opens_in_a_spreadsheet() -> None:
    assert _ORDERS.read_bytes().startswith(b"\xef\xbb\xbf")


def test_the_columns_are_those_of_an_export(rows: Rows) -> None:
    assert list(rows[0]) == _COLUMNS


def test_there_are_at_least_300_with_a_number_of_their_own(rows: Rows) -> None:
    assert len(rows) >= 300
    assert len({row["工单编号"] for row in rows}) == len(rows)


def test_every_label_is_in_the_taxonomy(rows: Rows) -> None:
    matters = {matter.name for matter in _TAXONOMY.matters.values()}
    departments = {department.name for department in _TAXONOMY.departments.values()}
    for row in rows:
        assert row["事项类别"] in matters
        assert row["责任部门"] in departments
        assert row["协办部门"] in departments | {""}
        assert row["责任部门"] != row["协办部门"]


def test_every_department_that_gets_orders_has_some(rows: Rows) -> None:
    dispatched = {department.name for department in _TAXONOMY.departments.values() if department.dispatch}
    assert dispatched <= {row["责任部门"] for row in rows}


def test_all_three_matters_are_well_represented(rows: Rows) -> None:
    counts = Counter(row["事项类别"] for row in rows)
    routed = [matter.name for matter in _TAXONOMY.matters.values() if matter.code != UNCLEAR]
    assert min(counts[name] for name in routed) >= 50


def test_there_are_ten_voices(rows: Rows) -> None:
    counts = Counter(row["表达方式"] for row in rows)
    assert len(counts) >= 10
    assert min(counts.values()) >= 10


def test_few_pairs_of_labels_are_ones_that_the_directory_calls_unlikely(rows: Rows) -> None:
    unlikely = [
        row["工单编号"]
        for row in rows
        for department in [_TAXONOMY.departments[_TAXONOMY.resolve("department", row["责任部门"])]]
        if department.matters and _TAXONOMY.resolve("matter", row["事项类别"]) not in department.matters
    ]
    assert len(unlikely) <= 0.1 * len(rows)


def test_no_two_share_more_than_half_of_their_pieces(rows: Rows) -> None:
    pieces = [(row["工单编号"], _pieces(row["诉求内容"])) for row in rows]
    near = [(a, b) for (a, one), (b, other) in itertools.combinations(pieces, 2) if _likeness(one, other) > _NEAR]
    assert near == []


@pytest.mark.parametrize("path", _TRAINING, ids=lambda path: path.name)
def test_none_is_a_training_row_or_near_one(rows: Rows, path: Path) -> None:
    trained = [_pieces(json.loads(line)["text"]) for line in path.read_text(encoding="utf-8").splitlines()]
    assert trained
    near = [
        row["工单编号"]
        for row in rows
        for own in [_pieces(row["诉求内容"])]
        if any(_likeness(own, other) > _NEAR for other in trained)
    ]
    assert near == []


def test_no_telephone_or_identity_number_is_in_them(rows: Rows) -> None:
    found = [row["工单编号"] for row in rows if re.search(r"1[3-9]\d{9}|\d{17}[\dXx]", "".join(row.values()))]
    real = [number for number in found if "13800000000" not in "".join(_row(rows, number).values())]
    assert real == []


def _row(rows: Rows, number: str) -> dict[str, str]:
    return next(row for row in rows if row["工单编号"] == number)


def test_what_masking_finds_in_them_is_a_placeholder_or_a_house_number(rows: Rows) -> None:
    kinds = Counter(
        kind for row in rows for kind in PLACEHOLDER.findall(mask(row["诉求内容"])) if kind not in row["诉求内容"]
    )
    assert set(kinds) <= {"[门牌号]", "[姓名]", "[编号]", "[手机号]"}

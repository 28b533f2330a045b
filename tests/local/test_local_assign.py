from __future__ import annotations

import datetime
from typing import Any

import pytest

from petition_nlp.local.assign import Assignment
from petition_nlp.local.directory import Directory

WINTER = datetime.date(2026, 12, 1)
STREETS = (
    ("城东区", "区县"),
    ("城西区", "区县"),
    ("和平街道", "街道", "城东区"),
    ("望江街道", "街道", "城东区"),
    ("映月路", "道路", "和平街道", "望江街道"),
)


def assign(
    directory: Directory,
    text: str,
    department: str | None = None,
    matter: str | None = "government",
    on: datetime.date = WINTER,
) -> Assignment:
    place = directory.find_place(text)
    return directory.assign(department=department, matter=matter, place=place, text=text, on=on)


def code(assignment: Assignment) -> str | None:
    return assignment.unit.code if assignment.unit else None


@pytest.mark.parametrize(
    ("text", "department", "matter", "unit"),
    [
        ("银杏苑楼顶违建", "urban_management", "government", "CG-CD"),
        ("柳湾街道占道经营", "urban_management", "government", "CG-CX"),
        ("望江街道路灯不亮", "municipal_works", "government", "SZ"),
        ("路灯不亮", "municipal_works", "government", "SZ"),
        ("金桂苑楼道灯不亮", "housing", "community", "CF-1"),
        ("银杏苑楼道灯不亮", "housing", "community", "CF"),
        ("柳湾街道广场舞太吵", "public_security", "community", "LW"),
    ],
)
def test_the_nearest_fitting_unit_is_found(city: Directory, text: str, department: str, matter: str, unit: str) -> None:
    assert code(assign(city, text, department, matter)) == unit


def test_the_first_rule_that_holds_wins_and_the_others_say_why_not(build: Any) -> None:
    units = [{"code": "A", "name": "甲"}, {"code": "B", "name": "乙"}]
    rules = [
        {"id": "1", "department": "城管", "unit": "A"},
        {"id": "2", "matter": "小事", "unit": "A"},
        {"id": "3", "area": "城西区", "unit": "A"},
        {"id": "4", "words": ["扬尘"], "unit": "A"},
        {"id": "5", "words_not": ["积水"], "unit": "A"},
        {"id": "6", "until": "2026-09-30", "unit": "A"},
        {"id": "7", "since": "2027-01-01", "unit": "A"},
        {"id": "8", "level": "网格"},
        {"id": "9", "unit": "B"},
        {"id": "10", "unit": "A"},
    ]
    found = assign(build(*STREETS, units=units, rules=rules), "和平街道积水", "municipal_works")
    assert found.rule is not None
    assert (found.rule.id, code(found)) == ("9", "B")
    assert [(tried.rule, tried.reason) for tried in found.tried] == [
        ("1", "责任部门不是城市管理综合执法部门"),
        ("2", "事项类别不是小事"),
        ("3", "地点不在城西区"),
        ("4", "没有出现「扬尘」"),
        ("5", "出现了要排除的词（积水）"),
        ("6", "2026-09-30 已结束"),
        ("7", "2027-01-01 才开始"),
        ("8", "查不到当地网格级往上的单位"),
    ]


def test_both_ends_of_a_rules_time_count(city: Directory) -> None:
    first, last = datetime.date(2026, 5, 1), datetime.date(2026, 9, 30)
    before = first - datetime.timedelta(days=1)
    units = [code(assign(city, "映月路积水", "municipal_works", on=day)) for day in (before, first, last, WINTER)]
    assert units == ["SZ", "FX", "FX", "SZ"]


def test_a_rules_words_are_found_however_they_are_written(city: Directory) -> None:
    assert code(assign(city, "映月路積水", "municipal_works", on=datetime.date(2026, 6, 1))) == "FX"


def test_a_rule_by_level_looks_upwards_and_prefers_the_departments_own_unit(build: Any) -> None:
    units = [
        {"code": "HP", "name": "和平街道办事处", "area": "和平街道"},
        {"code": "ZD", "name": "和平城管中队", "area": "和平街道", "department": "城管"},
        {"code": "QU", "name": "城东区政府", "area": "城东区"},
    ]
    directory = build(*STREETS, units=units, rules=[{"level": "社区"}])
    assert code(assign(directory, "和平街道占道", "urban_management")) == "ZD"
    assert code(assign(directory, "和平街道停水", "water_supply")) == "HP"
    assert code(assign(directory, "望江街道停水", "water_supply")) == "QU"
    assert "查不到" in assign(directory, "没有地点", "water_supply").tried[0].reason


def test_an_ambiguous_place_does_not_matter_where_every_rival_has_the_same_unit(city: Directory) -> None:
    found = assign(city, "映月路占道经营", "urban_management")
    assert (code(found), found.ambiguous) == ("CG-CD", False)


def test_rivals_with_different_units_leave_the_decision_to_a_person(city: Directory) -> None:
    found = assign(city, "向阳社区占道经营", "urban_management")
    assert found.unit is None
    assert found.ambiguous
    assert [unit.code for unit in found.alternatives] == ["CG-CD", "CG-CX"]


@pytest.mark.parametrize(
    ("text", "department", "matter", "reason"),
    [
        ("没写地点的违建", "housing", "government", "地点不明，住房和城乡建设部门有 2 个单位"),
        ("没写地点的孩子上学", "education", "government", "目录里也没有教育部门的单位"),
        ("春风社区", None, "government", "责任部门也不明"),
        ("金桂苑夫妻吵架", "civil_affairs", "private", "不派单位"),
    ],
)
def test_where_no_unit_is_certain_there_is_a_reason(
    city: Directory, text: str, department: str | None, matter: str, reason: str
) -> None:
    found = assign(city, text, department, matter)
    assert found.unit is None
    assert found.rule is None
    assert reason in found.reason


def test_several_units_of_a_department_are_no_choice(build: Any) -> None:
    units = [{"code": code, "name": code * 2, "department": "城管", "area": "城东区"} for code in "AB"]
    found = assign(build(*STREETS, units=units), "和平街道", "urban_management")
    assert found.unit is None
    assert "有 2 个单位" in found.reason


def test_a_place_without_a_unit_of_the_department(build: Any) -> None:
    units = [{"code": "A", "name": "甲局", "department": "城管", "area": "城西区"}]
    found = assign(build(*STREETS, units=units), "和平街道", "urban_management")
    assert "在城东区 / 和平街道没有单位" in found.reason


def test_the_deputy_comes_with_the_unit(city: Directory) -> None:
    found = assign(city, "金桂苑楼道灯", "housing", "community")
    assert found.deputy is not None and found.deputy.code == "CF"


def test_every_step_is_explained(city: Directory) -> None:
    assert assign(city, "金桂苑楼道灯", "housing", "community").explain() == [
        "规则「汛期积水」不适用：2026-09-30 已结束",
        "规则「工地噪声」不适用：责任部门不是城市管理综合执法部门",
        "规则「小事到网格」适用，从网格级往上找",
        "派往：春风社区第一网格（CF-1），联系方式 000-10010",
        "代办：春风社区居民委员会（CF）",
    ]
    assert assign(city, "向阳社区占道", "urban_management").explain()[-1] == (
        "可能的单位：城东区城市管理局、城西区城市管理局"
    )


def test_json(city: Directory) -> None:
    found = assign(city, "金桂苑楼道灯", "housing", "community").to_dict()
    assert found["unit"]["code"] == "CF-1"
    assert found["rule"] == "小事到网格"
    assert found["tried"][0] == {"rule": "汛期积水", "reason": "2026-09-30 已结束"}
    assert found["deputy"]["code"] == "CF"

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition_nlp.errors import InputError
from petition_nlp.local.directory import Directory
from petition_nlp.local.notes import notes
from petition_nlp.local.problems import DirectoryError
from petition_nlp.local.reading import KINDS
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy

DISTRICT = {"name": "城东区", "kind": "district"}


def problems(document: Any, taxonomy: Taxonomy) -> list[str]:
    with pytest.raises(DirectoryError) as caught:
        Directory.from_dict(document, version="1", taxonomy=taxonomy)
    return [str(problem) for problem in caught.value.problems]


def test_a_document_survives_the_way_there_and_back(city: Directory, taxonomy: Taxonomy) -> None:
    document = json.loads(json.dumps(city.to_dict()))
    again = Directory.from_dict(document, version="1", taxonomy=taxonomy)
    assert again == city
    assert again.to_dict() == document


def test_references_are_written_by_name_alias_or_path(build: Any) -> None:
    directory = build(
        ("城东区", "区"),
        ("和平街道", "镇", "城东区"),
        units=[{"code": "A", "name": "甲", "department": "交警", "area": "城东区/和平街道"}],
    )
    unit = directory.units["A"]
    assert (unit.department, unit.area, unit.level) == ("traffic_police", "城东区/和平街道", "street")


def test_rules_and_services_without_an_id_get_one_that_stays(build: Any) -> None:
    rules = [{"department": "城管", "words": ["噪声"], "unit": "A"}, {"unit": "A"}, {"unit": "A"}]
    services = [{"name": "调解室", "kind": "调解", "offers": ["吵架"]}] * 2
    directory = build(units=[{"code": "A", "name": "甲"}], rules=rules, services=services)
    assert [rule.id for rule in directory.rules] == ["城市管理综合执法部门，含噪声", "其余", "其余 #2"]
    assert [service.id for service in directory.services] == ["调解室", "调解室 #2"]


def test_every_mistake_is_named_with_its_place(taxonomy: Taxonomy) -> None:
    document = {"places": [DISTRICT, {"name": "和平街道", "kind": "street", "parents": ["城北区"]}], "units": [{}]}
    assert problems(document, taxonomy) == [
        "「地点」第 2 项「上级地点」：「城北区」不在「地点」中，或不是更大的区划。请补上它，或改正名称",
        "「单位」第 1 项「单位编号」：没有填写。请填写",
        "「单位」第 1 项「单位名称」：没有填写。请填写",
    ]


@pytest.mark.parametrize(
    ("place", "what"),
    [
        ({"name": "区", "kind": "district"}, "不足 2 个字"),
        ({"name": "城南区", "kind": "district", "aliases": ["南"]}, "不足 2 个字"),
        ({"name": "城南区"}, "「类型」：没有填写"),
        ({"name": "城南区", "kind": "洲"}, "「洲」不是可用的值"),
        ({"kind": "district"}, "「地点名称」：没有填写"),
        ({"name": "春风社区", "kind": "community"}, "「上级地点」：没有填写"),
        ({"name": "春风社区", "kind": "community", "parents": ["映月路"]}, "不是更大的区划"),
        ({"name": "城东区", "kind": "district"}, "「城东区」重复"),
        ({"name": "春风社区", "kind": "community", "parents": ["城东区", "城西区"]}, "写了几个上级"),
        ({"name": "映月路口", "kind": "crossing", "parents": ["城东区"]}, "看不出是哪两条路"),
        ({"name": "城南区", "kind": "district", "size": "1"}, "不认识的字段 size"),
        ({"name": 7, "kind": "district"}, "应是文字"),
        ({"name": "城南区", "kind": "district", "aliases": "南区"}, "应是一列文字"),
        ({"name": "城" * 201, "kind": "district"}, "超过 200 字"),
        ({"name": "城\0区", "kind": "district"}, "含有空字符"),
        ({"name": "城南区", "id": "区" * 501, "kind": "district"}, "超过 500 字"),
        ("城南区", "应是键值表"),
    ],
)
def test_a_wrong_place(taxonomy: Taxonomy, place: Any, what: str) -> None:
    document = {"places": [DISTRICT, {"name": "城西区", "kind": "district"}, {"name": "映月路", "kind": "road"}, place]}
    assert any(what in problem for problem in problems(document, taxonomy))


@pytest.mark.parametrize(
    ("unit", "what"),
    [
        ({"code": "A"}, "「A」重复"),
        ({"department": "魔法部"}, "没有「魔法部」这个部门"),
        ({"area": "城北区"}, "「城北区」不在「地点」中"),
        ({"area": "城东区", "level": "网格"}, "写的是网格级，按辖区却是区县级"),
        ({"area": "映月路"}, "辖区应是区县、街道、社区或网格"),
        ({"deputy": "Z"}, "没有编号为「Z」的单位"),
        ({"deputy": "B"}, "写的是单位自己"),
        ({"parent": "B"}, "写的是单位自己"),
        ({"parent": "A"}, "上级单位绕成了圈"),
    ],
)
def test_a_wrong_unit(taxonomy: Taxonomy, unit: dict[str, str], what: str) -> None:
    units = [{"code": "A", "name": "甲", "parent": "B"}, {"code": "B", "name": "乙", **unit}]
    if unit == {"code": "A"}:
        units[0].pop("parent")
    document = {"places": [DISTRICT, {"name": "映月路", "kind": "road"}], "units": units}
    assert any(what in problem for problem in problems(document, taxonomy))


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ({}, "没有写派往哪个单位或哪一层级"),
        ({"unit": "Z"}, "没有编号为「Z」的单位"),
        ({"unit": "A", "level": "网格"}, "单位和层级只能写一个"),
        ({"level": "银河"}, "「银河」不是可用的值"),
        ({"unit": "A", "matter": "喜事"}, "没有「喜事」这类事项"),
        ({"unit": "A", "since": "明天"}, "「明天」不是日期"),
        ({"unit": "A", "since": "2026-02-30"}, "不是日期"),
        ({"unit": "A", "since": "2026-05-01", "until": "2026-04-01"}, "截止日期早于起始日期"),
        ({"unit": "A", "id": "1"}, "「1」重复"),
    ],
)
def test_a_wrong_rule(taxonomy: Taxonomy, rule: dict[str, str], what: str) -> None:
    document = {"units": [{"code": "A", "name": "甲"}], "rules": [{"id": "1", "unit": "A"}, rule]}
    assert any(what in problem for problem in problems(document, taxonomy))


@pytest.mark.parametrize(
    ("service", "what"),
    [
        ({"offers": []}, "没有写能帮什么忙"),
        ({"kind": None}, "「类型」：没有填写"),
        ({"kind": "魔术"}, "不是可用的值"),
        ({"areas": ["城北区"]}, "不在「地点」中"),
        ({"departments": ["魔法部"]}, "没有「魔法部」这个部门"),
        ({"matters": ["喜事"]}, "没有「喜事」这类事项"),
    ],
)
def test_a_wrong_service(taxonomy: Taxonomy, service: dict[str, Any], what: str) -> None:
    document = {"services": [{"name": "调解室", "kind": "调解", "offers": ["吵架"], **service}]}
    assert any(what in problem for problem in problems(document, taxonomy))


@pytest.mark.parametrize("document", [None, [], {"units": {}}, {"units": "甲"}, {"unit": []}])
def test_another_shape_is_refused(taxonomy: Taxonomy, document: Any) -> None:
    assert len(problems(document, taxonomy)) == 1


def test_a_name_that_stands_for_two_places_must_be_told_apart(shipped: dict[str, Any], taxonomy: Taxonomy) -> None:
    document = copy.deepcopy(shipped)
    document["units"].append({"code": "XY", "name": "向阳社区居委会", "area": "向阳社区"})
    (problem,) = problems(document, taxonomy)
    assert "「向阳社区」有 2 个：城东区/和平街道/向阳社区、城西区/柳湾街道/向阳社区" in problem


def test_the_error_itself_names_the_first_problem_and_counts_the_rest(taxonomy: Taxonomy) -> None:
    with pytest.raises(InputError, match="没有填写（另有 1 处问题）"):
        Directory.from_dict({"units": [{}]}, version="1", taxonomy=taxonomy)


def test_an_empty_document_is_a_directory_without_anything(taxonomy: Taxonomy) -> None:
    directory = Directory.from_dict({}, version="0", taxonomy=taxonomy)
    assert directory.to_dict() == {"units": [], "rules": [], "places": [], "services": []}
    assert directory.version == "0"


def test_the_example_has_nothing_odd_but_the_name_it_shows(city: Directory) -> None:
    assert notes(city) == ["这些名称有不止一处，诉求里没有写明上级时需要人工确认：向阳社区"]


@pytest.mark.parametrize(
    ("wide", "narrow", "covered"),
    [
        ({}, {"department": "城管"}, True),
        ({"area": "城东区"}, {"area": "和平街道"}, True),
        ({"words": ["水", "电"]}, {"words": ["水"]}, True),
        ({"department": "城管"}, {}, False),
        ({"area": "和平街道"}, {"area": "城东区"}, False),
        ({"words": ["水"]}, {}, False),
        ({"words_not": ["水"]}, {}, False),
        ({"since": "2026-01-01"}, {}, False),
        ({"until": "2026-01-01"}, {}, False),
        ({"until": "2026-01-01"}, {"until": "2025-01-01"}, True),
    ],
)
def test_a_rule_that_never_fires_is_noted(build: Any, wide: Any, narrow: Any, covered: bool) -> None:
    rules = [{"id": "先", "unit": "A", **wide}, {"id": "后", "unit": "A", **narrow}]
    places = (("城东区", "区县"), ("和平街道", "街道", "城东区"))
    found = notes(build(*places, units=[{"code": "A", "name": "甲"}], rules=rules))
    assert (found == ["规则「后」永远用不到：前面的「先」已经包括它"]) is covered


def test_short_names_and_missing_units_are_noted(build: Any) -> None:
    units = [{"code": "A", "name": "甲局", "department": "城管", "area": "城东区"}]
    found = notes(build(("城东区", "区县"), ("城西区", "区县"), ("映月", "小区", "城东区"), units=units))
    assert found == [
        "这些名称只有两个字，容易误认，请核对：映月",
        "城市管理综合执法部门在这些区县没有单位，也没有全市的单位：城西区",
    ]


_NAMES = st.sampled_from(
    ["城东区", "和平街道", "映月路", "A", "B", "交警", "小事", "2026-05-01", "", "城东区/和平街道"]
)
_VALUES = st.none() | _NAMES | st.lists(_NAMES, max_size=2) | st.integers() | st.dictionaries(_NAMES, _NAMES)


def _records(kind: str) -> st.SearchStrategy[Any]:
    kinds = st.sampled_from(["district", "street", "road", "crossing", "grid", "market", "网格"])
    fields = {field: kinds if field in ("kind", "level") else _VALUES for field in vocabulary().columns[kind]}
    return st.lists(st.fixed_dictionaries({}, optional=fields) | _VALUES, max_size=4)


@settings(max_examples=60, deadline=None)
@given(st.fixed_dictionaries({}, optional={kind: _records(kind) for kind in KINDS}))
def test_any_document_is_a_directory_or_a_list_of_problems(taxonomy: Taxonomy, document: dict[str, Any]) -> None:
    try:
        directory = Directory.from_dict(document, version="1", taxonomy=taxonomy)
    except DirectoryError as error:
        assert all(problem.where and problem.todo for problem in error.problems)
    else:
        assert Directory.from_dict(directory.to_dict(), version="1", taxonomy=taxonomy) == directory

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition_nlp.local.directory import Directory
from petition_nlp.local.place import Place


def names(place: Place) -> list[str]:
    return [area.name for area in place.areas]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("金桂苑3栋楼道灯不亮", ["城东区", "和平街道", "春风社区", "春风社区第一网格", "金桂苑"]),
        ("银杏苑门口堆垃圾", ["城东区", "和平街道", "春风社区", "银杏苑"]),
        ("春风社区银杏苑", ["城东区", "和平街道", "春风社区", "银杏苑"]),
        ("柳湾街道没人管", ["城西区", "柳湾街道"]),
        ("金桂小区停电", ["城东区", "和平街道", "春风社区", "春风社区第一网格", "金桂苑"]),
        ("金桂苑路灯不亮", ["城东区", "和平街道", "春风社区", "春风社区第一网格", "金桂苑"]),
        ("昨天晚上金桂苑停水", ["城东区", "和平街道", "春风社区", "春风社区第一网格", "金桂苑"]),
        ("高新金桂苑停水", ["城东区", "和平街道", "春风社区", "春风社区第一网格", "金桂苑"]),
        ("解放西金桂苑停水", ["城东区", "和平街道", "春风社区", "春风社区第一网格", "金桂苑"]),
        ("城东金桂苑停水", ["城东区", "和平街道", "春风社区", "春风社区第一网格", "金桂苑"]),
        ("望江街道路况差", ["城东区", "望江街道"]),
        ("没有地名的一句话", []),
        ("", []),
    ],
)
def test_the_text_names_a_place(city: Directory, text: str, expected: list[str]) -> None:
    place = city.find_place(text)
    assert names(place) == expected
    assert not place.ambiguous
    assert place.source == ("text" if expected else "")


@pytest.mark.parametrize(
    "text",
    [
        "新金桂苑停水",
        "南映月路堵车",
        "就在南映月路",
        "映月路小学放学堵车",
        "金桂苑路堵车",
        "映月路三巷积水",
        "金桂苑社区通知",
        "来电人[名称]说没人管",
    ],
)
def test_a_name_inside_a_longer_one_is_none(city: Directory, text: str) -> None:
    assert city.find_place(text) == Place()


def test_a_number_is_not_cut_in_two(build: Any) -> None:
    directory = build(("城东区", "区县"), ("八一村", "社区", "城东区"), ("12网格", "网格", "八一村"))
    assert names(directory.find_place("12网格")) == ["城东区", "八一村", "12网格"]
    assert directory.find_place("112网格") == Place()
    assert directory.find_place("十八一村") == Place()


def test_the_longest_name_wins(build: Any) -> None:
    directory = build(("城东区", "区县"), ("映月", "街道", "城东区"), ("映月湖社区", "社区", "映月"))
    assert names(directory.find_place("映月湖社区")) == ["城东区", "映月", "映月湖社区"]


def test_one_name_in_two_streets_is_ambiguous(city: Directory) -> None:
    place = city.find_place("向阳社区的垃圾没人清")
    assert place.ambiguous
    assert names(place) == []
    assert [[area.name for area in areas] for areas in place.rivals] == [
        ["城东区", "和平街道", "向阳社区"],
        ["城西区", "柳湾街道", "向阳社区"],
    ]


@pytest.mark.parametrize(
    ("text", "area"),
    [
        ("城西区向阳社区的垃圾", None),
        ("向阳社区的垃圾", "城西区"),
        ("向阳社区的垃圾，就在柳湾街道办对面", None),
        ("垃圾没人清", "城西区/柳湾街道/向阳社区"),
    ],
)
def test_context_tells_one_name_from_the_other(city: Directory, text: str, area: str | None) -> None:
    place = city.find_place(text, area=area)
    assert not place.ambiguous
    assert names(place) == ["城西区", "柳湾街道", "向阳社区"]


@pytest.mark.parametrize(
    ("text", "area", "certain"),
    [
        ("金桂苑和银杏苑之间的路", None, ["城东区", "和平街道", "春风社区"]),
        ("和平街道到柳湾街道", None, []),
        ("金桂苑停水", "城西区", []),
        ("映月路和长堤路都在修", "和平街道", ["城东区", "和平街道"]),
    ],
)
def test_two_different_places_are_ambiguous(city: Directory, text: str, area: str | None, certain: list[str]) -> None:
    place = city.find_place(text, area=area)
    assert place.ambiguous
    assert names(place) == certain


def test_a_road_through_two_streets_does_not_say_which(city: Directory) -> None:
    place = city.find_place("映月路12号")
    assert place.ambiguous
    assert names(place) == ["城东区", "映月路"]
    assert [areas[1].name for areas in place.rivals] == ["和平街道", "望江街道"]


def test_a_road_beside_a_community_is_certain(city: Directory) -> None:
    place = city.find_place("春风社区映月路")
    assert not place.ambiguous
    assert names(place) == ["城东区", "和平街道", "春风社区", "映月路"]


@pytest.mark.parametrize(
    "text", ["映月路与长堤路交叉口", "长堤路映月路口", "映月路（老堤路路口）", "在映月路和长堤路的十字路口"]
)
def test_a_listed_crossing_is_found_by_its_two_roads(city: Directory, text: str) -> None:
    place = city.find_place(text)
    assert names(place) == ["城东区", "和平街道", "向阳社区", "映月路与长堤路路口"]
    assert not place.ambiguous


def test_a_crossing_that_is_not_listed_lies_where_both_roads_pass(build: Any) -> None:
    directory = build(
        ("城东区", "区县"),
        ("和平街道", "街道", "城东区"),
        ("望江街道", "街道", "城东区"),
        ("柳湾街道", "街道", "城东区"),
        ("映月路", "道路", "和平街道", "望江街道"),
        ("长堤路", "道路", "望江街道", "柳湾街道"),
    )
    place = directory.find_place("映月路与长堤路交叉口红绿灯坏了")
    assert names(place) == ["城东区", "望江街道", "映月路与长堤路路口"]
    assert not place.ambiguous
    assert directory.find_place("映月路与长堤路都堵").ambiguous


@pytest.mark.parametrize(
    "name", ["太平和路与长堤路路口", "太平和路与长堤路口", "太平和路/长堤路", "长堤路、太平和路的交叉口"]
)
def test_the_two_roads_of_a_crossing_are_read_from_its_name(build: Any, name: str) -> None:
    directory = build(("城东区", "区县"), (name, "路口", "城东区"))
    assert names(directory.find_place("长堤路和太平和路交叉口")) == ["城东区", name]
    assert not directory.find_place("只写了长堤路").spans


def test_roads_that_no_place_has_in_common_do_not_cross(build: Any) -> None:
    directory = build(
        ("城东区", "区县"), ("城西区", "区县"), ("映月路", "道路", "城东区"), ("长堤路", "道路", "城西区")
    )
    assert directory.find_place("映月路与长堤路交叉口").ambiguous


def test_a_crossing_of_roads_whose_places_are_not_known_is_one_place(build: Any) -> None:
    directory = build(("城东区", "区县"), ("映月路", "道路"), ("长堤路", "道路"))
    assert names(directory.find_place("城东区映月路口和长堤路交界处")) == ["城东区", "映月路与长堤路路口"]


def test_the_field_alone_is_enough(city: Directory) -> None:
    place = city.find_place("路灯坏了", area="城东区和平街道")
    assert (names(place), place.source) == (["城东区", "和平街道"], "field")


def test_the_field_can_be_an_id(city: Directory) -> None:
    assert city.find_place("路灯坏了", area="CD-HP-CF-01").grid is not None


def test_field_and_text_together(city: Directory) -> None:
    place = city.find_place("金桂苑停水", area="和平街道")
    assert place.source == "both"
    assert place.compound is not None and place.compound.name == "金桂苑"


def test_a_field_that_the_gazetteer_does_not_know_leaves_the_text(city: Directory) -> None:
    place = city.find_place("金桂苑停水", area="市本级")
    assert place.source == "text"


def test_spans_are_of_the_raw_text(city: Directory) -> None:
    text = "　<b>我住</b>在春風社區，ＡＢ！！！"
    place = city.find_place(text)
    assert [text[span.start : span.end] for span in place.spans] == ["春風社區"]


def test_latin_names_are_found_in_any_case(build: Any) -> None:
    directory = build(("城东区", "区县"), ("MOMA公寓", "小区", "城东区"))
    assert names(directory.find_place("moma公寓停水")) == ["城东区", "MOMA公寓"]
    assert directory.find_place("xmoma公寓停水") == Place()


def test_json(city: Directory) -> None:
    found = city.find_place("向阳社区").to_dict()
    assert found["ambiguous"] is True
    assert found["district"] is None
    assert found["rivals"][0]["path"] == "城东区 / 和平街道 / 向阳社区"
    assert found["spans"] == [{"start": 0, "end": 4, "source": "text"}]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("什么也没有", "没有认出地点"),
        ("春风社区", "按正文认出：城东区 / 和平街道 / 春风社区"),
        (
            "金桂苑和银杏苑",
            "正文里的地点不止一种可能：城东区 / 和平街道 / 春风社区 / 春风社区第一网格 / 金桂苑（小区）"
            "；城东区 / 和平街道 / 春风社区 / 银杏苑（小区），能确定的只有 城东区 / 和平街道 / 春风社区",
        ),
    ],
)
def test_what_was_found_is_explained(city: Directory, text: str, sentence: str) -> None:
    assert city.find_place(text).explain() == sentence


_PARTS = st.sampled_from(
    [
        "金桂苑",
        "向阳社区",
        "城东区",
        "映月路",
        "长堤路",
        "与",
        "路口",
        "新",
        "，",
        "[名称]",
        "１２号",
        "社區",
        "<b>",
        "\ud800",
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_PARTS, max_size=12).map("".join), st.none() | _PARTS)
def test_any_text_has_a_place_or_none(city: Directory, text: str, area: str | None) -> None:
    place = city.find_place(text, area=area)
    assert all(0 <= span.start < span.end <= len(text if span.source == "text" else area or "") for span in place.spans)
    assert bool(place.spans) == bool(place.areas or place.rivals)
    assert len(place.rivals) != 1
    assert len({area.kind for area in place.areas}) == len(place.areas)

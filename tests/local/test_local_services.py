from __future__ import annotations

from typing import Any

import pytest

from petition_nlp.local.directory import Directory
from petition_nlp.local.services import with_services
from petition_nlp.route import Responsible


def matched(directory: Directory, text: str, matter: str, department: str | None = None) -> list[str]:
    place = directory.find_place(text)
    found = directory.match_services(matter=matter, department=department, place=place, text=text)
    return [match.service.name for match in found]


def test_words_and_place_find_a_service(city: Directory) -> None:
    assert matched(city, "金桂苑楼上漏水", "private") == ["和平街道人民调解委员会"]


def test_a_service_elsewhere_is_not_offered(city: Directory) -> None:
    assert matched(city, "柳湾街道楼上漏水", "private") == []
    assert matched(city, "楼上漏水", "private") == []


def test_a_service_for_the_whole_city_needs_no_place(city: Directory) -> None:
    assert matched(city, "想离婚，要起诉", "private") == ["临江市法律援助中心"]


def test_a_department_is_enough(city: Directory) -> None:
    assert matched(city, "邻居的事", "private", "justice") == ["临江市法律援助中心"]


@pytest.mark.parametrize("matter", ["government", "unclear", None])
def test_matters_of_a_department_get_none(city: Directory, matter: str | None) -> None:
    place = city.find_place("金桂苑楼上漏水")
    assert city.match_services(matter=matter, department=None, place=place, text="金桂苑楼上漏水") == []


def test_a_service_takes_only_its_own_matters(city: Directory) -> None:
    assert matched(city, "春风社区助餐点太远", "community") == ["春风助老服务队"]
    assert matched(city, "春风社区助餐点太远", "private") == []


def test_more_words_then_the_nearer_come_first(build: Any) -> None:
    services = [
        {"name": "全市", "kind": "市场服务", "offers": ["漏水"]},
        {"name": "街道", "kind": "市场服务", "offers": ["漏水"], "areas": ["和平街道"]},
        {"name": "两词", "kind": "市场服务", "offers": ["漏水", "水管"]},
    ]
    directory = build(("城东区", "区县"), ("和平街道", "街道", "城东区"), services=services)
    assert matched(directory, "和平街道水管漏水", "private") == ["两词", "街道", "全市"]


def test_the_channel_names_them(city: Directory) -> None:
    text = "金桂苑楼上漏水"
    found = city.match_services(matter="private", department=None, place=city.find_place(text), text=text)
    assert found[0].reason == "人民调解，诉求里提到「楼上、漏水」，服务和平街道"
    assert found[0].to_dict()["phone"] == "000-20001"
    party = Responsible("person", "当事人", "先自行协商。")
    assert with_services(party, found).channel == (
        "先自行协商。可联系：和平街道人民调解委员会（000-20001，和平街道便民服务中心二楼，工作日 9:00—17:00，免费）。"
    )
    assert with_services(party, []) is party

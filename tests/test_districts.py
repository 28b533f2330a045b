"""Rules of districts: where they hold, what they change, and what a wrong file is told."""

from __future__ import annotations

import pickle
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from toy import toy_model

from petition_nlp.conditions import AreaNames
from petition_nlp.districts import Districts
from petition_nlp.errors import TaxonomyError
from petition_nlp.local.gazetteer import Gazetteer
from petition_nlp.local.records import Area
from petition_nlp.policy import Policy
from petition_nlp.resources import data_path
from petition_nlp.route import Message, Route
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy

_TAXONOMY = Taxonomy.load()
_DISTRICTS: list[dict[str, Any]] = [
    {"name": "城东区", "code": "990101", "parts": ["和平街道"]},
    {"name": "城西区", "aliases": ["西城新区"], "parts": ["望江街道"]},
]
_RULE: dict[str, Any] = {
    "id": "物业",
    "area": "城东区",
    "matter": "community",
    "words": ["物业"],
    "outcome": {"matter": "government", "department": "housing"},
    "why": "城东区的规定",
    "source": "细则第四条",
}


def _file(folder: Path, *rules: dict[str, Any], districts: list[dict[str, Any]] = _DISTRICTS) -> Path:
    path = folder / "districts.yaml"
    content = {"version": "1", "districts": districts, "rules": list(rules)}
    path.write_text(yaml.safe_dump(content, allow_unicode=True, sort_keys=False), encoding="utf-8")
    return path


def _router(folder: Path, *rules: dict[str, Any]) -> Router:
    return Router(toy_model(), _TAXONOMY, Policy.load(), None, Districts.load(_file(folder, *rules), _TAXONOMY))


def _one(router: Router, area: str | None, text: str = "楼道门禁坏了物业不修请尽快处理") -> Route:
    return router.route([Message(text, area=area)])[0]


def _matter(route: Route) -> str:
    assert route.matter is not None
    return route.matter.code


@pytest.mark.parametrize("area", ["城东区", "990101", "某市城东区和平街道", "和平街道", "某市/城东区"])
def test_a_rule_holds_in_its_district_however_that_is_written(area: str, tmp_path: Path) -> None:
    route = _one(_router(tmp_path, _RULE), area)
    assert _matter(route) == "government"
    rule = route.rules[0]
    assert (rule.kind, rule.rule, rule.head, rule.before, rule.after) == (
        *("district", "物业", "matter", "community", "government"),
    )
    assert "城东区的规定，细则第四条" in route.rules[0].message
    assert route.department is not None
    assert route.department.code == "housing"
    assert route.responsible is not None
    assert route.responsible.kind == "department"


@pytest.mark.parametrize("area", ["城西区", "望江街道", "西城新区"])
def test_elsewhere_nothing_changes(area: str, tmp_path: Path) -> None:
    route = _one(_router(tmp_path, _RULE), area)
    assert _matter(route) == "community"
    assert route.rules == ()
    assert "district_unknown" not in [reason.code for reason in route.review.reasons]


@pytest.mark.parametrize("area", [None, "", "某市", "新城东区", "城东区与城西区交界"])
def test_where_the_district_is_unknown_and_would_matter_a_person_asks(area: str | None, tmp_path: Path) -> None:
    route = _one(_router(tmp_path, _RULE), area)
    assert _matter(route) == "community"
    [reason] = [own for own in route.review.reasons if own.code == "district_unknown"]
    assert "城东区「物业」" in reason.message


def test_where_it_would_not_matter_nobody_has_to_ask(tmp_path: Path) -> None:
    route = _one(_router(tmp_path, _RULE), None, "红绿灯坏了一个星期没有人管")
    assert "district_unknown" not in [reason.code for reason in route.review.reasons]


def test_a_rule_of_a_street_asks_for_the_street_within_its_district(tmp_path: Path) -> None:
    router = _router(tmp_path, {**_RULE, "area": "和平街道"})
    assert _matter(_one(router, "城东区和平街道")) == "government"
    assert "district_unknown" in [reason.code for reason in _one(router, "城东区").review.reasons]
    assert "district_unknown" not in [reason.code for reason in _one(router, "城西区").review.reasons]


def test_the_first_rule_that_holds_counts(tmp_path: Path) -> None:
    router = _router(tmp_path, {**_RULE, "outcome": {"matter": "private"}}, {**_RULE, "id": "另一条"})
    assert _matter(_one(router, "城东区")) == "private"


def test_a_rule_can_say_on_which_level_is_deliberated(tmp_path: Path) -> None:
    route = _one(_router(tmp_path, {**_RULE, "outcome": {"level": "building"}}), "城东区")
    assert route.responsible is not None
    assert route.responsible.level == "building"
    assert [rule.head for rule in route.rules] == ["level"]


def test_the_confidence_stays_that_of_the_model(tmp_path: Path) -> None:
    plain = Router(toy_model(), _TAXONOMY, Policy.load())
    before, after = _one(plain, "城东区"), _one(_router(tmp_path, _RULE), "城东区")
    assert before.matter and after.matter and before.department and after.department
    assert (before.matter.confidence, before.department.confidence) == (
        *(after.matter.confidence, after.department.confidence),
    )
    assert [own.code for own in before.review.reasons if own.code == "low_confidence"] == [
        own.code for own in after.review.reasons if own.code == "low_confidence"
    ]


def test_a_rule_that_departs_from_a_border_rule_takes_its_conditions_from_it(tmp_path: Path) -> None:
    border = next(rule for rule in _TAXONOMY.border_rules if rule["department"] == "housing")
    raw = {key: value for key, value in _RULE.items() if key not in ("matter", "words")}
    [rule] = Districts.load(_file(tmp_path, {**raw, "border": border["when"]}), _TAXONOMY).rules
    assert (rule.condition.matter, rule.condition.department) == (border["matter"], "housing")


def test_the_shipped_example_can_be_read() -> None:
    example = Districts.load(data_path("districts/example.yaml"), _TAXONOMY)
    assert [rule.id for rule in example.rules] == ["物业收费", "楼道堆物"]
    assert example.rules[0].condition.department == "housing"


def test_names_that_belong_to_longer_ones_are_none() -> None:
    names = AreaNames({"城东区": "城东区", "12": "城东区"})
    assert names.find("城东区 12") == {"城东区"}
    assert names.find("海城东区路120号") == frozenset()


def _gazetteer(street: str = "和平街道") -> Gazetteer:
    areas = Area("E", "城东区", "district"), Area("E1", street, "street", ("E",)), Area("W", "城西区", "district")
    return Gazetteer({area.id: area for area in areas})


_UNFINISHED = "楼道门禁坏了物业不修"


@pytest.mark.parametrize(
    ("message", "matter"),
    [
        (Message(f"和平街道{_UNFINISHED}"), "government"),
        (Message(_UNFINISHED, title="和平街道的物业"), "government"),
        (Message(f"和平街道{_UNFINISHED}", area="城东区"), "government"),
        (Message(f"和平街道{_UNFINISHED}", area="城西区"), "community"),
        (Message(f"城西区{_UNFINISHED}"), "community"),
        (Message(_UNFINISHED, area="望江街道"), "community"),
    ],
)
def test_a_gazetteer_finds_the_place_in_the_text(message: Message, matter: str, tmp_path: Path) -> None:
    router = replace(_router(tmp_path, _RULE), gazetteer=_gazetteer())
    for own in (router, pickle.loads(pickle.dumps(router))):
        assert _matter(own.route([message])[0]) == matter


def test_what_a_gazetteer_makes_of_a_place_is_number_and_name() -> None:
    gazetteer = _gazetteer()
    assert gazetteer.locate(Message("和平街道停电")).area == "E 城东区 E1 和平街道"
    assert gazetteer.locate(Message("和平街道和城西区交界停电")).area == ""
    assert gazetteer.locate(Message("停电", area="别处")).area == "别处"


def test_a_router_is_another_one_with_other_places(tmp_path: Path) -> None:
    router = _router(tmp_path, _RULE)
    found = [
        replace(router, gazetteer=own).identity for own in (None, _gazetteer(), _gazetteer(), _gazetteer("平安街道"))
    ]
    assert found[1] == found[2]
    assert found[0] != found[1] != found[3]


_MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "unknown place": ({"area": "城北区"}, "地点代码 城北区"),
    "no place": ({"area": []}, "没有写 area"),
    "no condition": ({"matter": None, "words": []}, "没有写条件"),
    "unknown matter": ({"matter": "huge"}, "事项类别代码 huge"),
    "unknown outcome": ({"outcome": {"matter": "huge"}}, "事项类别代码 huge"),
    "unknown department": ({"outcome": {"department": "rails"}}, "部门代码 rails"),
    "unknown level": ({"outcome": {"level": "floor"}}, "协商层级代码 floor"),
    "empty outcome": ({"outcome": {}}, "outcome 是空的"),
    "no outcome": ({"outcome": None}, "outcome"),
    "unknown border rule": ({"border": "没有这一条"}, "边界规则"),
    "misspelt key": ({"word": ["物业"]}, "不认识的项：word"),
    "word that is no text": ({"words": [1]}, "words"),
}


@pytest.mark.parametrize("mistake", _MISTAKES)
def test_a_wrong_rule_is_refused_with_file_and_line(mistake: str, tmp_path: Path) -> None:
    change, says = _MISTAKES[mistake]
    with pytest.raises(TaxonomyError) as found:
        Districts.load(_file(tmp_path, {**_RULE, **change}), _TAXONOMY)
    assert "districts.yaml 第 " in str(found.value)
    assert says in str(found.value)


def test_a_name_of_two_districts_is_refused(tmp_path: Path) -> None:
    districts = [*_DISTRICTS, {"name": "城北区", "parts": ["和平街道"]}]
    with pytest.raises(TaxonomyError, match="「和平街道」同时属于"):
        Districts.load(_file(tmp_path, _RULE, districts=districts), _TAXONOMY)


def test_two_rules_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TaxonomyError, match="重复"):
        Districts.load(_file(tmp_path, _RULE, _RULE), _TAXONOMY)

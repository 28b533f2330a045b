"""The taxonomy: the shipped files, and what a wrong file is told."""

from __future__ import annotations

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from petition_nlp.errors import TaxonomyError
from petition_nlp.resources import data_path
from petition_nlp.taxonomy import UNCLEAR, Department, Matter, Party, Taxonomy, Topic

_SHIPPED = Taxonomy.load()
_PAIRS = [(matter, code) for code, department in _SHIPPED.departments.items() for matter in department.matters]
_LABELS = [
    ("department", label, department.code)
    for department in _SHIPPED.departments.values()
    for label in (department.code, department.name, *department.aliases, *department.former_names)
] + [
    ("matter", label, matter.code)
    for matter in _SHIPPED.matters.values()
    for label in (matter.code, matter.name, *matter.aliases)
]


def _count(topics: tuple[Topic, ...], level: int) -> int:
    return len(topics) if level == 1 else sum(_count(topic.children, level - 1) for topic in topics)


def test_the_directory_has_48_departments() -> None:
    assert len(_SHIPPED.departments) == 48


def test_there_are_four_matters_in_the_order_of_the_practice() -> None:
    assert list(_SHIPPED.matters) == ["government", "community", "private", UNCLEAR]
    assert [matter.name for matter in _SHIPPED.matters.values()] == ["大事", "小事", "私事", "无法判断"]


@pytest.mark.parametrize(("level", "number"), [(1, 15), (2, 118), (3, 517)])
def test_the_national_classification_is_complete(level: int, number: int) -> None:
    assert _count(_SHIPPED.topics, level) == number


@pytest.mark.parametrize("name", ["matters.yaml", "departments.yaml", "topics.yaml"])
def test_each_file_carries_the_version(name: str) -> None:
    text = (data_path("taxonomy") / name).read_text(encoding="utf-8")
    assert f'\nversion: "{_SHIPPED.version}"\n' in text


@pytest.mark.parametrize("department", _SHIPPED.departments.values(), ids=lambda department: department.code)
def test_each_department_is_described_in_chinese(department: Department) -> None:
    assert re.search(r"[一-鿿]{2}", department.name)
    assert len(department.duty) >= 20
    if department.dispatch:
        assert len(department.typical) >= 3
        assert department.matters


@pytest.mark.parametrize("matter", _SHIPPED.matters.values(), ids=lambda matter: matter.code)
def test_each_matter_says_how_it_is_handled(matter: Matter) -> None:
    assert len(matter.definition) >= 20
    assert len(matter.handling) >= 20


@pytest.mark.parametrize(("head", "label", "code"), _LABELS)
def test_a_label_resolves_by_code_name_alias_and_former_name(head: str, label: str, code: str) -> None:
    assert _SHIPPED.resolve(head, f" {label}\n") == code


def test_a_label_that_is_not_in_the_taxonomy_comes_back_as_it_is() -> None:
    assert _SHIPPED.resolve("department", "火星局") == "火星局"
    assert _SHIPPED.resolve("topic7", "大事") == "大事"
    assert _SHIPPED.name("topic7", "劳动") == "劳动"
    assert not _SHIPPED.knows("topic7")


def test_the_second_department_has_the_labels_of_the_department() -> None:
    assert _SHIPPED.knows("co_department")
    assert _SHIPPED.resolve("co_department", "交警") == "traffic_police"
    assert _SHIPPED.name("co_department", "traffic_police") == _SHIPPED.departments["traffic_police"].name


@pytest.mark.parametrize(("matter", "department"), _PAIRS)
def test_someone_is_responsible_for_every_listed_pair(matter: str, department: str) -> None:
    party = _SHIPPED.matters[matter].party(department)
    if matter == UNCLEAR:
        assert party is None
        return
    assert isinstance(party, Party)
    assert party.kind == {"government": "department", "community": "community", "private": "person"}[matter]
    assert party.name
    assert party.channel


@pytest.mark.parametrize("matter", ["government", "community", "private"])
def test_someone_is_responsible_even_without_a_department(matter: str) -> None:
    assert _SHIPPED.matters[matter].party(None) is not None


def test_only_the_community_deliberates_and_on_one_of_its_levels() -> None:
    community = _SHIPPED.matters["community"]
    names = {level["code"]: level["name"] for level in community.levels}
    used = {party.level for party in (community.party(None), *community.party_by_department.values()) if party}
    assert set(names.values()) == {"楼栋", "小区", "社区"}
    assert used == set(names)
    assert all(_SHIPPED.matters[code].party(None).level is None for code in ("government", "private"))  # type: ignore[union-attr]


def test_the_json_form_holds_every_code_and_no_line_numbers() -> None:
    raw = json.dumps(_SHIPPED.to_dict(), ensure_ascii=False)
    assert "__line__" not in raw
    back = json.loads(raw)
    assert [matter["code"] for matter in back["matters"]] == list(_SHIPPED.matters)
    assert [department["code"] for department in back["departments"]] == list(_SHIPPED.departments)
    assert back["version"] == _SHIPPED.version


_MATTERS = """version: "1"
matters:
  - code: big
    name: 大
    aliases: [巨]
    definition: 大的
    handling: 办
    responsible:
      kind: department
      name: "{department}"
      channel: 热线
      by_department:
        roads: {name: 路, channel: 路边}
  - code: small
    name: 小
    definition: 小的
    handling: 议
    levels:
      - {code: house, name: 楼栋}
border_rules:
  - {when: 路坏, matter: big, department: roads}
"""
_DEPARTMENTS = """version: "1"
departments:
  - code: roads
    name: 公路部门
    duty: 修路
    aliases: [公路局]
    matters: [big]
  - code: water
    name: 水务部门
    duty: 供水
    former_names: [水利局]
"""
_TOPICS = """version: "1"
topics:
  - name: 建设
    children:
      - {name: 道路, children: [坑洼, 路灯]}
"""


@dataclass(frozen=True)
class _Mistake:
    """One change to a small valid taxonomy, and the line and words that the error must name."""

    file: str
    old: str
    new: str
    line: int
    says: str


_MISTAKES = {
    "duplicate department code": _Mistake("departments.yaml", "code: water", "code: roads", 8, "roads 重复"),
    "duplicate matter code": _Mistake("matters.yaml", "code: small", "code: big", 14, "big 重复"),
    "duplicate department name": _Mistake("departments.yaml", "水务部门", "公路局", 8, "「公路局」"),
    "duplicate former name": _Mistake("departments.yaml", "水利局", "公路部门", 8, "「公路部门」"),
    "name that is another's code": _Mistake("departments.yaml", "水利局", "roads", 8, "「roads」"),
    "duplicate matter name": _Mistake("matters.yaml", "name: 小", "name: 巨", 14, "「巨」"),
    "unknown matter of a department": _Mistake("departments.yaml", "[big]", "[huge]", 3, "事项类别代码 huge"),
    "unknown department of a party": _Mistake("matters.yaml", "roads: {", "rails: {", 13, "部门代码 rails"),
    "unknown matter of a rule": _Mistake("matters.yaml", "matter: big", "matter: huge", 21, "事项类别代码 huge"),
    "unknown department of a rule": _Mistake("matters.yaml", "department: roads", "department: x", 21, "部门代码 x"),
    "missing code": _Mistake("departments.yaml", "code: water", "kode: water", 8, "code"),
    "missing duty": _Mistake("departments.yaml", "    duty: 供水\n", "", 8, "duty"),
    "missing definition": _Mistake("matters.yaml", "    definition: 小的\n", "", 14, "definition"),
    "missing handling": _Mistake("matters.yaml", "    handling: 议\n", "", 14, "handling"),
    "missing channel": _Mistake("matters.yaml", "      channel: 热线\n", "", 9, "channel"),
    "missing topic name": _Mistake("topics.yaml", "{name: 道路,", "{title: 道路,", 5, "name"),
    "blank name": _Mistake("departments.yaml", "name: 水务部门", 'name: " "', 8, "name"),
    "number for a name": _Mistake("departments.yaml", "name: 水务部门", "name: 12", 8, "name"),
    "version mismatch": _Mistake("topics.yaml", '"1"', '"2"', 1, "版本 2"),
    "missing version": _Mistake("departments.yaml", 'version: "1"\n', "", 1, "version"),
    "number for a version": _Mistake("departments.yaml", '"1"', "1.0", 1, "version"),
    "missing list": _Mistake("departments.yaml", "departments:", "offices:", 1, "departments"),
    "text in a list of tables": _Mistake(
        "matters.yaml", "  - {when: 路坏", "  - 路坏\n  - {when: 路坏", 1, "border_rules"
    ),
    "text for a list of names": _Mistake("departments.yaml", "[公路局]", "公路局", 3, "aliases"),
    "number in a list of names": _Mistake("departments.yaml", "[公路局]", "[12328]", 3, "aliases"),
    "text for a party": _Mistake("matters.yaml", "{name: 路, channel: 路边}", "路", 13, "roads"),
    "text for a level": _Mistake("matters.yaml", "- {code: house, name: 楼栋}", "- 楼栋", 14, "levels"),
    "unknown level of a party": _Mistake("matters.yaml", "路边}", "路边, level: floor}", 13, "协商层级代码 floor"),
    "number for a topic": _Mistake("topics.yaml", "[坑洼, 路灯]", "[1, 2]", 5, "children"),
    "text for a switch": _Mistake(
        "departments.yaml", "    duty: 供水", '    dispatch: "no"\n    duty: 供水', 8, "dispatch"
    ),
    "broken YAML": _Mistake("departments.yaml", "aliases: [公路局]", "aliases: [公路局", 7, "YAML"),
    "tab for an indent": _Mistake("matters.yaml", "    name: 小", "\tname: 小", 15, "YAML"),
    "list at the top": _Mistake("topics.yaml", 'version: "1"\ntopics:\n', "", 1, "键值表"),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in (("matters", _MATTERS), ("departments", _DEPARTMENTS), ("topics", _TOPICS)):
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_taxonomy_of_ones_own_loads(folder: Path) -> None:
    taxonomy = Taxonomy.load(folder)
    assert list(taxonomy.matters) == ["big", "small"]
    assert taxonomy.resolve("department", "水利局") == "water"
    assert taxonomy.matters["big"].party("roads") == Party("department", "路", "路边")
    assert taxonomy.matters["big"].party("water") == Party("department", "{department}", "热线")
    assert taxonomy.matters["small"].party("roads") is None


@pytest.mark.parametrize("mistake", _MISTAKES.values(), ids=_MISTAKES.keys())
def test_a_mistake_is_named_with_file_and_line(folder: Path, mistake: _Mistake) -> None:
    path = folder / mistake.file
    text = path.read_text(encoding="utf-8")
    assert text.count(mistake.old) == 1
    path.write_text(text.replace(mistake.old, mistake.new), encoding="utf-8")
    with pytest.raises(TaxonomyError) as caught:
        Taxonomy.load(folder)
    assert caught.value.where == f"{path} 第 {mistake.line} 行"
    assert mistake.says in caught.value.what
    assert caught.value.todo


@pytest.mark.parametrize("name", ["matters.yaml", "departments.yaml", "topics.yaml"])
def test_a_missing_file_is_named(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(TaxonomyError, match="缺少分类文件") as caught:
        Taxonomy.load(folder)
    assert caught.value.where == str(folder / name)


def test_a_file_that_cannot_be_read_is_named(folder: Path) -> None:
    (folder / "topics.yaml").unlink()
    (folder / "topics.yaml").mkdir()
    with pytest.raises(TaxonomyError) as caught:
        Taxonomy.load(folder)
    assert caught.value.where == str(folder / "topics.yaml")


def test_a_file_in_another_encoding_is_named(folder: Path) -> None:
    path = folder / "departments.yaml"
    path.write_bytes(_DEPARTMENTS.encode("gb18030"))
    with pytest.raises(TaxonomyError, match="UTF-8") as caught:
        Taxonomy.load(folder)
    assert str(path) in caught.value.where


def test_a_file_never_runs_code(folder: Path) -> None:
    mark = folder / "mark"
    (folder / "topics.yaml").write_text(f'version: "1"\ntopics: !!python/object/apply:os.mkdir ["{mark}"]\n')
    with pytest.raises(TaxonomyError):
        Taxonomy.load(folder)
    assert not mark.exists()


def test_a_copy_of_the_shipped_folder_is_the_shipped_taxonomy(tmp_path: Path) -> None:
    shutil.copytree(data_path("taxonomy"), tmp_path / "copy")
    assert Taxonomy.load(tmp_path / "copy").to_dict() == _SHIPPED.to_dict()

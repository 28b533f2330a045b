"""Matters, departments and topics, loaded from ``data/taxonomy/*.yaml`` and checked.

The YAML files are the one place where 大事/小事/私事 and the departments are spelled out; the rest of the
program knows codes only through this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import yaml

from petition_nlp.errors import TaxonomyError
from petition_nlp.resources import YamlLoader, data_path

_LINE: Final = "__line__"

UNCLEAR: Final = "unclear"
"""Code of the fourth outcome 无法判断: never routed, always reviewed."""


@dataclass(frozen=True, slots=True)
class Party:
    """Who has to act for a matter (责任主体) and the channel that leads there.

    ``name`` may hold ``{department}``, replaced by the department's name.
    """

    kind: str
    name: str
    channel: str
    level: str | None = None


@dataclass(frozen=True, slots=True)
class Matter:
    """A class of the 三事分流 practice."""

    code: str
    name: str
    definition: str
    handling: str
    responsible_party: str = ""
    aliases: tuple[str, ...] = ()
    typical: tuple[str, ...] = ()
    levels: tuple[Mapping[str, str], ...] = ()
    default_party: Party | None = None
    party_by_department: Mapping[str, Party] = field(default_factory=dict)

    def party(self, department: str | None) -> Party | None:
        """Who acts when a matter of this class belongs to ``department``."""
        return self.party_by_department.get(department or "", self.default_party)


@dataclass(frozen=True, slots=True)
class Department:
    """A functional line (业务主管部门) of the canonical directory.

    ``matters`` lists the matter codes that plausibly occur together with it; ``dispatch`` is false for codes
    that an order is never sent to.
    """

    code: str
    name: str
    duty: str
    typical: tuple[str, ...] = ()
    former_names: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    matters: tuple[str, ...] = ()
    dispatch: bool = True


@dataclass(frozen=True, slots=True)
class Topic:
    """A node of the national petition classification (信访内容分类); the third level has no children."""

    name: str
    children: tuple[Topic, ...] = ()


@dataclass(frozen=True)
class Taxonomy:
    """The three files together; ``version`` is carried by every model and route."""

    version: str
    matters: Mapping[str, Matter]
    departments: Mapping[str, Department]
    topics: tuple[Topic, ...]
    border_rules: tuple[Mapping[str, str | None], ...]

    @classmethod
    def load(cls, folder: Path | None = None) -> Taxonomy:
        """Read and check the taxonomy.

        :param folder: holds ``matters.yaml``, ``departments.yaml``, ``topics.yaml``; default: the shipped one.
        :raises TaxonomyError: names file, line and what to correct.
        """
        return _Reader(folder or data_path("taxonomy")).taxonomy()

    def to_dict(self) -> dict[str, Any]:
        """JSON form of the whole taxonomy."""
        return {
            "version": self.version,
            "matters": [asdict(matter) for matter in self.matters.values()],
            "departments": [asdict(department) for department in self.departments.values()],
            "topics": [_topic_json(topic) for topic in self.topics],
            "border_rules": [dict(rule) for rule in self.border_rules],
        }

    def name(self, head: str, code: str) -> str:
        """Chinese name of a head's label; the code itself for heads outside the taxonomy."""
        table: Mapping[str, Matter | Department] = self._tables.get(head, {})
        return table[code].name if code in table else code

    def resolve(self, head: str, label: str) -> str:
        """Code for a label written as code, name, alias or former name; unknown labels come back as they are."""
        return self._names.get(head, {}).get(label.strip(), label.strip())

    def knows(self, head: str) -> bool:
        """Whether the head's labels are defined here."""
        return head in self._tables

    @cached_property
    def _tables(self) -> dict[str, Mapping[str, Any]]:
        return {"matter": self.matters, "department": self.departments, "co_department": self.departments}

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        matters = {n: m.code for m in self.matters.values() for n in (m.code, m.name, *m.aliases)}
        departments = {
            n: d.code for d in self.departments.values() for n in (d.code, d.name, *d.aliases, *d.former_names)
        }
        return {"matter": matters, "department": departments, "co_department": departments}


def _topic_json(topic: Topic) -> dict[str, Any]:
    return {"name": topic.name, "children": [_topic_json(child) for child in topic.children]}


def _without_line(raw: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key != _LINE}


class _LineLoader(YamlLoader):
    """A safe loader whose mappings remember the line they begin on."""


def _construct_mapping(loader: _LineLoader, node: yaml.MappingNode) -> dict[str, Any]:
    mapping: dict[Any, Any] = loader.construct_mapping(node, deep=True)
    return {**mapping, _LINE: node.start_mark.line + 1}


_LineLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, _construct_mapping)


class _Reader:
    """Reads the three files of one folder; every complaint names file and line."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def taxonomy(self) -> Taxonomy:
        matter_file = self._load("matters.yaml")
        department_file = self._load("departments.yaml")
        topic_file = self._load("topics.yaml")
        version = matter_file["version"]
        for name, content in (("departments.yaml", department_file), ("topics.yaml", topic_file)):
            if content["version"] != version:
                what = f"版本 {content['version']} 与 matters.yaml 的 {version} 不一致"
                raise self._error(name, content[_LINE], what, "请把三个文件的 version 改成同一个值")
        departments = self._unique("departments.yaml", self._list("departments.yaml", department_file, "departments"))
        matters = self._unique("matters.yaml", self._list("matters.yaml", matter_file, "matters"))
        taxonomy = Taxonomy(
            version=version,
            matters={code: self._matter(raw, departments) for code, raw in matters.items()},
            departments={code: self._department(raw, matters) for code, raw in departments.items()},
            topics=tuple(self._topic(raw) for raw in self._list("topics.yaml", topic_file, "topics")),
            border_rules=tuple(
                self._border_rule(raw, matters, departments)
                for raw in self._optional("matters.yaml", matter_file, "border_rules")
            ),
        )
        self._check_unique_names("matters.yaml", matters)
        self._check_unique_names("departments.yaml", departments)
        return taxonomy

    def _load(self, name: str) -> dict[str, Any]:
        path = self.folder / name
        try:
            content = yaml.load(path.read_text(encoding="utf-8"), Loader=_LineLoader)
        except OSError:
            raise TaxonomyError(
                "缺少分类文件或无法读取", where=str(path), todo="请补上该文件或改用自带的分类"
            ) from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            raise self._error(name, line, "不是有效的 UTF-8 YAML", "请检查缩进和引号") from error
        if not isinstance(content, dict):
            raise self._error(name, 1, "文件顶层应是键值表", "请参照自带的文件")
        self._text(name, content, "version")
        return content

    def _list(self, name: str, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
        items = content.get(key)
        if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
            raise self._error(name, content[_LINE], f"缺少列表 {key}", "请按自带文件的结构补上")
        return items

    def _optional(self, name: str, content: dict[str, Any], key: str) -> list[dict[str, Any]]:
        return [] if content.get(key) is None else self._list(name, content, key)

    def _strings(self, name: str, raw: dict[str, Any], key: str) -> tuple[str, ...]:
        items = [] if raw.get(key) is None else raw[key]
        if not isinstance(items, list) or not all(isinstance(item, str) and item.strip() for item in items):
            raise self._error(name, raw[_LINE], f"{key} 应是一列文字", "例如 [甲, 乙]（数字请加引号）")
        return tuple(item.strip() for item in items)

    def _unique(self, name: str, items: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
        by_code: dict[str, dict[str, Any]] = {}
        for item in items:
            code = self._text(name, item, "code")
            if code in by_code:
                first = by_code[code][_LINE]
                raise self._error(name, item[_LINE], f"代码 {code} 重复（首次在第 {first} 行）", "每个代码只能出现一次")
            by_code[code] = item
        return by_code

    def _check_unique_names(self, name: str, items: Mapping[str, dict[str, Any]]) -> None:
        owner = {code: code for code in items}
        for code, raw in items.items():
            names = (
                raw["name"].strip(),
                *self._strings(name, raw, "aliases"),
                *self._strings(name, raw, "former_names"),
            )
            for label in names:
                if owner.setdefault(label, code) != code:
                    what = f"名称「{label}」同时属于 {owner[label]} 和 {code}"
                    raise self._error(name, raw[_LINE], what, "一个名称只能指向一个代码")

    def _matter(self, raw: dict[str, Any], departments: Mapping[str, Any]) -> Matter:
        name = "matters.yaml"
        levels = tuple(_without_line(level) for level in self._optional(name, raw, "levels"))
        default: Party | None = None
        by_department: dict[str, Party] = {}
        if raw.get("responsible") is not None:
            responsible = self._table(name, raw, "responsible")
            kind = self._text(name, responsible, "kind")
            whole = self._table(name, responsible, "default") if "default" in responsible else responsible
            default = self._party(kind, whole, levels)
            table = self._table(name, responsible, "by_department") if "by_department" in responsible else {}
            for code in _without_line(table):
                party = self._table(name, table, code)
                self._known(name, party[_LINE], code, departments, "部门")
                by_department[code] = self._party(kind, party, levels)
        return Matter(
            code=raw["code"],
            name=self._text(name, raw, "name"),
            definition=self._text(name, raw, "definition"),
            handling=self._text(name, raw, "handling"),
            responsible_party=raw.get("responsible_party", ""),
            aliases=self._strings(name, raw, "aliases"),
            typical=self._strings(name, raw, "typical"),
            levels=levels,
            default_party=default,
            party_by_department=by_department,
        )

    def _party(self, kind: str, raw: dict[str, Any], levels: Iterable[Mapping[str, str]]) -> Party:
        name = "matters.yaml"
        if raw.get("level") is not None:
            known = {level.get("code", ""): level for level in levels}
            self._known(name, raw[_LINE], raw["level"], known, "协商层级")
        return Party(kind, self._text(name, raw, "name"), self._text(name, raw, "channel"), raw.get("level"))

    def _department(self, raw: dict[str, Any], matters: Mapping[str, Any]) -> Department:
        name = "departments.yaml"
        for code in self._strings(name, raw, "matters"):
            self._known(name, raw[_LINE], code, matters, "事项类别")
        dispatch = raw.get("dispatch", True)
        if not isinstance(dispatch, bool):
            raise self._error(name, raw[_LINE], f"dispatch 应是 true 或 false，不是 {dispatch}", "请改正（不加引号）")
        return Department(
            code=raw["code"],
            name=self._text(name, raw, "name"),
            duty=self._text(name, raw, "duty"),
            typical=self._strings(name, raw, "typical"),
            former_names=self._strings(name, raw, "former_names"),
            aliases=self._strings(name, raw, "aliases"),
            matters=self._strings(name, raw, "matters"),
            dispatch=dispatch,
        )

    def _topic(self, raw: dict[str, Any]) -> Topic:
        name = "topics.yaml"
        children = [] if raw.get("children") is None else raw["children"]
        if not isinstance(children, list) or not all(isinstance(child, str | dict) for child in children):
            raise self._error(name, raw[_LINE], "children 应是一列名称或下级分类", "请参照自带的文件")
        below = (Topic(child) if isinstance(child, str) else self._topic(child) for child in children)
        return Topic(self._text(name, raw, "name"), tuple(below))

    def _border_rule(
        self, raw: dict[str, Any], matters: Mapping[str, Any], departments: Mapping[str, Any]
    ) -> Mapping[str, str | None]:
        self._known("matters.yaml", raw[_LINE], raw.get("matter"), matters, "事项类别")
        if raw.get("department") is not None:
            self._known("matters.yaml", raw[_LINE], raw["department"], departments, "部门")
        return _without_line(raw)

    def _table(self, name: str, raw: dict[str, Any], key: str) -> dict[str, Any]:
        table = raw[key]
        if not isinstance(table, dict):
            raise self._error(name, raw[_LINE], f"{key} 应是键值表", "请参照自带的文件")
        return table

    def _known(self, name: str, line: int, code: Any, known: Mapping[str, Any], kind: str) -> None:
        if code not in known:
            raise self._error(name, line, f"引用了不存在的{kind}代码 {code}", f"可用：{'、'.join(known)}")

    def _text(self, name: str, raw: dict[str, Any], key: str) -> str:
        value = raw.get(key)
        if not isinstance(value, str) or not value.strip():
            raise self._error(name, raw[_LINE], f"缺少文字字段 {key}", "请补上（数字请加引号）")
        return value.strip()

    def _error(self, name: str, line: int, what: str, todo: str) -> TaxonomyError:
        return TaxonomyError(what, where=f"{self.folder / name} 第 {line} 行", todo=todo)

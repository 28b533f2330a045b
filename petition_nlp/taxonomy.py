"""Matters, departments and topics, loaded from ``data/taxonomy/*.yaml`` and checked.

The YAML files are the one place where 大事/小事/私事 and the departments are spelled out; the rest of the
program knows codes only through this module.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from petition_nlp.lined import LINE, LinedFolder, without_line
from petition_nlp.migration import Migration, Retired, read_migrations, retired_codes
from petition_nlp.resources import data_path

UNCLEAR: Final = "unclear"
"""Code of the fourth outcome 无法判断: never routed, always reviewed."""
FORMER: Final = "{name}（原）"
"""How a code that no longer exists is shown: by the name that it had."""


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
    """The three files together; ``version`` is carried by every model and route.

    :param migrations: from earlier versions to this one, oldest first.
    :param retired: codes of earlier versions that this one lacks, by head.
    """

    version: str
    matters: Mapping[str, Matter]
    departments: Mapping[str, Department]
    topics: tuple[Topic, ...]
    border_rules: tuple[Mapping[str, str | None], ...]
    migrations: tuple[Migration, ...] = ()
    retired: Mapping[str, Mapping[str, Retired]] = field(default_factory=lambda: {"matter": {}, "department": {}})

    @classmethod
    def load(cls, folder: Path | None = None) -> Taxonomy:
        """Read and check the taxonomy.

        :param folder: holds ``matters.yaml``, ``departments.yaml``, ``topics.yaml``, and a ``migration*.yaml`` for each
            earlier version whose models and routes it has to know; default: the shipped one.
        :raises TaxonomyError: names file, line and what to correct.
        """
        return _Reader(folder or data_path("taxonomy")).taxonomy()

    @classmethod
    def load_files(cls, folder: Path) -> Taxonomy:
        """As `load`, without a look at migrations: for a version whose migration is still to be written."""
        return _Reader(folder).files()

    def to_dict(self) -> dict[str, Any]:
        """JSON form of the whole taxonomy."""
        return {
            "version": self.version,
            "matters": [asdict(matter) for matter in self.matters.values()],
            "departments": [asdict(department) for department in self.departments.values()],
            "topics": [_topic_json(topic) for topic in self.topics],
            "border_rules": [dict(rule) for rule in self.border_rules],
            "retired": {head: [asdict(retired) for retired in codes.values()] for head, codes in self.retired.items()},
        }

    @property
    def terms(self) -> dict[str, dict[str, str]]:
        """Names of matters and departments by code."""
        return {
            "matter": {code: matter.name for code, matter in self.matters.items()},
            "department": {code: department.name for code, department in self.departments.items()},
        }

    def name(self, head: str, code: str) -> str:
        """Chinese name of a head's label; of a retired one its last name, marked; the code itself for other labels."""
        table: Mapping[str, Matter | Department] = self._tables.get(head, {})
        if code in table:
            return table[code].name
        code, _, version = code.partition("@")
        if version and code in table:  # what the present one was split from
            return FORMER.format(name=self._name_then(head, code, version))
        retired = self._retired(head).get(code)
        return code if retired is None else FORMER.format(name=retired.name)

    def resolve(self, head: str, label: str) -> str:
        """Code for a label written as code, name, alias or former name; unknown labels come back as they are.

        Retired codes and their names stand for the code that all of them became.
        """
        return self._names.get(head, {}).get(label.strip(), label.strip())

    def current(self, head: str, code: str) -> str:
        """The code that a retired one became as a whole; any other code as it is."""
        retired = self._retired(head).get(code)
        return code if retired is None else retired.successor or code

    def former(self, head: str, code: str) -> tuple[str, ...]:
        """Retired codes that became a code as a whole: under these the same is stored from before."""
        return tuple(own.code for own in self._retired(head).values() if own.successor == code)

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
        for head, names in (("matter", matters), ("department", departments)):
            for retired in self._retired(head).values():
                if retired.successor is not None:
                    names.setdefault(retired.code, retired.successor)
                    names.setdefault(retired.name, retired.successor)
        return {"matter": matters, "department": departments, "co_department": departments}

    def _name_then(self, head: str, code: str, version: str) -> str:
        terms = "department" if head == "co_department" else head
        return next(own.before[terms][code] for own in self.migrations if own.old == version)

    def _retired(self, head: str) -> Mapping[str, Retired]:
        return self.retired.get("department" if head == "co_department" else head, {})


def _topic_json(topic: Topic) -> dict[str, Any]:
    return {"name": topic.name, "children": [_topic_json(child) for child in topic.children]}


class _Reader(LinedFolder):
    """Reads the files of one folder."""

    def taxonomy(self) -> Taxonomy:
        taxonomy = self.files()
        migrations = read_migrations(self, taxonomy.version, taxonomy.terms)
        return replace(taxonomy, migrations=migrations, retired=retired_codes(migrations, taxonomy.terms))

    def files(self) -> Taxonomy:
        matter_file = self.load("matters.yaml")
        department_file = self.load("departments.yaml")
        topic_file = self.load("topics.yaml")
        version = self.text("matters.yaml", matter_file, "version")
        for name, content in (("departments.yaml", department_file), ("topics.yaml", topic_file)):
            own = self.text(name, content, "version")
            if own != version:
                what = f"版本 {own} 与 matters.yaml 的 {version} 不一致"
                raise self.error(name, content[LINE], what, "请把三个文件的 version 改成同一个值")
        departments = self.unique("departments.yaml", self.records("departments.yaml", department_file, "departments"))
        matters = self.unique("matters.yaml", self.records("matters.yaml", matter_file, "matters"))
        taxonomy = Taxonomy(
            version=version,
            matters={code: self._matter(raw, departments) for code, raw in matters.items()},
            departments={code: self._department(raw, matters) for code, raw in departments.items()},
            topics=tuple(self._topic(raw) for raw in self.records("topics.yaml", topic_file, "topics")),
            border_rules=tuple(
                self._border_rule(raw, matters, departments)
                for raw in self.optional("matters.yaml", matter_file, "border_rules")
            ),
        )
        self._check_unique_names("matters.yaml", matters)
        self._check_unique_names("departments.yaml", departments)
        return taxonomy

    def _check_unique_names(self, name: str, items: Mapping[str, dict[str, Any]]) -> None:
        owner = {code: code for code in items}
        for code, raw in items.items():
            names = (
                raw["name"].strip(),
                *self.strings(name, raw, "aliases"),
                *self.strings(name, raw, "former_names"),
            )
            for label in names:
                if owner.setdefault(label, code) != code:
                    what = f"名称「{label}」同时属于 {owner[label]} 和 {code}"
                    raise self.error(name, raw[LINE], what, "一个名称只能指向一个代码")

    def _matter(self, raw: dict[str, Any], departments: Mapping[str, Any]) -> Matter:
        name = "matters.yaml"
        levels = tuple(without_line(level) for level in self.optional(name, raw, "levels"))
        default: Party | None = None
        by_department: dict[str, Party] = {}
        if raw.get("responsible") is not None:
            responsible = self.table(name, raw, "responsible")
            kind = self.text(name, responsible, "kind")
            whole = self.table(name, responsible, "default") if "default" in responsible else responsible
            default = self._party(kind, whole, levels)
            table = self.table(name, responsible, "by_department") if "by_department" in responsible else {}
            for code in without_line(table):
                party = self.table(name, table, code)
                self.known(name, party[LINE], code, departments, "部门")
                by_department[code] = self._party(kind, party, levels)
        return Matter(
            code=raw["code"],
            name=self.text(name, raw, "name"),
            definition=self.text(name, raw, "definition"),
            handling=self.text(name, raw, "handling"),
            responsible_party=raw.get("responsible_party", ""),
            aliases=self.strings(name, raw, "aliases"),
            typical=self.strings(name, raw, "typical"),
            levels=levels,
            default_party=default,
            party_by_department=by_department,
        )

    def _party(self, kind: str, raw: dict[str, Any], levels: Iterable[Mapping[str, str]]) -> Party:
        name = "matters.yaml"
        if raw.get("level") is not None:
            known = {level.get("code", ""): level for level in levels}
            self.known(name, raw[LINE], raw["level"], known, "协商层级")
        return Party(kind, self.text(name, raw, "name"), self.text(name, raw, "channel"), raw.get("level"))

    def _department(self, raw: dict[str, Any], matters: Mapping[str, Any]) -> Department:
        name = "departments.yaml"
        for code in self.strings(name, raw, "matters"):
            self.known(name, raw[LINE], code, matters, "事项类别")
        dispatch = raw.get("dispatch", True)
        if not isinstance(dispatch, bool):
            raise self.error(name, raw[LINE], f"dispatch 应是 true 或 false，不是 {dispatch}", "请改正（不加引号）")
        return Department(
            code=raw["code"],
            name=self.text(name, raw, "name"),
            duty=self.text(name, raw, "duty"),
            typical=self.strings(name, raw, "typical"),
            former_names=self.strings(name, raw, "former_names"),
            aliases=self.strings(name, raw, "aliases"),
            matters=self.strings(name, raw, "matters"),
            dispatch=dispatch,
        )

    def _topic(self, raw: dict[str, Any]) -> Topic:
        name = "topics.yaml"
        children = [] if raw.get("children") is None else raw["children"]
        if not isinstance(children, list) or not all(isinstance(child, str | dict) for child in children):
            raise self.error(name, raw[LINE], "children 应是一列名称或下级分类", "请参照自带的文件")
        below = (Topic(child) if isinstance(child, str) else self._topic(child) for child in children)
        return Topic(self.text(name, raw, "name"), tuple(below))

    def _border_rule(
        self, raw: dict[str, Any], matters: Mapping[str, Any], departments: Mapping[str, Any]
    ) -> Mapping[str, str | None]:
        self.known("matters.yaml", raw[LINE], raw.get("matter"), matters, "事项类别")
        if raw.get("department") is not None:
            self.known("matters.yaml", raw[LINE], raw["department"], departments, "部门")
        return without_line(raw)

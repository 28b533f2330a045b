"""From one version of the taxonomy to the next: what became of every code, as ``migration*.yaml`` says.

The file lists the codes of the earlier version with their names, so that it can be checked by itself and what was
stored under them stays readable. Several files make a chain up to the version of their folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cached_property
from typing import Any, Final

from petition_nlp.conditions import CONDITIONS, Condition, read_condition
from petition_nlp.errors import TaxonomyError
from petition_nlp.lined import LINE, LinedFolder, without_line

MATTER: Final = "matter"
DEPARTMENT: Final = "department"
PATTERN: Final = "migration*.yaml"
_LISTS: Final = {MATTER: "matters", DEPARTMENT: "departments"}
_NAMES: Final = {MATTER: "事项类别", DEPARTMENT: "部门"}
_KEPT: Final = "unclear"
_REASSIGN: Final = "reassign"

Terms = Mapping[str, Mapping[str, str]]
"""Names by code, for matters and for departments."""


class Kind(StrEnum):
    """What can become of codes."""

    RENAME = "rename"
    MERGE = "merge"
    SPLIT = "split"
    RETIRE = "retire"
    ADD = "add"


KIND_NAMES: Final = {
    Kind.RENAME: "改代码",
    Kind.MERGE: "合并",
    Kind.SPLIT: "拆分",
    Kind.RETIRE: "撤销",
    Kind.ADD: "新设",
}
_SIZES: Final = {
    Kind.RENAME: ("一个", "一个"),
    Kind.MERGE: ("几个", "一个"),
    Kind.SPLIT: ("一个", "几个"),
    Kind.RETIRE: ("一个", "不写"),
    Kind.ADD: ("不写", "一个"),
}
"""How many codes ``from`` and ``to`` name."""


@dataclass(frozen=True, slots=True)
class SplitRule:
    """Which part of a split a message belongs to; its condition names codes of the present version."""

    condition: Condition
    to: str


@dataclass(frozen=True, slots=True)
class Step:
    """What became of some codes.

    :param old: codes of the earlier version; :param new: of the later one.
    :param rules: of a split; the first that holds decides, and people do where none does.
    """

    kind: Kind
    head: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    rules: tuple[SplitRule, ...] = ()
    why: str = ""


@dataclass(frozen=True, slots=True)
class Reassignment:
    """A kind of messages that another department, or another matter, answers for from now on.

    :param condition: in codes of the later version, as are ``department`` and ``matter``, the outcome.
    """

    name: str
    condition: Condition
    department: str | None
    matter: str | None
    why: str = ""


@dataclass(frozen=True, slots=True)
class Retired:
    """A code that no longer exists.

    :param successor: the code that all of it became; None where there is none or several.
    """

    code: str
    name: str
    version: str
    successor: str | None


@dataclass(frozen=True)
class Migration:
    """One step from version ``old`` to version ``new``.

    :param before: every code of the earlier version.
    """

    old: str
    new: str
    before: Terms
    steps: tuple[Step, ...]
    reassignments: tuple[Reassignment, ...]

    def step(self, head: str, code: str) -> Step | None:
        """What became of a code; None if it stayed."""
        return self._steps.get((head, code))

    def exact(self, head: str, code: str) -> str | None:
        """The code that all of a code became; None where there is none or several."""
        step = self.step(head, code)
        return code if step is None else step.new[0] if step.kind in (Kind.RENAME, Kind.MERGE) else None

    @cached_property
    def _steps(self) -> Mapping[tuple[str, str], Step]:
        return {(step.head, code): step for step in self.steps for code in step.old}


def retired_codes(migrations: Sequence[Migration], terms: Terms) -> dict[str, dict[str, Retired]]:
    """The codes of earlier versions that the present one lacks, by head.

    :param migrations: oldest first. :param terms: of the present version.
    """
    found: dict[str, dict[str, Retired]] = {MATTER: {}, DEPARTMENT: {}}
    for number, migration in enumerate(migrations):
        for head, names in migration.before.items():
            for code, name in names.items():
                if code not in terms[head]:
                    successor = _successor(migrations[number:], head, code)
                    found[head][code] = Retired(code, name, migration.old, successor)
    return found


def _successor(migrations: Sequence[Migration], head: str, code: str) -> str | None:
    present: str | None = code
    for migration in migrations:
        present = present and migration.exact(head, present)
    return present


def reassignments_of(migrations: Sequence[Migration]) -> tuple[Reassignment, ...]:
    """The re-assignments of all migrations, in codes of the present version; those of the last one first.

    :raises TaxonomyError: one names a code that a later version split, merged or retired.
    """
    found: list[Reassignment] = []
    for number, migration in enumerate(migrations):
        found[:0] = [_carried(own, migrations[number + 1 :], migration) for own in migration.reassignments]
    return tuple(found)


def _carried(own: Reassignment, later: Sequence[Migration], where: Migration) -> Reassignment:
    def carry(head: str, code: str | None, *, alone: bool) -> str | None:
        for migration in later:
            step = code and migration.step(head, code)
            if code is None or not step:
                continue
            if step.kind is not Kind.RENAME and (alone or step.kind is not Kind.MERGE):
                what = f"改派「{own.name}」（{where.old} → {where.new}）用到的 {code} 在 {migration.new} 里又变了"
                raise TaxonomyError(what, todo=f"请把这条改派删去，在到 {migration.new} 的迁移文件里重写")
            code = step.new[0]
        return code

    condition = replace(
        own.condition,
        matter=carry(MATTER, own.condition.matter, alone=True),
        department=carry(DEPARTMENT, own.condition.department, alone=True),
    )
    department = carry(DEPARTMENT, own.department, alone=False)
    return replace(own, condition=condition, department=department, matter=carry(MATTER, own.matter, alone=False))


def read_migrations(reader: LinedFolder, version: str, terms: Terms) -> tuple[Migration, ...]:
    """The chain of migrations in a taxonomy's folder, oldest first.

    :param version: of the folder; :param terms: its codes.
    :raises TaxonomyError: names file, line and what to correct.
    """
    names = sorted(path.name for path in reader.folder.glob(PATTERN))
    files = {name: reader.load(name) for name in names}
    by_target: dict[str, str] = {}
    for name, raw in files.items():
        reader.only(name, raw, ("from", "to", "before", "steps"))
        target = reader.text(name, raw, "to")
        if by_target.setdefault(target, name) != name:
            what = f"{by_target[target]} 也说明怎样变为 {target}"
            raise reader.error(name, raw[LINE], what, "每个版本只从一个版本变来，请合并两个文件或改正 to")
    found: list[Migration] = []
    while version in by_target:
        name = by_target.pop(version)
        migration = _Migrations(reader, name).migration(files[name], terms)
        found.insert(0, migration)
        version, terms = migration.old, migration.before
    for target, name in by_target.items():
        known = "、".join([*(migration.old for migration in found), found[-1].new if found else version])
        raise reader.error(name, files[name][LINE], f"to 写的版本 {target} 未知", f"这里已知的版本：{known}")
    reassignments_of(found)
    return tuple(_with_present_codes(own, found[number:]) for number, own in enumerate(found, start=1))


def _with_present_codes(migration: Migration, later: Sequence[Migration]) -> Migration:
    """The rules of its splits with the codes that messages have by now; those of a code that has no one successor
    hold for nothing any more, and people decide."""

    def renamed(head: str, code: str | None) -> str | None:
        for own in later:
            step = code and own.step(head, code)
            if step and step.kind is Kind.RENAME:
                code = step.new[0]
        return code

    def carried(rule: SplitRule) -> SplitRule:
        own = rule.condition
        matter, department = renamed(MATTER, own.matter), renamed(DEPARTMENT, own.department)
        return replace(rule, condition=replace(own, matter=matter, department=department))

    steps = tuple(replace(step, rules=tuple(map(carried, step.rules))) for step in migration.steps)
    return replace(migration, steps=steps)


@dataclass(frozen=True)
class _Migrations:
    """Reads and checks one file."""

    reader: LinedFolder
    name: str

    def migration(self, raw: dict[str, Any], after: Terms) -> Migration:
        old, new = (self.reader.text(self.name, raw, key) for key in ("from", "to"))
        if old == new:
            raise self._error(raw, "from 和 to 是同一个版本", "新版分类须有新的 version")
        before = self._before(raw)
        tables = self.reader.records(self.name, raw, "steps")
        steps = tuple(self._step(table, before, after) for table in tables if table.get("kind") != _REASSIGN)
        plain = [table for table in tables if table.get("kind") != _REASSIGN]
        self._check_once(steps, plain)
        self._check_complete(raw, steps, before, after)
        reassignments = tuple(self._reassignment(table, after) for table in tables if table.get("kind") == _REASSIGN)
        return Migration(old, new, before, steps, reassignments)

    def _before(self, raw: dict[str, Any]) -> Terms:
        whole = self.reader.table(self.name, raw, "before")
        self.reader.only(self.name, whole, tuple(_LISTS.values()))
        found = {}
        for head, key in _LISTS.items():
            table = self.reader.table(self.name, whole, key)
            found[head] = {code: self.reader.text(self.name, table, code) for code in without_line(table)}
        return found

    def _step(self, raw: dict[str, Any], before: Terms, after: Terms) -> Step:
        self.reader.only(self.name, raw, ("kind", "head", "from", "to", "rules", "why"))
        kind, head = self._kind(raw), raw.get("head", DEPARTMENT)
        if head not in _LISTS:
            raise self._error(raw, f"head 应是 {MATTER} 或 {DEPARTMENT}，不是 {head}", "请改正")
        old, new = (self.reader.one_or_more(self.name, raw, key) for key in ("from", "to"))
        for codes, allowed, key in zip((old, new), _SIZES[kind], ("from", "to"), strict=True):
            count = "不写" if not codes else "一个" if len(set(codes)) == 1 else "几个"
            if count != allowed or len(set(codes)) < len(codes):
                raise self._error(raw, f"{KIND_NAMES[kind]}的 {key} 应写{allowed}代码", "请参照文档里的例子")
        for code in old:
            self.reader.known(self.name, raw[LINE], code, before[head], f"旧{_NAMES[head]}")
        for code in new:
            self.reader.known(self.name, raw[LINE], code, after[head], f"新{_NAMES[head]}")
        self._check_kept(raw, kind, head, old, new, before, after)
        return Step(kind, head, old, new, tuple(self._rules(raw, kind, new, after)), raw.get("why") or "")

    def _kind(self, raw: dict[str, Any]) -> Kind:
        try:
            return Kind(raw.get("kind", ""))
        except ValueError:
            kinds = "、".join([*Kind, _REASSIGN])
            raise self._error(raw, f"kind 是 {raw.get('kind')}，没有这种步骤", f"可用：{kinds}") from None

    def _check_kept(
        self,
        raw: dict[str, Any],
        kind: Kind,
        head: str,
        old: Sequence[str],
        new: Sequence[str],
        before: Terms,
        after: Terms,
    ) -> None:
        """An old code that still exists must be one of the new ones, and the other way round."""
        if _KEPT in (*old, *new) and head == MATTER:
            raise self._error(raw, f"{_KEPT}（无法判断）不能改动", "请保留它")
        left = [code for code in old if code in after[head] and (kind is Kind.RENAME or code not in new)]
        if left:
            raise self._error(raw, f"{left[0]} 在新版里仍然存在", "请从新版里删去它，或改用别的步骤")
        taken = [code for code in new if code in before[head] and code not in old]
        if taken and kind is not Kind.SPLIT:
            what = f"{taken[0]} 在旧版里已经存在"
            raise self._error(raw, what, "并入已有的代码请写 merge，并把它也列进 from")

    def _rules(self, raw: dict[str, Any], kind: Kind, new: Sequence[str], after: Terms) -> Iterator[SplitRule]:
        rules = self.reader.optional(self.name, raw, "rules")
        if rules and kind is not Kind.SPLIT:
            raise self._error(raw, "只有拆分（split）才有 rules", "请删去它，或改用 reassign")
        for rule in rules:
            self.reader.only(self.name, rule, ("to", *CONDITIONS))
            to = self.reader.text(self.name, rule, "to")
            self.reader.known(self.name, rule[LINE], to, new, "拆分去向")
            yield SplitRule(self._condition(rule, after), to)

    def _reassignment(self, raw: dict[str, Any], after: Terms) -> Reassignment:
        self.reader.only(self.name, raw, ("kind", "name", "to", "to_matter", "why", *CONDITIONS))
        department, matter = (self.reader.optional_text(self.name, raw, key) for key in ("to", "to_matter"))
        if department is None and matter is None:
            raise self._error(raw, "改派没有写去向", "请写 to（部门）或 to_matter（事项类别）")
        for head, code in ((DEPARTMENT, department), (MATTER, matter)):
            if code is not None:
                self.reader.known(self.name, raw[LINE], code, after[head], f"新{_NAMES[head]}")
        condition = self._condition(raw, after)
        if condition.is_empty:
            raise self._error(raw, "改派没有写条件", f"请至少写一项：{'、'.join(CONDITIONS)}")
        name = self.reader.text(self.name, raw, "name")
        return Reassignment(name, condition, department, matter, raw.get("why") or "")

    def _condition(self, raw: dict[str, Any], after: Terms) -> Condition:
        return read_condition(self.reader, self.name, raw, matters=after[MATTER], departments=after[DEPARTMENT])

    def _check_once(self, steps: Sequence[Step], tables: Sequence[dict[str, Any]]) -> None:
        seen: dict[tuple[str, str], int] = {}
        for step, table in zip(steps, tables, strict=True):
            for code in step.old:
                if (step.head, code) in seen:
                    what = f"{code} 在第 {seen[step.head, code]} 行的步骤里已经写过"
                    raise self._error(table, what, "每个旧代码只能有一个去向")
                seen[step.head, code] = table[LINE]

    def _check_complete(self, raw: dict[str, Any], steps: Sequence[Step], before: Terms, after: Terms) -> None:
        """Every code of either version is told of."""
        for head, kind in _NAMES.items():
            old = {code for step in steps if step.head == head for code in step.old}
            new = {code for step in steps if step.head == head for code in step.new}
            lost = [code for code in before[head] if code not in old and code not in after[head]]
            if lost:
                what = f"旧{kind}代码 {'、'.join(lost)} 没有去向，新版里也没有"
                raise self._error(raw, what, "请为它写一步：rename、merge、split 或 retire")
            unexplained = [code for code in after[head] if code not in before[head] and code not in new]
            if unexplained:
                what = f"新{kind}代码 {'、'.join(unexplained)} 没有来历"
                raise self._error(raw, what, "请为它写一步，全新的写 kind: add")

    def _error(self, raw: Mapping[str, Any], what: str, todo: str) -> TaxonomyError:
        return self.reader.error(self.name, raw[LINE], what, todo)

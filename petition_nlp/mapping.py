"""A model of an earlier taxonomy, read in the codes of the present one.

Probabilities of labels that became one code are summed, right behind the calibration; that is exact, since a message
belongs to the merged department if it belonged to any of its parts. A label whose messages go different ways keeps a
column of its own, named ``code@version``, until written rules have looked at the message (`petition_nlp.adjust`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import LinearHead
from petition_nlp.classify.profile import Profile
from petition_nlp.conditions import Facts
from petition_nlp.errors import ModelError
from petition_nlp.migration import DEPARTMENT, MATTER, Kind, Migration, Reassignment, Step, reassignments_of

FloatArray = NDArray[np.float32]
IntArray = NDArray[np.int64]

_TERMS: Final = {MATTER: MATTER, DEPARTMENT: DEPARTMENT, "co_department": DEPARTMENT}
"""Which list of codes the labels of a head are of."""


@dataclass(frozen=True, slots=True)
class HeadMap:
    """The labels of one head as columns of the present taxonomy.

    :param name: of the head; :param labels: of the columns; :param leave: those left to people.
    :param columns: for each label of the model, its column.
    """

    name: str
    labels: tuple[str, ...]
    leave: frozenset[str]
    columns: IntArray

    @property
    def merged(self) -> frozenset[str]:
        """Columns that several labels make up."""
        counts = np.bincount(self.columns, minlength=len(self.labels)).tolist()
        return frozenset(label for label, count in zip(self.labels, counts, strict=True) if count > 1)

    def apply(self, table: FloatArray) -> FloatArray:
        """(n, labels of the model) probabilities to (n, columns)."""
        return np.asarray(table @ self.matrix(), dtype=np.float32)

    def matrix(self) -> FloatArray:
        """(labels of the model, columns), one in each row."""
        found = np.zeros((len(self.columns), len(self.labels)), dtype=np.float32)
        found[np.arange(len(self.columns)), self.columns] = 1
        return found


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a code for one message.

    :param codes: one; several or none where people have to say.
    :param steps: what moved it there, the last one being what left it open.
    """

    codes: tuple[str, ...]
    steps: tuple[tuple[Step, str], ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether people have to say."""
        return len(self.codes) != 1


@dataclass(frozen=True)
class Chain:
    """Migrations from a model's taxonomy to the present one, oldest first."""

    migrations: tuple[Migration, ...]

    @property
    def old(self) -> str:
        """The version that it begins with."""
        return self.migrations[0].old

    def column(self, head: str, code: str) -> str:
        """The code that a label became whatever the message says; else where its ways part, as ``code@version``."""
        for migration in self.migrations:
            step = migration.step(head, code)
            exact = migration.exact(head, code)
            if step is not None and exact is None:
                return f"{code}@{migration.old}"
            code = exact or code
        return code

    def of_column(self, head: str, column: str, facts: Facts) -> Fate:
        """What a column stands for in one message."""
        code, parts, version = column.partition("@")
        return self._fate(head, code, self._places[version], facts) if parts else Fate((code,))

    def of_code(self, head: str, code: str, facts: Facts) -> Fate:
        """What became of a code of the first version for one message."""
        return self._fate(head, code, 0, facts)

    def _fate(self, head: str, code: str, number: int, facts: Facts) -> Fate:
        taken: list[tuple[Step, str]] = []
        for place, migration in enumerate(self.migrations[number:], start=number):
            step = migration.step(head, code)
            if step is None:
                continue
            following = _following(step, facts)
            taken.append((step, code))
            if len(following) != 1:
                parts = [self._fate(head, one, place + 1, facts) for one in following]
                return Fate(tuple(dict.fromkeys(one for part in parts for one in part.codes)), tuple(taken))
            code = following[0]
        return Fate((code,), tuple(taken))

    @cached_property
    def reassignments(self) -> tuple[Reassignment, ...]:
        """Those of all migrations, in present codes."""
        return reassignments_of(self.migrations)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {migration.old: place for place, migration in enumerate(self.migrations)}


def is_open(column: str) -> bool:
    """Whether what a column stands for depends on the message."""
    return "@" in column


def _following(step: Step, facts: Facts) -> tuple[str, ...]:
    if step.kind is Kind.SPLIT:
        chosen = next((rule.to for rule in step.rules if rule.condition.holds(facts)), None)
        return step.new if chosen is None else (chosen,)
    return step.new


def chain_from(migrations: Sequence[Migration], version: str) -> Chain | None:
    """The migrations that lead from a version to the present one; None if there are none."""
    versions = [migration.old for migration in migrations]
    return Chain(tuple(migrations[versions.index(version) :])) if version in versions else None


def map_heads(heads: Mapping[str, LinearHead], chain: Chain) -> dict[str, HeadMap]:
    """How the heads of a model are read; heads outside the taxonomy need nothing.

    :raises ModelError: a label cannot be told apart from a new code.
    """
    return {name: _map_head(head, _TERMS[name], chain) for name, head in heads.items() if name in _TERMS}


def _map_head(head: LinearHead, terms: str, chain: Chain) -> HeadMap:
    first = chain.migrations[0].before[terms]
    new = {code for migration in chain.migrations for step in migration.steps for code in step.new}
    doubtful = [label for label in head.labels if label not in first and label in new]
    if doubtful:
        what = f"模型的标签 {'、'.join(doubtful)} 不是 {chain.old} 的代码，却是后来新设的代码"
        raise ModelError(what, todo=f"请在迁移文件的 before 里补上它（{head.name}），或用新分类重新训练")
    named = [chain.column(terms, label) if label in first else label for label in head.labels]
    labels = tuple(dict.fromkeys(named))
    leave = frozenset(column for label, column in zip(head.labels, named, strict=True) if label in head.leave)
    return HeadMap(head.name, labels, leave, np.array([labels.index(column) for column in named], dtype=np.int64))


def map_profile(profile: Profile, maps: Mapping[str, HeadMap]) -> Profile:
    """A profile whose calibration rows name columns.

    A wrong choice among labels that are one now stays counted as wrong: what follows from the rows is on the safe side.
    """
    rows = {
        name: replace(own, choice=maps[name].columns[own.choice]) if name in maps else own
        for name, own in profile.calibration_rows.items()
    }
    return replace(profile, calibration_rows=rows)

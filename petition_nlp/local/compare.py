"""Two versions of a directory: what was added, removed and changed, and which messages go elsewhere now."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, Final

from petition_nlp.local.assign import Assignment
from petition_nlp.local.directory import Directory
from petition_nlp.local.reading import KINDS

_KEYS: Final = {"units": "code", "rules": "id", "places": "id", "services": "id"}
_NAMES: Final = {"units": "name", "rules": "id", "places": "name", "services": "name"}
ORDER: Final = "order"
"""Stands for the place of a rule among the others where that has changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """A record that both versions have, with every field that differs: before and after."""

    key: str
    name: str
    fields: Mapping[str, tuple[Any, Any]]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        fields = {name: {"from": before, "to": after} for name, (before, after) in self.fields.items()}
        return {"key": self.key, "name": self.name, "fields": fields}


@dataclass(frozen=True, slots=True)
class KindDiff:
    """What differs in one kind of record; records as in the document."""

    added: tuple[Mapping[str, Any], ...] = ()
    removed: tuple[Mapping[str, Any], ...] = ()
    changed: tuple[Change, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.removed or self.changed)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "added": [dict(record) for record in self.added],
            "removed": [dict(record) for record in self.removed],
            "changed": [change.to_dict() for change in self.changed],
        }


@dataclass(frozen=True, slots=True)
class Diff:
    """What differs between two versions, by kind of record."""

    kinds: Mapping[str, KindDiff] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return any(self.kinds.values())

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {kind: own.to_dict() for kind, own in self.kinds.items()}


def diff(old: Directory, new: Directory) -> Diff:
    """What is different in ``new``."""
    before, after = old.to_dict(), new.to_dict()
    return Diff(
        {
            kind: kind_diff(before[kind], after[kind], key=_KEYS[kind], name=_NAMES[kind], ordered=kind == "rules")
            for kind in KINDS
        }
    )


def kind_diff(
    old: Sequence[Mapping[str, Any]], new: Sequence[Mapping[str, Any]], *, key: str, name: str, ordered: bool
) -> KindDiff:
    """What is different in ``new``.

    :param key: field that says which records are the same; :param name: field with what they are called.
    :param ordered: whether their order says something.
    """
    before, after = {own[key]: own for own in old}, {own[key]: own for own in new}
    moved = _moved(list(before), list(after)) if ordered else {}
    changed = []
    for code in (code for code in after if code in before):
        fields = {
            part: (before[code].get(part), after[code].get(part))
            for part in dict.fromkeys((*after[code], *before[code]))
            if before[code].get(part) != after[code].get(part)
        }
        if code in moved:
            fields[ORDER] = moved[code]
        if fields:
            changed.append(Change(code, str(after[code][name]), fields))
    return KindDiff(
        added=tuple(own for code, own in after.items() if code not in before),
        removed=tuple(own for code, own in before.items() if code not in after),
        changed=tuple(changed),
    )


def _moved(old: list[str], new: list[str]) -> dict[str, tuple[int, int]]:
    """Rules that stand elsewhere among those of both versions: their places before and after, from 1."""
    kept = [code for code in old if code in set(new)], [code for code in new if code in set(old)]
    same = SequenceMatcher(None, *kept, autojunk=False).get_matching_blocks()
    still = {kept[0][place] for block in same for place in range(block.a, block.a + block.size)}
    return {code: (old.index(code) + 1, new.index(code) + 1) for code in kept[0] if code not in still}


@dataclass(frozen=True, slots=True)
class Case:
    """A sample message with its department and matter, to see where it goes.

    :param area: the message's own field for its place.
    """

    id: str
    text: str
    department: str | None = None
    matter: str | None = None
    area: str | None = None


@dataclass(frozen=True, slots=True)
class Moved:
    """A sample message that another unit gets now; its text is not repeated."""

    case: str
    before: Assignment
    after: Assignment

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {"case": self.case, "before": self.before.to_dict(), "after": self.after.to_dict()}


def replay(old: Directory, new: Directory, cases: Iterable[Case], *, on: datetime.date) -> Iterator[Moved]:
    """The sample messages whose unit is different in ``new``."""
    for case in cases:
        before, after = (_assigned(directory, case, on) for directory in (old, new))
        if _codes(before) != _codes(after):
            yield Moved(case.id, before, after)


def _assigned(directory: Directory, case: Case, on: datetime.date) -> Assignment:
    place = directory.find_place(case.text, area=case.area)
    return directory.assign(department=case.department, matter=case.matter, place=place, text=case.text, on=on)


def _codes(assignment: Assignment) -> tuple[str | None, frozenset[str]]:
    unit = assignment.unit.code if assignment.unit else None
    return unit, frozenset(unit.code for unit in assignment.alternatives)

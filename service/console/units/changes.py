"""What differs between two versions, in words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from petition_nlp.local.compare import ORDER, diff
from petition_nlp.local.directory import Directory
from petition_nlp.local.reading import KINDS
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy
from service.console.texts import units as texts

_GROUPS: Final = {
    ("units", "level"): "unit_levels",
    ("rules", "level"): "unit_levels",
    ("places", "kind"): "place_kinds",
    ("services", "kind"): "service_kinds",
}
_KEYS: Final = {"units": "code", "rules": "id", "places": "id", "services": "id"}
_SHOWN: Final = 200
"""Records of one kind that are listed; a whole new gazetteer has thousands."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record that differs.

    :param what: ``added``, ``removed`` or ``changed``.
    :param fields: name of the field, before, after; what is not there is empty.
    """

    what: str
    key: str
    name: str
    fields: Sequence[tuple[str, str, str]]


@dataclass(frozen=True, slots=True)
class Part:
    """What differs in one kind of record."""

    kind: str
    name: str
    added: int
    removed: int
    changed: int
    lines: Sequence[Line]

    @property
    def hidden(self) -> int:
        """Records that are not listed."""
        return self.added + self.removed + self.changed - len(self.lines)


def changes(old: Directory, new: Directory) -> list[Part]:
    """What is different in ``new``, by kind of record; kinds without a difference are left out."""
    found = diff(old, new).to_dict()
    return [_part(kind, found[kind], old, new) for kind in KINDS if any(found[kind].values())]


def _part(kind: str, found: Mapping[str, Any], old: Directory, new: Directory) -> Part:
    removed = [_whole("removed", kind, record, old) for record in found["removed"]]
    changed = [_changed(kind, one, old, new) for one in found["changed"]]
    added = [_whole("added", kind, record, new) for record in found["added"]]
    lines = [*removed, *changed, *added][:_SHOWN]
    return Part(kind, vocabulary().sheet(kind), len(added), len(removed), len(changed), lines)


def _changed(kind: str, found: Mapping[str, Any], old: Directory, new: Directory) -> Line:
    fields = [_field(kind, name, pair, old, new) for name, pair in found["fields"].items()]
    return Line("changed", found["key"], found["name"], fields)


def _whole(what: str, kind: str, record: Mapping[str, Any], directory: Directory) -> Line:
    """A record that only one of them has, with what it says."""
    show = _shower(kind, directory)
    key = str(record[_KEYS[kind]])
    fields = []
    for field, value in record.items():
        if value in (None, []) or field in (_KEYS[kind], "name"):
            continue
        shown = show(field, value)
        before, after = (shown, "") if what == "removed" else ("", shown)
        fields.append((vocabulary().column(kind, field), before, after))
    return Line(what, key, str(record.get("name") or key), fields)


def _field(kind: str, field: str, pair: Mapping[str, Any], old: Directory, new: Directory) -> tuple[str, str, str]:
    if field == ORDER:
        before, after = (texts.PAGE["position_of"].format(n=pair[side]) for side in ("from", "to"))
        return texts.PAGE["order"], before, after
    before, after = _shower(kind, old)(field, pair["from"]), _shower(kind, new)(field, pair["to"])
    return vocabulary().column(kind, field), before or texts.PAGE["nothing"], after or texts.PAGE["nothing"]


def _shower(kind: str, directory: Directory) -> Callable[[str, Any], str]:
    """Shows values of a version's records as people write them."""

    def show(field: str, value: Any) -> str:
        if value is None:
            return ""
        if isinstance(value, list):
            return "、".join(show(field, item) for item in value)
        if (kind, field) in _GROUPS:
            return vocabulary().value(_GROUPS[kind, field], value)
        if field in ("unit", "deputy", "parent"):
            unit = directory.units.get(value)
            return f"{unit.name}（{value}）" if unit else str(value)
        return _named(directory.taxonomy, field, str(value))

    return show


def _named(taxonomy: Taxonomy, field: str, value: str) -> str:
    return taxonomy.name(field.removesuffix("s"), value) if field.startswith(("matter", "department")) else value

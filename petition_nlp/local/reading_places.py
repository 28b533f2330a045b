"""The places of a document, larger ones before those that lie in them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from petition_nlp.local.fields import Fields
from petition_nlp.local.index import path
from petition_nlp.local.records import ADMINISTRATIVE, CROSSING, PLACE_KINDS, ROAD, Area
from petition_nlp.local.references import SHOWN, References

SHORTEST_NAME: Final = 2
_MAY_STAND_ALONE: Final = ("district", "street", ROAD)
_BETWEEN: Final = ("与", "以及", "、", "/", "·", "和")
_CALLED_CROSSING: Final = re.compile("(?<=[路街道巷线桥])的?(?:交叉路?口|交汇处|交界处|十字路口|丁字路口|路口|口)$")


def roads_of(name: str) -> tuple[str, str] | None:
    """The two roads that a crossing's name is made of, None if it is not."""
    for mark in _BETWEEN:
        one, _, other = name.replace(" ", "").partition(mark)
        if len(one) >= SHORTEST_NAME and len(other) >= SHORTEST_NAME:
            return one, _CALLED_CROSSING.sub("", other)
    return None


def read_places(records: Iterable[Fields], references: References) -> tuple[Area, ...]:
    """Every place in the order of the document; they are added to the index of ``references``."""
    kinds = [(fields, _kind(fields)) for fields in records]
    by_size = sorted(((fields, kind) for fields, kind in kinds if kind), key=lambda pair: PLACE_KINDS.index(pair[1]))
    found = {fields.index: _area(fields, kind, references) for fields, kind in by_size}
    return tuple(area for _, area in sorted(found.items()) if area is not None)


def _kind(fields: Fields) -> str | None:
    if fields.text("kind") is None:
        fields.complain("kind", "没有填写", "请填写区县、街道、社区、网格、小区、道路或路口")
    return fields.choice("kind", "place_kinds")


def _area(fields: Fields, kind: str, references: References) -> Area | None:
    index = references.index
    name, aliases = fields.required("name"), fields.texts("aliases")
    if not name:
        return None
    _check_names(fields, kind, name, aliases)
    area = Area("", name, kind, _parents(fields, kind, references), aliases)
    area = Area(fields.text("id") or path(index.areas, area), name, kind, area.parents, aliases)
    if area.id in index.areas:
        fields.complain("id", f"「{area.id[:SHOWN]}」重复", "编号只能出现一次；没有编号的，同一上级之下不能同名")
        return None
    index.add(area)
    return area


def _check_names(fields: Fields, kind: str, name: str, aliases: tuple[str, ...]) -> None:
    for field, written in (("name", name), *(("aliases", alias) for alias in aliases)):
        if len(written) < SHORTEST_NAME:
            fields.complain(field, f"「{written}」不足 {SHORTEST_NAME} 个字，会误认", "请写全称，或删去")
    if kind == CROSSING and roads_of(name) is None:
        fields.complain("name", f"「{name[:SHOWN]}」看不出是哪两条路的路口", "请写成「甲路与乙路路口」的样子")


def _parents(fields: Fields, kind: str, references: References) -> tuple[str, ...]:
    written = fields.texts("parents")
    if not written and kind not in _MAY_STAND_ALONE:
        fields.complain("parents", "没有填写", "社区、网格、小区和路口要写明属于哪里")
    if len(written) > 1 and kind != ROAD:
        fields.complain("parents", "写了几个上级", "只有道路可以经过几个地方")
    larger = ADMINISTRATIVE[: ADMINISTRATIVE.index(kind)] if kind in ADMINISTRATIVE else ADMINISTRATIVE
    found = (references.place(fields, "parents", name, larger) for name in written)
    return tuple(id for id in found if id is not None)

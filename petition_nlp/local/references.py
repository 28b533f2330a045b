"""What a field of a record refers to: places, departments and matters by whatever name they are written."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from petition_nlp.local.fields import Fields
from petition_nlp.local.index import AreaIndex, path
from petition_nlp.local.records import PLACE_KINDS
from petition_nlp.local.vocabulary import vocabulary
from petition_nlp.taxonomy import Taxonomy

SHOWN: Final = 30
"""Characters of a wrong value that a message shows."""


@dataclass(frozen=True)
class References:
    """Looks up references; one that leads nowhere, or to several things, is complained of."""

    taxonomy: Taxonomy
    index: AreaIndex

    def area(self, fields: Fields) -> str | None:
        """The place in the field ``area``."""
        written = fields.text("area")
        return None if written is None else self.place(fields, "area", written)

    def areas(self, fields: Fields) -> tuple[str, ...]:
        """The places in the field ``areas``."""
        return _known(self.place(fields, "areas", written) for written in fields.texts("areas"))

    def place(self, fields: Fields, field: str, written: str, kinds: Iterable[str] = PLACE_KINDS) -> str | None:
        """The one place of some kinds that is meant by an id, a name or a path."""
        found = [area for area in self.index.find(written) if area.kind in kinds]
        if len(found) == 1:
            return found[0].id
        shown, sheet = written[:SHOWN], vocabulary().sheet("places")
        if found:
            paths = "、".join(path(self.index.areas, area) for area in found[:3])
            fields.complain(field, f"「{shown}」有 {len(found)} 个：{paths}", "请写编号或全路径，如「甲区/乙街道」")
        elif field == "parents":
            fields.complain(field, f"「{shown}」不在「{sheet}」中，或不是更大的区划", "请补上它，或改正名称")
        else:
            fields.complain(field, f"「{shown}」不在「{sheet}」中", "请补上它，或改正名称")
        return None

    def department(self, fields: Fields) -> str | None:
        """The department in the field ``department``."""
        written = fields.text("department")
        return None if written is None else self._department(fields, "department", written)

    def departments(self, fields: Fields) -> tuple[str, ...]:
        """The departments in the field ``departments``."""
        return _known(self._department(fields, "departments", written) for written in fields.texts("departments"))

    def matter(self, fields: Fields) -> str | None:
        """The matter in the field ``matter``."""
        written = fields.text("matter")
        return None if written is None else self._matter(fields, "matter", written)

    def matters(self, fields: Fields) -> tuple[str, ...]:
        """The matters in the field ``matters``."""
        return _known(self._matter(fields, "matters", written) for written in fields.texts("matters"))

    def _department(self, fields: Fields, field: str, written: str) -> str | None:
        code = self.taxonomy.resolve("department", written)
        if code in self.taxonomy.departments:
            return code
        fields.complain(field, f"没有「{written[:SHOWN]}」这个部门", "请用分类目录里的部门代码、名称或别名")
        return None

    def _matter(self, fields: Fields, field: str, written: str) -> str | None:
        code = self.taxonomy.resolve("matter", written)
        if code in self.taxonomy.matters:
            return code
        names = "、".join(matter.name for matter in self.taxonomy.matters.values())
        fields.complain(field, f"没有「{written[:SHOWN]}」这类事项", f"可用：{names}")
        return None


def _known(codes: Iterable[str | None]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(code for code in codes if code is not None))

"""What a run adds to each row, whatever the format that it is written in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from petition_nlp.archive.columns import as_unique
from petition_nlp.archive.compare import COMPARED, Comparison
from petition_nlp.archive.rows import Row
from petition_nlp.route import Route

CLASH_SUFFIX = "（模型）"
"""Ending of an added column or key whose name the input already uses."""

ADDED = ("事项类别", "责任部门", "备选部门", "置信度", "人工复核", "复核原因", "紧急")
PLACE = ("来源文件", "来源行号")


@dataclass(frozen=True, slots=True)
class Routed:
    """A row with its route.

    :param comparison: with its historical department; None if there is none to compare with.
    :param place: file and line that it came from; empty if there is one input file only.
    """

    row: Row
    route: Route
    comparison: Comparison | None = None
    place: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of an output: the inputs' own ones in order, then those that a run adds.

    :param names: for each added column the name that it is written under.
    """

    own: tuple[str, ...]
    names: Mapping[str, str]

    @classmethod
    def of(cls, own: Sequence[str], *, compares: bool, places: bool) -> Layout:
        """The layout for a run.

        :param compares: whether there is a historical department; :param places: whether there are several inputs.
        """
        added = (*(PLACE if places else ()), *ADDED, *(COMPARED if compares else ()))
        return cls(tuple(own), dict(zip(added, added_names(added, own), strict=True)))

    @property
    def header(self) -> tuple[str, ...]:
        """Every column's name."""
        return (*self.own, *self.names.values())

    def added(self, routed: Routed) -> list[Any]:
        """The values of the added columns."""
        cells = {**(routed.place or {}), **route_cells(routed.route)}
        cells |= routed.comparison.cells() if routed.comparison else {}
        return [cells.get(name, "") for name in self.names]


def route_cells(route: Route) -> dict[str, Any]:
    """What a route adds to a table."""
    return {
        "事项类别": route.matter.name if route.matter else "",
        "责任部门": route.department.name if route.department else "",
        "备选部门": "、".join(choice.name for choice in route.department.alternatives) if route.department else "",
        "置信度": round(route.confidence, 4),
        "人工复核": "是" if route.review.required else "否",
        "复核原因": "；".join(reason.message for reason in route.review.reasons),
        "紧急": f"{route.emergency.line}：{route.emergency.message}" if route.emergency else "",
    }


def added_names(names: Sequence[str], columns: Sequence[str]) -> tuple[str, ...]:
    """Names under which ``names`` are added to ``columns``: with a suffix where the input has one already."""
    return tuple(as_unique(name + CLASH_SUFFIX, columns) if name in columns else name for name in names)

"""The model beside history: the unit that an order was given to, as a code of the directory, against the route's."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from petition_nlp.directory import UnitNames
from petition_nlp.route import Route
from petition_nlp.taxonomy import Taxonomy

COMPARED: Final = ("历史部门（归一）", "与历史一致", "疑似错派")


@dataclass(frozen=True, slots=True)
class Comparison:
    """A route beside the historical department of its row.

    :param written: as the input has it; :param code: of the directory, None if it stands for no unit of it.
    :param agrees: whether the model names the same one; None where one of the two is missing.
    :param suspect: whether the model is sure enough to need no review and names another one (疑似错派).
    """

    written: str
    code: str | None
    name: str
    agrees: bool | None
    suspect: bool

    def cells(self) -> dict[str, Any]:
        """What it adds to a table."""
        agrees = {True: "是", False: "否", None: ""}[self.agrees]
        return dict(zip(COMPARED, (self.name, agrees, "是" if self.suspect else ""), strict=True))

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "written": self.written,
            "department": self.code,
            "agrees": self.agrees,
            "suspect": self.suspect,
        }


def comparer(taxonomy: Taxonomy) -> Callable[[str, Route], Comparison]:
    """Compares historical departments, as they are written, with routes."""

    units = UnitNames(taxonomy)

    @lru_cache(maxsize=100_000)
    def resolved(written: str) -> tuple[str | None, str]:
        code = units.code(written)
        return code, taxonomy.name("department", code) if code else ""

    def compare(written: str, route: Route) -> Comparison:
        code, name = resolved(written)
        agrees = None if code is None or route.department is None else route.department.code == code
        return Comparison(written, code, name, agrees, suspect=agrees is False and not route.review.required)

    return compare

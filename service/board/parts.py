"""Parts of all petitions that the board can be read for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, Row

from service.store.tables import Petition


@dataclass(frozen=True, slots=True)
class Part:
    """The petitions that are with a department now, or that are about a place in a district; without either, all.

    :param department: its code; :param district: its name.
    """

    department: str | None = None
    district: str | None = None

    @property
    def key(self) -> str:
        """By which its counts are stored; empty for all petitions."""
        if self.department is not None:
            return f"department:{self.department}"
        return "" if self.district is None else f"district:{self.district}"

    def conditions(self) -> list[ColumnElement[bool]]:
        """As SQL."""
        if self.department is not None:
            return [Petition.department == self.department]
        return [] if self.district is None else [Petition.district == self.district]


WHOLE: Final = Part()


def parts_of(petition: Row[Any]) -> Iterator[Part]:
    """Those that a petition belongs to."""
    yield WHOLE
    if petition.department is not None:
        yield Part(department=petition.department)
    if petition.district is not None:
        yield Part(district=petition.district)

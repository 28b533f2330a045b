"""Place, unit and deadline of a petition."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from petition_nlp.local.assign import Assignment
from petition_nlp.local.deadlines import Deadlines, Due
from petition_nlp.local.directory import Directory
from petition_nlp.local.place import Place
from petition_nlp.local.records import Unit
from petition_nlp.route import Message
from service import problems
from service.directory import Local
from service.moments import CHINA
from service.problems import FieldError
from service.store.tables import Petition
from service.store.tables.base import now


def placed(local: Local) -> dict[str, Any]:
    """The columns that say where a petition is about and who handles it."""
    place = local.place
    levels = {"district": place.district, "street": place.street, "community": place.community, "grid": place.grid}
    return {
        **{name: area and area.name for name, area in levels.items()},
        "place": place.to_dict() if place.source else None,
        "directory": local.directory or None,
        **assigned(local.assignment),
    }


def assigned(assignment: Assignment) -> dict[str, Any]:
    """The columns that name the unit."""
    unit = assignment.unit
    return {"unit": unit and unit.code, "unit_name": unit and unit.name, "unit_rule": assignment.reason}


def assigned_again(
    petition: Petition, values: Mapping[str, Any], directory: Directory, *, field: str = "unit"
) -> dict[str, Any]:
    """The unit after ``values`` are set: the one that was named, or the one that now follows from the directory.

    :param field: of the request, that names a unit.
    :raises Problem: 422, the directory has no such unit.
    """
    if values.get("unit") is not None:
        return _named(values["unit"], directory, field)
    if "department" not in values and "matter" not in values:
        return {}
    found = directory.assign(
        department=values.get("department", petition.department),
        matter=values.get("matter", petition.matter),
        place=find_place(petition, directory),
        text=petition.text,
        on=now().astimezone(CHINA).date(),
    )
    return {**assigned(found), "directory": int(directory.version) or None}


def find_place(petition: Petition, directory: Directory) -> Place:
    """Where a petition is about, by the present directory."""
    message = Message(petition.text, title=petition.title, area=petition.area)
    return directory.find_place(message.whole, area=message.area)


def due_values(due: Due) -> dict[str, Any]:
    """The columns that hold a deadline."""
    return {"due": due.date, "due_at": due.at, "due_provisional": due.provisional, "extensions": due.extensions}


def due_of(petition: Petition, deadlines: Deadlines) -> Due:
    """A petition's deadline; one that has none gets that of its type."""
    if petition.due is None:
        return first_due(petition, deadlines)
    return Due(petition.due, 0, petition.due_at, petition.due_provisional, petition.extensions)


def first_due(petition: Petition, deadlines: Deadlines) -> Due:
    """The deadline that a petition gets when it is stored."""
    return deadlines.due(petition.received, petition.request_type, emergency=petition.emergency is not None)


def _named(code: str, directory: Directory, field: str) -> dict[str, Any]:
    unit = directory.units.get(code) or _by_name(code, directory)
    if unit is None:
        raise problems.invalid_request([FieldError(field, "单位目录中没有这个代码，见 /v1/directory")])
    return {
        "unit": unit.code,
        "unit_name": unit.name,
        "unit_rule": "人工指定",
        "directory": int(directory.version) or None,
    }


def _by_name(name: str, directory: Directory) -> Unit | None:
    """The one unit of this name."""
    found = [unit for unit in directory.units.values() if unit.name == name]
    return found[0] if len(found) == 1 else None

"""What units, departments and classes of alarms are called, and alarms in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from petition_nlp.local.directory import Directory
from petition_nlp.monitoring.psi import OTHERS, Part
from petition_nlp.monitoring.rising import CODE as WORDS
from petition_nlp.monitoring.shift import Shift
from petition_nlp.monitoring.wording import FEATURE_NAMES, Told, told
from petition_nlp.taxonomy import Taxonomy
from service.board.drift import length_name
from service.board.units import DEPARTMENT, UNIT
from service.store.tables import Alarm

_OTHERS_NAME = "其余"


class Names:
    """Names as they are now.

    :param directory: knows the units.
    """

    def __init__(self, taxonomy: Taxonomy, directory: Directory) -> None:
        self._taxonomy = taxonomy
        self._directory = directory

    def of(self, code: str, key: str) -> str:
        """What an alarm is about."""
        if code == WORDS:
            return key
        if code == "mix_changed":
            return FEATURE_NAMES[key]
        if code == "department_rose":
            return self._taxonomy.name("department", key)
        if key.startswith(DEPARTMENT):
            return self._taxonomy.name("department", key.removeprefix(DEPARTMENT))
        unit = self._directory.units.get(key.removeprefix(UNIT))
        return unit.name if unit else key.removeprefix(UNIT)

    def told(self, row: Alarm) -> Told:
        """An alarm in words."""
        return told_of(row, self._taxonomy)


def told_of(row: Alarm, taxonomy: Taxonomy) -> Told:
    """An alarm in words, with the names that it was raised with."""
    shift = shift_of(row.figures)
    return told(row.code, row.name, shift, {part.code: part_name(row.key, part.code, taxonomy) for part in shift.parts})


def part_name(feature: str, code: str, taxonomy: Taxonomy) -> str:
    """What a class of a feature is called."""
    if code == OTHERS:
        return _OTHERS_NAME
    if feature in ("matter", "department"):
        return taxonomy.name(feature, code)
    return length_name(code) if feature == "length" else code


def shift_of(held: Mapping[str, Any]) -> Shift:
    """A shift as the table holds it."""
    parts = tuple(Part(*part) for part in held["parts"])
    return Shift(held["before"], held["now"], held["strength"], held["size"], parts)

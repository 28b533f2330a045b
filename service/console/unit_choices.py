"""The city's own units as forms offer them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from petition_nlp.local.directory import Directory
from petition_nlp.local.records import Unit


def unit_choices(directory: Directory) -> Sequence[tuple[str, Unit]]:
    """Each unit with what a form may call it: its name, or its code where others have the same name."""
    often = Counter(unit.name for unit in directory.units.values())
    return [(unit.name if often[unit.name] == 1 else unit.code, unit) for unit in directory.units.values()]

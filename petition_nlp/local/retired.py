"""What of a directory still belongs to the present taxonomy, after codes without a successor have gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from petition_nlp.migration import DEPARTMENT, MATTER
from petition_nlp.taxonomy import Taxonomy

Record = Mapping[str, Any]
_HEADS: Final = {"department": DEPARTMENT, "matter": MATTER}
_LISTS: Final = {"departments": DEPARTMENT, "matters": MATTER}
_UNITS: Final = ("deputy", "parent")
"""Fields that name another unit."""


def without_retired(document: Record, taxonomy: Taxonomy) -> dict[str, Any]:
    """A document without the units, rules and services of codes that were split or retired: no message leads there.

    :param document: as `Directory.to_dict` gives it.
    """
    left = _Left(taxonomy)
    units = [unit for unit in document["units"] if left.has(unit)]
    known = {None, *(unit["code"] for unit in units)}
    return {
        **document,
        "units": [{**unit, **{name: None for name in _UNITS if unit.get(name) not in known}} for unit in units],
        "rules": [rule for rule in document["rules"] if left.has(rule) and rule.get("unit") in known],
        "services": [left.of(service) for service in document["services"] if left.serves(service)],
    }


@dataclass(frozen=True)
class _Left:
    """Tells what is left of records."""

    taxonomy: Taxonomy

    def has(self, record: Record) -> bool:
        """Whether a record of one department and one matter is."""
        return not any(self._is_gone(head, record.get(name)) for name, head in _HEADS.items())

    def serves(self, service: Record) -> bool:
        """Whether any department, and any matter, of a service is."""
        return all(self._codes(service, name) or not service.get(name) for name in _LISTS)

    def of(self, service: Record) -> dict[str, Any]:
        """A service without the codes that are gone."""
        return {**service, **{name: self._codes(service, name) for name in _LISTS}}

    def _codes(self, service: Record, name: str) -> list[str]:
        return [code for code in service.get(name) or () if not self._is_gone(_LISTS[name], code)]

    def _is_gone(self, head: str, code: str | None) -> bool:
        found = None if code is None else self.taxonomy.retired[head].get(code)
        return found is not None and found.successor is None

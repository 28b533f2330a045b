"""Personal data out of a row's own columns (``--mask``), before it is routed and written."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from petition_nlp.archive.columns import ColumnMap, personal_columns
from petition_nlp.archive.rows import BadRow, Row
from petition_nlp.text.mask import mask

HIDDEN: Final = "[已隐去]"
"""What stands in a column that by its name holds nothing but personal data."""


class RowMasker:
    """Masks the rows of one file: columns of personal data whole, numbers and dates of the order not at all.

    :param columns: the file's; :param mapped: what they stand for.
    """

    def __init__(self, columns: Sequence[str], mapped: ColumnMap) -> None:
        kept = {mapped.id, mapped.received, mapped.department, mapped.topic}
        self._hidden = personal_columns(columns) - {mapped.text, mapped.title} - kept
        self._kept = kept

    def row(self, row: Row) -> Row:
        """The row without personal data; its wording as it was written is gone too."""
        return replace(row, fields=self._fields(row.fields), raw="")

    @staticmethod
    def bad(row: BadRow) -> BadRow:
        """A rejected row without personal data."""
        return replace(row, raw=mask(row.raw))

    def _fields(self, fields: Mapping[str, Any]) -> dict[str, Any]:
        return {name: self._value(name, value) for name, value in fields.items()}

    def _value(self, name: str, value: Any) -> Any:
        if name in self._kept or value is None or value == "":
            return value
        return HIDDEN if name in self._hidden else _masked(value)


def _masked(value: Any) -> Any:
    """A value without personal data, whatever it holds."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, int) and not isinstance(value, bool):
        masked = mask(str(value))
        return value if masked == str(value) else masked
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return {key: _masked(item) for key, item in value.items()}
    return value

"""Personal data out of a row's own columns (``--mask``), before it is routed and written."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from petition_nlp.archive.columns import ColumnMap, is_personal
from petition_nlp.archive.rows import BadRow, Row, as_text
from petition_nlp.text.mask import mask

HIDDEN: Final = "[已隐去]"
"""What stands in a column that by its name holds nothing but personal data."""


class RowMasker:
    """Masks the rows of one file: columns of personal data whole, numbers and dates of the order not at all.

    :param mapped: what the file's columns stand for.
    """

    def __init__(self, mapped: ColumnMap) -> None:
        self._kept = {mapped.id, mapped.received, mapped.department, mapped.topic}
        self._read = {mapped.text, mapped.title}

    def row(self, row: Row) -> Row:
        """The row without personal data; its wording as it was written is gone too."""
        return replace(row, fields={name: self._value(name, value) for name, value in row.fields.items()}, raw="")

    @staticmethod
    def bad(row: BadRow) -> BadRow:
        """A rejected row without its wording, whose columns cannot be told apart; file and line remain."""
        return replace(row, raw=HIDDEN if row.raw else "")

    def _value(self, name: str, value: Any) -> Any:
        if name in self._kept:
            return value
        return _masked(value) if name in self._read else _without_personal(name, value)


def _without_personal(name: str, value: Any) -> Any:
    """A field's value; hidden whole if its name says that it holds nothing but personal data."""
    if value is None or value == "":
        return value
    return HIDDEN if is_personal(name) else _masked(value)


def _masked(value: Any) -> Any:
    """A value without personal data, whatever it holds."""
    if isinstance(value, list):
        return [_masked(item) for item in value]
    if isinstance(value, dict):
        return {key: _without_personal(key, item) for key, item in value.items()}
    if value is None or isinstance(value, bool):
        return value
    text = as_text(value)
    masked = mask(text)
    return value if masked == text else masked

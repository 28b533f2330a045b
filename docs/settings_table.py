"""The table of docs/configuration.md, from the settings object; its English meanings are written by hand and kept.

python docs/settings_table.py        (docs/refresh.py does it too)
"""

from __future__ import annotations

import re
import types
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from petition_nlp.settings import Settings

_PAGE = Path(__file__).resolve().parent / "configuration.md"
_HEAD = (
    "| setting | environment | default | allowed | meaning | 说明 |",
    "|---|---|---|---|---|---|",
)
_BLOCK = re.compile(r"(<!-- settings -->\n).*?(<!-- /settings -->)", re.DOTALL)
_SIGNS = {"ge": "≥", "gt": ">", "le": "≤", "lt": "<"}
_DEFAULTS = {"workers": "number of processor cores"}


def renew() -> None:
    """Write the table into the page."""
    _PAGE.write_text(renewed(_PAGE.read_text(encoding="utf-8")), encoding="utf-8")


def renewed(text: str) -> str:
    """The page with a table that fits the settings."""
    known = meanings(text)
    rows = [_row(name, field, known.get(name, "")) for name, field in Settings.model_fields.items()]
    return _BLOCK.sub(lambda match: match[1] + "\n".join((*_HEAD, *rows)) + "\n" + match[2], text)


def meanings(text: str) -> dict[str, str]:
    """The hand-written column: setting → meaning."""
    rows = [re.split(r" (?<!\\)\| ", line.strip("| ")) for line in text.splitlines() if line.startswith("| `")]
    return {row[0].strip("`"): row[4] for row in rows if len(row) == 6}


def _row(name: str, field: FieldInfo, meaning: str) -> str:
    cells = (f"`{name}`", f"`PETITION_{name.upper()}`", _default(name, field), _allowed(field), meaning)
    return " | ".join(("| " + cells[0], *cells[1:], field.description or "")) + " |"


def _default(name: str, field: FieldInfo) -> str:
    if field.default in (None, ()):
        return "not set"
    return _DEFAULTS[name] if field.default_factory else f"`{field.default}`"


def _allowed(field: FieldInfo) -> str:
    choices = _choices(field.annotation)
    if choices:
        return ", ".join(f"`{choice}`" for choice in choices)
    limits = [
        f"{sign} {getattr(mark, key)}" for mark in field.metadata for key, sign in _SIGNS.items() if hasattr(mark, key)
    ]
    return ", ".join(limits) or _kind(field.annotation)


def _choices(annotation: Any) -> tuple[Any, ...]:
    if get_origin(annotation) is Literal:
        return get_args(annotation)
    return next((found for part in get_args(annotation) if (found := _choices(part))), ())


def _kind(annotation: Any) -> str:
    if get_origin(annotation) is tuple:
        return "list, or words between commas"
    if get_origin(annotation) in (Union, types.UnionType):
        annotation = next(part for part in get_args(annotation) if part is not type(None))
    return {Path: "path", str: "text", bool: "`true`, `false`", int: "number"}.get(annotation, "")


if __name__ == "__main__":
    renew()

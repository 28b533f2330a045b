"""Builds typed answers from JSON. Keys that a newer service has added are passed over."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import NoneType, UnionType
from typing import Any, Final, TypeVar, Union, get_args, get_origin, get_type_hints

from petition_nlp.client.errors import ClientError
from petition_nlp.client.shapes import Moved
from petition_nlp.route import Evidence

Shape = TypeVar("Shape")

_KEYS: Final[Mapping[tuple[type, str], str]] = {
    (Evidence, "head"): "for",
    (Moved, "before"): "from",
    (Moved, "after"): "to",
}
"""Fields whose JSON key is a word that Python keeps for itself, or a clearer one."""


def read(kind: type[Shape], document: Any) -> Shape:
    """An answer as a dataclass.

    :raises ClientError: it lacks a field, or holds something else in one. The value is not repeated.
    """
    found: Shape = _read(kind, document, "$")
    return found


def read_all(kind: type[Shape], document: Any) -> list[Shape]:
    """The ``items`` of an answer as dataclasses."""
    items = document.get("items") if isinstance(document, dict) else None
    if not isinstance(items, list):
        raise _unexpected("items")
    return [_read(kind, item, f"items[{number}]") for number, item in enumerate(items)]


def _read(kind: Any, value: Any, place: str) -> Any:
    if kind is Any:
        return value
    if is_dataclass(kind):
        return _read_dataclass(kind, value, place)
    if kind in (datetime, date):
        return _read_time(kind, value, place)
    match get_origin(kind):
        case None:
            return _checked(kind, value, place)
        case origin if origin in (Union, UnionType):
            return None if value is None else _read(_other_than_none(kind), value, place)
        case origin if origin is tuple:
            own = get_args(kind)[0]
            return tuple(_read(own, one, f"{place}[{n}]") for n, one in enumerate(_checked(list, value, place)))
        case _:
            own = get_args(kind)[1]
            return {name: _read(own, one, f"{place}.{name}") for name, one in _checked(dict, value, place).items()}


def _read_dataclass(kind: Any, value: Any, place: str) -> Any:
    document = _checked(dict, value, place)
    types, found = _types(kind), {}
    for field in fields(kind):
        key = _KEYS.get((kind, field.name), field.name)
        if key in document:
            found[field.name] = _read(types[field.name], document[key], f"{place}.{key}")
        elif not _has_default(field):
            raise _unexpected(f"{place}.{key}")
    return kind(**found)


def _read_time(kind: Any, value: Any, place: str) -> Any:
    try:
        return kind.fromisoformat(value)
    except (TypeError, ValueError):
        pass
    raise _unexpected(place)


def _checked(kind: Any, value: Any, place: str) -> Any:
    if kind is float and type(value) is int:
        return float(value)
    if not isinstance(value, kind) or (kind is int and isinstance(value, bool)):
        raise _unexpected(place)
    return value


def _other_than_none(kind: Any) -> Any:
    return next(one for one in get_args(kind) if one is not NoneType)


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


@cache
def _types(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _unexpected(place: str) -> ClientError:
    return ClientError(
        f"服务的答复缺少或不符合约定：{place}", todo="请检查地址是否是本服务，客户端和服务的版本是否相配"
    )

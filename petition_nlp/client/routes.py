"""Routes for messages that are not stored."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any, Final

from petition_nlp.client.connection import Connection
from petition_nlp.client.reading import read
from petition_nlp.route import Message, Route

_PATH: Final = "/v1/routes"
_MOST: Final = 200
_MOST_CHARS: Final = 300_000
"""Of a list: at most 1.8 MB in any spelling, within the service's default limit of 2 MiB."""


def route(connection: Connection, message: Message | str) -> Route:
    """The route of one message."""
    return read(Route, connection.post(_PATH, message_json(message)))


def route_many(connection: Connection, messages: Iterable[Message | str]) -> Iterator[Route]:
    """The routes of any number of messages, in their order, some hundred at a time."""
    for part in _parts(message_json(message) for message in messages):
        for item in connection.post(_PATH, {"items": part})["items"]:
            yield read(Route, item["route"])


def message_json(message: Message | str) -> dict[str, Any]:
    """A message as the service takes it."""
    own = Message(message) if isinstance(message, str) else message
    fields = {name: getattr(own, name) for name in ("text", "title", "id", "area", "received", "extra")}
    return {name: value for name, value in fields.items() if value is not None}


def _parts(items: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    part: list[dict[str, Any]] = []
    chars = 0
    for item in items:
        size = len(json.dumps(item, ensure_ascii=False))
        if part and (len(part) == _MOST or chars + size > _MOST_CHARS):
            yield part
            part, chars = [], 0
        part.append(item)
        chars += size
    if part:
        yield part

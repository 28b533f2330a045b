"""Reads a request body into messages, within the limits of the settings; everything else is a problem."""

from __future__ import annotations

import hashlib
import json
import math
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final, NoReturn

from fastapi import Request
from pydantic import ValidationError
from starlette.concurrency import run_in_threadpool

from petition_nlp.settings import Settings
from service import problems
from service.problems import FieldError
from service.schemas import BatchIn, MessageIn
from service.wording import field_error

_BRIEF: Final = 16 * 1024
"""Bytes of a body that is read at once; a longer one is read in a thread."""
_SHOWN_ERRORS: Final = 20


async def read_request(request: Request, settings: Settings) -> MessageIn | BatchIn:
    """The message or list of messages in a request's body.

    :raises Problem: says which limit or field is the matter.
    """
    body = await _read_checked(request, settings)
    if len(body) <= _BRIEF:
        return _read_messages(body, settings)
    return await run_in_threadpool(_read_messages, body, settings)


async def read_json(request: Request, settings: Settings) -> tuple[bytes, Any]:
    """A request's body, as it came and parsed.

    :raises Problem: it is too large, or no JSON.
    """
    body = await _read_checked(request, settings)
    return body, await run_in_threadpool(_parse, body)


@asynccontextmanager
async def read_upload(request: Request, suffixes: Mapping[str, str], limit: int) -> AsyncIterator[Path]:
    """A request's body in a temporary file.

    :param suffixes: media types that are taken → suffix of the file.
    :raises Problem: another media type, or more than ``limit`` bytes.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in suffixes:
        raise problems.unsupported_upload(list(suffixes))
    body = await read_body(request, limit)
    request.state.body_hash = hashlib.sha256(body).hexdigest()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"upload{suffixes[media]}"
        path.write_bytes(body)
        yield path


async def _read_checked(request: Request, settings: Settings) -> bytes:
    _require_json(request.headers.get("content-type", ""))
    return await read_body(request, settings.max_body_bytes)


def _read_messages(body: bytes, settings: Settings) -> MessageIn | BatchIn:
    payload = _parse(body)
    if not isinstance(payload, dict):
        raise problems.invalid_request([FieldError("$", '应为 JSON 对象：一条诉求，或 {"items": […]}')])
    return _batch(payload, settings) if "items" in payload else _single(payload, settings)


def _require_json(content_type: str) -> None:
    media, _, parameters = content_type.partition(";")
    media = media.strip().lower()
    if media != "application/json" and not (media.startswith("application/") and media.endswith("+json")):
        raise problems.unsupported_media_type()
    charset = parameters.lower().replace('"', "").replace(" ", "").partition("charset=")[2].partition(";")[0]
    if charset not in ("", "utf-8", "utf8"):
        raise problems.unsupported_media_type()


async def read_body(request: Request, limit: int) -> bytes:
    """A request's body as it came.

    :raises Problem: it has more than ``limit`` bytes.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise problems.body_too_large(limit)
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > limit:
            raise problems.body_too_large(limit)
    return bytes(body)


def _parse(body: bytes) -> Any:
    try:
        return json.loads(body.decode("utf-8-sig"), parse_constant=_reject_constant, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise problems.invalid_utf8(error.start) from None
    except json.JSONDecodeError as error:
        raise problems.malformed_json(error.lineno, error.colno) from None
    except (ValueError, RecursionError):
        raise problems.unreadable_json() from None


def _reject_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise ValueError(digits)
    return number


def _single(payload: dict[str, Any], settings: Settings) -> MessageIn:
    try:
        message = MessageIn.model_validate(payload)
    except ValidationError as error:
        raise invalid(error) from None
    _check_length({"": message}, settings.max_text_chars)
    return message


def _batch(payload: dict[str, Any], settings: Settings) -> BatchIn:
    items = payload["items"]
    if isinstance(items, list) and len(items) > settings.max_items:
        raise problems.too_many_items(len(items), settings.max_items)
    try:
        batch = BatchIn.model_validate(payload)
    except ValidationError as error:
        raise invalid(error) from None
    _check_length({f"items[{n}].": item for n, item in enumerate(batch.items)}, settings.max_text_chars)
    return batch


def _check_length(messages: dict[str, MessageIn], limit: int) -> None:
    too_long = [
        prefix + name
        for prefix, message in messages.items()
        for name, value in (("text", message.text), ("title", message.title or ""))
        if len(value) > limit
    ]
    if too_long:
        raise problems.text_too_long(too_long[:_SHOWN_ERRORS], limit)


def invalid(error: ValidationError) -> problems.Problem:
    """The problem document for fields that do not fit their model."""
    details = error.errors(include_url=False, include_input=False)[:_SHOWN_ERRORS]
    return problems.invalid_request([field_error(one["type"], one["loc"], one.get("ctx")) for one in details])


def refuse_nul(fields: Any) -> None:
    """Let only fields through that a database can hold: PostgreSQL has no texts with U+0000.

    :raises Problem: names every place.
    """
    places = list(_nul_places(fields, ()))
    if places:
        raise problems.invalid_request([field_error("string_nul", place) for place in places[:_SHOWN_ERRORS]])


def _nul_places(value: Any, place: tuple[str | int, ...]) -> Iterator[tuple[str | int, ...]]:
    if isinstance(value, str) and "\0" in value:
        yield place
    elif isinstance(value, list):
        for number, item in enumerate(value):
            yield from _nul_places(item, (*place, number))
    elif isinstance(value, dict):
        for name, item in value.items():
            if "\0" in name:
                yield (*place, name)
            yield from _nul_places(item, (*place, name))

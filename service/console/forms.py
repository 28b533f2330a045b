"""What a page's forms and filters send, as the typed models of the API."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeVar, get_args, get_origin
from urllib.parse import parse_qs

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from petition_nlp.settings import Settings
from service import problems
from service.api.bodies import check_lengths
from service.limits import invalid, read_body, refuse_nul

Model = TypeVar("Model", bound=BaseModel)

_FORM: Final = "application/x-www-form-urlencoded"
_MOST_FIELDS: Final = 1000


def form_of(model: type[Model]) -> Any:
    """A dependency: the request's form as ``model``; what is left empty counts as not given.

    Leaves a hash of the body in the request's state, by which `service.api.writing` recognises a repetition.

    :raises Problem: says which limit or field is the matter.
    """

    async def read(request: Request) -> Model:
        settings: Settings = request.app.state.settings
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
            raise problems.unsupported_media_type()
        raw = await read_body(request, settings.max_body_bytes)
        request.state.body_hash = hashlib.sha256(raw).hexdigest()
        found = _validated(model, _fields(raw))
        check_lengths(found, settings.max_text_chars)
        return found

    return Depends(read)


def query_of(model: type[Model]) -> Any:
    """A dependency: the request's query as ``model``; what is left empty counts as not given.

    :raises Problem: says which field is the matter.
    """

    async def read(request: Request) -> Model:
        return _validated(model, _fields(request.scope["query_string"]))

    return Depends(read)


def _fields(raw: bytes) -> dict[str, list[str]]:
    try:
        return parse_qs(raw.decode(), errors="strict", max_num_fields=_MOST_FIELDS)
    except UnicodeDecodeError as error:
        raise problems.invalid_utf8(error.start) from None
    except ValueError:
        raise problems.too_many_items(_MOST_FIELDS + 1, _MOST_FIELDS) from None


def _validated(model: type[Model], fields: Mapping[str, Sequence[str]]) -> Model:
    given = {name: list(values) if _takes_list(model, name) else values[-1] for name, values in fields.items()}
    refuse_nul(given)
    try:
        return model.model_validate(given, strict=False)  # a form has only texts
    except ValidationError as error:
        raise invalid(error) from None


def _takes_list(model: type[BaseModel], name: str) -> bool:
    field = model.model_fields.get(name)
    annotation = field and field.annotation
    return list in {get_origin(part) for part in (annotation, *get_args(annotation))}

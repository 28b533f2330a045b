"""JSON bodies as typed models, with the limits and the error messages of `service.limits`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final, TypeVar

from fastapi import Depends, Request
from pydantic import BaseModel, ValidationError

from petition_nlp.settings import Settings
from service import problems
from service.limits import invalid, read_json, refuse_nul
from service.problems import FieldError

Model = TypeVar("Model", bound=BaseModel)

_NUL: Final = rb"\u0000"
"""The only spelling of U+0000 in JSON."""


def body_of(model: type[Model]) -> Any:
    """A dependency: the request's JSON body as ``model``.

    Leaves a hash of the body in the request's state, by which `service.api.writing` recognises a repetition.

    :raises Problem: says which limit or field is the matter.
    """

    async def read(request: Request) -> Model:
        settings: Settings = request.app.state.settings
        raw, payload = await read_json(request, settings)
        request.state.body_hash = hashlib.sha256(raw).hexdigest()
        if not isinstance(payload, dict):
            raise problems.invalid_request([FieldError("$", "应为 JSON 对象")])
        try:
            found = model.model_validate(payload)
        except ValidationError as error:
            raise invalid(error) from None
        check_lengths(found, settings.max_text_chars)
        if _NUL in raw:
            refuse_nul(payload)
        return found

    return Depends(read)


def described(model: type[BaseModel], **examples: Mapping[str, Any]) -> dict[str, Any]:
    """The body's part of an operation in OpenAPI.

    :param examples: summaries → values, at least one.
    """
    content = {
        "schema": {"$ref": f"#/components/schemas/{model.__name__}"},
        "examples": {name: {"summary": name, "value": value} for name, value in examples.items()},
    }
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def check_lengths(body: BaseModel, limit: int) -> None:
    """Let only texts through that are not too long.

    :raises Problem: names those that are.
    """
    long = [name for name, value in body if isinstance(value, str) and len(value) > limit]
    if long:
        raise problems.text_too_long(long, limit)

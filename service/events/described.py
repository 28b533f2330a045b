"""What is sent to webhooks, in the OpenAPI document."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from service.events.kinds import KIND_NAMES

_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/cloudevents+json": {"schema": {"$ref": "#/components/schemas/CloudEventOut"}}},
    }
}
_TAKEN: Final[dict[int | str, dict[str, Any]]] = {204: {"description": "已收下；任何 2xx 都算"}}


def install(app: FastAPI) -> None:
    """Describe the requests that a webhook gets, one for each kind of event."""
    for kind, name in KIND_NAMES.items():
        app.webhooks.add_api_route(
            kind, _receive, methods=["POST"], summary=name, status_code=204, responses=_TAKEN, openapi_extra=_BODY
        )


def _receive() -> None:
    """签名见请求头 webhook-id、webhook-timestamp、webhook-signature；编号相同的是同一个事件，可能不止一次送到。"""

"""``POST /v1/routes``: one message or a list of messages in, routes out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter, Depends, Request, Response
from pydantic_core import to_json
from starlette.concurrency import run_in_threadpool

from petition_nlp.route import Route
from service.access.guard import needs
from service.access.principal import Scope
from service.api.dependencies import automatic_of, directories_of, engine_of, settings_of
from service.engine import FEW
from service.limits import read_request
from service.openapi import ROUTES_OPERATION, ROUTES_RESPONSES
from service.schemas import BatchIn, MessageIn

PATH: Final = "/v1/routes"

router = APIRouter(tags=["分拨"])


@router.post(
    PATH,
    summary="分拨一条或多条诉求",
    responses=ROUTES_RESPONSES,
    openapi_extra=ROUTES_OPERATION,
    dependencies=[Depends(needs(Scope.ROUTE))],
)
async def create_routes(request: Request) -> Response:
    """一条诉求答复一个 Route；`{"items": […]}` 答复 `{"items": [{"id": …, "route": …}]}`，顺序不变。

    诉求内容从不报错：空白或读不懂的内容答复为需人工复核。服务不保存诉求，日志不含诉求文字。
    自动分拨停止期间，每条都需人工复核，原因的代码为 auto_routing_stopped。
    """
    body = await read_request(request, settings_of(request))
    items = [body] if isinstance(body, MessageIn) else body.items
    request.state.items = len(items)
    engine = engine_of(request)
    messages = [item.message() for item in items]
    routes = await engine.route(messages)
    routes = directories_of(request).localised(messages, routes, engine.router.taxonomy)
    routes = automatic_of(request).held(routes)
    if len(routes) <= FEW:
        return _answer(body, routes)
    return await run_in_threadpool(_answer, body, routes)


class Json(Response):
    """JSON, written several times as fast as by the standard library."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        """The JSON."""
        return to_json(content)


def _answer(body: MessageIn | BatchIn, routes: Sequence[Route]) -> Response:
    if isinstance(body, MessageIn):
        return Json(routes[0].to_dict())
    pairs = zip(body.items, routes, strict=True)
    return Json({"items": [{"id": item.id, "route": route.to_dict()} for item, route in pairs]})

"""``POST /v1/routes``: one message or a list of messages in, routes out."""

from __future__ import annotations

from collections.abc import Sequence

from fastapi import APIRouter, Depends, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from petition_nlp.route import Route
from service.access.guard import needs
from service.access.principal import Scope
from service.api.dependencies import directories_of, engine_of, settings_of
from service.engine import FEW
from service.limits import read_request
from service.openapi import ROUTES_OPERATION, ROUTES_RESPONSES
from service.schemas import BatchIn, MessageIn

router = APIRouter(tags=["分拨"])


@router.post(
    "/v1/routes",
    summary="分拨一条或多条诉求",
    responses=ROUTES_RESPONSES,
    openapi_extra=ROUTES_OPERATION,
    dependencies=[Depends(needs(Scope.ROUTE))],
)
async def create_routes(request: Request) -> JSONResponse:
    """一条诉求答复一个 Route；`{"items": […]}` 答复 `{"items": [{"id": …, "route": …}]}`，顺序不变。

    诉求内容从不报错：空白或读不懂的内容答复为需人工复核。服务不保存诉求，日志不含诉求文字。
    """
    body = await read_request(request, settings_of(request))
    items = [body] if isinstance(body, MessageIn) else body.items
    request.state.items = len(items)
    engine = engine_of(request)
    messages = [item.message() for item in items]
    routes = await engine.route(messages)
    routes = directories_of(request).localised(messages, routes, engine.router.taxonomy)
    if len(routes) <= FEW:
        return _answer(body, routes)
    return await run_in_threadpool(_answer, body, routes)


def _answer(body: MessageIn | BatchIn, routes: Sequence[Route]) -> JSONResponse:
    if isinstance(body, MessageIn):
        return JSONResponse(routes[0].to_dict())
    pairs = zip(body.items, routes, strict=True)
    return JSONResponse({"items": [{"id": item.id, "route": route.to_dict()} for item, route in pairs]})

"""``POST /v1/advice``: beside the route, what else to know before a message is accepted."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from starlette.concurrency import run_in_threadpool

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.advice_schemas import AdviceIn, AdviceOut
from service.api.bodies import body_of, described
from service.api.dependencies import EngineOfApp, adviser_of
from service.openapi import problem_responses

router = APIRouter(tags=["分拨"])


@router.post(
    "/v1/advice",
    summary="受理提示、相似案例、可能的重复、部门职责",
    response_model=AdviceOut,
    responses=problem_responses(
        "malformed_json",
        "invalid_utf8",
        "unauthorised",
        "forbidden",
        "body_too_large",
        "unsupported_media_type",
        "invalid_request",
        "text_too_long",
        "loading",
        "overloaded",
        "store_unavailable",
    ),
    openapi_extra=described(AdviceIn, 一条诉求=examples.ADVICE),
)
async def create_advice(
    request: Request,
    caller: Annotated[Principal, Depends(needs(Scope.ROUTE))],
    engine: EngineOfApp,
    body: Annotated[AdviceIn, body_of(AdviceIn)],
) -> dict[str, Any]:
    """不保存诉求，只供参考，不代替人决定。没有「查询诉求」权限的，`similar` 和 `repeats` 为 null。"""
    message = body.message()
    [route] = await engine.route([message])
    advice = await run_in_threadpool(adviser_of(request).advise, caller, message, route, body.petition)
    return await run_in_threadpool(advice.to_dict, engine.router.taxonomy)

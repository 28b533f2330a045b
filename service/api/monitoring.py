"""``GET /metrics``: figures for Prometheus."""

from __future__ import annotations

from typing import Annotated, cast

from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse

from service import metrics
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.dependencies import EngineOfApp
from service.openapi import problem_responses
from service.store.figures import StoreFigures

router = APIRouter(tags=["运行状态"])


@router.get(
    "/metrics",
    summary="监控指标",
    response_class=PlainTextResponse,
    responses=problem_responses("unauthorised", "forbidden"),
)
def read_metrics(
    request: Request, engine: EngineOfApp, _: Annotated[Principal, Depends(needs(Scope.METRICS))]
) -> PlainTextResponse:
    """Prometheus 文本格式；多个进程的数字合在一起。标签里没有诉求内容和个人信息。"""
    metrics.present(engine.pending)
    figures = cast(StoreFigures, request.app.state.figures)
    return PlainTextResponse(metrics.exposition(figures), media_type=metrics.CONTENT_TYPE)

"""``GET /healthz`` and ``GET /readyz``: for load balancers and operators."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request

from service import problems
from service.api.dependencies import DatabaseOfApp, EngineOfApp
from service.openapi import problem_responses
from service.schemas import HealthOut, ReadyOut

router = APIRouter(tags=["运行状态"])


@router.get("/healthz", summary="进程是否在运行")
async def healthz() -> HealthOut:
    """进程能处理请求即答复 200，与模型是否载入、数据库是否可用无关。"""
    return HealthOut(status="ok")


@router.get(
    "/readyz",
    summary="能否接受诉求",
    responses=problem_responses("loading", "bad_model", "stopping", "store_unavailable", "invalid_request"),
)
async def readyz(
    request: Request,
    engine: EngineOfApp,
    database: DatabaseOfApp,
    store: Annotated[Literal["required"] | None, Query(description="required：数据库不可用时也答复 503")] = None,
) -> ReadyOut:
    """模型载入后答复 200，并写明模型和分类的版本、数据库是否可用；此前和停止前答复 503。

    数据库不可用时，分拨照常，仍答复 200；只登记诉求的实例请用 store=required，此时答复 503。
    """
    if request.app.state.stopping:
        raise problems.stopping()
    loaded = engine.router
    if store == "required" and not database.reachable:
        raise problems.store_unavailable()
    return ReadyOut(
        status="ready",
        model=loaded.model,
        profile=loaded.profile.name,
        taxonomy=loaded.taxonomy.version,
        store="ok" if database.reachable else "unavailable",
    )

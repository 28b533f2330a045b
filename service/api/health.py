"""``GET /healthz`` and ``GET /readyz``: for load balancers and operators."""

from __future__ import annotations

from fastapi import APIRouter

from service.api.dependencies import EngineOfApp
from service.openapi import problem_responses
from service.schemas import HealthOut, ReadyOut

router = APIRouter(tags=["运行状态"])


@router.get("/healthz", summary="进程是否在运行")
async def healthz() -> HealthOut:
    """进程在运行即答复 200，与模型是否载入无关。"""
    return HealthOut(status="ok")


@router.get("/readyz", summary="能否接受诉求", responses=problem_responses("loading", "bad_model"))
async def readyz(engine: EngineOfApp) -> ReadyOut:
    """模型载入后答复 200，并写明模型和分类的版本；此前答复 503。"""
    loaded = engine.router
    return ReadyOut(status="ready", model=loaded.model, profile=loaded.profile.name, taxonomy=loaded.taxonomy.version)

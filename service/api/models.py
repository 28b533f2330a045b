"""``GET /v1/models``: what routes are made with."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.dependencies import EngineOfApp
from service.openapi import problem_responses
from service.schemas import ModelsOut

router = APIRouter(tags=["模型"])


@router.get(
    "/v1/models",
    summary="正在使用的模型",
    response_model=ModelsOut,
    responses=problem_responses("unauthorised", "forbidden", "loading", "bad_model"),
)
async def get_models(_: Annotated[Principal, Depends(needs(Scope.ROUTE))], engine: EngineOfApp) -> dict[str, Any]:
    """模型的名称和版本、可用和在用的档位、分类版本、规则版本、目标准确率，以及每个判断项目的标签数。"""
    loaded, versions = engine.router, engine.versions
    return {
        "items": [
            {
                "model": versions.model,
                "taxonomy": versions.taxonomy,
                "policy": versions.policy,
                "profile": loaded.profile.name,
                "profiles": list(loaded.loaded.profiles),
                "target_precision": loaded.policy.target_precision,
                "heads": {name: len(head.labels) for name, head in loaded.loaded.heads.items()},
            }
        ]
    }

"""``GET /v1/taxonomy``: matters, departments and topics as the loaded model uses them."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends

from service.access.guard import anybody
from service.api.answer_examples import TAXONOMY
from service.api.dependencies import EngineOfApp
from service.openapi import problem_responses

router = APIRouter(tags=["分类"])

_RESPONSES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {"example": TAXONOMY}}, "description": "分类全文"},
    **problem_responses("loading"),
}


@router.get(
    "/v1/taxonomy",
    summary="事项类别、责任部门和信访内容分类",
    responses=_RESPONSES,
    dependencies=[Depends(anybody)],
)
async def get_taxonomy(engine: EngineOfApp) -> dict[str, Any]:
    """三事分流的定义和办理方式、48 个责任部门的职责、三级信访内容分类，以及版本号。"""
    return engine.router.taxonomy.to_dict()

"""``GET /v1/labels``: what people decided, as a file to train from."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.answers import READING
from service.api.dependencies import DatabaseOfApp
from service.petitions.training_file import LabelFilter, label_lines, note_labels
from service.store.tables.base import now

router = APIRouter(tags=["诉求"])

_TYPE = "application/jsonl"


@router.get(
    "/v1/labels",
    summary="导出人工结论，用于再训练",
    response_class=StreamingResponse,
    responses={
        **READING,
        200: {"description": "JSON Lines，边读边发", "content": {_TYPE: {"schema": {"type": "string"}}}},
    },
)
def export_labels(
    caller: Annotated[Principal, Depends(needs(Scope.PETITIONS_READ))],
    database: DatabaseOfApp,
    wanted: Annotated[LabelFilter, Query()],
) -> StreamingResponse:
    """每件诉求一行，取最强的人工结论。没有人看过的诉求不导出；敏感诉求只在要求时导出。个人信息一律遮盖。每次导出记入审计日志。"""
    note_labels(database, caller, wanted)
    headers = {"Content-Disposition": f'attachment; filename="labels-{now():%Y%m%d}.jsonl"'}
    parts = label_lines(database, caller, wanted)
    return StreamingResponse(parts, media_type=f"{_TYPE}; charset=utf-8", headers=headers)

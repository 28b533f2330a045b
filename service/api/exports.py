"""``GET /v1/petitions/export``: many petitions as one file."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from starlette.responses import StreamingResponse

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.answers import READING
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp
from service.privacy.export import Export, ExportFilter
from service.store.tables.base import now

router = APIRouter(tags=["诉求"])

_TYPES = {"csv": "text/csv", "jsonl": "application/jsonl"}


@router.get(
    "/v1/petitions/export",
    summary="导出诉求",
    response_class=StreamingResponse,
    responses={
        **READING,
        200: {
            "description": "文件，边读边发",
            "content": {kind: {"schema": {"type": "string"}} for kind in _TYPES.values()},
        },
    },
)
def export_petitions(
    caller: Annotated[Principal, Depends(needs(Scope.PETITIONS_READ))],
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    asked: Annotated[ExportFilter, Query()],
) -> StreamingResponse:
    """与查询同样的条件，最新的在前。没有 personal 权限的，个人信息已遮盖。每次导出记入审计日志。"""
    taxonomy = engine.router.taxonomy
    export = Export.of(asked, taxonomy, directories.deadlines.calendar)
    count = export.note(database, caller)
    headers = {
        "Content-Disposition": f'attachment; filename="petitions-{now():%Y%m%d}.{export.form}"',
        "X-Total-Count": str(count),
    }
    parts = export.parts(database, caller, taxonomy)
    return StreamingResponse(parts, media_type=f"{_TYPES[export.form]}; charset=utf-8", headers=headers)

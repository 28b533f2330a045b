"""The list of three matters (三事清单): counts above it, and the workbook for a meeting."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Response

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.answers import READING
from service.api.dependencies import DatabaseOfApp, DirectoriesOfApp, EngineOfApp
from service.petitions.counts import counts
from service.petitions.list_schemas import CountsOut, MeetingFilter
from service.petitions.queries import Filter
from service.privacy.meeting import meeting
from service.store.tables.base import now

router = APIRouter(tags=["三事清单"])

Reader = Annotated[Principal, Depends(needs(Scope.PETITIONS_READ))]

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


@router.get("/v1/petitions/counts", summary="各状态的件数", response_model=CountsOut, responses=READING)
def count_petitions(
    caller: Reader,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    wanted: Annotated[Filter, Query()],
) -> dict[str, Any]:
    """与查询同样的条件：共多少件，各状态、事项类别、种类、协商状态、转介种类多少件，逾期、疑难、催办多少件。"""
    taxonomy = engine.router.taxonomy
    narrowed = wanted.resolved(taxonomy, directories.deadlines.calendar)
    with database.read() as session:
        return counts(session, caller, narrowed, taxonomy)


@router.get(
    "/v1/petitions/meeting",
    summary="会议材料",
    response_class=Response,
    responses={
        **READING,
        200: {"description": "XLSX 文件", "content": {_XLSX: {"schema": {"type": "string", "format": "binary"}}}},
    },
)
def export_meeting(
    caller: Reader,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    directories: DirectoriesOfApp,
    asked: Annotated[MeetingFilter, Query()],
) -> Response:
    """与查询同样的条件，最多 5000 件。没有 personal 权限的，个人信息已遮盖。每次导出记入审计日志。"""
    book = meeting(database, caller, asked, engine.router.taxonomy, directories.deadlines.calendar)
    headers = {"Content-Disposition": f'attachment; filename="meeting-{now():%Y%m%d}.xlsx"'}
    return Response(book, media_type=_XLSX, headers=headers)

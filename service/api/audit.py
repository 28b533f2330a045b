"""``GET /v1/audit``: who did what outside a petition's history."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query

from service.access import audit
from service.access.audit import AuditFilter
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.access.schemas import AuditPageOut
from service.access.shown import audit_json
from service.api.dependencies import DatabaseOfApp
from service.openapi import problem_responses
from service.petitions.schemas import Moment
from service.store.paging import MOST

router = APIRouter(tags=["审计日志"])


@router.get(
    "/v1/audit", summary="审计日志", response_model=AuditPageOut, responses=problem_responses("store_unavailable")
)
def find_audit(
    _: Annotated[Principal, Depends(needs(Scope.ADMIN))],
    database: DatabaseOfApp,
    action: Annotated[str | None, Query(max_length=64, description="做了什么，如 sign_in_failed")] = None,
    actor: Annotated[str | None, Query(max_length=200, description="谁，如 account:编号、key:编号、local")] = None,
    target: Annotated[str | None, Query(max_length=200, description="对什么，如 account:编号、petition:编号")] = None,
    at_from: Annotated[Moment | None, Query(description="时间不早于")] = None,
    at_to: Annotated[Moment | None, Query(description="时间早于")] = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="上一页答复中的 next")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="一页的条数")] = 50,
) -> dict[str, Any]:
    """登录、账号、密钥、目录、导出、查看敏感诉求等，只增不改，最新的在前。诉求本身的更改见诉求的经过。"""
    wanted = AuditFilter(action=action, actor=actor, target=target, at_from=at_from, at_to=at_to)
    with database.read() as session:
        page = audit.find(session, wanted, cursor=cursor, limit=limit)
        return {"items": [audit_json(entry) for entry in page.items], "next": page.next}

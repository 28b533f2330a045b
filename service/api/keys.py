"""``/v1/keys``: the keys of other programs."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import JSONResponse

from service.access import keys
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.access.schemas import KeyChangeIn, KeyIn, KeyOut, KeysOut, NewKeyOut
from service.access.shown import key_json
from service.api import administration, examples
from service.api.administration import CHANGING
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp
from service.openapi import problem_responses

router = APIRouter(prefix="/v1/keys", tags=["账号与密钥"])

Admin = Annotated[Principal, Depends(needs(Scope.ADMIN))]
Id = Annotated[str, Path(description="密钥编号", pattern="^[0-9a-f]{12}$")]


@router.get("", summary="全部密钥", response_model=KeysOut)
def list_keys(_: Admin, database: DatabaseOfApp) -> dict[str, Any]:
    """按生成的先后排列，撤销的也在内；不含密钥全文。"""
    with database.read() as session:
        return {"items": [key_json(key) for key in keys.all_keys(session)]}


@router.post(
    "",
    summary="生成密钥",
    status_code=201,
    response_model=NewKeyOut,
    responses=CHANGING,
    openapi_extra=described(KeyIn, 工单系统=examples.KEY),
)
async def create_key(request: Request, caller: Admin, body: Annotated[KeyIn, body_of(KeyIn)]) -> Response:
    """答复里的 token 只给出这一次，请立即交给使用它的系统。重发会生成另一个密钥，多余的请撤销。"""
    answer = await administration.make_key(request, caller, body)
    return JSONResponse(answer, 201, headers={"Cache-Control": "no-store"})


@router.patch(
    "/{key}",
    summary="修改密钥",
    response_model=KeyOut,
    responses={**CHANGING, **problem_responses("no_such_resource")},
    openapi_extra=described(KeyChangeIn, 提高频率=examples.KEY_CHANGE),
)
async def change_key(
    request: Request, caller: Admin, key: Id, body: Annotated[KeyChangeIn, body_of(KeyChangeIn)]
) -> dict[str, Any]:
    """改名称、权限或每分钟的请求数；密钥全文不变。"""
    return await administration.change_key(request, caller, key, body)


@router.delete(
    "/{key}",
    summary="撤销密钥",
    response_model=KeyOut,
    responses=problem_responses("no_such_resource", "invalid_request", "store_unavailable"),
)
async def revoke_key(request: Request, caller: Admin, key: Id) -> dict[str, Any]:
    """撤销后不能恢复；已撤销的再撤销，没有变化。各进程最迟 5 秒后拒绝它。"""
    return await administration.revoke_key(request, caller, key)

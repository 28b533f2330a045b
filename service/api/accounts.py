"""``/v1/accounts``: the people who may sign in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request

from service.access import accounts
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.access.schemas import AccountChangeIn, AccountIn, AccountOut, AccountsOut
from service.access.shown import account_json
from service.api import administration, examples
from service.api.administration import CHANGING
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp
from service.openapi import problem_responses

router = APIRouter(prefix="/v1/accounts", tags=["账号与密钥"])

Admin = Annotated[Principal, Depends(needs(Scope.ADMIN))]
Id = Annotated[str, Path(description="账号编号", pattern="^[0-9a-f]{32}$")]


@router.get("", summary="全部账号", response_model=AccountsOut)
def list_accounts(_: Admin, database: DatabaseOfApp) -> dict[str, Any]:
    """按账号名排列，停用的也在内。"""
    with database.read() as session:
        return {"items": [account_json(account) for account in accounts.all_accounts(session)]}


@router.post(
    "",
    summary="新建账号",
    status_code=201,
    response_model=AccountOut,
    responses={**CHANGING, **problem_responses("name_taken", "too_many_sign_ins")},
    openapi_extra=described(AccountIn, 复核员=examples.ACCOUNT),
)
async def create_account(
    request: Request, caller: Admin, body: Annotated[AccountIn, body_of(AccountIn)]
) -> dict[str, Any]:
    """账号名不分大小写。密码至少 10 个字符，不要求字符种类。"""
    return await administration.make_account(request, caller, body)


@router.patch(
    "/{account}",
    summary="修改账号",
    response_model=AccountOut,
    responses={**CHANGING, **problem_responses("no_such_resource", "not_possible", "too_many_sign_ins")},
    openapi_extra=described(AccountChangeIn, 停用=examples.ACCOUNT_CHANGE),
)
async def change_account(
    request: Request,
    caller: Admin,
    account: Id,
    body: Annotated[AccountChangeIn, body_of(AccountChangeIn)],
) -> dict[str, Any]:
    """改角色、姓名、密码，停用或启用。停用和改密码使该账号在各处退出登录；至少要留一个启用的管理员。"""
    return await administration.change_account(request, caller, account, body)

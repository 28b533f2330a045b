"""``/v1/accounts``: the people who may sign in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service import problems
from service.access import accounts
from service.access.accounts import NameTakenError, UnfitError
from service.access.guard import guard_of, needs
from service.access.principal import Principal, Scope
from service.access.schemas import AccountChangeIn, AccountIn, AccountOut, AccountsOut
from service.access.shown import account_json
from service.api import examples
from service.api.administration import CHANGING, administer
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp
from service.openapi import problem_responses
from service.problems import FieldError
from service.store.database import Database
from service.store.tables import Account

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
    request: Request, caller: Admin, database: DatabaseOfApp, body: Annotated[AccountIn, body_of(AccountIn)]
) -> dict[str, Any]:
    """账号名不分大小写。密码至少 10 个字符，不要求字符种类。"""
    _check(body.name, body.password)
    password_hash = await _hashed(request, body.password)

    def work(session: Session) -> dict[str, Any]:
        made = accounts.create(
            session,
            caller,
            body.name,
            role=body.role,
            password_hash=password_hash,
            shown_name=body.shown_name,
        )
        return account_json(made)

    try:
        return await administer(request, database, work)
    except NameTakenError:
        raise problems.name_taken() from None


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
    database: DatabaseOfApp,
    account: Id,
    body: Annotated[AccountChangeIn, body_of(AccountChangeIn)],
) -> dict[str, Any]:
    """改角色、姓名、密码，停用或启用。停用和改密码使该账号在各处退出登录；至少要留一个启用的管理员。"""
    values = {name: value for name in ("shown_name", "role", "active") if (value := getattr(body, name)) is not None}
    if body.password is not None:
        _check(await run_in_threadpool(_name_of, database, account), body.password)
    password_hash = None if body.password is None else await _hashed(request, body.password)

    def work(session: Session) -> dict[str, Any]:
        found = _get(session, account)
        had_admin = accounts.has_admin(session)
        accounts.change(session, caller, found, why=body.why, **values)
        if password_hash is not None:
            accounts.set_password(session, caller, found, password_hash)
        session.flush()
        if had_admin and not accounts.has_admin(session):
            raise problems.not_possible("这是最后一个启用的管理员。请先新建或启用另一个管理员。")
        return account_json(found)

    return await administer(request, database, work)


async def _hashed(request: Request, password: str) -> str:
    hashing = guard_of(request).hashing
    with hashing.place():
        return await hashing.hashed(password)


def _check(name: str, password: str) -> None:
    try:
        accounts.check_password(password, accounts.plain_name(name))
    except UnfitError as error:
        raise problems.invalid_request([FieldError(error.field, error.what)]) from None


def _name_of(database: Database, account: str) -> str:
    with database.read() as session:
        return _get(session, account, lock=False).name


def _get(session: Session, account: str, *, lock: bool = True) -> Account:
    found = session.get(Account, account, with_for_update=lock)
    if found is None:
        raise problems.no_such("账号")
    return found

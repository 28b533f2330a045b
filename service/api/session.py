"""``/v1/session``: sign in, who am I, sign out, and one's own password."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from service import problems
from service.access import sessions
from service.access.accounts import UnfitError
from service.access.guard import COOKIE, SECURE_COOKIE, anybody, guard_of
from service.access.origin import is_from_elsewhere
from service.access.principal import Principal
from service.access.schemas import PasswordIn, SessionOut, SignInIn
from service.access.shown import session_json
from service.api import examples
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, SettingsOfApp
from service.openapi import problem_responses
from service.problems import FieldError
from service.store.database import Database

router = APIRouter(prefix="/v1/session", tags=["登录"])

Anybody = Annotated[Principal, Depends(anybody)]
_SIGNING_IN = problem_responses(
    "malformed_json",
    "invalid_utf8",
    "sign_in_failed",
    "csrf_failed",
    "body_too_large",
    "unsupported_media_type",
    "invalid_request",
    "too_many_sign_ins",
    "store_unavailable",
)


@router.post(
    "",
    summary="登录",
    response_model=SessionOut,
    responses=_SIGNING_IN,
    openapi_extra=described(SignInIn, 登录=examples.SIGN_IN),
)
async def sign_in(
    request: Request,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    body: Annotated[SignInIn, body_of(SignInIn)],
) -> Response:
    """用账号和密码登录，网页用。答复设置只供本站使用的 Cookie；此后的更改须带请求头 X-CSRF-Token。"""
    if is_from_elsewhere(request):
        raise problems.csrf_failed()
    guard = guard_of(request)
    token = await sessions.sign_in(database, guard.hashing, settings, body.name, body.password)
    found = await guard.by_session(token)
    if found is None:  # disabled in this very moment
        raise problems.sign_in_failed()
    answer = JSONResponse(session_json(found), headers={"Cache-Control": "no-store"})
    secure = guard.is_secure(request)
    answer.set_cookie(
        SECURE_COOKIE if secure else COOKIE,
        token,
        max_age=settings.session_hours * 3600,
        secure=secure,
        httponly=True,
        samesite="strict",
    )
    return answer


@router.get("", summary="我是谁，有哪些权限", response_model=SessionOut)
async def get_session(request: Request, _: Anybody) -> Response:
    """当前的账号或密钥、角色、权限、到期时间，以及更改时要带的 csrf。"""
    return JSONResponse(session_json(request.state.recognised), headers={"Cache-Control": "no-store"})


@router.delete("", summary="退出登录", status_code=204)
async def sign_out(request: Request, _: Anybody, database: DatabaseOfApp) -> Response:
    """结束浏览器的这一次登录；用密钥调用的没有登录可退，也答复 204。"""
    guard = guard_of(request)
    token = guard.session_token(request)
    if token is not None:
        await run_in_threadpool(_sign_out, database, token)
        guard.forget()
    answer = Response(status_code=204)
    for name, secure in ((COOKIE, False), (SECURE_COOKIE, True)):
        answer.delete_cookie(name, secure=secure, httponly=True, samesite="strict")
    return answer


@router.post(
    "/password",
    summary="修改自己的密码",
    status_code=204,
    responses={**_SIGNING_IN, **problem_responses("not_possible")},
    openapi_extra=described(PasswordIn, 修改密码=examples.PASSWORD),
)
async def change_password(
    request: Request, caller: Anybody, database: DatabaseOfApp, body: Annotated[PasswordIn, body_of(PasswordIn)]
) -> Response:
    """须给出现在的密码。修改后在各处退出登录，请用新密码重新登录。"""
    kind, _, account = caller.id.partition(":")
    if kind != "account":
        raise problems.not_possible("只有登录的账号可以修改自己的密码。")
    guard = guard_of(request)
    try:
        await sessions.change_password(database, guard.hashing, account, body.password, body.new_password)
    except UnfitError as error:
        raise problems.invalid_request([FieldError("new_password", error.what)]) from None
    guard.forget()
    return Response(status_code=204)


def _sign_out(database: Database, token: str) -> None:
    with database.write() as session:
        sessions.sign_out(session, token)

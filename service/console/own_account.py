"""The page 我的账号: one's own password, and where one is signed in."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import Depends, Request, Response
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from petition_nlp.settings import Settings
from service import problems
from service.access import sessions
from service.access.accounts import UnfitError
from service.access.guard import anybody, guard_of
from service.access.principal import SCOPE_MEANINGS, Principal
from service.access.schemas import Password
from service.access.tokens import digest
from service.api import administration
from service.api.dependencies import DatabaseOfApp, SettingsOfApp
from service.console.forms import form_of
from service.console.pages import Page, PageRouter
from service.console.refusals import SIGN_IN
from service.console.shell import fragment, render
from service.console.texts import own_account as texts
from service.moments import moment_json
from service.problems import FieldError, Problem
from service.schemas import In, Text
from service.store.database import Database

PAGE: Final = Page("own-account", "/account", None, texts)
router: Final = PageRouter(PAGE)

Anybody = Annotated[Principal, Depends(anybody)]

_SHOWN: Final = 12
"""Characters of a session's identifier by which the page names it: the whole one would be no secret either."""


class PasswordForm(In):
    """The present password, and the new one twice."""

    current: Password
    new: Text
    again: Text


class EndIn(In):
    """Which session to end; without one all others."""

    session: Text | None = None


@router.get("/account")
def show(request: Request, caller: Anybody, database: DatabaseOfApp, settings: SettingsOfApp) -> HTMLResponse:
    """Who one is, and what one may do."""
    scopes = [SCOPE_MEANINGS[scope] for scope in SCOPE_MEANINGS if caller.may(scope)]
    kind = caller.id.partition(":")[0]
    return render(request, kind=kind, scopes=scopes, **_sessions(request, database, settings, caller))


@router.post("/account/password")
async def change_password(
    request: Request, caller: Anybody, database: DatabaseOfApp, form: Annotated[PasswordForm, form_of(PasswordForm)]
) -> Response:
    """Change it; one signs in anew with it."""
    if form.new != form.again:
        raise problems.invalid_request([FieldError("again", texts.PAGE["differ"])])
    guard = guard_of(request)
    try:
        await sessions.change_password(database, guard.hashing, _account(caller), form.current, form.new)
    except UnfitError as error:
        raise problems.invalid_request([FieldError("new", error.what)]) from None
    except Problem as problem:
        if problem.code != "sign_in_failed":
            raise
        # Not a 401, which would say that one is not signed in.
        raise problems.invalid_request([FieldError("current", texts.PAGE["wrong"])]) from None
    guard.forget()
    return Response(status_code=204, headers={"HX-Redirect": f"{SIGN_IN}?changed=1"})


@router.post("/account/sessions/end")
async def end(
    request: Request,
    caller: Anybody,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    form: Annotated[EndIn, form_of(EndIn)],
) -> HTMLResponse:
    """End one session, or all but this one."""
    before = await run_in_threadpool(_sessions, request, database, settings, caller)
    shown = before["sessions"]
    wanted = [one["id"] for one in shown if (one["shown"] == form.session if form.session else not one["this"])]
    ended = await administration.sign_out(request, caller, _account(caller), wanted)
    after = await run_in_threadpool(_sessions, request, database, settings, caller)
    return fragment(request, "own-account/sessions.html", notice=texts.PAGE["ended"].format(n=ended), **after)


def _account(caller: Principal) -> str:
    kind, _, account = caller.id.partition(":")
    if kind != "account":
        raise problems.not_possible("只有登录的账号可以修改自己的密码。")
    return account


def _sessions(request: Request, database: Database, settings: Settings, caller: Principal) -> dict[str, Any]:
    token = guard_of(request).session_token(request)
    this = token and digest(token)
    kind, _, account = caller.id.partition(":")
    if kind != "account":
        return {"sessions": []}
    idle = timedelta(minutes=settings.session_idle_minutes)
    with database.read() as session:
        found = sessions.open_sessions(session, account, idle)
    names = ("created", "seen", "expires")
    return {
        "sessions": [
            {
                "id": one.id,
                "shown": one.id[:_SHOWN],
                "this": one.id == this,
                **{name: moment_json(getattr(one, name)) for name in names},
            }
            for one in found
        ]
    }

"""The page for signing in; from there callers go on to where they wanted to go."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from petition_nlp.settings import Settings
from service.access import accounts, sessions
from service.access.guard import guard_of
from service.access.origin import is_direct
from service.access.principal import LOCAL
from service.api.dependencies import DatabaseOfApp, SettingsOfApp
from service.console.pages import Page, PageRouter
from service.console.refusals import SIGN_IN, local_path
from service.console.shell import render
from service.console.texts import sign_in as texts
from service.problems import Problem
from service.store.database import Database

PAGE: Final = Page("sign-in", SIGN_IN, None, texts)
router: Final = PageRouter(PAGE)


@router.get(SIGN_IN)
async def show(
    request: Request,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    wanted: Annotated[str | None, Query(alias="next")] = None,
    changed: str | None = None,
) -> HTMLResponse:
    """Name and password.

    :param changed: given after a change of one's password.
    """
    waits = [int(sessions.wait_after(failures).total_seconds()) for failures in range(sessions.LONGEST_AFTER + 1)]
    return render(
        request,
        next=local_path(wanted),
        changed=changed is not None,
        waits=waits,
        first=await _first(request, database, settings),
    )


async def _first(request: Request, database: Database, settings: Settings) -> str | None:
    """What to do where nobody can sign in: ``open`` nothing, ``command`` to make an account on the command line.

    Only whoever sits at this machine is told.
    """
    if not is_direct(request):
        return None
    try:
        if await run_in_threadpool(_anybody_active, database):
            return None
        found = await guard_of(request).recognise(request)
    except Problem:
        return "command"
    return "open" if found.principal == LOCAL else None


def _anybody_active(database: Database) -> bool:
    with database.read() as session:
        return any(account.active for account in accounts.all_accounts(session))

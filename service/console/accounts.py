"""The page 账号: who may sign in, with which role."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from petition_nlp.settings import Settings
from service import problems
from service.access import accounts, passwords, sessions
from service.access.guard import needs
from service.access.principal import LOCAL, ROLE_NAMES, Principal, RoleName, Scope
from service.access.schemas import AccountChangeIn, AccountIn, Name
from service.access.shown import account_json
from service.api import administration
from service.api.dependencies import DatabaseOfApp, SettingsOfApp
from service.console.forms import form_of
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import accounts as texts
from service.petitions.schemas import Reason
from service.problems import FieldError
from service.schemas import In, Text
from service.store.database import Database
from service.store.tables import Account
from service.store.tables.base import now

PAGE: Final = Page("accounts", "/accounts", Scope.ADMIN, texts, place=70, group="administration")
router: Final = PageRouter(PAGE)

Admin = Annotated[Principal, Depends(needs(Scope.ADMIN))]
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]


class NewAccountIn(In):
    """The form of a new account; without a password it gets one."""

    name: Text = ""
    shown_name: Name | None = None
    role: RoleName
    password: Text | None = None


class ChangeIn(In):
    """Name and role, as they shall be; ``seen`` is what the page showed."""

    seen: Text
    shown_name: Name
    role: RoleName
    why: Reason | None = None


class UseIn(In):
    """Whether an account may be used."""

    seen: Text
    active: Literal["true", "false"]
    why: Reason | None = None


class ResetIn(In):
    """A new password; none: one is made up."""

    password: Text | None = None


@router.get("/accounts")
def show(request: Request, caller: Admin, database: DatabaseOfApp, settings: SettingsOfApp) -> HTMLResponse:
    """All accounts."""
    return render(request, first=is_first(database, settings, caller), **_listed(database, caller))


@router.get("/accounts/new")
def show_new(request: Request, caller: Admin, database: DatabaseOfApp, settings: SettingsOfApp) -> HTMLResponse:
    """The form for another one; the first one is an admin's, or nobody could make the second."""
    first = is_first(database, settings, caller)
    return fragment(request, "accounts/new.html", roles=_roles("admin") if first else _roles(*ROLE_NAMES), first=first)


@router.post("/accounts")
async def create(
    request: Request,
    caller: Admin,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    form: Annotated[NewAccountIn, form_of(NewAccountIn)],
) -> HTMLResponse:
    """Make it, and tell its first password once."""
    if form.role != "admin" and await run_in_threadpool(is_first, database, settings, caller):
        raise problems.invalid_request([FieldError("role", texts.PAGE["none_text"])])
    password = form.password or passwords.generated()
    wanted = AccountIn(name=form.name, shown_name=form.shown_name, role=form.role, password=password)
    made = await administration.make_account(request, caller, wanted)
    return await run_in_threadpool(
        _told, request, database, caller, made, texts.PAGE["made"], None if form.password else password
    )


@router.get("/accounts/{account}")
def show_one(
    request: Request, caller: Admin, database: DatabaseOfApp, settings: SettingsOfApp, account: Id
) -> HTMLResponse:
    """What can be changed in an account."""
    return fragment(request, "accounts/one.html", **_one(database, settings, caller, account))


@router.post("/accounts/{account}")
async def change(
    request: Request, caller: Admin, database: DatabaseOfApp, account: Id, form: Annotated[ChangeIn, form_of(ChangeIn)]
) -> HTMLResponse:
    """Another name or role."""
    wanted = AccountChangeIn(shown_name=form.shown_name, role=form.role, why=form.why)
    await administration.change_account(request, caller, account, wanted, _unchanged(form.seen))
    return await run_in_threadpool(_done, request, database, caller, texts.PAGE["saved"])


@router.post("/accounts/{account}/use")
async def use(
    request: Request, caller: Admin, database: DatabaseOfApp, account: Id, form: Annotated[UseIn, form_of(UseIn)]
) -> HTMLResponse:
    """Disable or enable it."""
    active = form.active == "true"
    wanted = AccountChangeIn(active=active, why=form.why)
    changed = await administration.change_account(request, caller, account, wanted, _unchanged(form.seen))
    notice = texts.PAGE["was_enabled" if active else "was_disabled"].format(name=changed["shown_name"])
    return await run_in_threadpool(_done, request, database, caller, notice)


@router.post("/accounts/{account}/password")
async def reset(
    request: Request, caller: Admin, database: DatabaseOfApp, account: Id, form: Annotated[ResetIn, form_of(ResetIn)]
) -> HTMLResponse:
    """Another password, told once."""
    password = form.password or passwords.generated()
    changed = await administration.change_account(request, caller, account, AccountChangeIn(password=password))
    return await run_in_threadpool(
        _told, request, database, caller, changed, texts.PAGE["reset_done"], None if form.password else password
    )


@router.post("/accounts/{account}/sign-out")
async def sign_out(
    request: Request, caller: Admin, database: DatabaseOfApp, settings: SettingsOfApp, account: Id
) -> HTMLResponse:
    """End its sessions."""
    ended = await administration.sign_out(request, caller, account)
    found = await run_in_threadpool(_one, database, settings, caller, account)
    return fragment(request, "accounts/one.html", notice=texts.PAGE["ended"].format(n=ended), **found)


def seen(account: Account) -> str:
    """A digest of what the page shows of an account and changes."""
    return hashlib.sha256(repr((account.shown_name, account.role, account.active)).encode()).hexdigest()[:16]


def is_first(database: Database, settings: Settings, caller: Principal) -> bool:
    """Whether nobody has an account yet, and everybody needs one from the first on."""
    with database.read() as session:
        return caller == LOCAL and settings.access == "auto" and not accounts.all_accounts(session)


def _unchanged(shown: str) -> administration.Check:
    def check(account: Account) -> None:
        if seen(account) != shown:
            raise problems.changed_meanwhile(f'"{seen(account)}"')

    return check


def _roles(*codes: str) -> list[tuple[str, str, str]]:
    return [(code, ROLE_NAMES[code], texts.PAGE["roles"][code]) for code in codes]


def _listed(database: Database, caller: Principal) -> dict[str, Any]:
    moment = now()
    with database.read() as session:
        found = accounts.all_accounts(session)
    items = [
        {
            **account_json(account),
            "locked": account.locked_until is not None and account.locked_until > moment,
            "own": caller.id == f"account:{account.id}",
        }
        for account in sorted(found, key=lambda account: not account.active)
    ]
    return {"items": items, "active": sum(account.active for account in found)}


def _one(database: Database, settings: Settings, caller: Principal, account: str) -> dict[str, Any]:
    idle = timedelta(minutes=settings.session_idle_minutes)
    with database.read() as session:
        found = administration.account_of(session, account)
        used = sessions.open_sessions(session, account, idle)
    return {
        "item": account_json(found),
        "seen": seen(found),
        "sessions": len(used),
        "own": caller.id == f"account:{account}",
        "roles": _roles(*ROLE_NAMES),
    }


def _told(
    request: Request, database: Database, caller: Principal, account: dict[str, Any], title: str, password: str | None
) -> HTMLResponse:
    told: dict[str, Any] = {"account": account, "heading": title, "told": password, "caller": caller}
    return fragment(request, "accounts/told.html", **told, **_listed(database, caller))


def _done(request: Request, database: Database, caller: Principal, notice: str) -> HTMLResponse:
    return fragment(request, "accounts/done.html", notice=notice, **_listed(database, caller))

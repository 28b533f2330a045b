"""The page 密钥: the keys of other systems."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from service import problems
from service.access import keys
from service.access.guard import needs
from service.access.principal import SCOPE_MEANINGS, Principal, Scope
from service.access.schemas import KeyChangeIn, KeyIn, Name
from service.access.shown import key_json
from service.api import administration
from service.api.dependencies import DatabaseOfApp, SettingsOfApp
from service.console.accounts import is_first
from service.console.forms import form_of
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import keys as texts
from service.petitions.schemas import Reason
from service.problems import FieldError
from service.schemas import In
from service.store.database import Database
from service.store.tables.base import now

PAGE: Final = Page("keys", "/keys", Scope.ADMIN, texts, place=71, group="administration")
router: Final = PageRouter(PAGE)

Admin = Annotated[Principal, Depends(needs(Scope.ADMIN))]
Id = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]

_CAREFUL: Final = frozenset(
    {
        Scope.ADMIN,
        Scope.PRIVACY,
        Scope.PERSONAL,
        Scope.RESTRICTED,
        Scope.DIRECTORY_WRITE,
        Scope.AUTOMATIC,
        Scope.SUPERVISE,
        Scope.MODELS,
    }
)
_SOON_DAYS: Final = 30


class KeyForm(In):
    """A key as it shall be."""

    name: Name
    scopes: list[Scope] = Field(default_factory=list)
    rate: Annotated[int, Field(ge=0, le=keys.MOST_RATE)] = keys.DEFAULT_RATE
    days: Annotated[int, Field(ge=1, le=keys.MOST_DAYS)] | None = None
    why: Reason | None = None

    def check(self) -> None:
        """Refuse a key that opens nothing: what is not ticked is not sent.

        :raises Problem: 422.
        """
        if not self.scopes:
            raise problems.invalid_request([FieldError("scopes", texts.PAGE["no_scope"])])


class RevocationIn(In):
    """Why a key is revoked."""

    why: Reason | None = Field(default=None)


@router.get("/keys")
def show(request: Request, caller: Admin, database: DatabaseOfApp, settings: SettingsOfApp) -> HTMLResponse:
    """All keys, those in use first."""
    return render(request, first=is_first(database, settings, caller), **_listed(database))


@router.get("/keys/new")
def show_new(request: Request, _: Admin) -> HTMLResponse:
    """The form for another one."""
    return fragment(request, "keys/new.html", scopes=_scopes(), rate=keys.DEFAULT_RATE)


@router.post("/keys")
async def create(
    request: Request,
    caller: Admin,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    form: Annotated[KeyForm, form_of(KeyForm)],
) -> HTMLResponse:
    """Make it, and tell it once."""
    if await run_in_threadpool(is_first, database, settings, caller):
        raise problems.not_possible(f"{texts.PAGE['first_title']}。{texts.PAGE['first_text']}")
    form.check()
    wanted = KeyIn(name=form.name, scopes=form.scopes, rate=form.rate, days=form.days)
    made = await administration.make_key(request, caller, wanted)
    return fragment(request, "keys/told.html", key=made, **await run_in_threadpool(_listed, database))


@router.get("/keys/{key}")
def show_one(request: Request, _: Admin, database: DatabaseOfApp, key: Id) -> HTMLResponse:
    """What can be changed in a key."""
    with database.read() as session:
        item = key_json(administration.key_of(session, key))
    return fragment(request, "keys/one.html", item=item, scopes=_scopes())


@router.post("/keys/{key}")
async def change(
    request: Request,
    caller: Admin,
    database: DatabaseOfApp,
    key: Id,
    form: Annotated[KeyForm, form_of(KeyForm)],
) -> HTMLResponse:
    """Another name, other scopes, another rate."""
    form.check()
    wanted = KeyChangeIn(name=form.name, scopes=form.scopes, rate=form.rate, why=form.why)
    await administration.change_key(request, caller, key, wanted)
    listed = await run_in_threadpool(_listed, database)
    return fragment(request, "keys/done.html", notice=texts.PAGE["saved"], **listed)


@router.post("/keys/{key}/revoke")
async def revoke(
    request: Request,
    caller: Admin,
    database: DatabaseOfApp,
    key: Id,
    form: Annotated[RevocationIn, form_of(RevocationIn)],
) -> HTMLResponse:
    """End it for good."""
    revoked = await administration.revoke_key(request, caller, key, form.why)
    notice = texts.PAGE["was_revoked"].format(name=revoked["name"])
    return fragment(request, "keys/done.html", notice=notice, **await run_in_threadpool(_listed, database))


def _scopes() -> list[tuple[str, str, str, bool]]:
    names = texts.PAGE["scope_names"]
    return [(scope.value, names[scope], SCOPE_MEANINGS[scope], scope in _CAREFUL) for scope in Scope]


def _listed(database: Database) -> dict[str, Any]:
    with database.read() as session:
        found = [(key_json(key), key.expires) for key in keys.all_keys(session)]
    items = [{**shown, "soon": _soon(expires) if shown["in_use"] else None} for shown, expires in found]
    items.sort(key=lambda item: not item["in_use"])
    return {"items": items, "used": sum(item["in_use"] for item in items)}


def _soon(expires: datetime | None) -> str | None:
    """How long a key lasts that does not last long."""
    days = _SOON_DAYS if expires is None else (expires - now()).days
    if days >= _SOON_DAYS:
        return None
    return str(texts.PAGE["soon"]).format(days=days) if days else str(texts.PAGE["today"])

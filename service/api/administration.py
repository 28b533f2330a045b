"""Changes of accounts and keys, as the API and the console make them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeVar

from fastapi import Request
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service import problems
from service.access import accounts, keys, sessions
from service.access.accounts import NameTakenError, UnfitError
from service.access.guard import guard_of
from service.access.principal import Principal
from service.access.schemas import AccountChangeIn, AccountIn, KeyChangeIn, KeyIn
from service.access.shown import account_json, key_json
from service.openapi import problem_responses
from service.problems import FieldError
from service.store.database import Database
from service.store.tables import Account, ApiKey

CHANGING: Final = problem_responses(
    "malformed_json",
    "invalid_utf8",
    "body_too_large",
    "unsupported_media_type",
    "invalid_request",
    "store_unavailable",
)

Check = Callable[[Account], None]
Done = TypeVar("Done")


async def administer(request: Request, work: Callable[[Session], Done]) -> Done:
    """Do ``work`` in a transaction; from then on the guard asks the store anew.

    It is not `service.api.writing.write`, which would keep a hash of a password's body, or the answer with a new key.
    """
    database: Database = request.app.state.database

    def act() -> Done:
        with database.write() as session:
            return work(session)

    answer = await run_in_threadpool(act)
    guard_of(request).forget()
    return answer


async def make_account(request: Request, caller: Principal, wanted: AccountIn) -> dict[str, Any]:
    """A new account.

    :raises Problem: 422, its name or password cannot be used; 409, the name is taken.
    """
    _check(wanted.name, wanted.password)
    password_hash = await _hashed(request, wanted.password)

    def work(session: Session) -> dict[str, Any]:
        made = accounts.create(
            session,
            caller,
            wanted.name,
            role=wanted.role,
            password_hash=password_hash,
            shown_name=wanted.shown_name,
        )
        return account_json(made)

    try:
        return await administer(request, work)
    except NameTakenError:
        raise problems.name_taken() from None


async def change_account(
    request: Request, caller: Principal, account: str, wanted: AccountChangeIn, check: Check | None = None
) -> dict[str, Any]:
    """An account with other values.

    :param check: raises where it is not any more as the caller has seen it.
    :raises Problem: 404; 422, the password cannot be used; 409, no active admin would be left.
    """
    names = ("shown_name", "role", "active")
    values = {name: value for name in names if (value := getattr(wanted, name)) is not None}
    if wanted.password is not None:
        _check(await run_in_threadpool(_name_of, request.app.state.database, account), wanted.password)
    password_hash = None if wanted.password is None else await _hashed(request, wanted.password)

    def work(session: Session) -> dict[str, Any]:
        found = account_of(session, account, lock=True)
        if check is not None:
            check(found)
        had_admin = accounts.has_admin(session)
        accounts.change(session, caller, found, why=wanted.why, **values)
        if password_hash is not None:
            accounts.set_password(session, caller, found, password_hash)
        session.flush()
        if had_admin and not accounts.has_admin(session):
            raise problems.not_possible("这是最后一个启用的管理员。请先新建或启用另一个管理员。")
        return account_json(found)

    return await administer(request, work)


async def sign_out(request: Request, caller: Principal, account: str, ids: Sequence[str] | None = None) -> int:
    """End sessions of an account.

    :param ids: of the sessions; None: all.
    :return: how many.
    :raises Problem: 404.
    """

    def work(session: Session) -> int:
        account_of(session, account, lock=True)
        return sessions.end_sessions(session, caller, account, ids)

    return await administer(request, work)


async def make_key(request: Request, caller: Principal, wanted: KeyIn) -> dict[str, Any]:
    """A new key with its ``token``, which is told this once."""

    def work(session: Session) -> dict[str, Any]:
        key, token = keys.create(
            session,
            caller,
            wanted.name,
            scopes=wanted.scopes,
            rate=wanted.rate,
            days=wanted.days,
        )
        return {**key_json(key), "token": str(token)}

    return await administer(request, work)


async def change_key(request: Request, caller: Principal, key: str, wanted: KeyChangeIn) -> dict[str, Any]:
    """A key with other values.

    :raises Problem: 404.
    """

    def work(session: Session) -> dict[str, Any]:
        found = key_of(session, key, lock=True)
        keys.change(
            session,
            caller,
            found,
            name=wanted.name,
            scopes=wanted.scopes,
            rate=wanted.rate,
            why=wanted.why,
        )
        return key_json(found)

    return await administer(request, work)


async def revoke_key(request: Request, caller: Principal, key: str, why: str | None = None) -> dict[str, Any]:
    """A key that opens nothing from now on.

    :raises Problem: 404.
    """

    def work(session: Session) -> dict[str, Any]:
        found = key_of(session, key, lock=True)
        keys.revoke(session, caller, found, why)
        return key_json(found)

    return await administer(request, work)


def account_of(session: Session, account: str, *, lock: bool = False) -> Account:
    """The account with an identifier.

    :raises Problem: 404.
    """
    found = session.get(Account, account, with_for_update=lock)
    if found is None:
        raise problems.no_such("账号")
    return found


def key_of(session: Session, key: str, *, lock: bool = False) -> ApiKey:
    """The key with an identifier.

    :raises Problem: 404.
    """
    found = session.get(ApiKey, key, with_for_update=lock)
    if found is None:
        raise problems.no_such("密钥")
    return found


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
        return account_of(session, account).name

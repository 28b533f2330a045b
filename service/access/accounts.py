"""Accounts of people: made, changed, listed. Every change leaves an audit entry."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from petition_nlp.errors import InputError
from service.access.audit import audit
from service.access.passwords import complaint
from service.access.principal import Principal, RoleName
from service.store.tables import Account, SignIn
from service.store.tables.base import new_id

NAME: Final = r"^[A-Za-z0-9\u4e00-\u9fff_.@-]{2,64}$"
"""A name after full-width letters have become plain ones."""


class NameTakenError(InputError):
    """Another account has the name."""


class NoAccountError(InputError):
    """No account has the name or identifier."""


class UnfitError(InputError):
    """A name or password cannot be used; ``field`` says which."""

    def __init__(self, field: str, what: str) -> None:
        self.field = field
        super().__init__(what, where={"name": "账号名", "password": "密码"}[field])


def plain_name(name: str) -> str:
    """The name in the one form in which it is stored: nobody has to mind capitals or full-width letters.

    :raises UnfitError: it cannot be a name.
    """
    plain = unicodedata.normalize("NFKC", name).strip().casefold()
    if not re.match(NAME, plain):
        raise UnfitError("name", "应为 2 到 64 个汉字、字母、数字或 . _ - @，不含空格")
    return plain


def check_password(password: str, name: str) -> None:
    """Refuse a weak password.

    :raises UnfitError: says why.
    """
    what = complaint(password, name)
    if what is not None:
        raise UnfitError("password", what)


def create(
    session: Session, caller: Principal, name: str, *, role: RoleName, password_hash: str, shown_name: str | None = None
) -> Account:
    """A new account.

    :param password_hash: of a password that was checked.
    :raises NameTakenError: another one has the name.
    """
    plain = plain_name(name)
    account = Account(id=new_id(), name=plain, shown_name=shown_name or name.strip(), role=role, password=password_hash)
    session.add(account)
    try:
        session.flush()
    except IntegrityError:
        raise NameTakenError("这个账号名已被使用", where=plain, todo="请换一个账号名") from None
    audit(session, caller, "account_created", _target(account), name=plain, role=role)
    return account


def change(session: Session, caller: Principal, account: Account, *, why: str | None = None, **values: Any) -> None:
    """Set ``role``, ``active`` or ``shown_name``; who is disabled is signed out everywhere."""
    changes = {
        name: [getattr(account, name), value] for name, value in values.items() if getattr(account, name) != value
    }
    if not changes:
        return
    for name, value in values.items():
        setattr(account, name, value)
    if not account.active:
        sign_out_everywhere(session, account)
    audit(session, caller, "account_changed", _target(account), why, changes=changes)


def set_password(session: Session, caller: Principal, account: Account, password_hash: str) -> None:
    """Give an account another password: it is signed out everywhere, and a lock ends."""
    account.password = password_hash
    account.failures = 0
    account.locked_until = None
    sign_out_everywhere(session, account)
    audit(session, caller, "password_changed", _target(account))


def sign_out_everywhere(session: Session, account: Account) -> None:
    """End all sessions of an account."""
    session.execute(delete(SignIn).where(SignIn.account == account.id))


def all_accounts(session: Session) -> Sequence[Account]:
    """All accounts, by name."""
    return session.scalars(select(Account).order_by(Account.name)).all()


def by_name(session: Session, name: str) -> Account:
    """The account with a name.

    :raises NoAccountError: there is none.
    """
    found = session.scalar(select(Account).where(Account.name == plain_name(name)))
    if found is None:
        raise NoAccountError("没有这个账号", where=name, todo="用 petition-nlp accounts list 查看全部账号")
    return found


def has_admin(session: Session) -> bool:
    """Whether anybody is left who may manage accounts; holds them, so that no two admins disable each other."""
    admins = select(Account.id).where(Account.role == "admin", Account.active.is_(True)).order_by(Account.id)
    return bool(session.scalars(admins.with_for_update()).all())


def _target(account: Account) -> str:
    return f"account:{account.id}"

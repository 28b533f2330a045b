"""API keys of other programs: made, changed, revoked. Every change leaves an audit entry."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_nlp.errors import InputError
from service.access.audit import audit
from service.access.principal import Principal, Scope
from service.access.tokens import KeyToken, digest, new_key
from service.moments import moment_json
from service.store.tables import ApiKey
from service.store.tables.base import now

DEFAULT_RATE: Final = 600
MOST_RATE: Final = 1_000_000
MOST_DAYS: Final = 3650


def create(
    session: Session,
    caller: Principal,
    name: str,
    *,
    scopes: Iterable[Scope],
    rate: int = DEFAULT_RATE,
    days: int | None = None,
) -> tuple[ApiKey, KeyToken]:
    """A new key, and the token that is never seen again.

    :param rate: requests a minute; 0 sets no limit.
    :param days: until it expires; None: never.
    """
    token = new_key()
    key = ApiKey(
        id=token.id,
        name=name,
        secret=digest(token.secret),
        scopes=_plain(scopes),
        rate=rate,
        expires=_in_days(days),
    )
    session.add(key)
    session.flush()
    expires = moment_json(key.expires)
    audit(session, caller, "key_created", _target(key), name=name, scopes=key.scopes, rate=rate, expires=expires)
    return key, token


def change(
    session: Session,
    caller: Principal,
    key: ApiKey,
    *,
    name: str | None = None,
    scopes: Iterable[Scope] | None = None,
    rate: int | None = None,
    why: str | None = None,
) -> None:
    """Set what is given."""
    given: dict[str, Any] = {"name": name, "scopes": None if scopes is None else _plain(scopes), "rate": rate}
    changes = {
        field: [getattr(key, field), value]
        for field, value in given.items()
        if value is not None and getattr(key, field) != value
    }
    if not changes:
        return
    for field, (_, value) in changes.items():
        setattr(key, field, value)
    audit(session, caller, "key_changed", _target(key), why, changes=changes)


def revoke(session: Session, caller: Principal, key: ApiKey, why: str | None = None) -> None:
    """End a key for good; a second time does nothing."""
    if key.revoked is not None:
        return
    key.revoked = now()
    audit(session, caller, "key_revoked", _target(key), why, name=key.name)


def all_keys(session: Session) -> Sequence[ApiKey]:
    """All keys, the newest last; revoked ones stay."""
    return session.scalars(select(ApiKey).order_by(ApiKey.created, ApiKey.id)).all()


def by_id(session: Session, identifier: str) -> ApiKey:
    """The key with an identifier.

    :raises InputError: there is none.
    """
    found = session.get(ApiKey, identifier)
    if found is None:
        raise InputError("没有这个密钥", where=identifier, todo="用 petition-nlp keys list 查看全部密钥的编号")
    return found


def in_use(key: ApiKey) -> bool:
    """Whether a key is neither revoked nor expired."""
    return key.revoked is None and (key.expires is None or key.expires > now())


def _plain(scopes: Iterable[Scope]) -> list[str]:
    return sorted({str(scope) for scope in scopes})


def _in_days(days: int | None) -> datetime | None:
    return None if days is None else now() + timedelta(days=days)


def _target(key: ApiKey) -> str:
    return f"key:{key.id}"

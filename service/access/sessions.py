"""Sessions of people in browsers: begun with a password, ended by hand, by time, or by a change of the account."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from petition_nlp.settings import Settings
from service import problems
from service.access.accounts import UnfitError, check_password, plain_name, set_password
from service.access.audit import audit
from service.access.passwords import Hashing
from service.access.principal import NOBODY, ROLES, Principal
from service.access.tokens import digest, new_session
from service.store.database import Database
from service.store.tables import Account, AuditEntry, SignIn
from service.store.tables.base import now

TRIES: Final = 5
"""Failures in a row before an account has to wait."""
_MOST_FAILURES_NOTED: Final = 60
"""Failed sign-ins of a minute that the audit log holds."""
_FIRST_WAIT: Final = timedelta(seconds=30)
_LONGEST_WAIT: Final = timedelta(minutes=15)
LONGEST_AFTER: Final = TRIES + 5
"""Failures in a row after which the wait grows no more."""


@dataclass(frozen=True, slots=True)
class _Attempt:
    """``password`` is the stored hash, None where no password will do, for the reason ``refused``."""

    account: str | None = None
    password: str | None = None
    refused: str | None = None


def principal(account: Account) -> Principal:
    """An account as a caller."""
    return Principal(f"account:{account.id}", account.shown_name, ROLES[account.role])


async def sign_in(database: Database, hashing: Hashing, settings: Settings, name: str, password: str) -> str:
    """Begin a session.

    Whoever fails is not told why: not that a name is unknown, nor that an account is disabled or has to wait.

    :return: its token.
    :raises Problem: 401; 429 where too many try at once.
    """
    with hashing.place():  # before the try is counted
        attempt = await run_in_threadpool(_begin, database, name)
        fits = await hashing.fits(password, attempt.password)
    token = await run_in_threadpool(_end, database, attempt, fits, timedelta(hours=settings.session_hours))
    if token is None:
        raise problems.sign_in_failed()
    return token


async def change_password(database: Database, hashing: Hashing, account: str, current: str, new: str) -> None:
    """Let somebody change their own password; all their sessions end.

    :param account: its identifier.
    :raises UnfitError: the new password is weak.
    :raises Problem: 401 where the current one is wrong; 429 where too many try at once.
    """
    name = await run_in_threadpool(_name_of, database, account)
    check_password(new, name)
    with hashing.place():  # before the try is counted
        attempt = await run_in_threadpool(_begin, database, name)
        fits = await hashing.fits(current, attempt.password)
        new_hash = await hashing.hashed(new) if fits else ""
    if not await run_in_threadpool(_replace, database, attempt, fits, new_hash):
        raise problems.sign_in_failed()


def sign_out(session: Session, token: str) -> None:
    """End a session, if it has not ended yet."""
    found = session.get(SignIn, digest(token))
    if found is None:
        return
    account = session.get_one(Account, found.account)
    audit(session, principal(account), "signed_out", f"account:{account.id}")
    session.delete(found)


def open_sessions(session: Session, account: str, idle: timedelta) -> Sequence[SignIn]:
    """Where an account is signed in, the last used first.

    :param account: its identifier.
    :param idle: unused for so long, a session has ended.
    """
    query = select(SignIn).where(SignIn.account == account, SignIn.expires > now(), SignIn.seen > now() - idle)
    return session.scalars(query.order_by(SignIn.seen.desc(), SignIn.id)).all()


def end_sessions(session: Session, caller: Principal, account: str, ids: Sequence[str] | None = None) -> int:
    """End sessions of an account, those that have not ended yet.

    :param account: its identifier.
    :param ids: None: all.
    :return: how many.
    """
    which = SignIn.account == account if ids is None else (SignIn.account == account) & SignIn.id.in_(ids)
    ended = session.scalars(delete(SignIn).where(which).returning(SignIn.id)).all()
    if ended:
        audit(session, caller, "sessions_ended", f"account:{account}", sessions=len(ended))
    return len(ended)


def wait_after(failures: int) -> timedelta:
    """How long an account has to wait after so many failures in a row."""
    if failures < TRIES:
        return timedelta()
    doubled: int = 2 ** min(failures - TRIES, 16)
    return min(_FIRST_WAIT * doubled, _LONGEST_WAIT)


def _begin(database: Database, name: str) -> _Attempt:
    """Count a try as a failure before it is known to be one, so that many at once count as many."""
    with database.write() as session:
        account = _find(session, name)
        if account is None:
            return _Attempt(refused="unknown")
        if not account.active:
            return _Attempt(account.id, refused="disabled")
        if _is_locked(account, now()):
            return _Attempt(account.id, refused="locked")
        account.failures += 1
        account.locked_until = now() + wait_after(account.failures)
        return _Attempt(account.id, account.password)


def _end(database: Database, attempt: _Attempt, fits: bool, lasts: timedelta) -> str | None:
    with database.write() as session:
        account = _passed(session, attempt, fits)
        if account is None:
            return None
        token = new_session()
        account.failures = 0
        account.locked_until = None
        account.signed_in = now()
        session.add(SignIn(id=digest(token), account=account.id, expires=now() + lasts))
        audit(session, principal(account), "signed_in", f"account:{account.id}")
        return token


def _replace(database: Database, attempt: _Attempt, fits: bool, new_hash: str) -> bool:
    with database.write() as session:
        account = _passed(session, attempt, fits)
        if account is None:
            return False
        set_password(session, principal(account), account, new_hash)
        return True


def _passed(session: Session, attempt: _Attempt, fits: bool) -> Account | None:
    """The account whose password fits, if it has not changed meanwhile; a failure is noted."""
    account = session.get(Account, attempt.account, with_for_update=True) if fits else None
    if account is not None and account.active and account.password == attempt.password:
        return account
    target = attempt.account and f"account:{attempt.account}"
    if _failed_lately(session) < _MOST_FAILURES_NOTED:
        audit(session, NOBODY, "sign_in_failed", target, reason=attempt.refused or "password")
    return None


def _failed_lately(session: Session) -> int:
    """Failures noted in the last minute: what anybody can cause must not fill a log that nobody can shorten."""
    lately = select(func.count()).where(
        AuditEntry.action == "sign_in_failed", AuditEntry.at > now() - timedelta(minutes=1)
    )
    return session.scalar(lately) or 0


def _name_of(database: Database, account: str) -> str:
    with database.read() as session:
        return session.get_one(Account, account).name


def _find(session: Session, name: str) -> Account | None:
    try:
        plain = plain_name(name)
    except UnfitError:
        return None
    return session.scalar(select(Account).where(Account.name == plain).with_for_update())


def _is_locked(account: Account, at: datetime) -> bool:
    return account.locked_until is not None and account.locked_until > at

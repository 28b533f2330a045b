"""Passwords: the rule for new ones, their hashes (argon2), and how many are computed at a time."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cache
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from service import problems

SHORTEST: Final = 10
LONGEST: Final = 200
PATTERN: Final = rf"^(?!(.)\1*$).{{{SHORTEST},{LONGEST}}}$"
"""What of the rule a schema can say: long enough, and not one character over and over."""
_COMMON: Final = frozenset(
    {"1234567890", "0123456789", "9876543210", "0987654321", "1212121212", "1122334455", "qwertyuiop", "1q2w3e4r5t"}
    | {"password123", "admin12345", "abcdefghij", "a123456789", "5201314520"}
)
_EASY: Final = "23456789abcdefghjkmnpqrstuvwxyz"
"""Characters that nobody mistakes for others when they are read out or copied by hand."""
_AT_A_TIME: Final = 2
_MOST_WAITING: Final = 20

_hasher = PasswordHasher()


def complaint(password: str, name: str) -> str | None:
    """What is wrong with a new password, in Chinese; None if it will do.

    :param name: of the account, in its stored form.
    """
    plain = password.strip().casefold()
    if len(password) < SHORTEST:
        return f"至少 {SHORTEST} 个字符"
    if len(password) > LONGEST:
        return f"最多 {LONGEST} 个字符"
    if plain == name:
        return "不能与账号名相同"
    if plain in _COMMON or len(set(password)) == 1:
        return "太容易猜到，请换一个"
    return None


def generated() -> str:
    """A first password for somebody else, such as ``k7mq-x4tp-9rfw-b2hn``: 79 random bits, easy to read out."""
    return "-".join("".join(secrets.choice(_EASY) for _ in range(4)) for _ in range(4))


def hashed(password: str) -> str:
    """What the store keeps of a password; takes a fifth of a second and 64 MiB on purpose."""
    return _hasher.hash(password)


def fits(password: str, stored: str | None) -> bool:
    """Whether a password is the one that was stored. Takes the same time where nothing was."""
    try:
        return _hasher.verify(stored or _nobody(), password) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("")


class Hashing:
    """Computes hashes beside the requests, a few at a time; more would take the memory and time of all others."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="password")
        self._waiting = 0

    @contextmanager
    def place(self) -> Iterator[None]:
        """A place among those who wait; hold one while you call `hashed` or `fits`.

        :raises Problem: 429 where too many wait.
        """
        if self._waiting >= _MOST_WAITING:
            raise problems.too_many_sign_ins()
        self._waiting += 1
        try:
            yield
        finally:
            self._waiting -= 1

    async def hashed(self, password: str) -> str:
        """`hashed`."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, hashed, password)

    async def fits(self, password: str, stored: str | None) -> bool:
        """`fits`."""
        return await asyncio.get_running_loop().run_in_executor(self._pool, fits, password, stored)

    def close(self) -> None:
        """End; what waits is dropped."""
        self._pool.shutdown(wait=False, cancel_futures=True)

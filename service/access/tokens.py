"""Secrets that programs and browsers show. The store keeps their hashes: who reads it cannot use them."""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass, field
from typing import Final

_KEY: Final = re.compile(r"pn_([0-9a-f]{12})_([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class KeyToken:
    """An API key as its holder shows it: ``pn_ID_SECRET``."""

    id: str
    secret: str = field(repr=False)

    def __str__(self) -> str:
        return f"pn_{self.id}_{self.secret}"


def new_key() -> KeyToken:
    """A key that nobody can guess."""
    return KeyToken(secrets.token_hex(6), secrets.token_hex(32))


def read_key(text: str) -> KeyToken | None:
    """The key that a text spells, None if it spells none."""
    found = _KEY.fullmatch(text)
    return KeyToken(found[1], found[2]) if found else None


def new_session() -> str:
    """The token of a browser's session."""
    return secrets.token_urlsafe(32)


def digest(secret: str) -> str:
    """What the store keeps of a secret. The secret is random and long, so a quick hash is enough."""
    return hashlib.sha256(secret.encode()).hexdigest()


def csrf_token(session: str) -> str:
    """What a page of ours shows beside the cookie, and a page of others cannot know."""
    return digest(f"csrf:{session}")


def same(one: str, other: str) -> bool:
    """Whether two secrets are the same, in a time that tells nothing."""
    return secrets.compare_digest(one.encode(), other.encode())

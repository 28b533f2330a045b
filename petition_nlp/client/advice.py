"""Advice on messages: what else to know beside the route."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from petition_nlp.client.connection import Connection
from petition_nlp.client.reading import read
from petition_nlp.client.shapes import Named
from petition_nlp.route import Message

_PATH: Final = "/v1/advice"


@dataclass(frozen=True, slots=True)
class Quote:
    """A span of a text."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Hint:
    """Why a message may be none for the hotline; ``strength`` is ``clear`` or ``possible``."""

    code: str
    name: str
    ground: str
    tell: str
    line: str | None
    strength: str
    evidence: tuple[Quote, ...]


@dataclass(frozen=True, slots=True)
class SimilarCase:
    """A past petition that a person decided on; its excerpt is masked."""

    petition: str
    received: datetime
    excerpt: str
    matter: Named | None
    department: Named | None
    unit: Named | None
    status: str
    status_name: str
    outcome: str | None
    similarity: float


@dataclass(frozen=True, slots=True)
class LikelyRepeat:
    """An open petition that is likely about the same matter; its excerpt is masked."""

    petition: str
    received: datetime
    excerpt: str
    matter: Named | None
    department: Named | None
    unit: Named | None
    status: str
    status_name: str
    score: float
    reason: str | None
    blind: bool


@dataclass(frozen=True, slots=True)
class Duty:
    """What the suggested department answers for; ``matches`` speak of the message."""

    department: Named
    text: str
    matches: tuple[Quote, ...]
    typical: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Advice:
    """Beside a route; ``similar`` and ``repeats`` are None for callers who may not read petitions."""

    acceptance: tuple[Hint, ...]
    similar: tuple[SimilarCase, ...] | None
    repeats: tuple[LikelyRepeat, ...] | None
    duty: Duty | None


def advice(connection: Connection, message: Message | str, petition: str | None) -> Advice:
    """Advice on one message."""
    own = Message(message) if isinstance(message, str) else message
    fields = {"text": own.text, "title": own.title, "area": own.area, "petition": petition}
    return read(Advice, connection.post(_PATH, {name: value for name, value in fields.items() if value is not None}))

"""Webhooks: who is told of events, and the check that an event comes from the service."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from petition_nlp.client.connection import JSON, Connection, encoded, plain
from petition_nlp.client.errors import ClientError
from petition_nlp.client.reading import read, read_all

_PATH: Final = "/v1/webhooks"
_PREFIX: Final = "whsec_"
_DIGITS: Final = 12
"""Of a moment, at most: of a stranger's number with thousands Python makes no number but an error."""


class SignatureError(ClientError):
    """A request does not show that it comes from the service: answer it with 401 and believe nothing of it."""


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address that is told of events, and how it fares."""

    id: str
    name: str
    url: str
    kinds: tuple[str, ...]
    channels: tuple[str, ...]
    personal: bool
    restricted: bool
    active: bool
    created: datetime
    former_until: datetime | None
    succeeded: datetime | None
    failures: int
    status: int | None
    error: str | None
    error_name: str | None
    retry_at: datetime | None
    waiting: int
    dead: int


@dataclass(frozen=True, slots=True)
class NewSecret(Webhook):
    """A webhook with a secret that was just made and is told this once."""

    secret: str


@dataclass(frozen=True, slots=True)
class Trial:
    """What became of a test event."""

    delivered: bool
    status: int | None
    error: str | None
    error_name: str | None
    ms: int


@dataclass(frozen=True, slots=True)
class Delivery:
    """An event on its way: ``waiting``, ``delivered`` or ``dead``."""

    event: str
    kind: str
    subject: str
    time: datetime
    state: str
    state_name: str
    attempts: int
    due: datetime | None
    tried: datetime | None
    delivered: datetime | None
    status: int | None
    error: str | None
    error_name: str | None


class Webhooks:
    """``client.webhooks``, for a key with the scope ``webhooks``."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def all(self) -> list[Webhook]:
        """All webhooks, the newest last."""
        return read_all(Webhook, self._connection.get(_PATH))

    def get(self, webhook: str) -> Webhook:
        """One of them."""
        return read(Webhook, self._connection.get(f"{_PATH}/{webhook}"))

    def add(
        self,
        name: str,
        url: str,
        *,
        kinds: Sequence[str] | None = None,
        channels: Sequence[str] = (),
        personal: bool = False,
        restricted: bool = False,
    ) -> NewSecret:
        """Have an address told of events from now on.

        If an answer is lost, there can be two of the same name: remove the one whose secret you do not know.

        :param kinds: default: all; :param channels: of petitions; default: all.
        :raises ApiError: ``invalid_request``, the address may not be called.
        """
        told: dict[str, Any] = {"personal": personal, "restricted": restricted, "channels": list(channels)}
        wanted = {} if kinds is None else {"kinds": list(kinds)}
        return read(NewSecret, self._connection.post(_PATH, {"name": name, "url": url, **told, **wanted}))

    def change(self, webhook: str, *, why: str | None = None, **values: Any) -> Webhook:
        """Set ``name``, ``url``, ``kinds``, ``channels``, ``personal``, ``restricted`` or ``active``."""
        body = encoded({**values, "why": why})
        return read(Webhook, self._connection.send("PATCH", f"{_PATH}/{webhook}", content=body, headers=JSON).json())

    def remove(self, webhook: str) -> None:
        """End it; what waits for it is not sent."""
        self._connection.send("DELETE", f"{_PATH}/{webhook}")

    def rotate(self, webhook: str, *, hours: int = 24) -> NewSecret:
        """Another secret; the one before signs too for some hours."""
        return read(NewSecret, self._connection.post(f"{_PATH}/{webhook}/secret", {"hours": hours}))

    def test(self, webhook: str) -> Trial:
        """Send an event that means nothing, and see what the receiver says."""
        return read(Trial, self._connection.post(f"{_PATH}/{webhook}/test", {}))

    def deliveries(
        self, webhook: str, *, state: Literal["waiting", "delivered", "dead"] | None = None
    ) -> Iterator[Delivery]:
        """What became of its events, the newest first."""
        for page in self._connection.pages(f"{_PATH}/{webhook}/deliveries", state=state):
            yield from read_all(Delivery, page)

    def replay(self, webhook: str, event: str) -> int:
        """Send one event again."""
        return self._replay(webhook, {"event": event})

    def replay_dead(self, webhook: str) -> int:
        """Send again all that could not be delivered; how many."""
        return self._replay(webhook, {"dead": True})

    def replay_span(self, webhook: str, at_from: datetime, at_to: datetime) -> int:
        """Send again, or for the first time, what happened in a span of time; how many events."""
        return self._replay(webhook, {"at_from": plain(at_from), "at_to": plain(at_to)})

    def _replay(self, webhook: str, body: Mapping[str, Any]) -> int:
        number: int = self._connection.post(f"{_PATH}/{webhook}/replay", body)["events"]
        return number


def verify(body: bytes, headers: Mapping[str, str], secret: str, *, tolerance: float = 300.0) -> dict[str, Any]:
    """The event (CloudEvents 1.0) in a request to a webhook, once its signature is known to be right.

    :param body: as it came, byte for byte.
    :param tolerance: seconds by which the request may be old, and the clocks apart.
    :raises SignatureError: it was not signed with the secret, or it is old.
    """
    given = {name.lower(): value for name, value in headers.items()}
    identifier, stamp, signatures = (given.get(f"webhook-{name}", "") for name in ("id", "timestamp", "signature"))
    if not stamp.isdecimal() or len(stamp) > _DIGITS or abs(time.time() - int(stamp)) > tolerance:
        raise SignatureError("事件的时间缺失、过早或过晚", todo="请检查两边的时钟；不要接受这个请求")
    key = base64.b64decode(secret.removeprefix(_PREFIX))
    digest = hmac.digest(key, b".".join((identifier.encode(), stamp.encode(), body)), hashlib.sha256)
    wanted = f"v1,{base64.b64encode(digest).decode()}".encode()
    if not any(hmac.compare_digest(wanted, one.encode()) for one in signatures.split(" ")):
        raise SignatureError("事件的签名不对", todo="请检查签名密钥，并用未改动的请求体验证；不要接受这个请求")
    event: dict[str, Any] = json.loads(body)
    return event

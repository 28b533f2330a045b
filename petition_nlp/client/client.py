"""The one object that a program calls the service with."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, Literal, Self

import httpx

from petition_nlp.client import advice, routes
from petition_nlp.client.advice import Advice
from petition_nlp.client.alarms import Alarms
from petition_nlp.client.board import Board
from petition_nlp.client.connection import Connection, Retries, http_client
from petition_nlp.client.directory import Directories
from petition_nlp.client.errors import ClientError
from petition_nlp.client.jobs import Jobs
from petition_nlp.client.petitions import Petitions
from petition_nlp.client.reading import read, read_all
from petition_nlp.client.registry import Registry
from petition_nlp.client.review import Review
from petition_nlp.client.shapes import AutoRouting, Model, Ready, Record, Statistics
from petition_nlp.client.webhooks import Webhooks
from petition_nlp.route import Message, Route

_AUTO_ROUTING: Final = "/v1/auto-routing"


class Client:
    """Calls a service; close it, or use it in a ``with`` statement. Several threads may share one.

    Every call raises `petition_nlp.client.ApiError` where the service refuses and
    `petition_nlp.client.NoAnswerError` where it cannot be reached, after having tried again as ``retries`` say.

    :param url: where the service is.
    :param key: API key, as ``petition-nlp keys create`` prints it.
    :param timeout: seconds to wait for a connection, and for each part of an answer.
    :param verify: context for TLS, for a certificate of your own authority.
    :param transport: what carries the requests, for tests.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        *,
        key: str | None = None,
        timeout: float = 30.0,
        retries: Retries = Retries(),  # noqa: B008  frozen
        verify: ssl.SSLContext | bool = True,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        http = http_client(url, key=key, timeout=timeout, verify=verify, transport=transport)
        self._connection = Connection(http, retries)
        self.petitions = Petitions(self._connection)
        self.review = Review(self._connection)
        self.directory = Directories(self._connection)
        self.jobs = Jobs(self._connection)
        self.board = Board(self._connection)
        self.webhooks = Webhooks(self._connection)
        self.registry = Registry(self._connection)
        self.alarms = Alarms(self._connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._connection.close()

    def route(self, message: Message | str) -> Route:
        """Where a message should go; nothing is stored."""
        return routes.route(self._connection, message)

    def route_many(self, messages: Iterable[Message | str]) -> Iterator[Route]:
        """Where messages should go, in their order; any number of them, some hundred at a time."""
        return routes.route_many(self._connection, messages)

    def advice(self, message: Message | str, *, petition: str | None = None) -> Advice:
        """Beside the route: non-acceptance hints, alike past cases, likely repeats, the department's duty.

        :param petition: the message's own number, if it is stored already.
        """
        return advice.advice(self._connection, message, petition)

    def services(
        self, text: str, *, matter: str, department: str | None = None, area: str | None = None
    ) -> list[Record]:
        """Organisations that can help (供需对接), the most fitting first."""
        answer = self._connection.get("/v1/services", text=text, matter=matter, department=department, area=area)
        found: list[Record] = answer["items"]
        return found

    def stats(self, *, received_from: datetime | None = None, received_to: datetime | None = None) -> Statistics:
        """Counts and shares of the petitions received in a span of time; default: the last 30 days."""
        answer = self._connection.get("/v1/stats", received_from=received_from, received_to=received_to)
        return read(Statistics, answer)

    def labels(
        self,
        target: Path | str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        strength: Sequence[str] = (),
        blind: bool = False,
        sensitive: bool = False,
    ) -> Path:
        """Write what people decided into a file of JSON Lines to train from, personal data masked.

        :param since, until: when it was decided. :param strength: such as ``final_unit`` or ``blind``; default: all.
        :param blind: only of petitions that were reviewed blindly, the strongest label that they have.
        :param sensitive: with sensitive petitions, as far as the caller may see them.
        """
        path = Path(target)
        flags = {"blind": blind, "sensitive": sensitive}
        self._connection.download("/v1/labels", path, since=since, until=until, strength=list(strength), **flags)
        return path

    def auto_routing(self) -> AutoRouting:
        """Whether the model dispatches by itself, and how precise it is."""
        return read(AutoRouting, self._connection.get(_AUTO_ROUTING))

    def set_auto_routing(
        self, state: Literal["running", "stopped"], *, why: str, key: str | None = None
    ) -> AutoRouting:
        """Stop or resume it.

        :raises ApiError: ``not_possible``, it is so already.
        """
        answer = self._connection.change(_AUTO_ROUTING, {"state": state, "why": why}, key=key)
        return read(AutoRouting, answer)

    def models(self) -> list[Model]:
        """What routes are made with, the one in use first."""
        return read_all(Model, self._connection.get("/v1/models"))

    def taxonomy(self) -> dict[str, Any]:
        """Matters, departments and topics with their definitions."""
        found: dict[str, Any] = self._connection.get("/v1/taxonomy")
        return found

    def is_alive(self) -> bool:
        """Whether the process runs."""
        try:
            return bool(self._connection.get("/healthz")["status"] == "ok")
        except ClientError:
            return False

    def wait_until_ready(self) -> Ready:
        """What the service uses, once its model is loaded."""
        return read(Ready, self._connection.get("/readyz"))

"""A program that events are pushed to."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

Answer = Callable[["Received"], tuple[int, dict[str, str]]]


@dataclass(frozen=True)
class Received:
    """One request."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.body)
        return found

    @property
    def kind(self) -> str:
        return str(self.event["type"]).removeprefix("petition-nlp.").removesuffix(".v1")


class Receiver:
    """Keeps what it gets, and answers as it is told."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.answer: Answer = lambda _: (204, {})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}/events?token=geheim"
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()

    def answers(self, status: int, **headers: str) -> None:
        """Answer everything so from now on."""
        self.answer = lambda _: (status, headers)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [received.event for received in self.got]

    @property
    def kinds(self) -> list[str]:
        return [received.kind for received in self.got]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received = Received(self.path, {k.lower(): v for k, v in self.headers.items()}, body)
                receiver.got.append(received)
                status, headers = receiver.answer(received)
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name.replace("_", "-"), value)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        return Handler


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()
    try:
        yield receiver
    finally:
        receiver.close()

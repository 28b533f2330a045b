"""Sends one event to one address: one request, no redirects, within a time limit, the answer's body unread."""

from __future__ import annotations

import socket
import ssl
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from http.client import HTTPConnection, HTTPException, HTTPResponse
from threading import Timer
from typing import Final

from petition_nlp import __version__
from service.events.addresses import RefusedError, Rules, Target

CONTENT_TYPE: Final = "application/cloudevents+json; charset=utf-8"
_HEADERS: Final = {
    "Content-Type": CONTENT_TYPE,
    "User-Agent": f"petition-nlp/{__version__}",
    "Accept-Encoding": "identity",
    "Connection": "close",
}
_LATER: Final = frozenset({408, 425, 429, 502, 503, 504})
"""Answers that say that the receiver as a whole cannot take anything now."""
GONE: Final = 410


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of an attempt.

    :param status: of the answer, None where none came.
    :param error: one of `service.events.wording.ERRORS`; None: the event was taken.
    :param wait: seconds after which the receiver wants to be asked again.
    """

    status: int | None
    error: str | None
    seconds: float
    wait: float | None = None

    @property
    def is_out_of_reach(self) -> bool:
        """Whether the receiver is gone or busy, so that other events would fare no better."""
        return self.error is not None and (self.status is None or self.status in _LATER)


def send(url: str, headers: Mapping[str, str], body: bytes, *, rules: Rules, limit: float) -> Outcome:
    """Send a body.

    :param limit: seconds for all of it but looking up the name.
    """
    began = time.monotonic()
    status = wait = None
    try:
        target = rules.check(url)
        with _connected(target, rules.resolve(target), limit) as connection:
            connection.request("POST", target.path, body, {**_HEADERS, "Host": target.netloc, **headers})
            answer = connection.getresponse()
            status, wait = answer.status, _wait(answer)
        error = _error(status)
    except RefusedError as refused:
        error = refused.code
    except ssl.SSLError as failed:
        error = "tls" if isinstance(failed, ssl.SSLCertVerificationError) else "no_connection"
    except (OSError, HTTPException, ValueError):
        error = "timeout" if time.monotonic() - began >= limit else "no_connection"
    return Outcome(status, error, time.monotonic() - began, wait)


@contextmanager
def _connected(target: Target, addresses: Sequence[str], limit: float) -> Iterator[HTTPConnection]:
    connection = HTTPConnection(target.host, target.port)
    sock = _socket(target, addresses, limit)
    # A receiver that answers a byte at a time keeps within every single time-out: in the end the socket is cut.
    cut = Timer(limit, socket.socket.shutdown, (sock, socket.SHUT_RDWR))
    cut.daemon = True
    cut.start()
    try:
        if isinstance(sock, ssl.SSLSocket):
            sock.do_handshake()
        connection.sock = sock
        yield connection
    finally:
        cut.cancel()
        connection.close()
        sock.close()


def _socket(target: Target, addresses: Sequence[str], limit: float) -> socket.socket:
    """A socket connected to the first of the addresses that answers."""
    for address in addresses[:-1]:
        try:
            return _prepared(socket.create_connection((address, target.port), limit / len(addresses)), target, limit)
        except OSError:
            continue
    return _prepared(socket.create_connection((addresses[-1], target.port), limit / len(addresses)), target, limit)


def _prepared(sock: socket.socket, target: Target, limit: float) -> socket.socket:
    sock.settimeout(limit)
    if target.scheme == "http":
        return sock
    return _tls().wrap_socket(sock, server_hostname=target.host, do_handshake_on_connect=False)


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()


def _error(status: int) -> str | None:
    if 200 <= status < 300:
        return None
    return "redirect" if 300 <= status < 400 else "gone" if status == GONE else "refused"


def _wait(answer: HTTPResponse) -> float | None:
    asked = answer.getheader("Retry-After", "")
    return float(asked) if asked.isdecimal() and len(asked) < 7 else None

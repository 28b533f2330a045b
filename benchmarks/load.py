"""Requests for benchmarks/service.py: as many as a service answers (wrk), or so many a second whatever it does.

wrk is a closed loop: each connection waits for its answer before it sends again, so a slow service is asked less and
looks quicker than it is. `at_rate` is an open loop: requests are due at fixed moments, wait in a queue if every
connection is busy, and a latency counts from the moment when the request was due (no coordinated omission). Both
speak to 127.0.0.1 alone.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import statistics
import subprocess
import tempfile
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"
PATH = "/v1/routes"
CONNECTIONS = 32
_LONGEST_WAIT = 30
_OK = b"HTTP/1.1 200"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_LUA = """
local bodies = {%s}
local number = 0
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
request = function()
  number = number %% #bodies + 1
  return wrk.format(nil, nil, nil, bodies[number])
end
done = function(summary, latency, requests)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  print(string.format("RESULT %%d %%d %%d", summary.requests, summary.duration, failed))
end
"""


class Failed(Exception):
    """Some requests were not answered with 200."""


def body(text: str) -> bytes:
    """The JSON of a request for one message."""
    return json.dumps({"text": text}, ensure_ascii=False).encode()


def as_many_as_possible(port: int, texts: Sequence[str], seconds: int) -> tuple[float, int]:
    """Requests a second that wrk gets answered on `CONNECTIONS` connections, and how many there were.

    :raises Failed: wrk is not installed, or some requests failed.
    """
    if shutil.which("wrk") is None:
        raise Failed("wrk is not installed (Debian: apt-get install wrk)")
    listed = ",\n".join(json.dumps(body(text).decode(), ensure_ascii=False) for text in texts)
    with tempfile.TemporaryDirectory() as folder:
        script = Path(folder) / "post.lua"
        script.write_text(_LUA % listed, encoding="utf-8")
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}", "-s", script, f"http://{HOST}:{port}{PATH}"]
        output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = re.search(r"RESULT (\d+) (\d+) (\d+)", output)
    answered, microseconds, failed = map(int, found.groups()) if found else (0, 1, 1)
    if failed:
        raise Failed(f"{failed} of {answered} requests failed")
    return answered / microseconds * 1e6, answered


@dataclass(frozen=True)
class Latencies:
    """Milliseconds from the moment when a request was due to its answer."""

    values: Sequence[float]

    def percentile(self, percent: int) -> float:
        """So many percent of the requests took no longer."""
        return statistics.quantiles(self.values, n=100, method="inclusive")[percent - 1]


def at_rate(port: int, texts: Sequence[str], rate: float, seconds: float) -> Latencies:
    """Send ``rate`` requests a second, evenly, whatever the service does.

    :raises Failed: a request was not answered with 200.
    """
    return asyncio.run(_at_rate(port, [_request(port, body(text)) for text in texts], rate, seconds))


def _request(port: int, content: bytes) -> bytes:
    head = f"POST {PATH} HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Type: application/json\r\n"
    return head.encode() + f"Content-Length: {len(content)}\r\n\r\n".encode() + content


async def _at_rate(port: int, requests: Sequence[bytes], rate: float, seconds: float) -> Latencies:
    loop = asyncio.get_running_loop()
    number = round(rate * seconds)
    sender = _Sender(loop.time, number)
    made = [await loop.create_connection(lambda: _Connection(sender), HOST, port) for _ in range(CONNECTIONS)]
    start = loop.time()
    for sent in range(number):
        due = start + sent / rate
        await asyncio.sleep(max(0.0, due - loop.time()))
        sender.send(requests[sent % len(requests)], due)
    try:
        async with asyncio.timeout(_LONGEST_WAIT):
            await sender.finished.wait()
    except TimeoutError:
        raise Failed(f"{number - len(sender.latencies)} of {number} requests had no answer") from None
    finally:
        for transport, _ in made:
            transport.close()
    if sender.failed:
        raise Failed(f"{sender.failed} of {number} requests failed")
    return Latencies(sender.latencies)


@dataclass
class _Sender:
    """Gives requests that are due to connections that are free, the oldest first."""

    clock: Callable[[], float]
    number: int
    free: deque[_Connection] = field(default_factory=deque)
    waiting: deque[tuple[bytes, float]] = field(default_factory=deque)
    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    finished: asyncio.Event = field(default_factory=asyncio.Event)

    def send(self, request: bytes, due: float) -> None:
        self.waiting.append((request, due))
        self._next()

    def answered(self, connection: _Connection, due: float, ok: bool) -> None:
        self.latencies.append((self.clock() - due) * 1000)
        self.failed += not ok
        self.free.append(connection)
        if len(self.latencies) == self.number:
            self.finished.set()
        self._next()

    def _next(self) -> None:
        while self.waiting and self.free:
            self.free.popleft().send(*self.waiting.popleft())


class _Connection(asyncio.Protocol):
    """One kept-alive connection, one request at a time."""

    def __init__(self, sender: _Sender) -> None:
        self._sender = sender
        self._received = b""
        self._due = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._sender.free.append(self)

    def send(self, request: bytes, due: float) -> None:
        self._due = due
        self._transport.write(request)

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, content = self._received.partition(b"\r\n\r\n")
        length = _LENGTH.search(head)
        if found and length and len(content) >= int(length[1]):
            self._received = b""
            self._sender.answered(self, self._due, head.startswith(_OK))

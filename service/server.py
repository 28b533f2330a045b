"""The web server of one process: starts, drains, finishes running requests, ends."""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from petition_nlp.errors import ConfigError, PetitionError
from petition_nlp.settings import Settings
from service import problems


class Protocol(AutoHTTPProtocol):  # type: ignore[misc, valid-type]  # whichever parser is installed
    """HTTP, with a problem document for what is not HTTP."""

    def send_400_response(self, _: str) -> None:
        """Answer and end the connection."""
        answer = problems.malformed_http().response()
        head = b"".join(b"%b: %b\r\n" % header for header in answer.raw_headers)
        self.transport.write(b"HTTP/1.1 400 Bad Request\r\n" + head + b"\r\n" + answer.body)
        self.transport.close()


class Server(uvicorn.Server):
    """uvicorn's server, with a time before the end in which `readyz` already says that it is stopping.

    SIGTERM drains first, SIGINT does not; a second signal skips what is left of the waiting.

    :param on_start: called once it answers.
    """

    def __init__(self, app: FastAPI, settings: Settings, on_start: Callable[[], object] = lambda: None) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Protocol,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=settings.grace_seconds,
            )
        )
        self._app = app
        self._drain_seconds = settings.drain_seconds
        self._on_start = on_start

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen."""
        await super().startup(sockets=sockets)
        if self.started:
            self._on_start()

    def stop(self) -> None:
        """Finish running requests, then end."""
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """What SIGTERM and SIGINT do."""
        if self.should_exit:
            self.force_exit = True
        elif sig == signal.SIGTERM and self._drain_seconds and not self._app.state.stopping:
            timer = threading.Timer(self._drain_seconds, self.stop)
            timer.daemon = True
            timer.start()
        else:
            self.stop()
        self._app.state.stopping = True

    def run_on(self, listener: socket.socket) -> None:
        """Serve until stopped.

        :raises PetitionError: it could not start.
        """
        try:
            self.run(sockets=[listener])
        except KeyboardInterrupt:
            pass
        except SystemExit:
            raise self._start_failure() from None
        if not self.started:
            raise self._start_failure()

    def _start_failure(self) -> PetitionError:
        found: PetitionError | None = self._app.state.failure
        return found or ConfigError("服务未能启动", todo="原因见日志")

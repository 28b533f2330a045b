"""Holds the socket, passes signals on, and replaces one generation of workers by the next."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any, Final

from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service.listening import announce, shown_address
from service.processes.channel import READY, Events, failure
from service.terminal import in_terminal

_METRICS_FOLDER: Final = "PROMETHEUS_MULTIPROC_DIR"
_EXTRA_SECONDS: Final = 5
"""What a generation gets beyond its times for draining and finishing before it is killed."""
_RETRY_SECONDS: Final = 5

_log = logging.getLogger(__name__)


class _Generation:
    """A running generation, as its supervisor sees it."""

    def __init__(self, name: str, flags: Mapping[str, Any], listener: socket.socket, metrics: str) -> None:
        self.name = name
        self.ready = False
        self.deadline: float | None = None
        reading, telling = os.pipe()
        order = {"name": name, "flags": flags, "listener": listener.fileno(), "status": telling}
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "service.processes.generation"],
            stdin=subprocess.PIPE,
            pass_fds=[listener.fileno(), telling],
            start_new_session=True,  # Ctrl-C reaches the supervisor alone
            env={**os.environ, _METRICS_FOLDER: metrics},
        )
        os.close(telling)
        self.status: IO[bytes] = os.fdopen(reading, "rb")
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order, default=str).encode() + b"\n")
        self._process.stdin.flush()

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self._process.poll() is None

    def news(self) -> bytes:
        """What it tells, once: `READY`, an error, or nothing if it died."""
        with self.status as status:
            return status.readline()

    def stop(self, number: signal.Signals, seconds: float) -> None:
        """End it; `kill_late` kills what is left after ``seconds``."""
        self.deadline = time.monotonic() + seconds
        with suppress(ProcessLookupError):
            # Until it is ready there is nothing that it could finish.
            self._process.send_signal(number if self.ready else signal.SIGTERM)

    def kill_late(self) -> None:
        """Kill it with its workers if its time is over."""
        if self.deadline is not None and time.monotonic() > self.deadline:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


class Supervisor:
    """Keeps one generation serving on a socket.

    :param flags: as they were given; every generation reads file and environment below them anew.
    """

    def __init__(self, settings: Settings, listener: socket.socket, flags: Mapping[str, Any]) -> None:
        self._settings, self._listener, self._flags = settings, listener, flags
        self._events = Events([signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD])
        self._generations: list[_Generation] = []  # at most two: the one that serves and the one that comes or goes
        self._restart = False
        self._retry_at: float | None = None
        self._names = ("a", "b")
        self._served = False
        self._stopping = False

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT.

        :raises PetitionError: the first generation could not start.
        """
        with tempfile.TemporaryDirectory(prefix="petition-nlp-") as folder:
            self._metrics = Path(folder)
            try:
                self._start()
                while self._generations or not self._stopping:
                    self._turn()
            finally:
                self._events.close()
                for generation in self._generations:
                    generation.deadline = 0.0
                    generation.kill_late()

    def _turn(self) -> None:
        signals, files = self._events.wait(1.0)
        for generation in [one for one in self._generations if one.status in files]:
            self._events.forget(generation.status)
            self._hear(generation, generation.news())
        for generation in self._generations:
            generation.kill_late()
        for generation in [one for one in self._generations if not one.alive]:
            self._gone(generation)
        for number in signals:
            self._obey(number)
        self._start_if_wanted()

    def _hear(self, generation: _Generation, news: bytes) -> None:
        if news == READY:
            self._took_over(generation)
        elif self._stopping:
            return
        elif self._served:
            _log.error("reload failed", extra={"fields": {"generation": generation.name}})
            if news:
                _log.error(str(failure(news)))
        else:
            raise failure(news) if news else ConfigError("服务未能启动", todo="原因见日志")

    def _took_over(self, generation: _Generation) -> None:
        generation.ready = True
        _log.info("serving", extra={"fields": {"generation": generation.name}})
        if not self._served:
            announce(shown_address(self._listener, self._settings.host))
        self._served = True
        for other in self._generations:
            if other is not generation:
                other.stop(signal.SIGINT, self._settings.grace_seconds + _EXTRA_SECONDS)

    def _gone(self, generation: _Generation) -> None:
        self._generations.remove(generation)
        if not generation.status.closed:
            self._events.forget(generation.status)
            self._hear(generation, generation.news())
        for left in self._metrics.glob(f"gauge_live*_{generation.name}*.db"):
            left.unlink(missing_ok=True)
        if generation.deadline is None and not self._stopping and not self._generations:
            _log.error("generation died", extra={"fields": {"generation": generation.name}})
            self._retry_at = time.monotonic() + (0 if generation.ready else _RETRY_SECONDS)

    def _obey(self, number: signal.Signals) -> None:
        if number == signal.SIGHUP and not in_terminal():
            self._restart = True
        elif number != signal.SIGCHLD:
            number = signal.SIGINT if number == signal.SIGHUP else number
            _log.info("stopping", extra={"fields": {"signal": number.name}})
            self._stopping = True
            seconds = self._settings.grace_seconds + _EXTRA_SECONDS
            for generation in self._generations:
                generation.stop(number, seconds + (self._settings.drain_seconds if number == signal.SIGTERM else 0))

    def _start_if_wanted(self) -> None:
        if self._stopping:
            return
        if self._retry_at is not None and time.monotonic() >= self._retry_at:
            self._retry_at = None
            self._start()
        elif self._restart and len(self._generations) == 1 and self._generations[0].ready:
            self._restart = False
            _log.info("reloading")
            self._start()

    def _start(self) -> None:
        used = {generation.name for generation in self._generations}
        name = next(name for name in self._names if name not in used)
        generation = _Generation(name, self._flags, self._listener, str(self._metrics))
        self._generations.append(generation)
        self._events.watch(generation.status)

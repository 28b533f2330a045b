"""A generation of workers: loads the model once, forks, and starts workers that die again.

Run by the supervisor as ``python -m service.processes.generation`` with one JSON line on standard input, which
stays open as long as the supervisor lives.
"""

from __future__ import annotations

import gc
import json
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from petition_nlp.errors import ConfigError, PetitionError
from petition_nlp.settings import Settings
from service import logs
from service.processes.channel import READY, Events, failure_line

_STEADY_SECONDS: Final = 10
"""A worker that dies sooner is started again with a growing delay."""
_LONGEST_DELAY: Final = 30
_TRIES: Final = 3
"""Deaths of one worker that make a generation fail whose workers have not all answered yet."""
_START_FAILED: Final = 3

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Order:
    """What the supervisor wants.

    :param name: of the generation; that of two that run at the same time differs.
    :param listener: descriptor of the listening socket.
    :param status: descriptor to tell on that all workers answer, or why not.
    """

    name: str
    flags: dict[str, Any]
    listener: int
    status: int


@dataclass(frozen=True)
class _Worker:
    slot: int
    started: float


class Generation:
    """The workers of one generation.

    :param serve: what a worker does, told its number and whom to call once it answers.
    """

    def __init__(self, size: int, serve: Callable[[int, Callable[[], object]], None]) -> None:
        self._size = size
        self._serve = serve
        self._events = Events([signal.SIGTERM, signal.SIGINT, signal.SIGCHLD])
        self._workers: dict[int, _Worker] = {}
        self._due: dict[int, float] = {}
        self._failures = [0] * size
        self._stopping = False
        self._missing = size
        self._ready, self._answering = os.pipe()

    def run(self, supervisor: Any, tell: Callable[[bytes], None]) -> None:
        """Keep the workers alive until a signal comes or the supervisor is gone.

        :param supervisor: a file that ends with it.
        :param tell: called with `READY` once all workers answer.
        """
        self._events.watch(supervisor)
        self._events.watch(self._ready)
        for slot in range(self._size):
            self._start(slot)
        while self._workers or (self._due and not self._stopping):
            signals, files = self._events.wait(self._delay())
            if self._ready in files:
                self._count(tell)
            if supervisor in files:
                self._events.forget(supervisor)
                signals.append(signal.SIGTERM)
            self._reap()
            if self._missing and max(self._failures) >= _TRIES:
                self._missing = 0
                tell(failure_line(ConfigError("工作进程无法启动", todo="原因见日志")))
                signals.append(signal.SIGTERM)
            for number in signals:
                if number != signal.SIGCHLD:
                    self._stop(number)
            self._start_due()

    def _count(self, tell: Callable[[bytes], None]) -> None:
        answering = len(os.read(self._ready, 64))
        if 0 < self._missing <= answering:
            tell(READY)
        self._missing = max(0, self._missing - answering)

    def _start(self, slot: int) -> None:
        pid = os.fork()
        if pid == 0:
            self._be_worker(slot)
        self._workers[pid] = _Worker(slot, time.monotonic())
        _log.info("worker started", extra={"fields": {"worker": slot, "pid": pid}})

    def _be_worker(self, slot: int) -> None:
        code = _START_FAILED
        try:
            self._events.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._serve(slot, lambda: os.write(self._answering, b"."))
            code = 0
        except PetitionError as error:
            _log.error(str(error))
        except BaseException:
            _log.error("worker failed", exc_info=True)
        finally:
            logging.shutdown()
            os._exit(code)

    def _reap(self) -> None:
        for pid in list(self._workers):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                self._ended(pid, os.waitstatus_to_exitcode(status))

    def _ended(self, pid: int, code: int) -> None:
        worker = self._workers.pop(pid)
        fields = {"worker": worker.slot, "pid": pid, "code": code}
        if self._stopping:
            _log.info("worker stopped", extra={"fields": fields})
            return
        _log.error("worker died", extra={"fields": fields})
        steady = time.monotonic() - worker.started >= _STEADY_SECONDS
        self._failures[worker.slot] = 0 if steady else self._failures[worker.slot] + 1
        delay = min(_LONGEST_DELAY, 2 ** (self._failures[worker.slot] - 1)) if self._failures[worker.slot] > 1 else 0
        self._due[worker.slot] = time.monotonic() + delay

    def _delay(self) -> float | None:
        return max(0.0, min(self._due.values()) - time.monotonic()) if self._due and not self._stopping else None

    def _start_due(self) -> None:
        if self._stopping:
            return
        for slot in [slot for slot, due in self._due.items() if due <= time.monotonic()]:
            del self._due[slot]
            self._start(slot)

    def _stop(self, number: signal.Signals) -> None:
        self._stopping = True
        for pid in self._workers:
            os.kill(pid, number)


def main() -> None:
    """Follow the supervisor's order."""
    order = Order(**json.loads(sys.stdin.buffer.readline()))

    status = os.fdopen(order.status, "wb", buffering=0)

    def tell(line: bytes) -> None:
        status.write(line)
        status.close()

    def serve(slot: int, on_start: Callable[[], object]) -> None:
        status.close()  # its end tells the supervisor that the generation is gone
        workplace.serve(slot, on_start)

    try:
        settings = Settings.load(**order.flags)
        logs.configure(settings.log_level)
        from service.processes.worker import Workplace

        workplace = Workplace(settings, socket.socket(fileno=order.listener), order.name)
    except PetitionError as error:
        tell(failure_line(error))
        sys.exit(error.exit_code)
    gc.collect()
    gc.freeze()  # what is loaded is never collected, so that workers write to as few shared pages as can be
    Generation(settings.processes, serve).run(sys.stdin.buffer, tell)


if __name__ == "__main__":
    main()

"""What supervisor and generation tell each other, and signals as something to wait for."""

from __future__ import annotations

import json
import os
import selectors
import signal
from collections.abc import Sequence
from typing import IO, Any

from petition_nlp import errors
from petition_nlp.errors import PetitionError

READY = b"ready\n"


def failure_line(error: PetitionError) -> bytes:
    """An error, for another process."""
    fields = {"kind": type(error).__name__, "what": error.what, "where": error.where, "todo": error.todo}
    return json.dumps(fields).encode() + b"\n"


def failure(line: bytes) -> PetitionError:
    """The error that another process told."""
    fields = json.loads(line)
    kind: type[PetitionError] = getattr(errors, fields.pop("kind"))
    return kind(fields.pop("what"), **fields)


class Events:
    """Waits for signals and for files that can be read, in one thread."""

    def __init__(self, signals: Sequence[signal.Signals]) -> None:
        self._selector = selectors.DefaultSelector()
        self._wakeup, told = os.pipe()
        for end in (self._wakeup, told):
            os.set_blocking(end, False)
        signal.set_wakeup_fd(told, warn_on_full_buffer=False)
        for number in signals:
            signal.signal(number, lambda *_: None)  # the pipe tells
        self._selector.register(self._wakeup, selectors.EVENT_READ)

    def watch(self, file: IO[Any] | int) -> None:
        """Wait for a file, too."""
        self._selector.register(file, selectors.EVENT_READ)

    def forget(self, file: IO[Any] | int) -> None:
        """Wait for it no longer."""
        self._selector.unregister(file)

    def wait(self, timeout: float | None) -> tuple[list[signal.Signals], list[Any]]:
        """Signals that came and files that can be read."""
        files = [key.fileobj for key, _ in self._selector.select(timeout)]
        if self._wakeup not in files:
            return [], files
        files.remove(self._wakeup)
        return [signal.Signals(number) for number in os.read(self._wakeup, 4096)], files

    def close(self) -> None:
        """Give signals back to their default actions."""
        signal.set_wakeup_fd(-1)
        self._selector.close()

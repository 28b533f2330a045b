"""``petition-nlp serve`` as a program of its own, watched by its log."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import httpx

_WAIT_SECONDS = 90
_Found = TypeVar("_Found")


def until(look: Callable[[], _Found]) -> _Found:
    """What ``look`` finds, as soon as that is something."""
    end = time.monotonic() + _WAIT_SECONDS
    while not (found := look()):
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)
    return found


class Program:
    """A service with the fast profile on any free port; ``folder`` holds its data, log and settings file."""

    def __init__(self, folder: Path, *arguments: str, settings: str = "") -> None:
        self.folder, self.log = folder, folder / "log"
        (folder / "petition-nlp.toml").write_text(f'profile = "fast"\n{settings}', encoding="utf-8")
        command = [sys.executable, "-m", "petition_nlp.cli", "serve", "--port", "0", *arguments]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                command,
                cwd=folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                encoding="utf-8",
            )

    def address(self) -> str:
        """Where it answers, once it does."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line.startswith("分拨台已启动："), line + self.log.read_text(encoding="utf-8")
        return line.partition("：")[2].partition("（")[0]

    def client(self) -> httpx.Client:
        """A client, when the model is loaded."""
        client = httpx.Client(base_url=self.address(), timeout=60, trust_env=False)
        until(lambda: client.get("/readyz").status_code == 200)
        return client

    def events(self, name: str) -> list[dict[str, Any]]:
        """Lines of the log; each must be JSON, but for one that is just being written."""
        whole = self.log.read_text(encoding="utf-8").rpartition("\n")[0]
        return [found for found in map(json.loads, whole.splitlines()) if found["event"] == name]

    def wait_for(self, name: str, number: int = 1) -> dict[str, Any]:
        """The line that comes as the ``number``th of its name."""
        return until(lambda: self.events(name)[number - 1 :])[0]

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> int:
        """Its exit code after SIGTERM."""
        self.process.terminate()
        return self.process.wait(_WAIT_SECONDS)


def is_running(pid: int) -> bool:
    """Whether a process exists and is not merely waiting to be forgotten."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "\nState:\tZ" not in Path(f"/proc/{pid}/status").read_text()

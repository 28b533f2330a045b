"""A command in a process of its own: its seconds, its processor time, and the memory of all its processes together.

Memory is read from /proc (Linux) every 50 ms: the sum of resident sizes (RSS), in which pages shared by several
processes count once for each, and, whenever that sum reaches a new high, the sum of proportional sizes (PSS), in which
they count once altogether. PSS is not read every time because the kernel needs milliseconds for it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from common import ROOT

INTERVAL = 0.05
"""Seconds between two looks at the memory."""
_OFTEN = 0.005
_NOTICEABLE = 1.01
_PAGE = os.sysconf("SC_PAGE_SIZE")
_PROC = Path("/proc")
_ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
_ENVIRONMENT = {
    **os.environ,
    **_ONE_THREAD,
    "PYTHONPATH": os.pathsep.join([str(ROOT), os.environ.get("PYTHONPATH", "")]),
}

Command = Sequence[str | Path]


class Failed(Exception):
    """A command that ended with an error; the message holds the last line that it wrote."""


@dataclass(frozen=True)
class Run:
    """What a command used. Memory is None where there is no /proc.

    :param cpu_seconds: of the process and of those of its children that it waited for.
    """

    seconds: float
    cpu_seconds: float
    pss_mb: float | None
    rss_mb: float | None


def run(command: Command, *, cores: int, watch: Callable[[], None] | None = None) -> Run:
    """Run a command on so many cores, with one numerical thread to each process.

    :param watch: called every few milliseconds while the command runs.
    :raises Failed: if it ends with an error.
    """
    with tempfile.TemporaryFile("w+", encoding="utf-8", errors="replace") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            _pinned(command, cores), stdout=subprocess.DEVNULL, stderr=errors, env=_ENVIRONMENT, cwd=ROOT
        )
        memory = _Memory(process.pid)
        looks = [_Repeated(memory, INTERVAL), *([_Repeated(watch, _OFTEN)] if watch else [])]
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        for look in looks:
            look.stop()
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            errors.seek(0)
            lines = errors.read().strip().splitlines() or ["no message"]
            raise Failed(f"ended with {process.returncode}: {lines[-1]}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, _megabytes(memory.pss), _megabytes(memory.rss))


def can_pin() -> bool:
    """Whether commands can be kept to some of the cores."""
    return shutil.which("taskset") is not None and hasattr(os, "sched_getaffinity")


def _pinned(command: Command, cores: int) -> Command:
    if not can_pin():
        return command
    allowed = sorted(os.sched_getaffinity(0))[:cores]
    return ["taskset", "-c", ",".join(map(str, allowed)), *command]


def _megabytes(value: int) -> float | None:
    return round(value / 2**20, 1) if value else None


class _Repeated:
    """Calls something again and again in a thread until it is stopped."""

    def __init__(self, look: Callable[[], None], interval: float) -> None:
        self._look = look
        self._interval = interval
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._loop, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._over.set()
        self._thread.join()

    def _loop(self) -> None:
        self._look()
        while not self._over.wait(self._interval):
            self._look()


class _Memory:
    """The highest memory of a process and of all that descend from it, in bytes; each call takes a look."""

    def __init__(self, pid: int) -> None:
        self.rss = self.pss = 0
        self._pid = pid
        self._rss_of_pss = 0

    def __call__(self) -> None:
        pids = family(self._pid)
        rss = sum(map(_rss, pids))
        self.rss = max(self.rss, rss)
        if rss > self._rss_of_pss * _NOTICEABLE:
            self._rss_of_pss = rss
            self.pss = max(self.pss, sum(map(_pss, pids)))


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    found = [pid]
    for own in found:
        for thread in _threads(own):
            found += map(int, _read(thread / "children").split())
    return found


def _threads(pid: int) -> list[Path]:
    try:
        return list((_PROC / str(pid) / "task").iterdir())
    except OSError:
        return []


def _rss(pid: int) -> int:
    fields = _read(_PROC / str(pid) / "statm").split()
    return int(fields[1]) * _PAGE if fields else 0


def _pss(pid: int) -> int:
    for line in _read(_PROC / str(pid) / "smaps_rollup").splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0


def _read(path: Path) -> str:
    """The content of a file of a process, empty if the process is gone."""
    try:
        return path.read_text(encoding="ascii")
    except OSError:
        return ""

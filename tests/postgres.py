"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, without a network port."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_FAST = "-c fsync=off -c synchronous_commit=off -c full_page_writes=off -c listen_addresses="


def _programs() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: int(path.parts[4]))
    if found:
        return found[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).parent if on_path else None


PROGRAMS = _programs()
"""Folder of PostgreSQL's programs, None where it is not installed."""


class Cluster:
    """A running server. ``url`` is the address of one of its databases."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def url(self, name: str) -> str:
        return f"postgresql://postgres@/{name}?host={self.folder}"

    def start(self) -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-w", "-o", f"{_FAST} -k {self.folder}", "start")

    def stop(self, mode: str = "immediate") -> None:
        self.run("pg_ctl", "-D", str(self.folder / "data"), "-m", mode, "-w", "stop")

    def sql(self, *statements: str) -> None:
        """Each in a transaction of its own."""
        told = [part for statement in statements for part in ("-c", statement)]
        self.run("psql", "-h", str(self.folder), "-U", "postgres", "-v", "ON_ERROR_STOP=1", "-q", *told)

    def run(self, program: str, *arguments: str) -> None:
        assert PROGRAMS is not None
        command = [str(PROGRAMS / program), *arguments]
        if os.geteuid() == 0:  # the server refuses to run as root
            command = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups", *command]
        log = self.folder / "log"
        with log.open("ab") as output:
            done = subprocess.run(command, stdout=output, stderr=output, cwd=self.folder, check=False)
        assert done.returncode == 0, log.read_text(errors="replace")[-2000:]


def _memory() -> str | None:
    """A folder in memory with room for many small databases; None where there is none."""
    folder = "/dev/shm"
    roomy = os.access(folder, os.W_OK) and shutil.disk_usage(folder).free > 4 << 30
    return folder if roomy else None


@contextmanager
def cluster() -> Iterator[Cluster]:
    """A new server, gone with everything in it at the end."""
    folder = Path(tempfile.mkdtemp(prefix="pg", dir=_memory()))  # a socket's path has at most 107 characters
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    made = Cluster(folder)
    try:
        made.run("initdb", "-D", str(folder / "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync")
        made.start()
        yield made
        made.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)

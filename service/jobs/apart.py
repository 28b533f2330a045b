"""Looks at files from a process of its own: ``python -m service.jobs.apart``.

A workbook is read whole by native code, and a hostile one may unpack to any size: neither its memory nor its end may be
the service's. Text files are read a few lines at a time and need no such care.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.formats import Kind, format_of
from service.jobs import reading
from service.jobs.reading import Look, Sample
from service.jobs.wording import not_looked_at

_SECONDS: Final = 120
_BYTES: Final = 4 << 30
_NATIVE: Final = (Kind.XLSX, Kind.PARQUET)


def look(upload: Path, chosen: Mapping[str, Any]) -> Look:
    """As `service.jobs.reading.look`."""
    if not _needs_care(upload):
        return reading.look(upload, chosen)
    seen = _ask("look", upload, chosen)
    return Look(None, not_looked_at()) if seen is None else Look(**seen)


def sample(upload: Path, chosen: Mapping[str, Any]) -> Sample:
    """As `service.jobs.reading.sample`."""
    if not _needs_care(upload):
        return reading.sample(upload, chosen)
    seen = _ask("sample", upload, chosen)
    return Sample([], [], not_looked_at()) if seen is None else Sample(**seen)


def _needs_care(upload: Path) -> bool:
    form = format_of(upload)
    return form is not None and form.kind in _NATIVE


def _ask(what: str, upload: Path, chosen: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the process says; None if it came to an end."""
    command = (sys.executable, "-m", "service.jobs.apart", what)
    question = json.dumps([str(upload), dict(chosen)]).encode()
    try:
        done = subprocess.run(
            command, input=question, capture_output=True, timeout=_SECONDS, check=True, env=without_secrets()
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def without_secrets() -> dict[str, str]:
    """The environment for a process that reads a stranger's file: it needs no database."""
    return {name: value for name, value in os.environ.items() if name != "PETITION_DATABASE"}


def _limit_memory() -> None:
    if sys.platform != "win32":
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_BYTES, _BYTES))


def main() -> None:
    """Answer one question from standard input."""
    _limit_memory()
    upload, chosen = json.load(sys.stdin)
    look_at = reading.look if sys.argv[1] == "look" else reading.sample
    json.dump(asdict(look_at(Path(upload), chosen)), sys.stdout)


if __name__ == "__main__":
    main()

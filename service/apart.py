"""Looks at a stranger's file from a process of its own: ``python -m service.apart MODULE:FUNCTION``.

A workbook is read whole by native code, and a hostile file may unpack to any size: neither its memory nor its end may
be the service's. Plain text is read a few lines at a time and needs no such care.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.formats import Kind, format_of

_SECONDS: Final = 120
_BYTES: Final = 4 << 30
_NATIVE: Final = (Kind.XLSX, Kind.PARQUET)


def needs_care(path: Path) -> bool:
    """Whether a file may take more memory or time than its size tells."""
    form = format_of(path)
    return form is not None and (form.kind in _NATIVE or bool(form.packing))


def ask(look: Callable[..., Any], path: Path, *more: Any) -> Any:
    """What a function says of a file, as JSON; None if its process came to an end.

    :param look: a public function that takes the path first; what it takes and returns has a form in JSON.
    """
    command = (sys.executable, "-m", "service.apart", f"{look.__module__}:{look.__name__}")
    question = json.dumps([str(path), *more]).encode()
    try:
        done = subprocess.run(
            command, input=question, capture_output=True, timeout=_SECONDS, check=True, env=without_secrets()
        )
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired):
        return None
    return json.loads(done.stdout)


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
    module, _, name = sys.argv[1].partition(":")
    path, *more = json.load(sys.stdin)
    json.dump(getattr(import_module(module), name)(Path(path), *more), sys.stdout, default=asdict)


if __name__ == "__main__":
    main()

"""Whether somebody sits before the program."""

from __future__ import annotations

import sys


def in_terminal() -> bool:
    """Whether the program was started in a terminal: SIGHUP then says that the terminal was closed."""
    return sys.stdin is not None and not sys.stdin.closed and sys.stdin.isatty()

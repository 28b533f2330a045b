"""The browser of the tests: Debian's Chromium, without its windows where that is installed, which is quicker."""

from __future__ import annotations

import shutil

from console_page import OFFICE

_NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, _NAMES)), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    f"--host-resolver-rules=MAP {OFFICE} 127.0.0.1",
]

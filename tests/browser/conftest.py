from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from console_page import OFFICE, Console, serving
from playwright.sync_api import Browser, sync_playwright

from petition_nlp.settings import Settings

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
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


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """Address of the service with the default model."""
    with serving(Settings()) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after the module, because its event loop keeps other tests from running theirs."""
    if CHROMIUM is None:
        pytest.skip("no Chromium found: install Debian's package chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def console(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Console]:
    """A fresh page; an indirect parameter sets its width and height."""
    width, height = getattr(request, "param", (1366, 768))
    context = browser.new_context(viewport={"width": width, "height": height})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    yield Console(context.new_page(), address)
    context.close()


@pytest.fixture(scope="module")
def artefacts() -> Path:
    folder = Path(__file__).parent / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder

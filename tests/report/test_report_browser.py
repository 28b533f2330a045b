"""The page in Chromium: charts are drawn, nothing is fetched, everything is there when it is printed."""

from __future__ import annotations

import datetime
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import make_fact

sync_api = pytest.importorskip("playwright.sync_api")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")]


def test_charts_are_drawn_without_network_and_tables_open_in_print(report: Callable[..., Path]) -> None:
    facts = [
        make_fact(
            line=n,
            received=datetime.date(2026, 1 + n % 6, 1 + n % 28),
            area=("城东区", "临江区")[n % 2],
            department=("gas", "housing")[n % 2],
            reasons=((), ("low_confidence",))[n % 2],
        )
        for n in range(120)
    ]
    page_path = report(facts) / "报告.html"
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 900, "height": 800})
        complaints: list[str] = []
        requests: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(page_path.as_uri())
        charts = page.locator(".chart").count()
        assert charts == page.locator(".chart svg").count() >= 6
        assert page.locator(".chart svg path").count() > 50
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert page.locator("details:not([open])").count() == 0
        assert page.locator(".chart svg[viewBox]").count() == charts
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert page.locator("details[open]").count() == 0
        page.set_viewport_size({"width": 380, "height": 800})
        page.wait_for_timeout(400)  # charts follow the window with a short delay
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        browser.close()
    assert complaints == []
    assert len(requests) == 1

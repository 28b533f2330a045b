"""The page 复核 as reviewers use it: with two of them, a keyboard, and a clock."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from filling import fill
from office import Office, on_both
from playwright.sync_api import Page, expect
from sqlalchemy import select

from service.store.tables import Petition

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]


@pytest.fixture(autouse=True)
def petitions(office: Office) -> None:
    fill(office.database, 150)


def test_a_look(signed_in: SignIn, axe: Any, shots: Any) -> None:
    page = signed_in("manager", path="/review")
    shots(page, "review-start")
    page.keyboard.press("t")
    expect(page.locator("#message")).to_be_visible()
    expect(page.locator("#similar-title")).to_be_visible()
    shots(page, "review")
    axe(page)

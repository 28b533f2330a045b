"""A resident's data found and erased, in real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from filling import fill
from office import Office
from playwright.sync_api import Page, expect

from service.privacy import search
from service.store.tables import Petition

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

PHONE = "13912345678"


@pytest.fixture
def petitions(office: Office, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Some that hold a number, in several answers."""
    monkeypatch.setattr(search, "MOST_SCANNED", 10)
    monkeypatch.setattr(search, "_BATCH", 10)
    ids = fill(office.database, 30)
    with office.database.write() as session:
        for number in ids[::10]:
            petition = session.get_one(Petition, number)
            petition.text = f"{petition.text}。请回电 {PHONE}"
    return ids[::10]


def test_a_residents_petitions_are_found_seen_and_erased(
    petitions: list[str], signed_in: SignIn, axe: Check, shots: Save
) -> None:
    page = signed_in("manager", path="/residents")
    expect(page.locator("#phone")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#search [data-problem]")).to_contain_text("至少给出一项")
    axe(page)
    shots(page, "residents")
    page.fill("#phone", "139-1234-5678")
    page.keyboard.press("Enter")
    expect(page.locator("#progress")).to_contain_text("共查 30 件，找到 3 件")
    assert "139" not in page.url
    rows = page.locator("#found tr")
    expect(rows).to_have_count(3)
    axe(page)
    shots(page, "residents-found")
    rows.first.get_by_role("button", name="查看").click()
    expect(page.locator("#dialog")).to_contain_text(PHONE)
    axe(page)
    shots(page, "residents-petition")
    page.keyboard.press("Escape")

    page.check("#all")
    expect(page.locator("#chosen")).to_have_text("已选 3 件")
    rows.last.get_by_role("checkbox").uncheck()
    page.click("#erase-chosen")
    expect(page.locator("#erase-title")).to_have_text("遮盖或删除 2 件诉求")
    page.check("#erase-form input[value=delete]")
    page.fill("#reason", "居民书面申请，2026 年第 12 号")
    shots(page, "residents-erase")
    axe(page)
    page.get_by_role("button", name="永久删除这些诉求").click()
    expect(page.locator("#sure")).to_be_focused()
    page.check("#sure")
    page.get_by_role("button", name="永久删除这些诉求").click()
    expect(page.locator("#notices")).to_contain_text("已删除 2 件诉求")
    expect(page.locator("#erase")).to_be_hidden()
    expect(rows.first).to_contain_text("已删除")
    expect(page.locator("#found input")).to_have_count(1)
    page.get_by_role("button", name="查找", exact=True).click()
    expect(page.locator("#progress")).to_contain_text("共查 28 件，找到 1 件")


def test_without_the_scope_there_is_no_page(signed_in: SignIn) -> None:
    assert "没有权限" in signed_in("admin", path="/residents").inner_text("h1")
    assert "没有权限" in signed_in("reviewer", path="/residents").inner_text("h1")

"""What is around every page, in real Chromium."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from office import Office, on_both
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

THEME = "document.documentElement.dataset.theme"


def test_the_chosen_theme_is_kept_and_there_before_anything_is_painted(signed_in: SignIn) -> None:
    page = signed_in(color_scheme="dark")
    assert page.evaluate(THEME) == "dark"
    page.click("#who")
    page.get_by_role("radio", name="浅色").check()
    assert page.evaluate(THEME) == "light"
    page.add_init_script(f"document.addEventListener('DOMContentLoaded', () => {{ window.first = {THEME} }})")
    page.reload()
    assert page.evaluate("window.first") == "light"
    page.click("#who")
    expect(page.get_by_role("radio", name="浅色")).to_be_checked()
    page.get_by_role("radio", name="自动").check()
    assert page.evaluate(THEME) == "dark"


def test_the_keys_of_the_page_are_a_key_away_and_single_keys_can_be_turned_off(signed_in: SignIn) -> None:
    page = signed_in()
    keys = page.locator("#keys")
    page.press("#text", "?")
    assert not keys.is_visible()
    page.locator("#text").blur()
    page.keyboard.press("?")
    assert "Ctrl" in keys.inner_text()
    page.uncheck("#keys-single")
    page.keyboard.press("Escape")
    page.locator("body").press("?")
    assert not keys.is_visible()
    page.click("#who")
    page.click("[data-opens=keys]")
    assert keys.is_visible()


def test_the_menu_closes_with_escape_and_gives_the_focus_back(signed_in: SignIn) -> None:
    page = signed_in()
    page.click("#who")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.locator("#sign-out").is_visible()
    assert page.evaluate("document.activeElement.id") == "who"


def test_a_lost_connection_is_told_until_it_is_back(signed_in: SignIn) -> None:
    page = signed_in()
    page.context.set_offline(True)
    page.fill("#text", "巷口路灯不亮")
    page.keyboard.press("Control+Enter")
    banner = page.locator("#offline")
    expect(banner).to_be_visible()
    assert page.input_value("#text") == "巷口路灯不亮"
    page.context.set_offline(False)
    expect(banner).to_be_hidden()


@on_both
def test_an_ended_session_is_begun_again_without_losing_what_was_typed(office: Office, signed_in: SignIn) -> None:
    page = signed_in("clerk")
    page.fill("#text", "巷口路灯不亮")
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    dialog = page.locator("#sign-in-again")
    expect(dialog).to_be_visible()
    page.fill("#again-name", "王芳")
    page.fill("#again-password", "不是这个密码不是这个密码")
    page.keyboard.press("Enter")
    expect(page.locator("#again-error")).to_contain_text("账号或密码不正确")
    office.set_password("clerk", "春江潮水连海平海上明月")
    page.fill("#again-password", "春江潮水连海平海上明月")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#route")).to_be_visible()
    assert page.input_value("#text") == "巷口路灯不亮"


def test_pages_keep_the_rules_of_accessibility(
    office: Office, browser: Browser, signed_in: SignIn, axe: Check, shots: Save
) -> None:
    page = signed_in("manager")
    page.fill("#text", "楼下烧烤店油烟扰民，找物业也没人管")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#duty-button:visible")
    axe(page)
    shots(page, "routing")
    page.click("#who")
    axe(page)
    shots(page, "menu")
    page.click("[data-opens=keys]")
    axe(page)
    shots(page, "keys")


def test_signing_in_keeps_the_rules_of_accessibility(office: Office, browser: Browser, axe: Check, shots: Save) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(office.address + "/sign-in")
    axe(page)
    shots(page, "sign-in")
    context.close()


def test_whoever_may_not_see_a_page_is_told_in_chinese(signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = signed_in("admin")
    assert page.locator("h1").inner_text() == "没有权限"
    axe(page)
    shots(page, "forbidden")

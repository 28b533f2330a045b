"""Signing in, in real Chromium, over plain HTTP as in an office network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from console_page import CONTRAST, OFFICE, serving
from playwright.sync_api import Browser, Page

from petition_nlp.settings import Settings
from service.access import accounts, passwords
from service.access.principal import SYSTEM
from service.console.texts import sign_in as texts
from service.store import migrate
from service.store.database import Database

pytestmark = pytest.mark.browser

NAME, PASSWORD = "王芳", "春江潮水连海平海上明月"


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a service with one account."""
    settings = Settings(data_folder=tmp_path_factory.mktemp("office"))
    database = Database(settings.database_url)
    migrate.upgrade(database)
    with database.write() as session:
        accounts.create(session, SYSTEM, NAME, role="clerk", password_hash=passwords.hashed(PASSWORD))
    database.close()
    with serving(settings) as port:
        yield f"http://{OFFICE}:{port}"


@pytest.fixture(params=["light", "dark"])
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1366, "height": 768}, color_scheme=request.param)
    yield context.new_page()
    context.close()


def sign_in(page: Page, password: str) -> None:
    page.fill("#name", NAME)
    page.fill("#password", password)
    page.keyboard.press("Enter")


def test_a_person_signs_in_routes_and_signs_out(office: str, page: Page, artefacts: Path) -> None:
    page.goto(office + "/")
    page.wait_for_url("**/sign-in")
    sign_in(page, PASSWORD)
    page.wait_for_url(office + "/")
    page.wait_for_selector("#who:visible")
    assert page.inner_text("#who-name") == NAME
    page.fill("#text", "楼下烧烤店油烟扰民")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#route:visible")
    page.screenshot(path=artefacts / "console-signed-in.png")
    assert page.evaluate(CONTRAST) == []
    page.click("#who")
    page.click("#sign-out")
    page.wait_for_url("**/sign-in")
    page.goto(office + "/")
    page.wait_for_url("**/sign-in")


def test_a_wrong_password_is_told_in_the_services_words(office: str, page: Page, artefacts: Path) -> None:
    page.goto(office + "/sign-in")
    sign_in(page, "不是这个密码不是这个密码")
    page.wait_for_selector("#error:visible")
    assert "账号或密码不正确" in page.inner_text("#error")
    assert page.input_value("#password") == ""
    assert page.evaluate("document.activeElement.id") == "password"
    assert page.evaluate(CONTRAST) == []
    scheme = page.evaluate("matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'")
    page.screenshot(path=artefacts / f"sign-in-failed-{scheme}.png")


def test_the_page_fits_a_phone(office: str, browser: Browser) -> None:
    context = browser.new_context(viewport={"width": 360, "height": 740})
    page = context.new_page()
    page.goto(office + "/sign-in")
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    assert page.title().startswith(texts.PAGE["title"])
    context.close()


def test_the_session_is_out_of_reach_of_scripts(office: str, page: Page) -> None:
    page.goto(office + "/sign-in")
    sign_in(page, PASSWORD)
    page.wait_for_url(office + "/")
    assert page.evaluate("document.cookie") == ""
    [cookie] = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Strict")

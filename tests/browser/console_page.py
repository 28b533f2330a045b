"""Handles the page 分拨台 for the tests."""

from __future__ import annotations

from playwright.sync_api import Page


class Console:
    """The page as a person uses it, with a note of everything that went wrong behind it."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.complaints: list[str] = []
        self.requested: list[str] = []
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self.requested.append(request.url))
        page.goto(address + "/")

    def route(self, text: str) -> None:
        self.page.fill("#text", text)
        self.page.keyboard.press("Control+Enter")
        self.wait()

    def wait(self) -> None:
        self.page.wait_for_selector("#route:visible, #error:visible")
        self.page.wait_for_selector('#result[aria-busy="false"]')

    def text(self, selector: str) -> str:
        return self.page.inner_text(selector)

    def marks(self) -> list[str]:
        return self.page.locator("#evidence-text mark").all_inner_texts()

    def answer_with(self, route: dict[str, object]) -> None:
        """Answer the next requests with this route instead of the service's."""
        self.page.route("**/v1/routes", lambda handler: handler.fulfill(json=route))

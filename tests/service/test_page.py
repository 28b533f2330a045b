from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser

import pytest
from fastapi.testclient import TestClient

from service.console.texts import routing as texts

MakeClient = Callable[..., TestClient]


class Links(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inline_styles = 0
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag != "a":
            self.found += [value for name, value in attrs if name in ("src", "href") and value]
        self.inline_styles += sum(name == "style" or name.startswith("on") for name, _ in attrs)


@pytest.fixture
def page(stub_client: MakeClient) -> TestClient:
    return stub_client()


def test_the_page_loads_only_its_own_files(page: TestClient) -> None:
    links = Links(page.get("/").text)
    assert links.found
    for link in links.found:
        assert link.startswith("/static/")
        assert page.get(link).status_code == 200
    assert links.inline_styles == 0


def test_scripts_and_styles_name_no_other_server(page: TestClient) -> None:
    links = [link for link in Links(page.get("/").text).found if link.startswith("/static/")]
    folder = links[0].rsplit("/", 1)[0]
    for name in (
        "routing.css",
        "shell.css",
        "routing.js",
        "shell.js",
        "api.js",
        "view.js",
        "evidence.js",
        "plain.js",
        "texts.js",
    ):
        assert not re.search(r"https?:|//\w+\.", page.get(f"{folder}/{name}").text.replace("http://www.w3.org", ""))


def test_the_content_policy_allows_no_inline_script(page: TestClient) -> None:
    headers = page.get("/").headers
    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


def test_the_page_has_every_text_of_the_catalogue(page: TestClient) -> None:
    html = page.get("/").text
    for text in texts.PAGE.values():
        assert text in html


def test_examples_are_offered(page: TestClient) -> None:
    html = page.get("/").text
    assert len(texts.EXAMPLES) >= 3
    for label, text in texts.EXAMPLES:
        assert label in html and text in html

"""Handles the pages, and the service behind them, for the tests."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from playwright.sync_api import Page

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.app import create_app
from service.engine import Engine

OFFICE = "petition.example"
"""A name of the service in an office network; to browsers, plain HTTP to it is less trustworthy than to localhost."""

CONTRAST = """() => {
  const channel = v => (v /= 255) <= .03928 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  const light = c => .2126 * channel(c[0]) + .7152 * channel(c[1]) + .0722 * channel(c[2]);
  const parse = s => { const n = s.match(/[\\d.]+/g).map(Number); return n.length < 4 ? [...n, 1] : n; };
  const behind = e => {
    const layers = [];
    for (; e; e = e.parentElement) layers.unshift(parse(getComputedStyle(e).backgroundColor));
    return layers.reduce((b, l) => b.map((v, i) => v * (1 - l[3]) + l[i] * l[3]), [255, 255, 255]);
  };
  const poor = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const e = walker.currentNode.parentElement;
    if (!walker.currentNode.data.trim() || !e.checkVisibility() || e.closest('.skip, noscript')) continue;
    const color = parse(getComputedStyle(e).color);
    if (color[3] === 0) continue;
    const [a, b] = [light(color), light(behind(e))];
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    if (ratio < 4.5) poor.push(`${e.tagName}.${e.className} ${ratio.toFixed(2)} ${walker.currentNode.data}`);
  }
  return poor;
}"""
"""Script: the texts of a page that are too pale to read."""


@contextmanager
def serving(settings: Settings, router: Router | None = None, port: int = 0) -> Iterator[int]:
    """Run the service, with the default model unless a router is given; the port that it listens on.

    :param port: default: any that is free.
    """
    engine = Engine(settings, router=router)
    listener = socket.create_server(("127.0.0.1", port))
    config = uvicorn.Config(create_app(settings, engine=engine), log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + 60
    while not (engine.ready and server.started):
        assert engine.failure is None, engine.failure
        assert time.monotonic() < deadline, "the model never loaded"
        time.sleep(0.05)
    yield listener.getsockname()[1]
    server.should_exit = True
    thread.join(30)


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

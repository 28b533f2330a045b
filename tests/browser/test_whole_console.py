"""All pages of the console together: what people write is only text, nothing of it leaks, and work goes on."""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import httpx
import pytest
from console_page import OFFICE, serving
from fastapi.routing import APIRoute
from office import Office, People, open_office
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from petition_nlp.local.directory import Directory
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from petition_nlp.taxonomy import Taxonomy
from service import directory
from service.access import accounts, keys
from service.access.guard import COOKIE, CSRF_HEADER
from service.access.principal import SYSTEM, Scope
from service.access.tokens import csrf_token
from service.console.pages import routers
from service.events import subscriptions
from service.events.addresses import Rules
from service.events.schemas import WebhookIn
from service.logs import JsonFormatter
from service.models.states import ModelState
from service.store.tables import ModelVersion, Petition

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]

PHONE = "13800000000"
RESIDENT = "欧阳试名"
LIGHTS = "云汀路从东到西的路灯坏了半个月，晚上一片漆黑，老人出门摔了一跤，请尽快派人来修"
BREAKING = "'\"><i data-hostile onclick=alert(1)>"
FIELDS = (
    *("诉求内容", "诉求标题", "诉求区域", "诉求来源", "诉求编号", "诉求理由", "单位名称", "目录理由"),
    *("账号姓名", "密钥名称", "推送名称", "模型名称", "模型说明", "文件名称", "文件内容"),
)
"""What people write; each is shown somewhere."""
CREATED = """() => [
  ...document.querySelectorAll("[data-hostile]"),
  ...Array.from(document.scripts).filter(one => one.type !== "application/json" && !one.src),
].map(one => one.outerHTML)"""
ADDRESSES = """() => Array.from(document.querySelectorAll("[href], [hx-get], [action]")).flatMap(
  one => ["href", "hx-get", "action"].map(name => one.getAttribute(name)).filter(Boolean))"""
SETTLED = "() => document.readyState === 'complete' && !document.querySelector('.htmx-request')"


def hostile(field: str) -> str:
    """What somebody writes who wants to run a script."""
    return f"{BREAKING}{field}"


MESSAGE = f"{hostile('诉求内容')}</script><script>alert(1)</script> {LIGHTS}，联系人{RESIDENT}，电话{PHONE}"


def api(office: Office, role: str) -> httpx.Client:
    """Somebody's browser, without its pages."""
    token = office.session(role)
    headers = {"Cookie": f"{COOKIE}={token}", CSRF_HEADER: csrf_token(token)}
    return httpx.Client(
        base_url=office.address.replace(OFFICE, "127.0.0.1"), headers=headers, trust_env=False, timeout=60
    )


def done(answer: httpx.Response) -> str:
    """The number of what was made."""
    assert answer.is_success, answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module")
def numbers(office: Office) -> dict[str, str]:
    """A store in which whatever a person can write is hostile; numbers of what it holds, as the routes call them."""
    fields = {"title": hostile("诉求标题"), "area": hostile("诉求区域"), "channel": hostile("诉求来源")}
    unit = {"code": "sz-1", "name": hostile("单位名称"), "department": "municipal_works", "level": "city"}
    made = Directory.from_dict({**directory.EMPTY, "units": [unit]}, version="new", taxonomy=Taxonomy.load())
    with office.database.write() as session:
        directory.put(session, SYSTEM, made, why=hostile("目录理由"))
        shown = hostile("账号姓名")
        account = accounts.create(session, SYSTEM, "hostile", role="clerk", password_hash="none", shown_name=shown)
        key, _ = keys.create(session, SYSTEM, hostile("密钥名称"), scopes=[Scope.ROUTE])
        wanted = WebhookIn(name=hostile("推送名称"), url="https://orders.example/", channels=[hostile("推送名称")])
        webhook = subscriptions.create(session, SYSTEM, wanted, Rules())
        webhook.active = False
        model = ModelVersion(
            id="0" * 12,
            digest="0" * 64,
            name=hostile("模型名称"),
            version="1",
            taxonomy=Taxonomy.load().version,
            state=ModelState.CANDIDATE,
            added_by=SYSTEM.id,
            added_by_name=SYSTEM.name,
            figures={},
            card=hostile("模型说明"),
        )
        session.add(model)
        found = {"account": account.id, "key": key.id, "webhook": webhook.id, "model": model.id, "version": "1"}
    with api(office, "manager") as manager:
        petition = done(manager.post("/v1/petitions", json={"text": MESSAGE, "id": hostile("诉求编号"), **fields}))
        correction = {"matter": "government", "department": "municipal_works", "why": hostile("诉求理由")}
        done(manager.post(f"/v1/petitions/{petition}/corrections", json=correction))
        unclear = done(manager.post("/v1/petitions", json={"text": f"你好。{BREAKING}", **fields}))
        table = f'诉求内容,诉求标题\n"{LIGHTS}","{hostile("文件内容").replace(chr(34), chr(34) * 2)}"\n'
        file = {"file_name": f"{hostile('文件名称')}.csv"}
        job = done(
            manager.post("/v1/jobs", params=file, content=table, headers={"Content-Type": "application/octet-stream"})
        )
    with office.database.write() as session:
        waits = session.get_one(Petition, unclear)
        waits.status, waits.review, waits.blind = "pending", True, False
    return {**found, "petition": petition, "job": job}


def addresses(numbers: dict[str, str]) -> Iterator[str]:
    """Of all pages and parts of pages."""
    for router in routers():
        for route in router.routes:
            assert isinstance(route, APIRoute)
            if "GET" in route.methods and "{kind}" not in route.path:
                yield route.path.format(**numbers)


def shape(address: str) -> tuple[str, ...]:
    """Addresses of one shape show the same things."""
    parts = urlsplit(address)
    return re.sub(r"[0-9a-f]{32}", "", parts.path), *sorted(parse_qs(parts.query))


class Walk:
    """Opens pages, and remembers what was shown and which addresses were in sight."""

    def __init__(self, page: Page, office: Office) -> None:
        self.shown: list[str] = []
        self.seen: list[str] = []
        self._page, self._office = page, office
        page.on("request", lambda request: self.seen.append(request.url))
        page.on("dialog", lambda dialog: self.shown.append(f"dialog: {dialog.message}"))

    def everything(self, first: Iterable[str], client: httpx.Client) -> None:
        """Open these and what they lead to, as far as they are pages for whom the client is signed in."""
        known: set[tuple[str, ...]] = set()
        waiting = list(first)
        while waiting:
            address = waiting.pop(0)
            if shape(address) in known or not address.startswith("/") or address.startswith(("/static", "/v1")):
                continue
            known.add(shape(address))
            if is_page(client, address):
                self._page.goto(self._office.address + address)
                waiting += self.look()

    def look(self) -> list[str]:
        """Check the page as it is; the addresses on it."""
        self._page.wait_for_function(SETTLED)
        assert self._page.evaluate(CREATED) == [], self._page.url
        self.shown.append(self._page.evaluate("document.body.textContent"))
        found: list[str] = self._page.evaluate(ADDRESSES)
        self.seen += found
        return found


def is_page(client: httpx.Client, address: str) -> bool:
    """Not a file, nor a refusal of a part that needs to be asked for in another way."""
    answer = client.get(address)
    return answer.status_code == 200 and answer.headers["content-type"].startswith("text/html")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """All that the service logs, as it would be written."""
    caplog.set_level(logging.DEBUG, "service")

    def read() -> str:
        own = [record for record in caplog.records if record.name.startswith(("service", "petition_nlp", "uvicorn"))]
        return "\n".join(JsonFormatter().format(record) for record in own)

    return read


def test_what_people_write_is_text_on_every_page(office: Office, numbers: dict[str, str], signed_in: SignIn) -> None:
    shown = []
    for role in ("manager", "admin"):
        walk = Walk(signed_in(role, path="/account"), office)
        with api(office, role) as client:
            walk.everything(addresses(numbers), client)
        shown += walk.shown
    everything = "\n".join(shown)
    assert "dialog:" not in everything
    assert [field for field in FIELDS if hostile(field) not in everything] == []


def test_work_leaves_no_personal_data_in_addresses_or_logs(
    office: Office, numbers: dict[str, str], signed_in: SignIn, lines: Callable[[], str]
) -> None:
    page = signed_in("manager")
    walk = Walk(page, office)
    page.fill("#text", MESSAGE)
    expect(page.locator("#accept")).to_be_enabled()
    walk.look()
    page.keyboard.press("Control+Enter")
    page.keyboard.press("Enter")
    expect(page.locator("#last")).to_be_visible()
    walk.look()
    page.goto(office.address + "/review")
    page.keyboard.press("t")
    expect(page.locator(".taken")).to_be_visible()
    walk.look()
    page.goto(office.address + "/matters")
    page.fill("#text", RESIDENT)
    page.keyboard.press("Enter")
    expect(page.locator("#rows tr")).to_have_count(2)
    page.locator("#rows .open").first.click()
    expect(page.locator("#entry-title")).to_be_visible()
    walk.look()
    page.goto(office.address + "/units/try")
    page.fill("#text", MESSAGE)
    page.press("#text", "Control+Enter")
    expect(page.locator("#trial")).to_contain_text("派往")
    walk.look()
    page.goto(office.address + "/residents")
    page.fill("#phone", PHONE)
    page.keyboard.press("Enter")
    page.locator("#found").get_by_role("button", name="查看").first.click()
    expect(page.locator("#dialog")).to_contain_text(PHONE)
    walk.look()
    written = lines()
    assert json.loads(written.splitlines()[-1])["event"] == "request"
    for told in (unquote("\n".join(walk.seen)), written):
        assert not [one for one in (PHONE, RESIDENT, "云汀路", "data-hostile") if one in told]


def test_a_restarted_service_finds_the_work_where_it_was(browser: Browser, fast_router: Router, tmp_path: Path) -> None:
    with open_office(fast_router, tmp_path) as office:
        people = People(browser, office)
        with api(office, "clerk") as clerk:
            petition = done(clerk.post("/v1/petitions", json={"text": LIGHTS, "title": "路灯不亮"}))
        desk, entry = people.sign_in("clerk"), people.sign_in("manager", path=f"/matters/{petition}")
        entry.click("[data-shows=do-hard]")
        entry.fill("#do-hard [name=why]", "多次反映")
        desk.fill("#text", LIGHTS)
        expect(desk.locator("#accept")).to_be_enabled()
        port = urlsplit(office.address).port
    desk.keyboard.press("Control+Enter")
    desk.keyboard.press("Enter")
    entry.click("#do-hard .primary")
    for page in (desk, entry):
        expect(page.locator("#offline")).to_be_visible()
    with serving(Settings(data_folder=tmp_path, profile="fast"), fast_router, port or 0):
        expect(desk.locator("#last-text")).to_contain_text("已受理")
        expect(entry.locator("#entry .entry-tags")).to_contain_text("疑难")
        with office.database.read() as session:
            assert sorted(session.scalars(select(Petition.hard)), key=bool) == [False, True]
        people.leave()
    assert people.complaints == []


def test_the_list_and_the_queue_do_not_overtake_each_other(office: Office, signed_in: SignIn) -> None:
    with api(office, "clerk") as clerk:
        petition = done(clerk.post("/v1/petitions", json={"text": "你好，在吗", "title": "同时处理"}))
    listed, queue = signed_in("clerk", path=f"/matters/{petition}"), signed_in("reviewer", path="/review")
    queue.click(f"#row-{petition}")
    expect(queue.locator(f".taken[data-petition='{petition}']")).to_be_visible()
    listed.click("[data-shows=do-hard]")
    listed.fill("#do-hard [name=why]", "多次反映")
    listed.click("#do-hard .primary")
    expect(listed.locator("#conflict")).to_contain_text("李明")
    assert listed.input_value("#do-hard [name=why]") == "多次反映"
    listed.click("#do-hard .primary")
    expect(listed.locator("#entry .entry-tags")).to_contain_text("疑难")
    queue.keyboard.press("c")
    queue.select_option("#to-matter", "private")
    queue.fill("#why", "回拨问明")
    queue.click("#submit")
    expect(queue.locator("#notices")).to_contain_text("这件诉求刚有变动")
    expect(queue.locator("#item")).to_contain_text("多次反映")

"""How quickly the console's pages come in Chromium, with many stored petitions.

Fills a store with invented petitions of 60 days, most of which are closed after two weeks, counts them for the board,
runs the service in this process and opens every page again and again, as somebody does who has the static files
already. Milliseconds at the median, in the browser, from the start of the navigation until the page is loaded and its
main content is there; of an action from the click until its result stands on the page; of a route from the last key
until it is shown, with the pause that waits for a further key and without it.

    python benchmarks/console.py [--petitions 100000] [--runs 9] [--only sqlite]

Needs Debian's chromium, and PostgreSQL's programs for that store. Two minutes of two cores for each store. Browser and
service share the machine: what else runs on it shows in the figures, so its load is saved with them.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from common import ROOT, Row, parser, save, table

sys.path += [str(ROOT / "tests"), str(ROOT / "tests" / "browser")]

import postgres
from board_data import count
from chromium import ARGUMENTS, CHROMIUM
from filling import fill
from office import Office, People, open_office
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import text, update

from petition_nlp.router import Router
from service.store.database import Database
from service.store.tables import Petition
from service.store.tables.base import now

MESSAGE: Final = "云汀路从东到西的路灯坏了半个月，晚上一片漆黑，老人出门摔了一跤，请尽快派人来修"

PAGES: Final = (
    ("分拨台", "clerk", "/", "#text"),
    ("复核", "reviewer", "/review", ".queue-row"),
    ("批量", "clerk", "/bulk", "main"),
    ("三事清单", "clerk", "/matters", "#rows tr"),
    ("三事清单, 小事", "clerk", "/matters?tab=community", "#rows tr"),
    ("三事清单, 已逾期", "clerk", "/matters?due=overdue", "#rows tr"),
    ("三事清单, 一件", "clerk", "/matters/{petition}", "#entry-title"),
    ("三事清单, 登记", "clerk", "/matters/new", "main"),
    ("看板", "manager", "/board", ".board-value"),
    ("目录", "manager", "/units", "main"),
    ("目录, 试派", "clerk", "/units/try", "#text"),
    ("目录, 版本", "manager", "/units/versions", "main"),
    ("居民资料", "manager", "/residents", "main"),
    ("我的账号", "clerk", "/account", "main"),
    ("账号", "admin", "/accounts", "main"),
    ("密钥", "admin", "/keys", "main"),
    ("审计", "admin", "/audit", "main"),
)
"""Name, role, address, what has to be there."""

ACTIONS: Final = (
    ("三事清单: 下一页", "clerk", "/matters", ("click", "#page-next")),
    ("三事清单: 按期限", "clerk", "/matters", ("choose", "#due", "overdue")),
    ("三事清单: 按部门", "clerk", "/matters", ("fill", "#department", "住房和城乡建设部门")),
    ("三事清单: 搜索文字", "clerk", "/matters", ("search", "#text", "路灯")),
    ("三事清单: 打开一件", "clerk", "/matters", ("click", "#rows .open")),
    ("复核: 按事项", "reviewer", "/review", ("choose", "#filter-matter", "community")),
    ("复核: 取一件", "reviewer", "/review", ("click", ".queue-row:not([disabled])")),
)
"""Name, role, address, what is done there."""

THERE = """selector => document.querySelector(selector) &&
  performance.getEntriesByType("navigation")[0].loadEventEnd"""
COMES = "selector => document.querySelector(selector) && performance.now()"
ANSWER = """() => {
  const [way] = performance.getEntriesByType("navigation");
  return way.responseEnd - way.requestStart;
}"""
ACT = """([how, selector, value]) => new Promise((done, fail) => {
  setTimeout(() => fail(new Error(`nothing came after ${selector}`)), 10_000);
  const element = document.querySelector(selector);
  const start = performance.now();
  const settled = ({detail}) => {
    if (detail.elt.id === "numbers") return;
    document.removeEventListener("htmx:afterSettle", settled);
    requestAnimationFrame(() => done(performance.now() - start));
  };
  document.addEventListener("htmx:afterSettle", settled);
  if (how === "click") return element.click();
  element.value = value;
  if (how === "search") element.form.requestSubmit();
  else element.dispatchEvent(new Event("change", {bubbles: true}));
})"""
WATCH = """() => {
  window.took = [];
  let key = 0;
  let sent = 0;
  const ask = window.fetch;
  window.fetch = (address, ...more) => {
    if (String(address).startsWith("/v1/routes")) sent = performance.now();
    return ask(address, ...more);
  };
  document.getElementById("text").addEventListener("input", () => { key = performance.now(); });
  new MutationObserver(() => {
    const now = performance.now();
    if (document.getElementById("version").textContent && sent > key) window.took.push([now - key, now - sent]);
  }).observe(document.getElementById("version"), {childList: true});
}"""


class Visitor:
    """Opens pages for people of every role, each with a browser of their own."""

    def __init__(self, people: People, office: Office, petition: str, runs: int) -> None:
        self._office, self._petition, self._runs = office, petition, runs
        self._pages = {role: people.sign_in(role, path="/account") for role in office.accounts}

    def pages(self) -> dict[str, Row]:
        """Milliseconds of every page."""
        found = {}
        for name, role, path, content in PAGES:
            page, took, answers = self._pages[role], [], []
            for _ in range(self._runs + 1):
                self._go(page, path)
                there = page.evaluate(THERE, content)
                took.append(there or page.wait_for_function(COMES, arg=content).json_value())
                answers.append(page.evaluate(ANSWER))
            found[name] = {**summary(took[1:]), "answer": round(statistics.median(answers[1:]), 1)}
        return found

    def actions(self) -> dict[str, Row]:
        """Milliseconds of what is done on a page."""
        found = {}
        for name, role, path, what in ACTIONS:
            page, took = self._pages[role], []
            for _ in range(self._runs + 1):
                self._go(page, path)
                page.wait_for_function("selector => document.querySelector(selector)", arg=what[1])
                took.append(page.evaluate(ACT, what if len(what) == 3 else [*what, None]))
            found[name] = summary(took[1:])
        return found

    def routes(self) -> dict[str, Row]:
        """Milliseconds of a route after the last key."""
        page = self._pages["clerk"]
        self._go(page, "/")
        page.evaluate(WATCH)
        page.keyboard.type(MESSAGE[:12])
        for number, letter in enumerate(MESSAGE[12:], start=1):
            page.keyboard.type(letter)
            page.wait_for_function("n => window.took.length >= n", arg=number)
        took = page.evaluate("window.took")[1:]
        return {
            "分拨台: 末键到结果": summary([all_of_it for all_of_it, _ in took]),
            "分拨台: 末键到结果, 不计停顿": summary([asked for _, asked in took]),
        }

    def _go(self, page: Page, path: str) -> None:
        page.goto(self._office.address + path.format(petition=self._petition), wait_until="load")


def summary(took: list[float]) -> Row:
    """Of several runs."""
    return {"median": round(statistics.median(took), 1), "slowest": round(max(took), 1)}


def settle(database: Database) -> None:
    """Close most of what came in more than two weeks ago, as offices do."""
    old = Petition.received < now() - timedelta(days=14)
    values = {"status": "archived", "review": False, "closed": now()}
    with database.write() as session:
        session.execute(update(Petition).where(old, Petition.id.not_like("%7")).values(values))


def measure(router: Router, folder: Path, url: str | None, petitions: int, runs: int) -> Row:
    """All figures with one store."""
    with open_office(router, folder, url) as office, sync_playwright() as playwright:
        ids = fill(office.database, petitions)
        settle(office.database)
        if office.database.dialect == "postgresql":
            with office.database.write() as session:
                session.execute(text("ANALYZE"))  # what autovacuum does by itself
        count(office.database)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        people = People(browser, office)
        visitor = Visitor(people, office, ids[len(ids) // 2], runs)
        load = os.getloadavg()[0]
        found = {"load": round(load, 1), "pages": visitor.pages(), "actions": visitor.actions() | visitor.routes()}
        people.leave()
        browser.close()
    return found


@contextmanager
def stores(only: str | None) -> Iterator[dict[str, str | None]]:
    """New ones: None is SQLite in the service's own folder."""
    if only == "sqlite" or postgres.PROGRAMS is None:
        yield {"sqlite": None}
        return
    with postgres.cluster() as running:
        running.sql("CREATE DATABASE console")
        both = {"sqlite": None, "postgresql": running.url("console")}
        yield {name: url for name, url in both.items() if only in (None, name)}


def main() -> None:
    options = parser(__doc__, model=True)
    options.add_argument("--petitions", type=int, default=100_000)
    options.add_argument("--runs", type=int, default=9)
    options.add_argument("--only", choices=("sqlite", "postgresql"), help="leave the other store out")
    chosen = options.parse_args()
    if CHROMIUM is None:
        sys.exit("no Chromium found: install Debian's package chromium")
    router = Router.load(chosen.model, profile="fast", target_precision=0.9)
    found = {}
    with stores(chosen.only) as urls:
        for name, url in urls.items():
            with tempfile.TemporaryDirectory() as folder:
                found[name] = measure(router, Path(folder), url, chosen.petitions, chosen.runs)
            print(f"{name}, load of the machine {found[name]['load']}")
            for part, head in (("pages", "page"), ("actions", "action")):
                columns = list(next(iter(found[name][part].values())))
                rows = [(what, *(row.get(column) for column in columns)) for what, row in found[name][part].items()]
                print(table([f"{head}, ms", *columns], rows), flush=True)
    figures = {"petitions": chosen.petitions, "runs": chosen.runs, "stores": found}
    save("console", figures, folder=chosen.results, model=chosen.model, libraries=("sqlalchemy", "playwright"))


if __name__ == "__main__":
    main()

"""The page 看板 in real Chromium."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from board_data import busy, judge
from office import Office
from playwright.sync_api import Page, expect
from sqlalchemy import delete

from petition_nlp.monitoring.psi import Part
from petition_nlp.monitoring.shift import Shift
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.board.days import today
from service.engine import Engine
from service.monitoring.alarms import figures
from service.store.tables import Alarm, MonitoredDay
from service.store.tables.base import new_id

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

NO_MEASURES = {
    "petitions": 300,
    "psi": {},
    "expected_accuracy": None,
    "blind": None,
    **dict.fromkeys(("unseen_share", "review_share", "correction_share", "slow_share")),
}
ALL_DRAWN = """() => document.querySelector("#figures[aria-busy=false]") &&
  Array.from(document.querySelectorAll("[data-chart]")).every(place => place.querySelector("svg"))"""
FILLS = """() => Array.from(document.querySelectorAll("#volume svg path"), path => path.getAttribute("fill"))"""
TOKEN = """name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()"""
FETCH = """async path => (await fetch(path)).json()"""


@pytest.fixture(scope="module")
def filled(office: Office, fast_router: Router) -> None:
    busy(office.database, 1500)
    standard = Engine(Settings(), router=fast_router).standard
    judge(office.database, standard, right=188, wrong=12)


def drawn(page: Page) -> Page:
    """The page, when all its charts are there."""
    page.wait_for_function(ALL_DRAWN)
    return page


def value(page: Page, measure: str) -> str:
    return page.inner_text(f"[data-measure={measure}] .board-value")


def column(page: Page, figure: str, place: int) -> list[float]:
    """Numbers in the table of a figure."""
    cells = page.locator(f"#{figure} tbody td:nth-child({place})")
    return [float(cell.get_attribute("data-value") or 0) for cell in cells.all()]


@pytest.mark.usefixtures("filled")
def test_the_figures_are_those_of_the_api(signed_in: SignIn) -> None:
    page = drawn(signed_in("manager", path="/board?period=90"))
    first = today() - timedelta(days=89)

    def api(what: str) -> Any:
        return page.evaluate(FETCH, f"/v1/stats/{what}?first_day={first}")

    total = api("series")["total"]
    assert value(page, "petitions") == f"{total['counts']['petitions']:,}"
    assert value(page, "overdue") == str(total["counts"]["overdue"])
    for name in ("review", "first_dispatch_precision", "returned", "in_time", "satisfied"):
        assert value(page, name) == f"{total['shares'][name]:.1%}", name
    assert column(page, "volume", 2) == [item["counts"]["petitions"] for item in api("series")["items"]]
    week = api("week")["items"]
    assert column(page, "week", 11) == [round(item["petitions"][8] / item["days"], 1) for item in week]
    assert sum(column(page, "departments", 2)) == total["counts"]["petitions"]
    assert column(page, "units", 3) == [item["returned"] for item in api("units")["items"]]
    matrix = api("corrections")
    assert sum(column(page, "corrections", 3)) == matrix["total"] - matrix["elsewhere"]
    expect(page.locator("#live")).to_contain_text("94.0%")
    expect(page.locator("#live")).to_contain_text("200 件盲审中 188 件与模型一致")


@pytest.fixture
def risen(office: Office) -> Iterator[None]:
    """An alarm of a word that rose."""
    shift = Shift(0.001, 0.05, 9.0, 300, (Part("维修费", 0.001, 0.05, 0.0),))
    row = Alarm(
        id=new_id(),
        code="words_rose",
        key="维修费",
        name="维修费",
        level="watch",
        since=today(),
        last=today(),
        figures=figures(shift),
    )
    with office.database.write() as session:
        session.add_all([row, MonitoredDay(day=today(), measures=NO_MEASURES)])
    yield
    with office.database.write() as session:
        session.execute(delete(Alarm))
        session.execute(delete(MonitoredDay))


@pytest.mark.usefixtures("filled", "risen")
def test_a_word_that_rose_leads_to_its_petitions_and_stands_in_no_address(signed_in: SignIn, axe: Any) -> None:
    page = drawn(signed_in("manager", path="/board"))
    axe(page)
    page.get_by_role("link", name="维修费").click()
    expect(page.locator("#text")).to_have_value("维修费")
    expect(page.locator("#found")).to_contain_text("维修费")
    expect(page.locator("#found")).not_to_contain_text("油烟")
    assert page.url.endswith(f"/matters?since={today() - timedelta(days=6)}&until={today()}")


@pytest.mark.usefixtures("filled")
def test_another_period_is_a_click_away_and_ones_own_days_too(signed_in: SignIn) -> None:
    page = drawn(signed_in("reviewer", path="/board"))
    expect(page.get_by_role("link", name="近 30 天")).to_have_attribute("aria-current", "page")
    page.get_by_role("link", name="上月").click()
    end = today().replace(day=1) - timedelta(days=1)
    expect(page.locator(".board-head")).to_contain_text(f"{end.replace(day=1)} 至 {end}")
    day = today() - timedelta(days=10)
    page.fill("#first_day", day.isoformat())
    page.fill("#last_day", day.isoformat())
    page.get_by_role("button", name="查看").click()
    expect(page.locator(".board-head")).to_contain_text(f"{day} 至 {day}（1 天）")
    expect(page.locator("[aria-current=page]:visible")).to_have_count(1)  # that of the navigation
    assert column(drawn(page), "volume", 2) == [float(value(page, "petitions"))]


@pytest.mark.usefixtures("filled")
def test_a_department_is_chosen_and_stays_so_in_other_periods(signed_in: SignIn, axe: Any, shots: Any) -> None:
    page = drawn(signed_in("manager", path="/board"))
    whole = value(page, "petitions")
    page.select_option("#department", "municipal_works")
    page.get_by_role("button", name="查看").click()
    expect(page.locator("h1")).to_contain_text("市政设施与排水管护单位")
    expect(page.get_by_role("link", name="近 30 天")).to_have_attribute("aria-current", "page")
    drawn(page)
    assert 0 < int(value(page, "petitions").replace(",", "")) < int(whole.replace(",", ""))
    shots(page, "board-department")
    axe(page)
    page.get_by_role("link", name="近 90 天").click()
    expect(page.locator("#department")).to_have_value("municipal_works")


@pytest.mark.usefixtures("filled")
def test_a_chart_has_its_table_as_a_file_too(signed_in: SignIn, tmp_path: Path) -> None:
    page = drawn(signed_in("manager", path="/board"))
    chart = page.locator("#departments [data-chart]")
    assert (chart.get_attribute("aria-label") or "").startswith("责任部门条形图：最多的是")
    table = page.locator("#departments table")
    expect(table).to_be_hidden()
    page.keyboard.press("t")
    expect(table).to_be_visible()
    expect(page.locator("#tables")).to_have_attribute("aria-pressed", "true")
    table.locator("tbody th").first.evaluate("cell => { cell.dataset.value = '=1+1'; }")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 CSV：责任部门").click()
    assert re.fullmatch(r"看板-责任部门-[\d-]{10}至[\d-]{10}\.csv", download.value.suggested_filename)
    download.value.save_as(tmp_path / "file.csv")
    with (tmp_path / "file.csv").open(encoding="utf-8-sig", newline="") as file:
        head, *rows = list(csv.reader(file))
    assert head[:3] == ["责任部门", "诉求量", "占比"]
    assert rows[0][0] == "'=1+1"  # no formula in a spreadsheet
    assert [float(row[1]) for row in rows] == column(page, "departments", 2)
    page.keyboard.press("t")
    expect(table).to_be_hidden()


@pytest.mark.usefixtures("filled")
def test_charts_take_the_colours_of_the_theme_and_paper_is_white(signed_in: SignIn, artefacts: Path) -> None:
    page = drawn(signed_in("manager", path="/board"))
    light = page.evaluate(TOKEN, "--chart-1")
    assert light in page.evaluate(FILLS)
    page.emulate_media(color_scheme="dark")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    dark = page.evaluate(TOKEN, "--chart-1")
    assert dark != light
    assert dark in page.evaluate(FILLS) and light not in page.evaluate(FILLS)
    page.set_viewport_size({"width": 720, "height": 1000})
    page.emulate_media(color_scheme="dark", media="print")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    assert light in page.evaluate(FILLS)
    expect(page.locator(".board-toolbar")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
    page.screenshot(path=artefacts / "board-print.png", full_page=True)
    page.emulate_media(color_scheme="dark", media="screen")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    assert dark in page.evaluate(FILLS)


@pytest.mark.usefixtures("filled")
def test_nothing_moves_while_the_charts_are_drawn(signed_in: SignIn) -> None:
    page = signed_in("manager")
    page.route("**/vendor/echarts.js", lambda route: route.abort())
    page.goto(page.url + "board")
    page.wait_for_selector("#drift")
    heights = "() => Array.from(document.querySelectorAll('.board-figure'), card => card.offsetHeight)"
    before = page.evaluate(heights)
    page.unroute("**/vendor/echarts.js")
    page.reload()
    assert drawn(page).evaluate(heights) == before


@pytest.mark.usefixtures("filled")
def test_the_board_looks_and_reads_well(signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = drawn(signed_in("manager", path="/board"))
    expect(page.locator("#signs")).to_contain_text("重点关注")
    expect(page.locator("#signs")).not_to_contain_text("13800000000")
    shots(page, "board")
    page.keyboard.press("t")
    axe(page)


@pytest.mark.usefixtures("filled")
def test_charts_that_do_not_come_are_told(signed_in: SignIn) -> None:
    page = signed_in("manager")
    page.route("**/board/figures*", lambda route: route.fulfill(status=503, body="?"))
    page.goto(page.url + "board")
    expect(page.locator("#figures")).to_contain_text("图表没有载入")
    expect(page.locator("[data-measure=petitions]")).to_be_visible()
    page.unroute("**/board/figures*")
    page.get_by_role("button", name="重新载入").click()
    expect(drawn(page).locator("#figures")).not_to_contain_text("图表没有载入")


def test_a_board_without_petitions_says_what_will_be_here(signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = drawn(signed_in("admin", path="/board?first_day=2020-01-01&last_day=2020-01-31"))
    expect(page.locator("main")).to_contain_text("这段时间没有收到诉求")
    expect(page.locator("[data-measure=review]")).to_contain_text("–")
    axe(page)
    shots(page, "board-empty")

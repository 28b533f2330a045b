"""批量 in real Chromium: a file through the service, from the upload to the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from console_page import OFFICE, serving
from office import Office, People, on_postgresql, open_office
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import delete, func, select
from tables import read_table, write_table

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.jobs import supervise
from service.jobs.queue import JobQueue
from service.jobs.wording import stopped
from service.store.tables import Job

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

HEADER = ("工单编号", "来电时间", "诉求标题", "诉求内容", "所属街道", "承办单位")
SAYINGS = (
    "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉",
    "巷口路灯坏了半个月，晚上孩子下晚自习都是摸黑走",
    "楼上邻居借钱不还，想问问怎么办",
    "三号楼楼道堆满杂物，物业不管",
    "厂里拖欠四个月工资没发",
    "单元楼道里一股很浓的煤气味，老人闻得头都晕了",
)
SOON = 60_000


def orders(path: Path, rows: int, *, encoding: str = "gb18030", header: Sequence[str] = HEADER) -> Path:
    """A file of invented orders."""
    table: list[Sequence[Any]] = [header]
    for n in range(rows):
        text = SAYINGS[n % len(SAYINGS)]
        table.append([f"GD-{n:06}", "2026-11-30 09:05", text[:8], f"{text}，第{n}次反映", "青石街道", "城管局"])
    return write_table(path, table, encoding=encoding)


@dataclass(frozen=True)
class Bureau(Office):
    """An office whose jobs are done only while `working`, so that nothing is done before a test has looked."""

    settings: Settings

    @contextmanager
    def working(self) -> Iterator[None]:
        """Somebody does the jobs."""
        queue = JobQueue(self.settings, self.database)
        queue.start()
        yield
        queue.stop()


@pytest.fixture(scope="module")
def office(
    fast_router: Router, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Bureau]:
    folder, url = tmp_path_factory.mktemp("bulk"), None
    if getattr(request, "param", "sqlite") == "postgresql":
        cluster = request.getfixturevalue("postgresql")
        cluster.sql("CREATE DATABASE bulk TEMPLATE template")
        url = cluster.url("bulk")
    with open_office(fast_router, folder, url, job_workers=0) as opened:
        settings = Settings(data_folder=folder, database=url, profile="fast", job_workers=1)
        yield Bureau(opened.address, opened.database, opened.accounts, settings)


def uploaded(page: Page, path: Path) -> str:
    """Upload a file; the job's identifier."""
    page.set_input_files("#file", path)
    expect(page.locator("#job")).to_be_visible(timeout=SOON)
    return urlsplit(page.url).path.rpartition("/")[2]


def note(office: Office, job: str, **values: Any) -> None:
    """Let a job be as if somebody worked on it."""
    with office.database.write() as session:
        found = session.get(Job, job)
        assert found is not None
        for name, value in values.items():
            setattr(found, name, value)
        found.version += 1


def progress(share: float) -> dict[str, Any]:
    rows = round(48_000 * share)
    return {"share": share, "rows": rows, "rows_expected": 48_000, "rows_per_second": 1240.0, "seconds_left": 95.0}


def state(page: Page) -> Any:
    return expect(page.locator(".job-head .tag"))


@on_postgresql
def test_a_file_in_gb18030_becomes_a_result(
    office: Bureau, signed_in: SignIn, axe: Check, shots: Save, tmp_path: Path
) -> None:
    page = signed_in("manager", path="/bulk")
    axe(page)
    shots(page, "bulk-empty")
    uploaded(page, orders(tmp_path / "十一月工单.csv", 400))
    expect(page.locator("#how-read")).to_have_text("GB18030，逗号分隔")
    expect(page.locator("#sample tbody tr")).to_have_count(5)
    expect(page.locator("#sample th", has_text="诉求内容")).to_contain_text("正文")
    axe(page)
    shots(page, "bulk-reading")
    page.keyboard.press("s")
    state(page).to_have_text("排队中")
    with office.working():
        state(page).to_have_text("已完成", timeout=SOON)
    axe(page)
    shots(page, "bulk-done")
    with page.expect_download() as waiting:
        page.keyboard.press("d")
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    table = read_table(saved)
    assert len(table) == 401 and table[1][0] == "GD-000000"
    assert "事项类别" in table[0]


def test_whoever_comes_back_sees_how_far_it_is_and_can_cancel(
    office: Office, signed_in: SignIn, axe: Check, shots: Save, tmp_path: Path
) -> None:
    page = signed_in("clerk", path="/bulk")
    job = uploaded(page, orders(tmp_path / "十月工单.csv", 10))
    page.click("#start")
    state(page).to_have_text("排队中")
    page.goto(f"{office.address}/bulk")
    row = page.locator(f"#job-{job}")
    expect(row).to_contain_text("排队中")
    note(office, job, status="running", progress=progress(0.21))
    expect(row).to_contain_text("21% · 剩余约 2 分钟")
    note(office, job, progress=progress(0.37))
    expect(row).to_contain_text("37%")
    shots(page, "bulk-list-running")
    row.get_by_role("link", name="十月工单.csv").click()
    bar = page.locator("#progress")
    expect(bar).to_contain_text("17,760 行，共约 48,000 行")
    note(office, job, progress=progress(0.62))
    expect(bar).to_contain_text("62%")
    expect(page).to_have_title("62% 处理中 十月工单.csv · 批量 · 诉求分拨")
    axe(page)
    shots(page, "bulk-running")
    page.click("#cancel-job")
    expect(page.get_by_role("dialog")).to_contain_text("已处理的部分不保留")
    note(office, job, progress=progress(0.7))
    expect(bar).to_contain_text("70%")
    axe(page)
    page.get_by_role("dialog").get_by_role("button", name="取消处理").click()
    expect(bar).to_contain_text("正在取消")
    note(office, job, status="cancelled", progress=None, cancel=False)
    state(page).to_have_text("已取消")
    expect(page.locator("#start")).to_have_text("重新处理 S")
    page.click("text=删除")
    page.get_by_role("dialog").get_by_role("button", name="删除", exact=True).click()
    expect(page).to_have_url(f"{office.address}/bulk")
    expect(row).to_have_count(0)


def test_a_restart_of_the_service_loses_nothing(
    browser: Browser, fast_router: Router, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervise, "ROWS_OF_A_PART", 512)
    monkeypatch.setattr(supervise, "WATCH_SECONDS", 0.05)
    with open_office(fast_router, tmp_path, job_workers=1) as office:
        people = People(browser, office)
        page = people.sign_in("clerk", path="/bulk")
        uploaded(page, orders(tmp_path / "全年工单.csv", 12_000))
        page.uncheck("[name=report]")
        page.click("#start")
        expect(page.locator("#progress")).to_contain_text("每秒", timeout=SOON)
        port = urlsplit(office.address).port
    offline = page.locator("#offline")
    expect(offline).to_be_visible()
    with serving(Settings(data_folder=tmp_path, profile="fast"), fast_router, port or 0):
        expect(offline).to_be_hidden()
        state(page).to_have_text("已完成", timeout=SOON)
        expect(page.locator(".figures")).to_contain_text("12,000")
        people.leave()
    assert people.complaints == []


def test_a_wrong_file_is_refused_before_it_is_sent(signed_in: SignIn, axe: Check, tmp_path: Path) -> None:
    page = signed_in("clerk", path="/bulk")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method == "POST" else None)
    (tmp_path / "工单.xls").write_bytes(b"\xd0\xcf\x11\xe0")
    page.set_input_files("#file", tmp_path / "工单.xls")
    told = page.locator("#upload-problem")
    expect(told).to_contain_text("另存为 .xlsx")
    assert [urlsplit(url).path for url in sent] == ["/bulk/check"]
    axe(page)


def test_a_file_that_cannot_be_read_says_why_and_is_read_as_one_says(
    signed_in: SignIn, axe: Check, tmp_path: Path
) -> None:
    page = signed_in("clerk", path="/bulk")
    uploaded(page, orders(tmp_path / "导出.csv", 6, header=("甲", "乙", "丙", "丁", "戊", "己")))
    state(page).to_have_text("读不了")
    expect(page.locator("#job > .notice")).to_contain_text("找不到正文列")
    expect(page.locator("#sample")).to_contain_text("烧烤店")
    expect(page.locator("#start")).to_have_count(0)
    axe(page)
    page.get_by_label("正文列").select_option("丁")
    page.get_by_label("编号列").select_option("甲")
    page.click("#apply")
    state(page).to_have_text("待开始")
    expect(page.locator("#sample th", has_text="丁")).to_contain_text("正文")
    page.get_by_label("正文列").select_option("丙")
    expect(page.locator("#start")).to_be_disabled()
    expect(page.locator("#unapplied")).to_be_visible()
    page.get_by_label("正文列").select_option("丁")
    expect(page.locator("#start")).to_be_enabled()


def test_whoever_has_not_seen_the_last_change_does_not_start(signed_in: SignIn, tmp_path: Path) -> None:
    page = signed_in("clerk", path="/bulk")
    uploaded(page, orders(tmp_path / "工单.csv", 6))
    other = signed_in("manager", path=urlsplit(page.url).path)
    other.get_by_label("正文列").select_option("诉求标题")
    other.click("#apply")
    expect(other.locator("#sample th", has_text="诉求标题")).to_contain_text("正文")
    page.click("#start")
    expect(page.locator("#notices")).to_contain_text("内容已被他人修改")
    page.click("#notices [data-reloads]")
    expect(page.locator("#sample th", has_text="诉求标题")).to_contain_text("正文")


def test_an_upload_that_got_no_answer_is_sent_again_and_kept_once(
    office: Office, signed_in: SignIn, tmp_path: Path
) -> None:
    page = signed_in("clerk", path="/bulk")
    file = orders(tmp_path / "断线.csv", 6)
    keys: list[str] = []

    def answer(route: Route) -> None:
        if route.request.method != "POST":
            return route.fallback()
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) > 1:
            return route.fallback()
        here = route.request.url.replace(OFFICE, "127.0.0.1")
        sent = httpx.post(
            here,
            headers={**route.request.all_headers(), "host": urlsplit(office.address).netloc},
            content=file.read_bytes(),
        )
        assert sent.status_code == 201
        return route.abort()

    page.route("**/bulk", answer)
    uploaded(page, file)
    assert len(keys) == 2 and keys[0] == keys[1]
    with office.database.read() as session:
        assert session.scalar(select(func.count()).where(Job.file_name == "断线.csv")) == 1


def test_a_file_can_be_dropped_on_the_page(signed_in: SignIn) -> None:
    page = signed_in("clerk", path="/bulk")
    page.evaluate(
        """() => {
          const files = new DataTransfer();
          files.items.add(new File(["诉求内容\\n路灯坏了\\n"], "拖放.csv"));
          document.querySelector(".jobs").dispatchEvent(new DragEvent("drop", {dataTransfer: files, bubbles: true}));
        }"""
    )
    expect(page.locator("#job-name")).to_have_text("拖放.csv")
    expect(page.locator("#how-read")).to_have_text("UTF-8，逗号分隔")


def test_a_job_that_failed_says_what_to_do_and_goes_on(
    office: Office, signed_in: SignIn, axe: Check, shots: Save, tmp_path: Path
) -> None:
    page = signed_in("clerk", path="/bulk")
    job = uploaded(page, write_table(tmp_path / "工单.xlsx", [["诉求内容"], ["路灯坏了"]]))
    expect(page.get_by_label("工作表")).to_contain_text("工单")
    page.check("[name=mask]")
    page.click("#start")
    state(page).to_have_text("排队中")
    note(office, job, status="failed", error=stopped())
    failure = page.locator("#job > .notice")
    expect(failure).to_contain_text("内存不够")
    expect(failure).to_contain_text("怎么办：请换用更大内存的机器")
    page.click("#again summary")
    expect(page.locator("#sample")).to_contain_text("路灯坏了")
    axe(page)
    shots(page, "bulk-failed")
    page.keyboard.press("s")
    state(page).to_have_text("排队中")
    expect(page.locator(".chosen")).to_contain_text("隐去个人信息是")


def test_a_job_that_somebody_else_deleted_is_told_once_and_goes(
    office: Office, signed_in: SignIn, tmp_path: Path
) -> None:
    page = signed_in("clerk", path="/bulk")
    job = uploaded(page, orders(tmp_path / "误传.csv", 6))
    page.click("#start")
    state(page).to_have_text("排队中")
    listed = signed_in("clerk", path="/bulk")
    expect(listed.locator(f"#job-{job}")).to_be_visible()
    with office.database.write() as session:
        session.execute(delete(Job).where(Job.id == job))
    expect(listed.locator(f"#job-{job}")).to_have_count(0)
    expect(page.locator("#progress")).to_have_count(0)
    expect(page.locator("#notices .notice")).to_have_count(1)
    expect(page.locator("#notices")).to_contain_text("可能已删除")


def test_a_service_that_fails_for_a_while_is_told_once(office: Office, signed_in: SignIn, tmp_path: Path) -> None:
    page = signed_in("clerk", path="/bulk")
    job = uploaded(page, orders(tmp_path / "工单.csv", 6))
    page.click("#start")
    state(page).to_have_text("排队中")
    asked: list[int] = []

    def fail(route: Route) -> None:
        asked.append(1)
        route.fulfill(status=500, body="") if len(asked) < 4 else route.fallback()

    page.route("**/state?*", fail)
    note(office, job, status="running", progress=progress(0.3))
    expect(page.locator("#progress")).to_contain_text("30%")
    expect(page.locator("#notices .notice")).to_have_count(1)

"""批量 in real Chromium: a file through the service, from the upload to the result."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from console_page import serving
from office import Office, open_office
from playwright.sync_api import Page, expect
from tables import read_table, write_table

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.jobs.queue import JobQueue
from service.store.database import Database
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bulk")


@pytest.fixture(scope="module")
def office(fast_router: Router, folder: Path) -> Iterator[Office]:
    """A service that leaves the jobs to others, so that nothing is done before a test has looked."""
    with open_office(fast_router, folder, job_workers=0) as opened:
        yield opened


@contextmanager
def working(folder: Path) -> Iterator[None]:
    """Somebody does the jobs of the service."""
    settings = Settings(data_folder=folder, profile="fast", job_workers=1)
    database = Database(settings.database_url)
    queue = JobQueue(settings, database)
    queue.start()
    yield
    queue.stop()
    database.close()


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


def test_a_file_in_gb18030_becomes_a_result(
    signed_in: SignIn, folder: Path, axe: Check, shots: Save, tmp_path: Path
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
    with working(folder):
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

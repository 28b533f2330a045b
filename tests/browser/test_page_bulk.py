"""批量 in real Chromium: a file through the service, from the upload to the result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from office import Office
from playwright.sync_api import Page, expect
from tables import read_table, write_table

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

SAYINGS = (
    "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉",
    "巷口路灯坏了半个月，晚上孩子下晚自习都是摸黑走",
    "楼上邻居借钱不还，想问问怎么办",
    "三号楼楼道堆满杂物，物业不管",
    "厂里拖欠四个月工资没发",
    "单元楼道里一股很浓的煤气味，老人闻得头都晕了",
)


def orders(path: Path, rows: int, *, encoding: str = "gb18030") -> Path:
    """A file of invented orders."""
    table: list[Sequence[Any]] = [["工单编号", "来电时间", "诉求标题", "诉求内容", "所属街道", "承办单位"]]
    for n in range(rows):
        text = SAYINGS[n % len(SAYINGS)]
        table.append([f"GD-{n:06}", "2026-11-30 09:05", text[:8], f"{text}，第{n}次反映", "青石街道", "城管局"])
    return write_table(path, table, encoding=encoding)


def test_a_file_in_gb18030_becomes_a_result(
    signed_in: SignIn, axe: Check, shots: Save, tmp_path: Path
) -> None:
    page = signed_in("manager", path="/bulk")
    axe(page)
    shots(page, "bulk-empty")
    page.set_input_files("#file", orders(tmp_path / "十一月工单.csv", 400))
    expect(page.locator("#how-read")).to_have_text("GB18030，逗号分隔")
    expect(page.locator("#sample tbody tr")).to_have_count(5)
    expect(page.locator("#sample th", has_text="诉求内容")).to_contain_text("正文")
    axe(page)
    shots(page, "bulk-reading")
    page.keyboard.press("s")
    expect(page.locator(".job-head .tag")).to_have_text("已完成", timeout=60_000)
    axe(page)
    shots(page, "bulk-done")
    with page.expect_download() as waiting:
        page.keyboard.press("d")
    saved = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(saved)
    table = read_table(saved)
    assert len(table) == 401 and table[1][0] == "GD-000000"
    assert "事项类别" in table[0]
    page.keyboard.press("b")
    axe(page)
    shots(page, "bulk-list")

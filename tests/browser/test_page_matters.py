"""The pages 三事清单, in real Chromium."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from office import Office, on_both, with_100_000_petitions
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

CALL = """async ([method, path, body]) => {
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": document.querySelector("meta[name=csrf]").content};
  const answer = await fetch(path, {method, headers, body: body === null ? undefined : JSON.stringify(body)});
  return {status: answer.status, body: await answer.json()};
}"""

DIRECTORY = {
    "units": [
        {"code": "cg-1", "name": "临江市城市管理综合行政执法局", "department": "urban_management", "level": "city"},
        {"code": "sw-1", "name": "临江市水务集团有限公司", "department": "water_supply", "level": "city"},
        {"code": "sz-1", "name": "临江市市政设施管理处", "department": "municipal_works", "level": "city"},
    ],
    "services": [
        {"name": "柳荫调解室", "kind": "mediation", "offers": ["漏水", "邻居"], "phone": "0000-1234", "hours": "工作日"}
    ],
    "why": "首次录入",
}


def call(page: Page, method: str, path: str, body: Any = None) -> Any:
    """Ask the API as the person who is signed in."""
    answer = page.evaluate(CALL, [method, path, body])
    assert answer["status"] < 400, answer
    return answer["body"]


def stored(page: Page, text: str, **fields: Any) -> dict[str, Any]:
    made: dict[str, Any] = call(page, "POST", "/v1/petitions", {"text": text, **fields})
    return made


def opened(page: Page, title: str) -> None:
    """Open an entry of the list."""
    page.locator("#rows .open", has_text=title).click()
    expect(page.locator("#entry-title")).to_contain_text(title)


def do(page: Page, action: str, **fields: str) -> None:
    """Open the form of an action, fill it in, send it."""
    page.click(f"[data-shows=do-{action}]")
    form = page.locator(f"#do-{action}")
    for name, value in fields.items():
        field = form.locator(f"[name={name}]")
        if field.first.evaluate("one => one.tagName") == "SELECT":
            field.select_option(value)
        elif field.first.get_attribute("type") == "radio":
            form.locator(f"[name={name}][value={value}]").check(force=True)
        else:
            field.fill(value)
    form.locator("button.primary").click()
    expect(form).to_be_hidden()


def status(page: Page) -> str:
    return page.locator("#entry .entry-tags .tag").first.inner_text()


def test_a_petition_goes_from_unclassified_to_archived_by_hand(
    office: Office, signed_in: SignIn, axe: Check, shots: Save
) -> None:
    page = signed_in("manager", path="/matters")
    expect(page.locator(".empty-title")).to_have_text("清单还是空的")
    shots(page, "matters-empty")
    call(page, "PUT", "/v1/directory", DIRECTORY)
    made = stored(page, "你好，在吗，有个事想说一下", title="来电未说明事项")
    assert made["status"] == "pending"
    page.reload()
    opened(page, "来电未说明事项")
    do(page, "assign", matter="government", department="城市管理综合执法部门", why="回拨问明：烧烤店油烟扰民")
    expect(page.locator("#entry .entry-tags")).to_contain_text("已交办")
    expect(page.locator(".facts")).to_contain_text("临江市城市管理综合行政执法局")
    expect(page.locator(f"#row-{made['id']}")).to_contain_text("已交办")
    do(page, "ask", kind="urge", why="诉求人又来电，请尽快办理")
    expect(page.locator(f"#row-{made['id']}")).to_contain_text("催办未答复")
    do(page, "reply", text="已派人到场", progress="40")
    expect(page.locator("#entry .entry-tags")).to_contain_text("办理中")
    do(page, "extend", days="5", why="须等检测报告")
    axe(page)
    shots(page, "matters-entry")
    do(page, "resolve", outcome="已责令加装净化设备，诉求人知晓")
    expect(page.locator("#entry .entry-tags")).to_contain_text("已办结")
    do(page, "rate", satisfied="true")
    page.click("#do-archive button")
    expect(page.locator("#entry .entry-tags")).to_contain_text("归档")
    expect(page.locator("#do-archive")).to_have_count(0)
    told = page.locator(".history > li strong").all_inner_texts()
    assert told == ["改变状态", "回访评价", "改变状态", "延期", "单位答复", "催办", "更正", "登记"]
    page.keyboard.press("Escape")
    expect(page.locator("#entry")).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "open"

"""The pages 三事清单, in real Chromium."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from filling import fill
from office import Office, on_both, with_20_000_petitions
from openpyxl import load_workbook
from playwright.sync_api import Page, expect
from sqlalchemy import select

from service.store.tables import Petition

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

CALL = """async ([method, path, body]) => {
  const token = document.querySelector("meta[name=csrf]").content;
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": token};
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
    do(page, "resolve", outcome="已责令加装净化设备，诉求人知晓")
    expect(page.locator("#entry .entry-tags")).to_contain_text("已办结")
    do(page, "rate", satisfied="true")
    page.click("#do-archive button")
    expect(page.locator("#entry .entry-tags")).to_contain_text("归档")
    expect(page.locator("#do-archive")).to_have_count(0)
    told = page.locator(".history > li strong").all_inner_texts()
    assert told == ["改变状态", "回访评价", "改变状态", "延期", "单位答复", "催办", "更正", "登记"]
    shots(page, "matters-archived")
    page.keyboard.press("Escape")
    expect(page.locator("#entry")).to_be_hidden()
    assert page.evaluate("document.activeElement.className") == "open"


def filled(office: Office) -> None:
    with office.database.read() as session:
        if session.scalar(select(Petition.id).where(Petition.created_by == "key:invented").limit(1)):
            return
    fill(office.database, 120)


@on_both
def test_what_two_units_return_is_a_hard_case(office: Office, signed_in: SignIn) -> None:
    page = signed_in("clerk", path="/matters")
    call(signed_in("manager"), "PUT", "/v1/directory", DIRECTORY)
    stored(page, "楼下烧烤店油烟扰民，晚上睡不着，请城管部门查处", title="烧烤店油烟")
    page.reload()
    opened(page, "烧烤店油烟")
    if status(page) == "待分类":
        do(page, "assign", matter="government", department="城市管理综合执法部门", why="油烟归城管")
    do(page, "return", reason="不属于我局职责", next_unit="临江市水务集团有限公司")
    expect(page.locator(".facts")).to_contain_text("临江市水务集团有限公司")
    expect(page.locator("#entry .entry-tags")).not_to_contain_text("疑难")
    do(page, "return", reason="也不属于我司职责")
    expect(page.locator("#entry .entry-tags")).to_contain_text("疑难")
    expect(page.locator("#entry .entry-tags")).to_contain_text("待分类")
    expect(page.locator("#state-hard .number")).to_have_text("1")
    page.click("#state-hard")
    page.wait_for_url("**/matters?mark=hard")
    expect(page.locator("#rows tr")).to_have_count(1)
    do(page, "not_hard", why="已协调")
    expect(page.locator("#entry .entry-tags")).not_to_contain_text("疑难")


def test_a_wish_is_entered_by_hand_and_gets_its_resources(signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = signed_in("clerk", path="/matters")
    page.keyboard.press("n")
    page.wait_for_url("**/matters/new")
    page.fill("#title", "给图书角添书架")
    page.fill("#entry-text", "社区图书角的书没有地方放，想要两个书架")
    page.select_option("#entry-matter", "community")
    axe(page)
    page.keyboard.press("Control+Enter")
    expect(page.locator("#entry-title")).to_have_text("给图书角添书架")
    do(page, "resources", needed_fund="3000", needed_volunteers="4", pledged_fund="2000", donors="李桂芳\n临江书店")
    expect(page.locator(".facts")).to_contain_text("资金 3,000 元、志愿者 4 人")
    expect(page.locator(".facts")).to_contain_text("李桂芳、临江书店")
    do(page, "deliberate", state="going_on", level="compound", participants="12")
    expect(page.locator(".facts")).to_contain_text("小区 · 协商中")
    page.click("[data-shows=do-deliberate]")
    axe(page)
    shots(page, "matters-wish")
    page.goto(page.url.rpartition("/")[0])
    page.click("#tab-wishes")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.wait_for_url("**/matters?tab=wishes")


def test_whoever_is_second_sees_what_the_first_changed_and_keeps_what_was_typed(
    signed_in: SignIn, axe: Check, shots: Save
) -> None:
    first, second = signed_in("clerk", path="/matters"), signed_in("reviewer", path="/matters")
    stored(first, "邻居家漏水到我家，找他赔偿他不肯", title="漏水赔偿")
    for page in (first, second):
        page.reload()
        opened(page, "漏水赔偿")
    if status(first) == "待分类":
        do(first, "assign", why="属实")
    else:
        do(first, "ask", kind="urge", why="请尽快")
    second.click("[data-shows=do-refer]")
    second.fill("#refer-to", "区人民调解委员会")
    second.select_option("#refer-kind", "mediation")
    second.click("#do-refer .primary")
    expect(second.locator("#conflict")).to_contain_text("王芳")
    assert second.input_value("#refer-to") == "区人民调解委员会"
    assert second.input_value("#refer-kind") == "mediation"
    axe(second)
    second.click("#do-refer .primary")
    expect(second.locator(".facts")).to_contain_text("调解 · 区人民调解委员会")
    second.click("[data-shows=do-resolve]")
    second.fill("#outcome", "双方已和解")
    first.reload()
    opened(first, "漏水赔偿")
    do(first, "resolve", outcome="已签调解协议")
    second.click("#do-resolve .primary")
    expect(second.locator("#conflict-typed")).to_have_text("现在已不能这样处理。您填写的内容：双方已和解")
    shots(second, "matters-conflict")


def test_typed_words_are_not_lost_without_a_question(signed_in: SignIn) -> None:
    page = signed_in("clerk", path="/matters")
    stored(page, "巷口路灯不亮，请市政尽快维修", title="路灯不亮")
    page.reload()
    opened(page, "路灯不亮")
    page.click("[data-shows=do-resolve]")
    page.keyboard.type("已换灯泡")
    page.keyboard.press("Escape")
    expect(page.locator("#do-resolve")).to_be_hidden()
    page.once("dialog", lambda dialog: dialog.dismiss())
    page.keyboard.press("Escape")
    page.click("[data-shows=do-resolve]")
    assert page.input_value("#outcome") == "已换灯泡"
    page.keyboard.press("Control+Enter")
    expect(page.locator("#entry .entry-tags")).to_contain_text("已办结")


def test_words_that_are_looked_for_stand_in_no_address(signed_in: SignIn) -> None:
    page = signed_in("clerk", path="/matters")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    stored(page, "路灯不亮", title="路灯")
    stored(page, "请转告住在云锦路的张建国，水管爆了", title="水管爆裂")
    page.keyboard.press("/")
    page.keyboard.type("张建国")
    page.keyboard.press("Enter")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.keyboard.press("Escape")
    page.locator("#rows .open").click()
    expect(page.locator("#entry-title")).to_be_visible()
    page.click(".whole")
    expect(page.locator("#back")).to_be_visible()
    page.click("#back")
    expect(page.locator("#text")).to_have_value("张建国")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.locator("#rows .open").click()
    page.click(".whole")
    page.wait_for_url("**/matters/*")
    page.go_back()
    expect(page.locator("#text")).to_have_value("张建国")
    expect(page.locator("#rows tr")).to_have_count(1)
    page.click(".shell-nav [aria-current]")
    expect(page.locator("#rows tr").nth(1)).to_be_visible()
    expect(page.locator("#text")).to_have_value("")
    assert "张建国" not in "".join(asked) + page.url
    assert "%E5%BC%A0" not in "".join(asked) + page.url


def test_several_are_assigned_at_once_after_a_question(office: Office, signed_in: SignIn) -> None:
    filled(office)
    page = signed_in("clerk", path="/matters?status=pending")
    boxes = page.locator("#rows [name=chosen]")
    for place in range(3):
        boxes.nth(place).check()
    other = signed_in("clerk", path="/matters?status=pending")
    opened(other, other.locator("#rows .open").nth(2).inner_text())
    do(other, "hard", why="多次反映")
    expect(page.locator("#bulk-count")).to_have_text("已选 3 件")
    page.click("[data-bulk=assigned]")
    expect(page.locator("#confirm-text")).to_contain_text("3 件")
    page.click("#confirm-button")
    expect(page.locator("#found .notice")).to_contain_text("打开清单之后被他人修改")
    expect(page.locator("#notices")).to_contain_text("交办 2 件")


def test_the_list_is_read_page_by_page_and_exported(office: Office, signed_in: SignIn, tmp_path: Path) -> None:
    filled(office)
    page = signed_in("manager", path="/matters")
    first = page.locator("#rows tr").first.get_attribute("id")
    page.click("#page-next")
    expect(page.locator("#page-first")).to_be_visible()
    assert page.locator("#rows tr").first.get_attribute("id") != first
    page.click("#tab-community")
    expect(page.locator("#page-first")).to_have_count(0)
    page.click("#found [data-opens=export]")
    page.fill("#heading", "十二月调度会")
    with page.expect_download() as download:
        page.click("#export-button")
    assert download.value.suggested_filename.startswith("十二月调度会-")
    book = load_workbook(io.BytesIO(download.value.path().read_bytes()))
    assert "小事" in "".join(book.sheetnames) and "大事" not in "".join(book.sheetnames)


@with_20_000_petitions
def test_a_page_of_20_000(office: Office, signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = signed_in("manager", path="/matters")
    for path in ("/matters", "/matters?tab=community", "/matters?due=overdue", "/matters?status=pending&tab=private"):
        page.goto(office.address + path)
        took = page.evaluate("performance.getEntriesByType('navigation')[0].domContentLoadedEventEnd")
        answered = page.evaluate("performance.getEntriesByType('navigation')[0].responseEnd")
        print(f"{path}: answer {answered:.0f} ms, ready {took:.0f} ms")
    page.goto(office.address + "/matters")
    expect(page.locator("#rows tr")).to_have_count(50)
    axe(page)
    page.locator("#rows .open").first.focus()
    page.keyboard.press("j")
    page.keyboard.press("Enter")
    expect(page.locator("#entry-title")).to_be_focused()
    page.keyboard.press("j")
    expect(page.locator("#rows tr").nth(2)).to_have_class("current")
    axe(page)
    shots(page, "matters-list-entry")
    page.keyboard.press("Escape")
    shots(page, "matters-list")

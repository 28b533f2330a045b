"""Accounts, keys, the audit log and one's own account, in real Chromium."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from console_page import serving
from office import Office
from playwright.sync_api import Browser, Page, expect

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.store.tables.base import new_id

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

PASSWORD, OTHER = "春江潮水连海平海上明月", "何处春江无月明江流宛转"


def enter(page: Page, office: Office, name: str, password: str, path: str = "/") -> None:
    page.goto(f"{office.address}/sign-in?next={path}")
    page.fill("#name", name)
    page.fill("#password", password)
    page.keyboard.press("Enter")
    page.wait_for_url(office.address + path)


def test_an_account_is_made_signs_in_and_sees_what_its_role_may(
    office: Office, browser: Browser, signed_in: SignIn, axe: Check, shots: Save
) -> None:
    admin = signed_in("admin", path="/accounts")
    axe(admin)
    shots(admin, "accounts")
    admin.locator("body").press("n")
    expect(admin.locator("#name")).to_be_focused()
    axe(admin)
    admin.fill("#name", "陈静")
    admin.keyboard.press("Enter")
    expect(admin.locator("#name-error")).to_have_text("已被使用")
    expect(admin.locator("#name")).to_be_focused()
    axe(admin)
    admin.fill("#name", "zhaolei")
    admin.fill("#shown_name", "赵磊")
    admin.keyboard.press("Enter")
    secret = admin.locator("#secret")
    expect(secret).to_be_focused()
    password = secret.input_value()
    axe(admin)
    shots(admin, "accounts-password")
    admin.keyboard.press("Escape")
    expect(secret).to_be_visible()
    admin.click("#dialog-body [data-closes]")
    expect(secret).to_have_count(0)
    expect(admin.locator("#accounts")).to_contain_text("赵磊")

    context = browser.new_context()
    own = context.new_page()
    enter(own, office, "zhaolei", password)
    expect(own.locator(".shell-nav")).not_to_contain_text("管理")

    admin.get_by_role("button", name="管理 赵磊").click()
    admin.get_by_role("radio", name="主管").check()
    admin.fill("#why", "转岗")
    shots(admin, "accounts-one")
    axe(admin)
    admin.get_by_role("button", name="保存").click()
    expect(admin.locator("#dialog")).to_be_hidden()
    expect(admin.locator("#accounts tr", has_text="赵磊")).to_contain_text("主管")
    own.reload()
    expect(own.locator(".shell-nav")).to_contain_text("管理")

    admin.fill("[data-filters]", "赵")
    expect(admin.locator("#accounts tbody tr:visible")).to_have_count(1)
    admin.get_by_role("button", name="管理 赵磊").click()
    admin.locator("summary", has_text="停用账号").click()
    admin.get_by_role("button", name="停用账号").click()
    expect(admin.locator("#notices")).to_contain_text("已停用 赵磊")
    own.reload()
    own.wait_for_url("**/sign-in**")
    context.close()


def test_a_new_service_leads_to_its_first_account(
    fast_router: Router, browser: Browser, tmp_path: Path, shots: Save
) -> None:
    context = browser.new_context()
    page = context.new_page()
    with serving(Settings(data_folder=tmp_path, profile="fast"), fast_router) as port:
        page.goto(f"http://127.0.0.1:{port}/sign-in")
        page.get_by_role("link", name="新建账号").click()
        shots(page, "accounts-first")
        page.get_by_role("button", name="新建账号").click()
        page.fill("#name", "admin")
        page.keyboard.press("Enter")
        password = page.locator("#secret").input_value()
        page.get_by_role("link", name="去登录").click()
        page.fill("#name", "admin")
        page.fill("#password", password)
        page.keyboard.press("Enter")
        page.wait_for_url("**/accounts")
        expect(page.locator("#accounts")).to_contain_text("本人")
    context.close()


def test_a_new_key_is_made_once_however_often_one_clicks(signed_in: SignIn) -> None:
    page = signed_in("admin", path="/keys")
    page.route("**/keys", lambda route: (time.sleep(0.2), route.continue_())[1])
    page.locator("body").press("n")
    page.fill("#name", "报表")
    page.get_by_role("checkbox", name="统计").check()
    page.get_by_role("button", name="生成", exact=True).dblclick()
    expect(page.locator("#secret")).to_be_visible()
    expect(page.locator("#keys-list tr", has_text="报表")).to_have_count(1)
    page.reload()
    expect(page.locator("#keys-list tr", has_text="报表")).to_have_count(1)


def test_another_admin_was_faster(office: Office, signed_in: SignIn) -> None:
    one, other = (signed_in("admin", path="/accounts") for _ in range(2))
    for page in (one, other):
        page.get_by_role("button", name="管理 王芳").click()
        expect(page.locator("#dialog")).to_be_visible()
    one.fill("#shown_name", "王芳（早班）")
    one.get_by_role("button", name="保存").click()
    expect(one.locator("#dialog")).to_be_hidden()
    other.check("input[value=reviewer]")
    other.get_by_role("button", name="保存").click()
    expect(other.locator("#dialog [data-problem]:visible")).to_contain_text("内容已被他人修改")
    other.get_by_role("button", name="重新载入").click()
    expect(other.locator("#accounts tr", has_text="王芳（早班）")).to_contain_text("话务员")


def test_a_key_is_shown_once_revoked_and_found_in_the_log(signed_in: SignIn, axe: Check, shots: Save) -> None:
    name = f"热线工单系统{new_id()[-4:]}"
    page = signed_in("admin", path="/keys")
    page.locator("body").press("n")
    page.fill("#name", name)
    page.keyboard.press("Enter")
    expect(page.locator("fieldset.scopes .field-error")).to_have_text("至少选一项")
    page.get_by_role("checkbox", name="查询诉求").check()
    page.get_by_role("checkbox", name="分拨", exact=False).first.check()
    shots(page, "keys-new")
    axe(page)
    page.get_by_role("button", name="生成", exact=True).click()
    secret = page.locator("#secret")
    expect(secret).to_have_value(re.compile(r"^pn_[0-9a-f]{12}_[0-9a-f]{64}$"))
    token = secret.input_value()
    axe(page)
    shots(page, "keys-told")
    page.get_by_role("button", name="复制").click()
    expect(page.get_by_role("button", name="已复制")).to_be_visible()
    page.get_by_role("button", name="已保存好").click()
    expect(secret).to_have_count(0)
    assert token not in page.content()
    page.reload()
    assert token not in page.content()
    axe(page)
    shots(page, "keys-list")
    page.get_by_role("button", name=f"管理 {name}").click()
    page.locator("summary", has_text="撤销密钥").click()
    page.fill("#why-revoke", "系统下线")
    shots(page, "keys-one")
    axe(page)
    count = page.inner_text("#count")
    page.get_by_role("button", name="确认撤销").click()
    row = page.locator("#keys-list tr", has_text=name)
    expect(row).to_contain_text("已撤销")
    expect(page.locator("#count")).not_to_have_text(count)
    row.get_by_role("link").click()
    expect(page.locator("tbody tr")).to_have_count(2)
    expect(page.locator("tbody tr").first).to_contain_text("理由：系统下线")
    page.goto(page.url.split("/audit")[0] + "/audit")
    axe(page)
    shots(page, "audit")
    page.select_option("#action", "key_revoked")
    page.get_by_role("button", name="查询").click()
    expect(page).to_have_url(re.compile("action=key_revoked"))
    expect(page.locator("tbody tr").first).to_contain_text("理由：系统下线")
    with page.expect_download() as download:
        page.get_by_role("link", name="导出 CSV").click()
    assert download.value.suggested_filename.endswith(".csv")
    assert "撤销密钥" in download.value.path().read_text(encoding="utf-8-sig")


def test_ones_own_password_and_sessions(office: Office, signed_in: SignIn, axe: Check, shots: Save) -> None:
    office.set_password("reviewer", PASSWORD)
    page, _ = signed_in("reviewer", path="/account"), signed_in("reviewer")
    page.reload()
    axe(page)
    shots(page, "own-account")
    page.get_by_role("button", name="结束其他登录").click()
    expect(page.locator("#sessions tbody tr")).to_have_count(1)
    page.fill("#current", PASSWORD)
    page.fill("#new", OTHER)
    page.fill("#repeat", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#repeat-error")).to_have_text("两次输入不一样")
    page.fill("#repeat", OTHER)
    page.fill("#current", OTHER)
    page.keyboard.press("Enter")
    expect(page.locator("#current-error")).to_contain_text("密码不正确")
    axe(page)
    page.fill("#current", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/sign-in?changed=1")
    expect(page.locator("#form")).to_contain_text("密码已修改")
    enter(page, office, "李明", OTHER)


def test_who_fails_too_often_is_told_how_long_to_wait(
    office: Office, browser: Browser, axe: Check, shots: Save
) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.route(
        "**/v1/session",
        lambda route: route.fulfill(status=401, json={"title": "未能登录", "detail": "账号或密码不正确。"}),
    )
    page.goto(office.address + "/sign-in")
    page.fill("#name", "王芳")
    for _ in range(5):
        page.fill("#password", "不是这个密码不是这个密码")
        page.keyboard.press("Enter")
        expect(page.locator("#password")).to_have_value("")
    expect(page.locator("#error")).to_contain_text("已连续 5 次登录失败，请等 30 秒再试")
    expect(page.locator("#submit")).to_contain_text("请等")
    axe(page)
    shots(page, "sign-in-wait")
    page.fill("#name", "李明")
    expect(page.locator("#submit")).to_have_text("登录")
    page.evaluate("""password.dispatchEvent(new KeyboardEvent('keydown', {key: 'A', modifierCapsLock: true}))""")
    expect(page.locator("#caps")).to_have_text("大写锁定已打开")
    context.close()

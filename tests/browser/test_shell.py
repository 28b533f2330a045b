"""What is around every page, in real Chromium."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from office import Office, People, on_both
from playwright.sync_api import Browser, Page, Request, Route, expect

from service.console.shell import Shell
from service.problems import changed_meanwhile

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]

CONFLICT = Shell([], "").environment.get_template("problem-notice.html").render(problem=changed_meanwhile('"4"'))

CHART = """async address => {
  const { init } = await import(address);
  const place = document.createElement("div");
  place.id = "chart";
  place.style.width = "300px";
  place.style.height = "200px";
  document.querySelector("main").prepend(place);
  init(place, null, { renderer: "svg" }).setOption({
    animation: false,
    aria: { enabled: true },
    tooltip: { trigger: "axis", renderMode: "richText" },
    legend: {},
    xAxis: { type: "category", data: ["大事", "小事", "私事"] },
    yAxis: {},
    series: [{ type: "bar", name: "件数", data: [5, 3, 1] }],
  });
}"""

THEME = "document.documentElement.dataset.theme"


def test_the_chosen_theme_is_kept_and_there_before_anything_is_painted(signed_in: SignIn) -> None:
    page = signed_in(color_scheme="dark")
    assert page.evaluate(THEME) == "dark"
    page.click("#who")
    page.get_by_role("radio", name="浅色").check()
    assert page.evaluate(THEME) == "light"
    page.add_init_script(f"document.addEventListener('DOMContentLoaded', () => {{ window.first = {THEME} }})")
    page.reload()
    assert page.evaluate("window.first") == "light"
    page.click("#who")
    expect(page.get_by_role("radio", name="浅色")).to_be_checked()
    page.get_by_role("radio", name="自动").check()
    assert page.evaluate(THEME) == "dark"


def test_what_is_typed_never_comes_into_the_address_even_before_scripts_are_there(
    browser: Browser, office: Office
) -> None:
    people = People(browser, office)
    page = people.sign_in("manager", path="/account")
    page.route("**/*.js", lambda route: route.abort())
    page.goto(f"{office.address}/residents")
    page.fill("#resident", "王芳")
    page.keyboard.press("Enter")
    page.wait_for_timeout(200)
    assert page.url == f"{office.address}/residents"
    people.leave()


def test_the_keys_of_the_page_are_a_key_away_and_single_keys_can_be_turned_off(signed_in: SignIn) -> None:
    page = signed_in()
    keys = page.locator("#keys")
    page.press("#text", "?")
    assert not keys.is_visible()
    page.locator("#text").blur()
    page.keyboard.press("?")
    assert "Ctrl" in keys.inner_text()
    page.uncheck("#keys-single")
    page.keyboard.press("Escape")
    page.locator("body").press("?")
    assert not keys.is_visible()
    page.click("#who")
    page.click("[data-opens=keys]")
    assert keys.is_visible()


def test_the_menu_closes_with_escape_and_gives_the_focus_back(signed_in: SignIn) -> None:
    page = signed_in()
    page.click("#who")
    page.keyboard.press("Tab")
    page.keyboard.press("Escape")
    assert not page.locator("#sign-out").is_visible()
    assert page.evaluate("document.activeElement.id") == "who"


def test_a_lost_connection_is_told_until_it_is_back(signed_in: SignIn) -> None:
    page = signed_in()
    page.context.set_offline(True)
    page.fill("#text", "巷口路灯不亮")
    page.keyboard.press("Control+Enter")
    banner = page.locator("#offline")
    expect(banner).to_be_visible()
    assert page.input_value("#text") == "巷口路灯不亮"
    page.context.set_offline(False)
    expect(banner).to_be_hidden()
    expect(page.locator("#route")).to_be_visible()


@on_both
def test_an_ended_session_is_begun_again_without_losing_what_was_typed(office: Office, signed_in: SignIn) -> None:
    page = signed_in("clerk")
    page.fill("#text", "巷口路灯不亮")
    page.context.clear_cookies()
    page.keyboard.press("Control+Enter")
    dialog = page.locator("#sign-in-again")
    expect(dialog).to_be_visible()
    page.fill("#again-name", "王芳")
    page.fill("#again-password", "不是这个密码不是这个密码")
    page.keyboard.press("Enter")
    expect(page.locator("#again-error")).to_contain_text("账号或密码不正确")
    office.set_password("clerk", "春江潮水连海平海上明月")
    page.fill("#again-password", "春江潮水连海平海上明月")
    page.keyboard.press("Enter")
    expect(dialog).to_be_hidden()
    expect(page.locator("#route")).to_be_visible()
    assert page.input_value("#text") == "巷口路灯不亮"


def put(page: Page, html: str) -> None:
    """Let htmx find more in the page."""
    page.evaluate("html => { main.insertAdjacentHTML('beforeend', html); htmx.process(main) }", html)


def answer_with(page: Page, **answer: Any) -> list[Request]:
    """Answer requests to /part; those that came."""
    came: list[Request] = []

    def handle(route: Route) -> None:
        came.append(route.request)
        route.fulfill(**answer)

    page.route("**/part", handle)
    return came


def test_parts_of_a_page_are_exchanged_and_changes_show_their_token(signed_in: SignIn) -> None:
    page = signed_in()
    notice = json.dumps({"notice": {"text": "已交办", "kind": "look"}})
    came = answer_with(page, body="<b>新</b>", headers={"HX-Trigger": notice}, content_type="text/html")
    put(page, "<button id='change' data-key='g' hx-post='/part' hx-target='#out'>交办</button><p id='out'></p>")
    page.locator("#text").blur()
    page.keyboard.press("g")
    expect(page.locator("#out")).to_have_text("新")
    expect(page.locator("#notices [data-kind=look]")).to_contain_text("已交办")
    assert came[0].headers["x-csrf-token"] == page.get_attribute("meta[name=csrf]", "content")
    page.click("#notices [data-dismisses]")
    expect(page.locator("#notices .notice")).to_have_count(0)


@pytest.mark.parametrize(("asks", "tells"), [("hx-get", False), ("data-repeatable hx-post", False), ("hx-post", True)])
def test_what_needs_no_second_thought_goes_on_after_a_new_sign_in(
    office: Office, signed_in: SignIn, asks: str, tells: bool
) -> None:
    page = signed_in("clerk")
    office.set_password("clerk", "春江潮水连海平海上明月")
    answers = iter([401, 401])
    page.route("**/part", lambda route: route.fulfill(status=next(answers, 200), body="新", content_type="text/html"))
    put(page, f"<p id='out' {asks}='/part' hx-trigger='look'>旧</p>")
    for _ in range(2):  # it goes on asking while nobody is signed in
        with page.expect_response("**/part"):
            page.evaluate("htmx.trigger('#out', 'look')")
    page.fill("#again-name", "王芳")
    page.fill("#again-password", "春江潮水连海平海上明月")
    page.keyboard.press("Enter")
    expect(page.locator("#sign-in-again")).to_be_hidden()
    expect(page.locator("#out")).to_have_text("旧" if tells else "新")
    expect(page.locator("#notices .notice")).to_have_count(int(tells))


def test_a_conflict_is_told_in_the_page(signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = signed_in()
    headers = {"HX-Retarget": "#notices", "HX-Reswap": "beforeend"}
    answer_with(page, status=412, body=CONFLICT, headers=headers, content_type="text/html")
    put(page, "<button id='change' class='button' hx-post='/part' hx-target='#out'>交办</button><p id='out'>旧</p>")
    page.click("#change")
    expect(page.locator("#notices")).to_contain_text("内容已被他人修改")
    assert page.inner_text("#out") == "旧"
    axe(page)
    shots(page, "conflict")


def test_notices_can_be_read_and_closed_before_an_open_dialog(signed_in: SignIn) -> None:
    page = signed_in()
    headers = {"HX-Retarget": "#notices", "HX-Reswap": "beforeend"}
    answer_with(page, status=412, body=CONFLICT, headers=headers, content_type="text/html")
    put(page, "<dialog id='asked' class='dialog'><button id='change' hx-post='/part'>交办</button></dialog>")
    page.evaluate("asked.showModal()")
    page.click("#change")
    notice = page.locator("#notices .notice")
    expect(notice).to_contain_text("内容已被他人修改")
    page.evaluate("asked.close()")
    expect(notice).to_be_visible()
    page.evaluate("asked.showModal()")
    page.click("#change")
    expect(notice).to_have_count(2)
    page.click("#notices .notice:last-child [data-dismisses]")
    expect(notice).to_have_count(1)


def test_an_answer_that_is_not_ours_is_told_and_put_nowhere(signed_in: SignIn) -> None:
    page = signed_in()
    answer_with(page, status=502, body="<h1>Bad Gateway</h1>", content_type="text/html")
    put(page, "<button id='change' hx-get='/part' hx-target='#out'>看</button><p id='out'>旧</p>")
    page.click("#change")
    expect(page.locator("#notices")).to_contain_text("502")
    assert page.inner_text("#out") == "旧"


def test_after_a_lost_connection_only_what_is_safe_is_sent_again(signed_in: SignIn) -> None:
    page = signed_in()
    lost: list[Request] = []

    def lose(route: Route) -> None:
        lost.append(route.request)
        route.abort()

    page.route("**/part", lose)
    for name, attributes in {
        "read": "hx-get='/part'",
        "same": "hx-post='/part' data-repeatable",
        "once": "hx-post='/part'",
    }.items():
        put(page, f"<button {attributes} hx-target='#{name}'>{name}</button><p id='{name}'>旧</p>")
        page.get_by_role("button", name=name).click()
    expect(page.locator("#offline")).to_be_visible()
    page.unroute("**/part")
    came = answer_with(page, body="新", content_type="text/html")
    expect(page.locator("#offline")).to_be_hidden()
    expect(page.locator("#read")).to_have_text("新")
    expect(page.locator("#same")).to_have_text("新")
    expect(page.locator("#notices")).to_contain_text("可能没有完成")
    assert page.inner_text("#once") == "旧"
    assert [request.method for request in came] == ["GET", "POST"]
    key = "idempotency-key"
    assert came[1].headers[key] == lost[1].headers[key] != lost[2].headers[key]


def test_charts_are_drawn_under_the_content_policy(signed_in: SignIn) -> None:
    page = signed_in()
    address = page.get_attribute("script[src*=htmx]", "src").replace("htmx.min.js", "echarts.js")  # type: ignore[union-attr]
    page.evaluate(CHART, address)
    expect(page.locator("#chart svg")).to_be_visible()
    page.hover("#chart", position={"x": 150, "y": 100})
    expect(page.locator("#chart")).to_contain_text("小事")


def test_pages_keep_the_rules_of_accessibility(
    office: Office, browser: Browser, signed_in: SignIn, axe: Check, shots: Save
) -> None:
    page = signed_in("manager")
    page.fill("#text", "楼下烧烤店油烟扰民，找物业也没人管")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#due-text")
    axe(page)
    shots(page, "routing")
    page.click("#who")
    axe(page)
    shots(page, "menu")
    page.click("[data-opens=keys]")
    axe(page)
    shots(page, "keys")


def test_signing_in_keeps_the_rules_of_accessibility(office: Office, browser: Browser, axe: Check, shots: Save) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(office.address + "/sign-in")
    axe(page)
    shots(page, "sign-in")
    context.close()


def test_whoever_may_not_see_a_page_is_told_in_chinese(signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = signed_in("admin", path="/residents")
    assert page.locator("h1").inner_text() == "没有权限"
    axe(page)
    shots(page, "forbidden")

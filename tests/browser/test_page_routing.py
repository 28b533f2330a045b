"""The page 分拨台 as clerks use it: with an account, a store and a keyboard."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from office import NAMES, Office, on_postgresql
from playwright.sync_api import Page, expect
from sqlalchemy import select

from service.access import keys
from service.access.principal import SYSTEM, Scope
from service.petitions import similar
from service.store.tables import Entry, Petition

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
PASSWORD = "春江潮水连海平海上明月"
BARBECUE = "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉，找物业也没人管"
LIGHTS = "云汀路从东到西的路灯坏了半个月，晚上一片漆黑，老人出门摔了一跤，请尽快派人来修"

ELEVATOR = "云锦花园3栋2单元电梯坏了一个星期，物业说没钱修，老人上下楼很困难，请帮助协调"
COURT = f"{ELEVATOR}。我已经起诉了物业，法院还没有开庭"


@pytest.fixture(scope="module", autouse=True)
def confirmed_cases_are_seen_soon() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(similar, "_LOOK_SECONDS", 0.2)
        yield


def paste(page: Page, text: str) -> None:
    """As Ctrl+V does it wherever the focus is; plain HTTP pages cannot fill the clipboard."""
    page.evaluate(
        """text => {
          const data = new DataTransfer();
          data.setData("text/plain", text);
          const event = new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true});
          const target = document.activeElement;
          if (target.dispatchEvent(event) && target.id === "text") document.execCommand("insertText", false, text);
        }""",
        text,
    )


def routed(page: Page) -> None:
    expect(page.locator("#accept")).to_be_enabled(timeout=20_000)  # the first route of a service takes longer


def petitions(office: Office) -> list[Petition]:
    with office.database.read() as session:
        return list(session.scalars(select(Petition).order_by(Petition.id)))


def actions(office: Office, petition: str) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(Entry.action).where(Entry.petition == petition).order_by(Entry.id)))


def test_a_clear_case_takes_one_key_after_the_paste(office: Office, signed_in: SignIn) -> None:
    page = signed_in()
    paste(page, LIGHTS)
    routed(page)
    page.keyboard.press("Enter")
    expect(page.locator("#last-text")).to_contain_text("已受理")
    stored = petitions(office)[-1]
    assert (stored.text, stored.status, stored.decided_by) == (LIGHTS, "assigned", "person")


def test_two_strokes_after_typing(office: Office, signed_in: SignIn) -> None:
    page = signed_in()
    page.keyboard.type(LIGHTS)
    page.keyboard.press("Control+Enter")
    routed(page)
    page.keyboard.press("Enter")
    expect(page.locator("#last")).to_be_visible()
    assert page.evaluate("document.activeElement.id") == "text"  # who types goes on typing
    assert page.input_value("#text") == ""


def test_digits_are_typed_into_the_text_and_choose_elsewhere(office: Office, signed_in: SignIn) -> None:
    page = signed_in()
    page.keyboard.type(LIGHTS + "2次c")
    assert page.input_value("#text") == LIGHTS + "2次c"
    routed(page)
    second = page.locator("#department button").nth(1)
    chosen = second.get_attribute("data-code")
    page.keyboard.press("Escape")
    page.keyboard.press("2")
    expect(second).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Escape")
    page.keyboard.type("。")  # what was chosen stays chosen
    routed(page)
    page.keyboard.press("Escape")
    expect(page.locator("#chosen")).to_have_text(f"改为：{second.get_attribute('data-name')}")
    expect(page.locator("#responsible")).to_have_text(second.get_attribute("data-name") or "")
    page.keyboard.press("Enter")
    expect(page.locator("#last")).to_be_visible()
    petition = petitions(office)[-1]
    assert petition.department == chosen
    assert actions(office, petition.id) == ["stored", "corrected"]
    page.keyboard.type("3")
    assert page.input_value("#text") == "3"


def test_correcting_by_typing_a_short_name(office: Office, signed_in: SignIn, shots: Any, axe: Any) -> None:
    page = signed_in()
    paste(page, BARBECUE)
    routed(page)
    page.keyboard.press("c")
    page.keyboard.type("环保")
    expect(page.locator("#correction-department-list [aria-selected=true]")).to_contain_text("生态环境部门")
    axe(page)
    shots(page, "routing-correction")
    page.keyboard.press("Enter")
    assert page.input_value("#correction-department") == "生态环境部门"
    page.select_option("#correction-type", "举报")
    page.fill("#correction-why", "油烟归生态环境")
    page.press("#correction-why", "Enter")
    expect(page.locator("#last-text")).to_contain_text("生态环境部门")
    petition = petitions(office)[-1]
    assert (petition.department, petition.request_type, petition.status) == ("ecology_environment", "举报", "assigned")
    assert petition.redirected is False


@on_postgresql
def test_undo_brings_the_text_back_and_the_petition_waits(office: Office, signed_in: SignIn) -> None:
    page = signed_in()
    paste(page, LIGHTS)
    routed(page)
    page.keyboard.press("Enter")
    expect(page.locator("#last")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator("#text")).to_have_value(LIGHTS)
    petition = petitions(office)[-1]
    assert (petition.status, petition.review) == ("pending", True)
    routed(page)
    page.keyboard.press("Enter")
    expect(page.locator("#last")).to_be_visible()
    assert petitions(office)[-1].id == petition.id
    assert actions(office, petition.id) == ["stored", "accepted", "withdrawn", "accepted"]


def test_several_messages_follow_one_another(office: Office, signed_in: SignIn, shots: Any, axe: Any) -> None:
    page = signed_in()
    gas = "快来人啊，我们单元楼道里一股很浓的煤气味，三楼敲门没人应"
    paste(page, f"{LIGHTS}\n\n您好\n\n{BARBECUE}\n谢谢\n \n{gas}")
    expect(page.locator(".message")).to_have_count(3)
    expect(page.locator("#split")).to_have_text("按空行分为 3 条，剩 3 条")
    expect(page.locator(".message").nth(2)).to_contain_text("119")
    routed(page)
    axe(page)
    shots(page, "routing-several")
    page.keyboard.press("j")
    expect(page.locator("#text")).to_have_value(f"您好\n\n{BARBECUE}\n谢谢")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#text")).to_have_value(LIGHTS)
    routed(page)
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value(gas)  # an emergency comes first
    expect(page.locator(".message").first).to_contain_text("已受理")
    expect(page.locator("#emergency-title")).to_contain_text("119")
    routed(page)
    page.keyboard.press("Enter")
    expect(page.locator("#accept-label")).to_have_text("已转 119，确认受理")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value(f"您好\n\n{BARBECUE}\n谢谢")
    routed(page)
    page.keyboard.press("Enter")
    expect(page.locator("#list")).to_be_hidden()
    assert [one.text for one in petitions(office)[-3:-1]] == [LIGHTS, gas]


def test_messages_are_joined_again(signed_in: SignIn) -> None:
    page = signed_in()
    paste(page, f"{LIGHTS}\n\n事发地址：云汀路与锦绣路交叉口\n\n{BARBECUE}\n\n{ELEVATOR}")
    page.get_by_role("button", name="与上一条合并").last.click()
    expect(page.locator(".message")).to_have_count(2)
    expect(page.locator("#text")).to_have_value(f"{BARBECUE}\n\n{ELEVATOR}")
    page.click("#join-all")
    expect(page.locator("#text")).to_have_value(
        f"{LIGHTS}\n\n事发地址：云汀路与锦绣路交叉口\n\n{BARBECUE}\n\n{ELEVATOR}"
    )
    expect(page.locator("#list")).to_be_hidden()


def test_a_lost_connection_loses_no_text(office: Office, signed_in: SignIn) -> None:
    page = signed_in()
    before = len(petitions(office))
    paste(page, LIGHTS)
    routed(page)
    page.context.set_offline(True)
    page.keyboard.press("Enter")
    expect(page.locator("#notices")).to_contain_text("恢复后自动登记")
    expect(page.locator(".message").first).to_contain_text("等待连接")
    page.context.set_offline(False)
    expect(page.locator("#last-text")).to_contain_text("已受理")
    assert len(petitions(office)) == before + 1


def test_an_unsent_text_survives_a_reload_and_no_signing_out(office: Office, signed_in: SignIn) -> None:
    page = signed_in()
    page.keyboard.type(LIGHTS)
    routed(page)
    page.reload()
    expect(page.locator("#text")).to_have_value(LIGHTS)
    assert page.evaluate("localStorage.length") == 0
    page.click("#who")
    page.click("#sign-out")
    page.wait_for_url("**/sign-in*")
    assert page.evaluate("sessionStorage.getItem('desk')") is None


def test_markup_is_text_everywhere(office: Office, signed_in: SignIn) -> None:
    page = signed_in()
    evil = "<img src=x onerror=alert(1)><script>alert(2)</script>路灯不亮"
    paste(page, f"{evil}\n\n{evil}，还是不亮")
    routed(page)
    assert page.locator("#evidence-text").inner_text() == evil
    assert page.locator("main img, main script").count() == 0
    page.keyboard.press("Enter")
    expect(page.locator("#last")).to_be_visible()


MARKED = """() => {
  const [paper, text] = [document.getElementById("paper"), document.getElementById("text")];
  const mirror = document.getElementById("evidence-text");
  const marks = Array.from(mirror.querySelectorAll("mark"), mark => mark.getBoundingClientRect());
  const view = paper.getBoundingClientRect();
  return {
    same: mirror.getBoundingClientRect().height === text.getBoundingClientRect().height
      && text.scrollHeight <= text.clientHeight,
    seen: marks.some(one => one.top >= view.top && one.bottom <= view.bottom && view.bottom <= innerHeight),
  };
}"""


@pytest.mark.parametrize(
    "text",
    [LIGHTS, f"{LIGHTS}\n\n\n{LIGHTS}\n", "情况如下。" * 400 + LIGHTS, "https://example.com/" + "a" * 300 + LIGHTS],
    ids=["short", "lines", "long", "unbroken"],
)
def test_evidence_lies_under_its_letters_and_in_view(signed_in: SignIn, text: str) -> None:
    page = signed_in()
    page.fill("#text", text)
    page.keyboard.press("Control+Enter")
    routed(page)
    assert page.evaluate(MARKED) == {"same": True, "seen": True}
    assert page.evaluate("scrollY") == 0


def test_a_route_follows_the_last_key(signed_in: SignIn, capsys: pytest.CaptureFixture[str]) -> None:
    page = signed_in()
    page.evaluate(
        """() => {
          window.took = [];
          let at = 0;
          document.getElementById("text").addEventListener("input", () => { at = performance.now(); });
          new MutationObserver(() => {
            if (document.getElementById("evidence-words").textContent) window.took.push(performance.now() - at);
          }).observe(document.getElementById("version"), {childList: true});
        }"""
    )
    page.keyboard.type(LIGHTS[:10])
    for n, letter in enumerate(LIGHTS[10:30]):
        page.keyboard.type(letter)
        page.wait_for_function("n => window.took.length > n", arg=n)
    took = sorted(page.evaluate("window.took"))
    assert took
    with capsys.disabled():
        print(f"\nroute after the last key: median {took[len(took) // 2]:.0f} ms, slowest {took[-1]:.0f} ms")


HAS_SIMILAR = """async text => {
  const csrf = document.querySelector('meta[name="csrf"]').content;
  const headers = {"Content-Type": "application/json", "X-CSRF-Token": csrf};
  const answer = await fetch("/v1/advice", {method: "POST", headers, body: JSON.stringify({text})});
  return (await answer.json()).similar.length > 0;
}"""


def test_a_repeat_is_merged_and_a_similar_case_taken_over(
    office: Office, signed_in: SignIn, shots: Any, axe: Any
) -> None:
    page = signed_in()
    paste(page, ELEVATOR)
    routed(page)
    page.keyboard.press("c")
    page.keyboard.type("街道办事处")
    page.keyboard.press("Enter")
    page.keyboard.type("由街道协调")
    page.keyboard.press("Enter")
    expect(page.locator("#last")).to_be_visible()
    first = petitions(office)[-1]
    while not page.evaluate(HAS_SIMILAR, COURT):  # until the index of confirmed cases has looked
        page.wait_for_timeout(100)

    paste(page, COURT)
    routed(page)
    expect(page.locator("#beside-hints")).to_contain_text("诉讼")
    expect(page.locator("#beside-similar")).to_contain_text("街道办事处")
    expect(page.locator("#beside-repeats")).to_contain_text("云锦花园")
    expect(page.locator("#beside-duty .duty")).not_to_be_empty()
    axe(page)
    shots(page, "routing-advice")
    page.keyboard.press("s")
    expect(page.locator("#department [aria-pressed=true], [data-like][aria-pressed=true]").last).to_be_visible()
    expect(page.locator("[data-like]").first).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("m")
    expect(page.locator("#accept-label")).to_have_text("并单")
    page.keyboard.press("Enter")
    expect(page.locator("#last-text")).to_contain_text("已并单")
    merged = petitions(office)[-1]
    assert (merged.status, merged.merged_into) == ("merged", first.id)
    page.keyboard.press("u")
    expect(page.locator("#text")).to_have_value(COURT)
    assert petitions(office)[-1].status == "pending"
    routed(page)
    expect(page.locator("[data-like]").first).to_be_visible()
    page.keyboard.press("s")
    page.keyboard.press("Enter")
    expect(page.locator("#text")).to_have_value("")
    assert petitions(office)[-1].department == "subdistrict"


def test_an_ended_session_asks_for_the_password_and_goes_on(office: Office, signed_in: SignIn) -> None:
    office.set_password("clerk", PASSWORD)
    page = signed_in()
    paste(page, LIGHTS)
    routed(page)
    page.context.clear_cookies()
    page.keyboard.press("Enter")
    page.fill("#again-name", NAMES["clerk"])
    page.fill("#again-password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#last-text")).to_contain_text("已受理")
    assert petitions(office)[-1].text == LIGHTS


def test_fields_are_kept_where_they_are_nobodys_own(office: Office, signed_in: SignIn) -> None:
    page = signed_in()
    for count in range(2):
        paste(page, LIGHTS)
        if count == 0:
            page.click("#fields summary")
            page.fill("#field-area", "滨江街道")
            page.fill("#field-channel", "网站")
        assert page.input_value("#field-id") == ""
        page.fill("#field-id", "GD-7")
        page.press("#field-id", "Tab")
        routed(page)
        page.focus("#result")
        page.keyboard.press("Enter")
        if count == 0:
            expect(page.locator("#text")).to_have_value("")
    expect(page.locator("#notices")).to_contain_text("编号")  # is taken already: nothing is lost
    assert page.input_value("#text") == LIGHTS
    stored = petitions(office)[-1]
    assert (stored.area, stored.channel, stored.external_id) == ("滨江街道", "网站", "GD-7")


def test_a_file_of_a_chinese_windows_is_read(signed_in: SignIn) -> None:
    page = signed_in()
    content = f"{LIGHTS}\r\n\r\n{BARBECUE}".encode("gb18030")
    page.set_input_files("#file", {"name": "诉求.txt", "mimeType": "text/plain", "buffer": content})
    expect(page.locator(".message")).to_have_count(2)
    expect(page.locator("#text")).to_have_value(LIGHTS)


def test_who_may_not_store_reads_and_copies(office: Office, signed_in: SignIn) -> None:
    with office.database.write() as session:
        _, key = keys.create(session, SYSTEM, "查询台", scopes=(Scope.ROUTE,))
    page = signed_in(extra_http_headers={"Authorization": f"Bearer {key}"})
    paste(page, LIGHTS)
    expect(page.locator("#responsible")).not_to_be_empty()
    expect(page.locator("#due-text")).not_to_be_empty()
    assert page.locator("#accept, .choice[data-head]").count() == 0
    page.click("#copy-text")
    expect(page.locator("#copy-text")).to_have_text("已复制")

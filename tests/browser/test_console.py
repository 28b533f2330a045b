"""The page 分拨台 in real Chromium."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from console_page import CONTRAST, Console
from playwright.sync_api import Browser, Route, expect

from service.console.texts import routing as texts

pytestmark = pytest.mark.browser

BARBECUE = "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉，找物业也没人管"
ORDINARY = (
    "您好，我是滨江路云锦花园3栋的住户。小区东门外的烧烤店从今年五月开始把桌子摆到人行道上，每天营业到凌晨两点多，"
    "油烟直接往楼上飘，喝酒划拳的声音特别大，家里老人有心脏病，孩子第二天还要上学，根本没法睡觉。"
    "我们找过物业，物业说管不了，也打过两次电话，当天晚上好一点，过几天又照旧。请有关部门查一下，给个说法，谢谢。"
)
SIZES = {"office": (1366, 768), "office window": (1366, 650), "phone": (360, 740)}


def canned(**changes: Any) -> dict[str, Any]:
    """A route in full, as the service would answer it."""
    return {
        "matter": {
            "code": "community",
            "name": "小事",
            "confidence": 0.962,
            "alternatives": [
                {"code": "government", "name": "大事", "confidence": 0.03},
                {"code": "private", "name": "私事", "confidence": 0.004},
            ],
        },
        "department": {
            "code": "housing",
            "name": "住房和城乡建设部门",
            "confidence": 0.999,
            "alternatives": [
                {"code": "subdistrict", "name": "街道办事处、乡镇政府", "confidence": 0.0006},
                {"code": "gas", "name": "燃气企业", "confidence": 0.0003},
                {"code": "health", "name": "卫生健康部门", "confidence": 0.0001},
            ],
        },
        "responsible": {
            "kind": "community",
            "name": "物业服务企业、业主委员会",
            "channel": "先书面报物业服务企业。",
            "level": "compound",
        },
        "candidates": {
            "coverage": 0.95,
            "departments": [
                {"code": "urban_management", "name": "城市管理综合执法部门", "confidence": 0.62},
                {"code": "subdistrict", "name": "街道办事处、乡镇政府", "confidence": 0.31},
            ],
        },
        "co_departments": [{"code": "subdistrict", "name": "街道办事处、乡镇政府", "confidence": 0.31}],
        "request_type": None,
        "confidence": 0.955,
        "review": {"required": False, "reasons": []},
        "emergency": None,
        "evidence": [],
        "labels": {},
        "model": "default@2026.11",
        "taxonomy": "2026.11",
        "policy": {"target_precision": 0.9},
        **changes,
    }


def span(text: str, word: str, weight: float, head: str) -> dict[str, Any]:
    start = text.index(word)
    return {"start": start, "end": start + len(word), "text": word, "weight": weight, "for": head}


def test_pasting_shows_the_whole_route(console: Console, artefacts: Path) -> None:
    page = console.page
    page.evaluate("text => navigator.clipboard.writeText(text)", BARBECUE)
    with page.expect_response("**/v1/routes") as answer:
        page.keyboard.press("Control+V")  # the box has the focus from the start
    assert page.input_value("#text") == BARBECUE
    assert console.text("#counter") == "41 字"
    console.wait()
    page.wait_for_selector("#due-text")
    route = answer.value.json()

    assert console.text("#responsible") == route["responsible"]["name"]
    assert console.text("#channel") == route["responsible"]["channel"]
    for head, shown in (("matter", 3), ("department", 4)):
        choices = [route[head], *route[head]["alternatives"]]
        names = page.locator(f"#{head} .name").all_inner_texts()
        assert names == [choice["name"] for choice in choices]
        assert len(names) == shown
    assert re.search(r"(很高|较高|中等|较低)\s*\S*\d+%", console.text("#confidence"))
    assert console.text("#verdict") == ("需人工复核" if route["review"]["required"] else "可直接分拨")
    assert page.locator("#reasons li").all_inner_texts() == [reason["message"] for reason in route["review"]["reasons"]]
    assert console.text("#evidence-text") == BARBECUE
    assert console.marks()
    assert console.text("#version") == route["model"]
    page.screenshot(path=artefacts / "console.png")
    page.evaluate("navigator.clipboard.writeText('电梯坏了')")
    page.keyboard.press("Control+V")  # the focus is on the result now
    assert page.locator(".message-text").all_inner_texts() == [BARBECUE, "电梯坏了"]  # nothing is lost
    assert console.complaints == []


def test_nothing_is_asked_of_another_server(console: Console, address: str) -> None:
    console.route(BARBECUE)
    console.page.wait_for_selector("#due-text")
    assert {url[: len(address)] for url in console.requested} == {address}
    assert console.complaints == []


def test_evidence_is_marked_in_the_right_place_after_emoji(console: Console) -> None:
    text = "😡👨‍👩‍👧🔥 楼下烧烤店，油烟𠮷太大"
    console.answer_with(canned(evidence=[span(text, "烧烤店", 2.0, "department"), span(text, "油烟𠮷", 1.0, "matter")]))
    console.route(text)
    assert console.marks() == ["烧烤店", "油烟𠮷"]
    assert console.text("#evidence-text") == text
    assert console.text("#counter") == f"{len(text)} 字"


def test_real_evidence_is_the_same_text_on_the_page(console: Console) -> None:
    with console.page.expect_response("**/v1/routes") as answer:
        console.route("😡😡 " + BARBECUE)
    shown = "".join(console.marks())
    for piece in answer.value.json()["evidence"]:
        assert piece["text"] in shown


def test_evidence_for_matter_and_department_differs_not_only_by_colour(console: Console) -> None:
    text = "烧烤店的油烟和噪音"
    evidence = [
        span(text, "烧烤店", 2.0, "department"),
        span(text, "油烟和噪音", 1.0, "matter"),
        span(text, "噪音", 0.4, "department"),
    ]
    console.answer_with(canned(evidence=evidence))
    console.route(text)
    assert console.marks() == ["烧烤店", "油烟和", "噪音"]
    style = "mark => {const s = getComputedStyle(mark); return [s.textDecorationLine, s.boxShadow !== 'none']}"
    lines = [mark.evaluate(style) for mark in console.page.locator("#evidence-text mark").all()]
    assert lines == [["none", True], ["overline", False], ["overline", True]]
    assert console.text("#evidence-words") == "烧烤店、油烟和噪音、噪音"
    assert "支持事项类别" in console.text(".legend")


def test_stronger_evidence_is_darker(console: Console) -> None:
    text = "烧烤店油烟噪音小区"
    weights = {"烧烤店": 2.0, "油烟": 1.5, "噪音": 1.0, "小区": 0.2}
    console.answer_with(canned(evidence=[span(text, word, weight, "department") for word, weight in weights.items()]))
    console.route(text)
    strengths = [mark.get_attribute("data-strength") for mark in console.page.locator("#evidence-text mark").all()]
    assert strengths == ["3", "2", "1", "0"]


def test_an_emergency_stands_above_everything(console: Console) -> None:
    console.answer_with(canned(emergency={"line": "119", "message": "疑似燃气泄漏，请立即转办。"}))
    console.route("煤气味")
    banner = console.page.locator("#emergency")
    assert console.text("#emergency-title") == "紧急情况：请立即转 119"
    assert console.text("#emergency-message") == "疑似燃气泄漏，请立即转办。"
    assert banner.bounding_box()["y"] < console.page.locator("main").bounding_box()["y"]
    assert console.text("#verdict") == "先转 119，再分拨"
    console.page.unroute("**/v1/routes")
    console.answer_with(canned())
    console.route("路灯")
    assert not banner.is_visible()


def test_an_unclear_message_is_shown_as_not_routed(console: Console) -> None:
    console.route("   ")
    assert console.text("#responsible") == "暂不分拨，由人工判断"
    assert console.text("#matter").startswith("无法判断")
    assert console.text("#department") == "未判断"
    assert console.text("#verdict") == "需人工复核"
    assert console.page.locator("#reasons li").count() >= 1
    assert console.text("#evidence-words") == "没有可标出的词语"
    assert console.complaints == []


def test_a_route_that_needs_no_review_says_so(console: Console) -> None:
    console.answer_with(canned())
    console.route("电梯坏了")
    assert console.text("#verdict") == "可直接分拨"
    assert not console.page.is_visible("#reasons")
    assert console.text("#confidence") == "很高 96%"
    assert console.page.locator("#department .number").all_inner_texts() == [">99%", "<1%", "<1%", "<1%", "62%"]
    assert console.text("#co-departments") == "街道办事处、乡镇政府 31%"
    candidates = "城市管理综合执法部门、街道办事处、乡镇政府（约 95% 含正确部门）"
    assert console.text("#candidates") == candidates


def test_definition_and_level_come_from_the_taxonomy(console: Console) -> None:
    console.answer_with(canned())
    console.route("电梯坏了")
    page = console.page
    page.wait_for_selector("#definition-button:visible")
    assert not page.is_visible("#definition")
    page.focus("#definition-button")
    assert "小区" in console.text("#definition")
    assert console.text("#level-name") == "小区"


def test_copying_gives_a_tidy_text_and_the_json(console: Console) -> None:
    text = "电梯坏了，物业不修"
    route = canned(
        evidence=[span(text, "电梯", 1.0, "matter"), span(text, "物业", 2.0, "department")],
        review={"required": True, "reasons": [{"code": "close_call", "message": "两个部门接近"}]},
    )
    console.answer_with(route)
    console.route(text)
    console.page.wait_for_selector("#level:visible")
    due = console.page.inner_text("#due-text")
    clipboard = "navigator.clipboard.readText()"
    console.page.click("#copy-text")
    expect(console.page.locator("#copy-text")).to_have_text("已复制")
    assert console.page.evaluate(clipboard).splitlines() == [
        "【分拨结果】",
        "责任主体：物业服务企业、业主委员会",
        "协商层级：小区",
        "办理渠道：先书面报物业服务企业。",
        "事项类别：小事（96%）",
        "业务主管部门：住房和城乡建设部门（>99%）",
        f"办理期限：{due}",
        "备选部门：街道办事处、乡镇政府（<1%）、燃气企业（<1%）、卫生健康部门（<1%）",
        "协办部门：街道办事处、乡镇政府（31%）",
        "把握程度：很高（96%）",
        "人工复核：需要（两个部门接近）",
        "判断依据：物业、电梯",
        "模型：default@2026.11，分类：2026.11",
    ]
    console.page.click("#copy-json")
    expect(console.page.locator("#copy-json")).to_have_text("已复制")
    expect(console.page.locator("#copy-json")).to_have_text("复制 JSON")
    assert json.loads(console.page.evaluate(clipboard)) == route
    assert console.complaints == []


def test_copying_works_without_the_clipboard_object_of_secure_pages(console: Console) -> None:
    console.answer_with(canned())
    console.route("电梯坏了")
    page = console.page
    page.evaluate("Object.defineProperty(window, 'isSecureContext', {value: false})")
    page.click("#copy-text")
    expect(page.locator("#copy-text")).to_have_text("已复制")
    page.fill("#text", "")
    page.focus("#text")
    page.keyboard.press("Control+V")
    assert page.input_value("#text").startswith("【分拨结果】\n责任主体：")


def test_the_keyboard_alone_reaches_everything(console: Console) -> None:
    page = console.page
    console.answer_with(canned())
    page.keyboard.type("电梯坏了")
    page.keyboard.press("Control+Enter")
    console.wait()
    page.wait_for_selector("#definition-button:visible")
    assert page.evaluate("document.activeElement.id") == "result"
    reached = []
    for _ in range(14):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.dataset.code"))
    route = canned()
    codes = [route[head]["code"] for head in ("matter", "department")]
    order = ["definition-button", codes[0], codes[1], "accept", "correct", "hand-over", "copy-text", "copy-json"]
    assert [one for one in reached if one in order] == order


def test_the_result_is_announced(console: Console) -> None:
    console.answer_with(canned())
    console.route("电梯坏了")
    status = console.page.locator('[role="status"][aria-live="polite"]')
    assert status.inner_text() == ("分拨完成。责任主体：物业服务企业、业主委员会。可直接分拨。把握程度：很高 96%。")


def test_an_example_is_one_click(console: Console) -> None:
    label, text = texts.EXAMPLES[0]
    console.page.click(f"button:has-text('{label}')")
    console.wait()
    assert console.page.input_value("#text") == text
    assert console.text("#evidence-text") == text


def test_clearing_starts_over(console: Console) -> None:
    console.route(BARBECUE)
    console.page.click("#clear")
    assert console.page.input_value("#text") == ""
    assert console.text("#counter") == "0 字"
    assert console.page.is_visible("#empty")
    assert not console.page.is_visible("#route") and console.marks() == []
    assert console.page.evaluate("document.activeElement.id") == "text"


def test_a_result_of_an_older_text_says_so_and_keeps_its_marks(console: Console) -> None:
    console.route(BARBECUE)
    assert not console.page.is_visible("#stale")
    marks = console.marks()
    held: list[Route] = []
    console.page.route("**/v1/routes", lambda route: held.append(route))
    console.page.press("#text", "Control+Home")
    console.page.keyboard.type("请问")
    assert console.page.is_visible("#stale")
    assert console.text("#evidence-text") == "请问" + BARBECUE
    assert console.marks() == marks


def test_waiting_is_shown(console: Console) -> None:
    held: list[Route] = []
    console.page.route("**/v1/routes", lambda route: held.append(route))
    console.page.fill("#text", "电梯坏了")
    console.page.wait_for_selector('#result[aria-busy="true"]')
    held[0].fulfill(json=canned())
    console.wait()


def test_only_the_last_of_two_requests_is_shown(console: Console) -> None:
    held: list[Route] = []
    console.page.route("**/v1/routes", lambda route: held.append(route))
    for count, text in enumerate(("第一条", "第二条"), start=1):
        console.page.fill("#text", text)
        while len(held) < count:
            console.page.wait_for_timeout(20)
    held[1].fulfill(json=canned(evidence=[span("第二条", "二", 1.0, "matter")]))
    console.wait()
    assert console.marks() == ["二"]


def test_a_problem_is_shown_in_its_own_words_and_can_be_retried(console: Console) -> None:
    problem = {
        "title": "服务繁忙",
        "detail": "排队的诉求过多，请 2 秒后重试。",
        "status": 503,
        "code": "overloaded",
    }
    console.page.route("**/v1/routes", lambda route: route.fulfill(status=503, json=problem))
    console.route("电梯坏了")
    assert console.text("#error-title") == "服务繁忙"
    assert console.text("#error-detail") == problem["detail"]
    assert not console.page.is_visible("#route")
    console.page.unroute("**/v1/routes")
    console.page.click("#retry")
    console.page.wait_for_selector("#route:visible")
    assert not console.page.is_visible("#error")


def test_a_text_over_the_limit_is_counted_and_refused(console: Console) -> None:
    console.page.fill("#text", "字" * 200_001)
    assert console.text("#counter") == "200001 字，超过上限 200000 字"
    console.page.keyboard.press("Control+Enter")
    console.wait()
    assert console.text("#error-title") == "文字过长"
    assert console.text("#error-fields") == "最多 200000 字"


def test_a_service_out_of_reach_is_told(console: Console) -> None:
    console.page.route("**/v1/routes", lambda route: route.abort())
    console.route("电梯坏了")
    assert console.text("#error-title") == "无法连接服务"


def test_text_is_never_read_as_html(console: Console) -> None:
    text = "<img src=x onerror=alert(1)><script>alert(2)</script>"
    console.answer_with(canned(evidence=[span(text, "<img src=x onerror=alert(1)>", 1.0, "matter")]))
    console.route(text)
    assert console.text("#evidence-text") == text
    assert console.page.locator("#evidence-text img, #evidence-text script").count() == 0
    assert console.complaints == []


@pytest.mark.parametrize("console", [SIZES["phone"]], indirect=True)
@pytest.mark.parametrize("text", [ORDINARY, "https://example.com/" + "a" * 300])
def test_a_phone_needs_no_sideways_scrolling(console: Console, text: str) -> None:
    fits = "document.documentElement.scrollWidth <= window.innerWidth"
    assert console.page.evaluate(fits)
    console.answer_with(canned())
    console.route(text)
    console.page.wait_for_selector("#definition-button:visible")
    assert console.page.evaluate(fits)
    console.page.focus("#definition-button")
    assert console.page.evaluate(fits)
    box = console.page.locator("#definition").bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 360


@pytest.mark.parametrize("console", [SIZES["phone"]], indirect=True)
def test_a_phone_shows_the_result_after_sending(console: Console) -> None:
    console.answer_with(canned())
    console.route("电梯坏了")
    assert console.page.locator("#responsible").bounding_box()["y"] < SIZES["phone"][1]


@pytest.mark.parametrize("console", [SIZES["office"], SIZES["office window"]], indirect=True, ids=str)
def test_an_office_screen_shows_what_a_decision_needs_without_scrolling(console: Console) -> None:
    console.route(ORDINARY)
    console.page.wait_for_selector("#due-text")
    for part in ("#responsible", "#review", "#matter", "#department", "#accept", "#copy-json", "#evidence-text"):
        box = console.page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= console.page.viewport_size["height"], part


@pytest.mark.parametrize("state", ["ok", "look", "emergency", "error", "empty"])
def test_every_text_has_enough_contrast(console: Console, state: str) -> None:
    text = "电梯坏了，物业不修"
    evidence = [span(text, "电梯", 1.0, "matter"), span(text, "物业", 2.0, "department")]
    review = {"required": True, "reasons": [{"code": "close_call", "message": "两个部门接近"}]}
    changes: dict[str, Any] = {"evidence": evidence}
    if state == "look":
        changes["review"] = review
    if state == "emergency":
        changes["emergency"] = {"line": "110", "message": "请立即转办"}
    if state == "error":
        console.page.route("**/v1/routes", lambda route: route.abort())
    else:
        console.answer_with(canned(**changes))
    if state != "empty":
        console.route(text)
        console.page.locator("#text").press_sequentially("！")
    assert console.page.evaluate(CONTRAST) == []


def test_without_script_the_page_says_what_to_do(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(address + "/")
    assert page.locator(".notice").inner_text() == texts.PAGE["noscript"]
    context.close()


def test_every_page_works_before_there_are_accounts(console: Console) -> None:
    links = (
        "() => Array.from(document.querySelectorAll('.shell-nav a, .shell-tabs a, #user-menu a')).map(one => one.href)"
    )
    waiting, seen = console.page.evaluate(links), set()
    while waiting:
        address = waiting.pop()
        if address in seen:
            continue
        seen.add(address)
        console.page.goto(address, wait_until="networkidle")
        waiting += console.page.evaluate(links)
    assert len(seen) > 10
    assert console.complaints == []

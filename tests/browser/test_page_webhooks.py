"""The page 事件推送, in real Chromium."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from office import Office
from playwright.sync_api import Page, expect
from sqlalchemy import select

from service.events import dispatcher, subscriptions
from service.events.kinds import DeliveryState
from service.events.outbox import alarm_raised
from service.events.sending import Outcome
from service.store.tables import Delivery, Event, Webhook

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
Check = Callable[[Page], None]
Save = Callable[[Page, str], None]


@pytest.fixture(autouse=True)
def nothing_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "send", lambda *_, **__: Outcome(None, "no_connection", 0.1))
    monkeypatch.setattr(subscriptions, "send", lambda *_, **__: Outcome(204, None, 0.012))


def one_dead(office: Office) -> None:
    """An event that could not be delivered."""
    with office.database.write() as session:
        webhook = session.scalars(select(Webhook)).one()
        alarm_raised(session, "accuracy_low", level="act", title="准确率偏低", todo="请抽查")
        session.flush()
        event = session.scalars(select(Event).where(Event.subject == "accuracy_low")).one()
        event.spread = True
        dead = DeliveryState.DEAD
        session.add(Delivery(webhook=webhook.id, event=event.number, subject=event.subject, state=dead, attempts=9))


def test_an_admin_tells_another_system_of_events(office: Office, signed_in: SignIn, axe: Check, shots: Save) -> None:
    page = signed_in("admin", path="/webhooks")
    axe(page)
    page.locator("body").press("n")
    expect(page.locator("#name")).to_be_focused()
    page.fill("#name", "热线工单系统")
    page.fill("#url", "https://10.0.0.1/events")
    page.get_by_role("checkbox", name="启用新模型").uncheck()
    page.fill("#channels", "12345热线、网络")
    shots(page, "webhooks-new")
    page.get_by_role("button", name="设立", exact=True).click()
    expect(page.locator("#url-error")).to_contain_text("内网地址")
    axe(page)
    page.fill("#url", "https://orders.example/events")
    page.get_by_role("button", name="设立", exact=True).click()
    secret = page.locator("#secret")
    expect(secret).to_have_value(re.compile(r"^whsec_[\w+/=]{44}$"))
    axe(page)
    shots(page, "webhooks-told")
    page.get_by_role("button", name="已保存好").click()
    row = page.locator("#webhooks-list tr", has_text="热线工单系统")
    expect(row).to_contain_text("还没有推送过")

    one_dead(office)
    page.reload()
    axe(page)
    shots(page, "webhooks-list")
    page.get_by_role("button", name="管理 热线工单系统").click()
    page.get_by_role("button", name="试推送").click()
    expect(page.locator("#trial")).to_contain_text("已送达：对方答复 204")
    axe(page)
    shots(page, "webhooks-one")
    page.get_by_role("button", name="全部再送").click()
    expect(page.locator("#notices")).to_contain_text("将再送 1 个事件")

    page.get_by_role("button", name="管理 热线工单系统").click()
    page.locator("summary", has_text="暂停").click()
    page.fill("#why-pause", "接收方升级")
    page.locator("details").get_by_role("button", name="暂停").click()
    expect(row).to_contain_text("已暂停")
    page.get_by_role("button", name="管理 热线工单系统").click()
    page.locator("summary", has_text="更换签名密钥").click()
    page.locator("details").get_by_role("button", name="更换签名密钥").click()
    expect(page.locator("#dialog")).to_contain_text("仍然有效")
    page.get_by_role("button", name="已保存好").click()
    page.get_by_role("button", name="管理 热线工单系统").click()
    page.locator("summary", has_text="删除推送").click()
    page.get_by_role("button", name="确认删除").click()
    expect(page.locator("#webhooks-list")).to_contain_text("还没有接收方")

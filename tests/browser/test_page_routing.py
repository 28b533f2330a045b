"""The page 分拨台 as clerks use it: with an account, a store and a keyboard."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from office import Office
from playwright.sync_api import Page, expect
from sqlalchemy import select

from service.store.tables import Entry, Petition

pytestmark = pytest.mark.browser

SignIn = Callable[..., Page]
BARBECUE = "我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉，找物业也没人管"
LIGHTS = "云汀路从东到西的路灯坏了半个月，晚上一片漆黑，老人出门摔了一跤，请尽快派人来修"


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
    expect(page.locator("#accept")).to_be_enabled()


def petitions(office: Office) -> list[Petition]:
    with office.database.read() as session:
        return list(session.scalars(select(Petition).order_by(Petition.id)))


def actions(office: Office, petition: str) -> list[str]:
    with office.database.read() as session:
        return list(session.scalars(select(Entry.action).where(Entry.petition == petition).order_by(Entry.id)))


def test_a_clear_case_takes_one_key_after_the_paste(office: Office, signed_in: SignIn, shots: Any, axe: Any) -> None:
    page = signed_in()
    paste(page, LIGHTS)
    routed(page)
    shots(page, "routing")
    axe(page)
    page.keyboard.press("Enter")
    expect(page.locator("#last-text")).to_contain_text("已受理")
    stored = petitions(office)[-1]
    assert (stored.text, stored.status, stored.decided_by) == (LIGHTS, "assigned", "person")

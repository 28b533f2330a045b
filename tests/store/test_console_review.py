"""What the page 复核 does to the store, and what it tells: of a blind petition nothing of the suggestion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from access_doubles import add_account, sign_in
from callers import on_sqlite
from fastapi.testclient import TestClient
from petitions import act, again, history, stored

from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

HTMX = {"HX-Request": "true"}


def take(client: TestClient, **wanted: Any) -> str:
    answer = client.post("/review/take", data={"kind": "all", **wanted}, headers=HTMX)
    assert answer.status_code == 200, answer.text
    return answer.text


def shown(html: str) -> str | None:
    found = re.search('class="taken" data-petition="([0-9a-f]{32})"', html)
    return found and found[1]


def version(html: str) -> str:
    found = re.search('name="version" form="decision" value="([0-9]+)"', html)
    assert found
    return found[1]


def decide(client: TestClient, html: str, **given: Any) -> Any:
    return client.post(f"/review/{shown(html)}/decide", data={"version": version(html), **given}, headers=HTMX)


def told(answer: Any) -> str:
    return answer.headers.get("hx-trigger", "").encode().decode("unicode_escape")


def test_a_confirmed_suggestion_is_assigned_and_the_next_comes(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    html = take(client)
    assert shown(html) == made["id"]
    answer = decide(client, html, go_on="true")
    assert answer.status_code == 200 and 'hx-trigger="load"' in answer.text
    assert "已复核：" in told(answer)
    assert (again(client, made)["status"], again(client, made)["decided_by"]) == ("assigned", "person")
    assert [entry["action"] for entry in history(client, made)] == ["stored", "taken", "accepted"]
    assert shown(take(client)) is None


def test_another_department_by_its_number_needs_no_further_reason(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    act(client, made, "corrections", {"department": "gas", "why": "像是燃气"})
    act(client, made, "returns", {"reason": "不是燃气问题"})
    html = take(client)
    assert 'value="urban_management"' in html and "不是燃气问题" in html
    assert decide(client, html, department="urban_management").status_code == 200
    assert history(client, made)[-1]["why"] == "复核时从候选部门中选定"
    other = stored(client, "不知道谁管的路灯")
    refused = decide(client, take(client, petition=other["id"]), department="供水")
    assert refused.status_code == 422

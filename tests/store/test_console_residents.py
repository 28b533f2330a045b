"""The page 居民资料."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from access_doubles import add_account, audited, on_sqlite, sign_in
from fastapi.testclient import TestClient

from service.privacy import search as searching
from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

FORM = {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
PHONE = "13912345678"


@pytest.fixture
def manager(database: Database, serve: Serve) -> TestClient:
    """A manager's browser."""
    add_account(database, "chenjing", "manager")
    client = serve()
    sign_in(client, "chenjing")
    return client


def send(client: TestClient, path: str, **fields: Any) -> Any:
    return client.post(path, data=fields, headers=FORM)


def stored(client: TestClient, text: str, **more: Any) -> str:
    answer = client.post("/v1/petitions", json={"text": text, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def chosen(html: str) -> list[str]:
    return re.findall(r'name="petitions" value="(\w+)"', html)


def test_what_concerns_a_resident_is_found_seen_and_masked(manager: TestClient) -> None:
    held = stored(manager, f"路灯不亮，<b>电话</b> {PHONE}", id="A-1", channel="热线")
    stored(manager, "井盖没了")
    found = send(manager, "/residents/search", phone="139 1234 5678", name="")
    assert chosen(found.text) == [held]
    assert "电话：内容" in found.text and PHONE not in found.url.path
    assert "查找完毕：共查 2 件，找到 1 件" in found.text
    seen = manager.get(f"/residents/petitions/{held}", headers=FORM).text
    assert "&lt;b&gt;电话&lt;/b&gt;" in seen and PHONE in seen
    done = send(manager, "/residents/erasures", petitions=[held], action="mask", reason="书面申请第 12 号")
    assert "已遮盖" in done.text
    assert PHONE not in manager.get(f"/v1/petitions/{held}").text
    assert chosen(send(manager, "/residents/search", phone=PHONE).text) == []


def test_petitions_are_deleted_all_or_none(manager: TestClient) -> None:
    held = stored(manager, f"电话 {PHONE}")
    form = {"action": "delete", "reason": "书面申请"}
    assert send(manager, "/residents/erasures", petitions=[held, "0" * 32], **form).status_code == 404
    assert manager.get(f"/v1/petitions/{held}").status_code == 200
    assert send(manager, "/residents/erasures", petitions=[held], **form).status_code == 200
    assert manager.get(f"/v1/petitions/{held}").status_code == 404


@on_sqlite
def test_the_page_goes_on_where_one_answer_ended(manager: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "MOST_SCANNED", 2)
    monkeypatch.setattr(searching, "_BATCH", 2)
    first = [stored(manager, f"电话 {PHONE}") for _ in range(3)]
    one = send(manager, "/residents/search", phone=PHONE)
    hidden = dict(re.findall(r'type="hidden" name="(\w+)" value="(\w+)"', one.text.split("</form>")[0]))
    assert hidden["phone"] == PHONE and hidden["scanned"] == hidden["found"] == "2"
    assert 'hx-trigger="load"' in one.text
    two = send(manager, "/residents/search", **hidden)
    assert "共查 3 件，找到 3 件" in two.text
    assert 'hx-swap-oob="beforeend:#found"' in two.text
    assert sorted(chosen(one.text) + chosen(two.text)) == sorted(first)


@on_sqlite
@pytest.mark.parametrize(("fields", "told"), [({}, "至少给出一项"), ({"name": "王"}, "至少 2 个字")])
def test_a_search_for_almost_everything_is_refused(manager: TestClient, fields: dict[str, str], told: str) -> None:
    answer = send(manager, "/residents/search", **fields)
    assert answer.status_code == 422 and told in answer.text


@on_sqlite
def test_what_was_looked_for_is_in_no_log(manager: TestClient, database: Database, serve: Serve, caplog: Any) -> None:
    send(manager, "/residents/search", phone=PHONE)
    assert "没有找到" in send(manager, "/residents/files", phone=PHONE).text
    add_account(database, "admin", "admin")
    admin = serve()
    sign_in(admin, "admin")
    assert {entry["action"] for entry in audited(admin)} >= {"privacy_search", "privacy_search_files"}
    assert PHONE not in admin.get("/audit").text + str(audited(admin)) + caplog.text


@on_sqlite
def test_a_look_at_a_sensitive_petition_is_noted(manager: TestClient, database: Database, serve: Serve) -> None:
    held = stored(manager, "路灯")
    manager.post(f"/v1/petitions/{held}/restriction", json={"restricted": True, "why": "当事人要求"})
    manager.get(f"/residents/petitions/{held}", headers=FORM)
    add_account(database, "admin", "admin")
    admin = serve()
    sign_in(admin, "admin")
    assert [entry["target"] for entry in audited(admin, action="restricted_read")] == [f"petition:{held}"]

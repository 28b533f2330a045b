"""The page 事件推送."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from access_doubles import add_account, audited, on_sqlite, sign_in
from fastapi.testclient import TestClient
from receivers import Receiver, receiving
from sqlalchemy import select, update
from test_console_administration import HTMX, secret, send

from service.console.texts import webhooks as texts
from service.events import dispatcher
from service.events.kinds import Kind
from service.events.outbox import alarm_raised
from service.store.database import Database
from service.store.tables import Delivery, Webhook

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")
PUBLIC = "https://orders.example/<b>"


@pytest.fixture(autouse=True)
def delivered_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 3600)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def admin(database: Database, serve: Serve) -> TestClient:
    add_account(database, "admin", "admin")
    client = serve(webhook_hosts=("127.0.0.1",))
    sign_in(client, "admin")
    return client


def add(client: TestClient, url: str, **fields: Any) -> Any:
    return send(client, "/webhooks", **{"name": "<i>工单系统", "url": url, "kinds": list(Kind), **fields})


def only(database: Database) -> Webhook:
    with database.read() as session:
        return session.scalars(select(Webhook)).one()


def test_a_webhook_is_made_paused_resumed_and_removed(
    admin: TestClient, database: Database, receiver: Receiver
) -> None:
    assert "还没有接收方" in admin.get("/webhooks").text
    made = add(admin, receiver.url, channels="12345热线、网络")
    assert secret(made.text).startswith("whsec_") and "<i>" not in made.text
    webhook = only(database)
    assert webhook.channels == ["12345热线", "网络"]
    page = admin.get("/webhooks").text
    assert webhook.secret not in page and "&lt;i&gt;工单系统" in page and "还没有推送过" in page
    path = f"/webhooks/{webhook.id}"
    assert "已送达" in send(admin, f"{path}/test").text and len(receiver.got) == 1
    assert "已暂停" in send(admin, f"{path}/pause", why="升级").text
    assert "已暂停" not in send(admin, f"{path}/resume").text
    changed = send(admin, path, name="督办", url=receiver.url, kinds=[Kind.OVERDUE])
    assert "督办" in changed.text and "诉求已超期" in changed.text
    renewed = send(admin, f"{path}/secret").text
    assert secret(renewed) != secret(made.text) and "仍然有效" in renewed
    assert "还没有接收方" in send(admin, f"{path}/remove", why="停用").text
    actions = [entry["action"] for entry in audited(admin, target=f"webhook:{webhook.id}")]
    assert actions.count("webhook_changed") == 3 and actions[0] == "webhook_removed"
    log = admin.get("/audit").text
    for told in ("设立推送", "主机：127.0.0.1", "更换推送的签名密钥", "事件："):
        assert told in log


@on_sqlite
def test_what_could_not_be_delivered_is_shown_and_sent_again(
    admin: TestClient, database: Database, receiver: Receiver
) -> None:
    add(admin, receiver.url)
    with database.write() as session:
        alarm_raised(session, "accuracy_low", level="act", title="准确率偏低", todo="请抽查")
    receiver.answers(500)
    admin.app.state.dispatcher.run_due()  # type: ignore[attr-defined]
    assert "送不到" in admin.get("/webhooks").text and "对方答复不接受" in admin.get("/webhooks").text
    with database.write() as session:
        session.execute(update(Delivery).values(state="dead"))
    one = admin.get(f"/webhooks/{only(database).id}", headers=HTMX).text
    assert "1 个事件重试期满" in one and "运行告警" in one and "准确率偏低" in one
    receiver.answers(204)
    send(admin, f"/webhooks/{only(database).id}/replay")
    admin.app.state.dispatcher.run_due()  # type: ignore[attr-defined]
    assert len(receiver.got) == 2 and ">正常</span>" in admin.get("/webhooks").text


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "field"), [({"url": "https://10.0.0.1/"}, "url"), ({"kinds": []}, "kinds"), ({"name": ""}, "name")]
)
def test_what_is_wrong_with_a_form_names_its_field(admin: TestClient, fields: dict[str, Any], field: str) -> None:
    answer = add(admin, **{"url": PUBLIC, **fields})
    assert answer.status_code == 422 and f'data-field="{field}"' in answer.text


@on_sqlite
def test_an_admin_keeps_what_only_others_may_allow(admin: TestClient, database: Database) -> None:
    add(admin, "https://orders.example/")
    with database.write() as session:
        session.execute(update(Webhook).values(personal=True))
    path = f"/webhooks/{only(database).id}"
    assert 'name="personal"' not in admin.get(path, headers=HTMX).text
    fields = {"name": "督办", "kinds": list(Kind)}
    assert send(admin, path, url="https://orders.example/", **fields).status_code == 200
    assert only(database).personal
    assert send(admin, path, url="https://elsewhere.example/", **fields).status_code == 403
    assert add(admin, "https://orders.example/", personal="true").status_code == 403


@on_sqlite
def test_what_somebody_else_has_changed_is_not_overwritten(admin: TestClient, database: Database) -> None:
    add(admin, "https://orders.example/")
    path = f"/webhooks/{only(database).id}"
    seen = re.search('name="seen" value="([0-9a-f]{16})"', admin.get(path, headers=HTMX).text)
    assert seen is not None
    fields = {"url": "https://orders.example/", "kinds": list(Kind), "seen": seen[1]}
    assert send(admin, path, name="督办", **fields).status_code == 200
    late = send(admin, path, name="工单系统", **fields)
    assert late.status_code == 409 and "已有人改过" in late.text and only(database).name == "督办"


@on_sqlite
def test_a_second_new_secret_within_a_day_comes_with_a_warning(admin: TestClient, database: Database) -> None:
    add(admin, "https://orders.example/")
    path = f"/webhooks/{only(database).id}"
    assert "现在再换" not in admin.get(path, headers=HTMX).text
    send(admin, f"{path}/secret")
    assert "现在再换" in admin.get(path, headers=HTMX).text


@on_sqlite
def test_whoever_may_tell_more_is_offered_it(serve: Serve) -> None:
    form = serve(access="open").get("/webhooks/new", headers=HTMX).text
    assert re.findall(r'name="(personal|restricted)"', form) == ["personal", "restricted"]


@on_sqlite
def test_the_page_is_for_admins(database: Database, serve: Serve) -> None:
    add_account(database, role="manager")
    client = serve()
    sign_in(client)
    assert client.get("/webhooks").status_code == 403


def test_every_kind_has_its_words() -> None:
    assert set(texts.KINDS) == set(Kind)

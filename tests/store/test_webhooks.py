"""Webhooks as they are kept: addresses, scopes, secrets, by the API, the client and the command line."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from callers import ALL, acting, on_sqlite
from client_doubles import ToService
from fastapi.testclient import TestClient
from petitions import stored
from receivers import Receiver, receiving
from test_access_cli import Terminal

from petition_nlp.client import Client
from petition_nlp.client.webhooks import SignatureError, verify
from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service.access.audit import AuditFilter, find
from service.access.principal import Scope
from service.events import dispatcher
from service.events.addresses import RefusedError, Rules
from service.events.sending import send
from service.store.database import Database

Serve = Callable[..., TestClient]
PUBLIC = "https://orders.example/events"


@pytest.fixture(autouse=True)
def delivered_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 3600)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def office(serve: Serve) -> TestClient:
    return serve(webhook_hosts=("127.0.0.1",), webhook_seconds=1)


def audited(database: Database) -> list[tuple[str, dict[str, Any]]]:
    with database.read() as session:
        page = find(session, AuditFilter(), cursor=None, limit=50)
    return [(entry.action, entry.details) for entry in page.items if entry.action.startswith("webhook")]


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("http://orders.example/x", "needs_https"),
        ("https://127.0.0.1/x", "private_address"),
        ("https://10.1.2.3/x", "private_address"),
        ("https://169.254.169.254/latest", "private_address"),
        ("https://100.64.0.1/x", "private_address"),
        ("https://[::1]/x", "private_address"),
        ("https://[::ffff:10.0.0.1]/x", "private_address"),
        ("https://[64:ff9b::a00:1]/x", "private_address"),
        ("https://[fe80::1]/x", "private_address"),
        ("https://[fec0::1]/x", "private_address"),
        ("https://[::127.0.0.1]/x", "private_address"),
        ("https://[::ffff:0:127.0.0.1]/x", "private_address"),
        ("https://[64:ff9b:1::a00:1]/x", "private_address"),
        ("https://224.0.0.1/x", "private_address"),
        ("https://0.0.0.0/x", "private_address"),
        ("https://user:secret@orders.example/", "no_url"),
        ("https://orders.example/#x", "no_url"),
        ("https://orders.example/a b", "no_url"),
        ("https://orders.example:99999/", "no_url"),
        ("ftp://orders.example/", "no_url"),
        ("https:///x", "no_url"),
        ("事件", "no_url"),
    ],
)
def test_addresses_that_nothing_is_sent_to(url: str, code: str) -> None:
    with pytest.raises(RefusedError) as raised:
        Rules().check(url)
    assert raised.value.code == code


@pytest.mark.parametrize(
    "url", ["http://10.20.3.4:8080/x", "https://10.20.3.4/x", "http://gd.intranet/x", "http://[fd00::5]/x", PUBLIC]
)
def test_what_the_operator_lists_may_be_reached(url: str) -> None:
    assert Rules(("10.20.0.0/16", "gd.intranet", "fd00::5")).check(url).path in ("/x", "/events")


@pytest.mark.parametrize(
    ("found", "ok"),
    [
        (["93.184.216.34", "2606:4700::6810:84e5"], True),
        (["93.184.216.34", "10.0.0.1"], False),
        (["::1"], False),
        (["10.20.0.9"], True),
    ],
)
def test_a_name_is_looked_up_for_every_attempt(found: list[str], ok: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    infos = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in found]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: infos)
    rules = Rules(("10.20.0.0/16",))
    target = rules.check(PUBLIC)
    if ok:
        assert rules.resolve(target) == found
        return
    with pytest.raises(RefusedError, match="private_address"):
        rules.resolve(target)


def test_a_name_that_leads_into_the_own_network_is_not_connected_to(receiver: Receiver) -> None:
    url = f"https://localhost:{receiver.port}/"
    outcome = send(url, {}, b"{}", rules=Rules(), limit=1)
    assert (outcome.error, outcome.status, receiver.got) == ("private_address", None, [])


def test_a_receiver_without_tls_gets_nothing_over_https(receiver: Receiver) -> None:
    outcome = send(f"https://127.0.0.1:{receiver.port}/", {}, b"{}", rules=Rules(("127.0.0.1",)), limit=1)
    assert outcome.error in ("no_connection", "timeout") and receiver.got == []


def test_the_setting_may_be_a_list_or_a_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PETITION_WEBHOOK_HOSTS", "gd.intranet, 10.20.0.0/16")
    assert Settings.load().webhook_hosts == ("gd.intranet", "10.20.0.0/16")


@pytest.mark.parametrize("hosts", ["10.20.0.0/99", '["gd.intranet"]', "https:gd.intranet,a b"])
def test_what_is_neither_host_nor_network_is_refused(monkeypatch: pytest.MonkeyPatch, hosts: str) -> None:
    monkeypatch.setenv("PETITION_WEBHOOK_HOSTS", hosts)
    with pytest.raises(ConfigError, match="webhook_hosts"):
        Settings.load()


def test_a_webhook_is_made_changed_tried_and_removed(
    office: TestClient, database: Database, receiver: Receiver
) -> None:
    program = Client("http://127.0.0.1", transport=ToService(office))
    made = program.webhooks.add("工单系统", receiver.url, kinds=["petition.routed"])
    assert made.secret.startswith("whsec_")
    assert made.secret not in office.get("/v1/webhooks").text
    assert program.webhooks.test(made.id).status == 204
    [received] = receiver.got
    event = verify(received.body, received.headers, made.secret)
    assert event["type"] == "petition-nlp.webhook.test.v1"
    renewed = program.webhooks.rotate(made.id)
    assert renewed.secret != made.secret and renewed.former_until is not None
    assert program.webhooks.change(made.id, active=False, why="升级").active is False
    assert [one.name for one in program.webhooks.all()] == ["工单系统"]
    program.webhooks.remove(made.id)
    assert program.webhooks.all() == []
    told = audited(database)
    assert [action for action, _ in told] == [
        "webhook_removed",
        "webhook_changed",
        "webhook_secret_changed",
        "webhook_created",
    ]
    assert "whsec" not in str(told) and "geheim" not in str(told)


@on_sqlite
def test_deliveries_are_paged_and_replayed(office: TestClient, receiver: Receiver) -> None:
    program = Client("http://127.0.0.1", transport=ToService(office))
    webhook = program.webhooks.add("工单系统", receiver.url)
    for _ in range(3):
        stored(office)
    office.app.state.dispatcher.run_due()  # type: ignore[attr-defined]
    found = list(program.webhooks.deliveries(webhook.id, state="delivered"))
    assert [(one.kind, one.attempts) for one in found] == [("petition.routed", 1)] * 3
    assert program.webhooks.replay(webhook.id, found[0].event) == 1
    assert program.webhooks.replay_dead(webhook.id) == 0
    assert program.webhooks.replay_span(webhook.id, found[-1].time, found[0].time) == 2
    first = office.get(f"/v1/webhooks/{webhook.id}/deliveries", params={"limit": 2}).json()
    rest = office.get(f"/v1/webhooks/{webhook.id}/deliveries", params={"cursor": first["next"]}).json()
    assert (len(first["items"]), len(rest["items"]), rest["next"]) == (2, 1, None)


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (lambda body, headers: (body + b" ", headers), "签名"),
        (lambda body, headers: (body, {**headers, "webhook-id": "other"}), "签名"),
        (lambda body, headers: (body, {**headers, "webhook-timestamp": "1"}), "时间"),
        (lambda body, headers: (body, {**headers, "webhook-timestamp": "1" * 5000}), "时间"),
        (lambda body, headers: (body, {}), "时间"),
    ],
)
@on_sqlite
def test_what_is_not_as_it_was_signed_is_not_believed(
    office: TestClient, receiver: Receiver, change: Callable[..., Any], status: str
) -> None:
    program = Client("http://127.0.0.1", transport=ToService(office))
    made = program.webhooks.add("工单系统", receiver.url)
    program.webhooks.test(made.id)
    body, headers = change(receiver.got[0].body, receiver.got[0].headers)
    with pytest.raises(SignatureError, match=status):
        verify(body, headers, made.secret)


@on_sqlite
@pytest.mark.parametrize(
    ("missing", "fields"), [(Scope.PERSONAL, {"personal": True}), (Scope.RESTRICTED, {"restricted": True})]
)
def test_nobody_lets_others_have_what_they_may_not(
    office: TestClient, monkeypatch: pytest.MonkeyPatch, missing: Scope, fields: dict[str, bool]
) -> None:
    become = acting(monkeypatch)
    made = office.post("/v1/webhooks", json={"name": "a", "url": PUBLIC, **fields}).json()
    path = f"/v1/webhooks/{made['id']}"
    become(ALL - {missing})
    assert office.post("/v1/webhooks", json={"name": "b", "url": PUBLIC, **fields}).status_code == 403
    assert office.patch(path, json={"url": "https://elsewhere.example/"}).status_code == 403
    assert office.patch(path, json={"name": "c"}).status_code == 200
    assert office.patch(path, json={"url": "https://elsewhere.example/", next(iter(fields)): False}).status_code == 200
    assert office.patch(path, json=fields).status_code == 403
    become(ALL - {Scope.WEBHOOKS})
    assert {office.get("/v1/webhooks").status_code, office.delete(path).status_code} == {403}


@on_sqlite
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": PUBLIC, "kinds": []}, "kinds"),
        ({"url": PUBLIC, "kinds": ["petition.lost"]}, "kinds[0]"),
    ],
)
def test_a_mistake_is_named_with_its_field(office: TestClient, body: dict[str, Any], field: str) -> None:
    answer = office.post("/v1/webhooks", json={"name": "a", **body})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


@on_sqlite
@pytest.mark.parametrize("body", [{}, {"dead": True, "event": "0" * 32}, {"at_from": "2026-11-30T08:00:00Z"}])
def test_what_is_sent_again_is_said_in_one_way(office: TestClient, body: dict[str, Any]) -> None:
    made = office.post("/v1/webhooks", json={"name": "a", "url": PUBLIC}).json()
    assert office.post(f"/v1/webhooks/{made['id']}/replay", json=body).status_code == 422


@on_sqlite
def test_there_is_an_end_to_webhooks_and_to_unknown_ones(office: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.events.subscriptions.MOST", 1)
    made = office.post("/v1/webhooks", json={"name": "a", "url": PUBLIC}).json()
    assert office.post("/v1/webhooks", json={"name": "b", "url": PUBLIC}).status_code == 409
    assert office.post(f"/v1/webhooks/{made['id']}/replay", json={"event": "0" * 32}).status_code == 404
    assert office.get(f"/v1/webhooks/{'0' * 32}/deliveries").status_code == 404


@pytest.fixture
def terminal(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Terminal:
    monkeypatch.setenv("PETITION_DATABASE", database_url)
    monkeypatch.setenv("PETITION_WEBHOOK_HOSTS", "127.0.0.1")
    return Terminal(monkeypatch, capsys)


def test_the_command_line_does_the_same(terminal: Terminal, database: Database, receiver: Receiver) -> None:
    assert terminal.run(f"webhooks add --name 工单系统 --url {receiver.url} --kind petition.routed") == 0
    secret = terminal.out.strip()
    assert terminal.run("webhooks list") == 0
    identifier = terminal.out.split()[0]
    assert "工单系统" in terminal.out and "等待 0" in terminal.out
    assert terminal.run(f"webhooks test {identifier}") == 0
    assert verify(receiver.got[0].body, receiver.got[0].headers, secret)["subject"] == identifier
    receiver.answers(500)
    assert terminal.run(f"webhooks test {identifier}") == 9 and "500" in terminal.err
    assert terminal.run(f"webhooks replay {identifier} --dead") == 0
    assert terminal.run(f"webhooks replay {identifier} --from 2026-11-30T08:00 --to 2026-11-30T09:00") == 0
    assert terminal.run(f"webhooks replay {identifier}") == 3
    assert terminal.run(f"webhooks remove {identifier} --why 停用") == 0
    assert terminal.run(f"webhooks test {identifier}") == 3
    for wrong in ("--url https://10.0.0.1/", "--url https://a.example/ --kind petition.lost"):
        assert terminal.run(f"webhooks add --name a {wrong}") == 3
    assert next(action for action, _ in audited(database)) == "webhook_removed"

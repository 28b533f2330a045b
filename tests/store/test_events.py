"""Events are written with what happened, and reach webhooks at least once, in order, signed and masked."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from callers import on_sqlite
from fastapi.testclient import TestClient
from petitions import act, stored
from receivers import Received, Receiver, receiving
from sqlalchemy import select, update
from test_database import a_petition

from petition_nlp.settings import Settings
from service import events
from service.access.principal import SYSTEM
from service.events import deliveries, dispatcher, overdue, records
from service.events.dispatcher import Dispatcher
from service.events.schemas import AlarmEventOut, CloudEventOut, ModelEventOut, PetitionEventOut
from service.petitions.history import change
from service.store.database import Database
from service.store.tables import Delivery, Event, Petition, Webhook
from service.store.tables.base import now

Serve = Callable[..., TestClient]
HOSTS = ("127.0.0.1",)


@pytest.fixture(autouse=True)
def delivered_when_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread in the service looks for nothing: tests deliver themselves."""
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 3600)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def office(serve: Serve) -> TestClient:
    return serve(webhook_hosts=HOSTS, webhook_seconds=1)


def subscribe(client: TestClient, receiver: Receiver, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/webhooks", json={"name": "工单系统", "url": receiver.url, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def deliver(client: TestClient) -> None:
    client.app.state.dispatcher.run_due()  # type: ignore[attr-defined]


def as_time_passes(database: Database, hours: float = 0.0) -> None:
    """Let what waits be due; ``hours`` more have passed since it began to be tried."""
    with database.write() as session:
        for delivery in session.scalars(select(Delivery)):
            delivery.due, delivery.since = now() - timedelta(seconds=1), delivery.since - timedelta(hours=hours)
        session.execute(update(Webhook).values(retry_at=None))


def state_of(client: TestClient, webhook: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = client.get(f"/v1/webhooks/{webhook['id']}").json()
    return found


def kinds(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Event.kind).order_by(Event.number)))


# What happened, and that it is written.


def test_what_becomes_of_a_petition_becomes_events(client: TestClient, database: Database) -> None:
    sure, unsure = stored(client), stored(client, "不知道归谁管的路灯")
    act(client, unsure, "corrections", {"department": "gas", "why": "燃气公司的灯"})
    act(client, sure, "returns", {"reason": "不在辖区", "next_department": "gas"})
    act(client, sure, "returns", {"reason": "也不归我们"})
    act(client, unsure, "status", {"status": "resolved", "outcome": "已修复"})
    assert kinds(database) == [
        "petition.routed",
        "petition.review_required",
        "petition.corrected",
        "petition.routed",
        "petition.returned",
        "petition.returned",
        "petition.review_required",
    ]


def test_nothing_is_told_of_what_was_rolled_back(client: TestClient, database: Database) -> None:
    petition = stored(client)

    def fail() -> None:
        with database.write() as session:
            change(session, session.get_one(Petition, petition["id"]), SYSTEM, "corrected", matter="private")
            session.flush()
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert kinds(database) == ["petition.routed"]


def test_a_passed_deadline_is_told_once_until_it_is_moved(database: Database) -> None:
    late, day = a_petition(due=now().date() - timedelta(days=2)), timedelta(days=1)
    with database.write() as session:
        session.add_all([late, a_petition(due=now().date() + day), a_petition(status="resolved", due=late.due)])
        session.add(a_petition(due_at=now() - timedelta(hours=1)))
    for _ in range(2):
        overdue.announce(database)
    assert kinds(database) == ["petition.overdue"] * 2
    with database.write() as session:
        session.get_one(Petition, late.id).due = now().date() - day
    overdue.announce(database)
    assert kinds(database) == ["petition.overdue"] * 3


def test_models_and_alarms_are_told(office: TestClient, database: Database, receiver: Receiver) -> None:
    subscribe(office, receiver, channels=["12345热线"])
    with database.write() as session:
        events.model_promoted(session, "default@2027.1", previous="default@2026.12", actor="system", accuracy=0.9)
        events.alarm_raised(session, "accuracy_low", level="act", title="准确率偏低", todo="请抽查", precision=0.8)
    deliver(office)
    second, first = sorted(receiver.events, key=lambda event: event["type"])
    assert (first["type"], first["subject"]) == ("petition-nlp.model.promoted.v1", "default@2027.1")
    assert ModelEventOut.model_validate(first["data"]).figures == {"accuracy": 0.9}
    assert (second["type"], second["subject"]) == ("petition-nlp.alarm.raised.v1", "accuracy_low")
    assert AlarmEventOut.model_validate(second["data"]).level == "act"


# What is sent.


def signed(received: Received, secret: str) -> str:
    """The signature as the standard describes it, made independently."""
    content = received.headers["webhook-id"] + "." + received.headers["webhook-timestamp"] + "."
    raw = base64.b64decode(secret.partition("_")[2])
    digest = hmac.digest(raw, content.encode() + received.body, hashlib.sha256)
    return "v1," + base64.b64encode(digest).decode()


def test_an_event_is_a_signed_cloud_event(office: TestClient, receiver: Receiver) -> None:
    webhook = subscribe(office, receiver)
    petition = stored(office, channel="12345热线", id="GD-1")
    deliver(office)
    [received] = receiver.got
    assert received.headers["content-type"] == "application/cloudevents+json; charset=utf-8"
    event = CloudEventOut.model_validate(received.event)
    assert (event.specversion, event.type) == ("1.0", "petition-nlp.petition.routed.v1")
    assert (event.subject, event.source) == (petition["id"], "urn:petition-nlp")
    assert event.id == received.headers["webhook-id"]
    data = PetitionEventOut.model_validate(received.event["data"])
    assert (data.external_id, data.department, data.text) == ("GD-1", "municipal_works", "巷口路灯不亮")
    assert received.headers["webhook-signature"] == signed(received, webhook["secret"])
    assert received.path == "/events?token=geheim"


@on_sqlite
def test_for_a_while_two_secrets_are_good(office: TestClient, receiver: Receiver) -> None:
    webhook = subscribe(office, receiver)
    other = office.post(f"/v1/webhooks/{webhook['id']}/secret", json={"hours": 1}).json()
    stored(office)
    deliver(office)
    [received] = receiver.got
    both = {signed(received, webhook["secret"]), signed(received, other["secret"])}
    assert set(received.headers["webhook-signature"].split()) == both and len(both) == 2
    assert office.post(f"/v1/webhooks/{webhook['id']}/secret", json={"hours": 0}).status_code == 200
    stored(office)
    deliver(office)
    assert len(receiver.got[1].headers["webhook-signature"].split()) == 1


PHONE = "13800138000"


@on_sqlite
def test_personal_data_is_masked_unless_the_webhook_may_have_it(
    office: TestClient, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with receiving() as trusted:
        subscribe(office, receiver)
        subscribe(office, trusted, personal=True)
        petition = stored(office, f"路灯不亮，电话{PHONE}")
        act(office, petition, "corrections", {"department": "gas", "why": f"打{PHONE}问过"})
        deliver(office)
        assert PHONE not in str(receiver.events) and "路灯不亮" in str(receiver.events)
        assert [event["data"]["text"] for event in trusted.events] == [f"路灯不亮，电话{PHONE}"] * 2
        assert PHONE not in str(trusted.events[1]["data"]["change"])
    assert PHONE not in caplog.text and "geheim" not in caplog.text


@on_sqlite
def test_of_sensitive_petitions_only_identifiers_are_told(office: TestClient, receiver: Receiver) -> None:
    with receiving() as trusted:
        subscribe(office, receiver)
        subscribe(office, trusted, restricted=True)
        petition = stored(office, "活着没意思，我写好了遗书，不想活了", channel="网络", id="W-1")
        assert petition["restricted"]
        deliver(office)
    [told], [whole] = receiver.events, trusted.events
    assert PetitionEventOut.model_validate(told["data"]).external_id == "W-1"
    assert set(told["data"]) == {
        "petition",
        "external_id",
        "channel",
        "version",
        "received",
        "sensitive",
    }
    assert whole["data"]["text"] == petition["text"]
    looks = office.get("/v1/audit", params={"action": "restricted_read"}).json()["items"]
    assert [(one["actor_name"], one["target"]) for one in looks] == [("工单系统", f"petition:{petition['id']}")]


@on_sqlite
def test_only_wanted_kinds_and_channels_are_sent(office: TestClient, receiver: Receiver) -> None:
    subscribe(office, receiver, kinds=["petition.routed"], channels=["网络"])
    stored(office, channel="12345热线")
    stored(office, "不知道归谁管", channel="网络")
    wanted = stored(office, channel="网络")
    deliver(office)
    assert [event["subject"] for event in receiver.events] == [wanted["id"]]


@on_sqlite
def test_events_of_a_deleted_petition_are_not_sent(office: TestClient, database: Database, receiver: Receiver) -> None:
    subscribe(office, receiver)
    stored(office)
    kept = stored(office)
    with database.write() as session:
        session.delete(session.scalars(select(Petition).where(Petition.id != kept["id"])).one())
    deliver(office)
    assert [event["subject"] for event in receiver.events] == [kept["id"]]


# Receivers that fail.


def test_a_receiver_that_was_down_gets_everything_in_order(
    office: TestClient, database: Database, receiver: Receiver
) -> None:
    webhook = subscribe(office, receiver)
    petition, other = stored(office), stored(office)
    act(office, petition, "corrections", {"department": "gas", "why": "燃气公司的灯"})
    receiver.answers(503, Retry_After="900")
    deliver(office)
    deliver(office)
    shown = state_of(office, webhook)
    assert (shown["waiting"], shown["status"], shown["error"]) == (3, 503, "refused")
    assert shown["retry_at"] > (now() + timedelta(minutes=14)).astimezone(tz=None).isoformat()[:10]
    tried = len(receiver.got)
    assert tried <= 2, "a pause for all of it"
    receiver.answers(200)
    as_time_passes(database)
    deliver(office)
    taken = [event for event in receiver.events[tried:] if event["subject"] == petition["id"]]
    assert [event["type"].split(".")[2] for event in taken] == ["routed", "corrected"]
    assert other["id"] in [event["subject"] for event in receiver.events[tried:]]
    ids = [received.headers["webhook-id"] for received in receiver.got]
    assert set(ids[:tried]) <= set(ids[tried:]) and len(ids[tried:]) == 3
    shown = state_of(office, webhook)
    assert (shown["waiting"], shown["failures"], shown["error"], shown["retry_at"]) == (0, 0, None, None)


@on_sqlite
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, {}), "refused"),
        ((400, {}), "refused"),
        ((307, {"Location": "http://127.0.0.1:1/"}), "redirect"),
        ((410, {}), "gone"),
    ],
)
def test_an_answer_other_than_success_is_a_failure(
    office: TestClient, receiver: Receiver, answer: tuple[int, dict[str, str]], error: str
) -> None:
    webhook = subscribe(office, receiver)
    stored(office)
    receiver.answers(answer[0], **answer[1])
    deliver(office)
    shown = state_of(office, webhook)
    assert (shown["waiting"], shown["status"], shown["error"]) == (1, answer[0], error)
    assert shown["active"] is (error != "gone")
    assert len(receiver.got) == 1


@on_sqlite
def test_one_event_that_is_refused_holds_up_its_petition_alone(office: TestClient, receiver: Receiver) -> None:
    subscribe(office, receiver)
    refused, other = stored(office), stored(office)
    receiver.answer = lambda received: (500 if received.event["subject"] == refused["id"] else 204, {})
    act(office, refused, "returns", {"reason": "不在辖区"})
    act(office, other, "returns", {"reason": "不在辖区"})
    deliver(office)
    assert [event["subject"] for event in receiver.events].count(refused["id"]) == 1
    assert [event["subject"] for event in receiver.events].count(other["id"]) == 3


@on_sqlite
def test_nobody_looks_again_and_again_at_what_is_held_up(
    office: TestClient, database: Database, receiver: Receiver
) -> None:
    subscribe(office, receiver)
    act(office, stored(office), "returns", {"reason": "不在辖区"})
    receiver.answers(500)
    deliver(office)
    with database.engine.connect() as connection:
        assert deliveries.ready(connection) == []
    as_time_passes(database)
    with database.engine.connect() as connection:
        assert len(deliveries.ready(connection)) == 1


@on_sqlite
@pytest.mark.parametrize(("status", "least", "most"), [(500, 30, 61), (503, 1700, 3601)])
def test_one_event_that_nobody_can_read_keeps_new_ones_for_a_minute_at_most(
    office: TestClient, database: Database, receiver: Receiver, status: int, least: float, most: float
) -> None:
    webhook = subscribe(office, receiver)
    stored(office)
    receiver.answers(status)
    for _ in range(15):
        deliver(office)
        found = state_of(office, webhook)["retry_at"]
        as_time_passes(database)
    assert least < (datetime.fromisoformat(found) - now()).total_seconds() < most


@on_sqlite
def test_an_end_before_the_first_letter_is_no_failure(
    office: TestClient, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    webhook = subscribe(office, receiver)
    stored(office)
    sending = Dispatcher(database, Settings(webhook_hosts=HOSTS))
    parcel = deliveries.parcel
    monkeypatch.setattr(deliveries, "parcel", lambda *given: (parcel(*given), sending.end())[0])
    sending.run_due()
    assert (state_of(office, webhook)["failures"], receiver.got) == (0, [])
    deliver(office)
    assert len(receiver.got) == 1, "another process goes on at once"


@on_sqlite
def test_a_receiver_that_says_nothing_is_cut_off(office: TestClient, receiver: Receiver) -> None:
    webhook = subscribe(office, receiver)
    stored(office)
    over = threading.Event()
    receiver.answer = lambda _: (200 + over.wait(30), {})
    try:
        deliver(office)
    finally:
        over.set()
    assert state_of(office, webhook)["error"] == "timeout"


@on_sqlite
def test_a_slow_receiver_holds_up_nobody_else(
    office: TestClient, database: Database, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 0.01)
    over = threading.Event()
    with receiving() as slow:
        slow.answer = lambda _: (200 + over.wait(30), {})
        subscribe(office, slow)
        subscribe(office, receiver)
        stored(office)
        sending = Dispatcher(database, Settings(webhook_hosts=HOSTS))
        got = threading.Event()
        receiver.answer = lambda _: (got.set() or 204, {})  # type: ignore[func-returns-value]
        sending.begin()
        try:
            assert got.wait(20)
        finally:
            over.set()
            sending.end()


def test_what_is_never_taken_is_dead_and_can_be_sent_again(
    office: TestClient, database: Database, receiver: Receiver
) -> None:
    webhook = subscribe(office, receiver)
    first, second = stored(office), stored(office)
    receiver.answers(500)
    deliver(office)
    as_time_passes(database, hours=100)
    deliver(office)
    path = f"/v1/webhooks/{webhook['id']}"
    dead = office.get(f"{path}/deliveries", params={"state": "dead"}).json()["items"]
    assert [one["subject"] for one in dead] == [second["id"], first["id"]]
    assert {(one["attempts"], one["status"], one["due"]) for one in dead} == {(2, 500, None)}
    receiver.answers(204)
    receiver.got.clear()
    assert office.post(f"{path}/replay", json={"event": dead[0]["event"]}).json() == {"events": 1}
    deliver(office)
    assert [event["subject"] for event in receiver.events] == [second["id"]]
    assert receiver.events[0]["id"] == dead[0]["event"]
    assert office.post(f"{path}/replay", json={"dead": True}).json() == {"events": 1}
    deliver(office)
    assert (state_of(office, webhook)["dead"], len(receiver.got)) == (0, 2)


@on_sqlite
def test_what_waits_for_a_receiver_that_is_gone_too_long_is_dead_untried(
    office: TestClient, database: Database, receiver: Receiver
) -> None:
    webhook = subscribe(office, receiver)
    for _ in range(30):
        stored(office)
    receiver.answers(503)
    deliveries.spread(database)
    as_time_passes(database, hours=100)
    deliver(office)
    assert (state_of(office, webhook)["dead"], state_of(office, webhook)["waiting"]) == (30, 0)
    assert len(receiver.got) < 10


def test_a_span_of_time_is_sent_again_to_a_webhook_that_came_later(
    office: TestClient, database: Database, receiver: Receiver
) -> None:
    stored(office, channel="网络")
    stored(office, channel="12345热线")
    deliver(office)
    webhook = subscribe(office, receiver, channels=["网络"])
    span = {"at_from": (now() - timedelta(hours=1)).isoformat(), "at_to": now().isoformat()}
    for _ in range(2):
        assert office.post(f"/v1/webhooks/{webhook['id']}/replay", json=span).json() == {"events": 1}
        deliver(office)
    assert [event["data"]["channel"] for event in receiver.events] == ["网络"] * 2


def test_what_comes_while_a_webhook_is_paused_waits(office: TestClient, database: Database, receiver: Receiver) -> None:
    webhook = subscribe(office, receiver)
    path = f"/v1/webhooks/{webhook['id']}"
    office.patch(path, json={"active": False})
    stored(office)
    deliver(office)
    assert (receiver.got, state_of(office, webhook)["waiting"]) == ([], 1)
    as_time_passes(database, hours=100)
    office.patch(path, json={"active": True})
    receiver.answers(500)
    deliver(office)
    assert state_of(office, webhook)["waiting"] == 1, "the time in between does not count"


# Who sends.


def test_of_several_processes_one_sends(office: TestClient, database: Database, receiver: Receiver) -> None:
    subscribe(office, receiver)
    for _ in range(10):
        stored(office)
    many = [Dispatcher(database, Settings(webhook_hosts=HOSTS)) for _ in range(3)]
    together = threading.Barrier(3)
    sending = [threading.Thread(target=lambda one=one: (together.wait(), one.run_due())) for one in many]
    for thread in sending:
        thread.start()
    for thread in sending:
        thread.join()
    assert len({event["id"] for event in receiver.events}) == len(receiver.events) == 10


def test_another_process_goes_on_when_one_is_gone(office: TestClient, database: Database, receiver: Receiver) -> None:
    webhook = subscribe(office, receiver)
    stored(office)
    with database.write() as session:
        session.execute(update(Webhook).values(holder="dead", leased_until=now() + timedelta(minutes=1)))
    deliver(office)
    assert receiver.got == []
    with database.write() as session:
        session.execute(update(Webhook).values(leased_until=now() - timedelta(seconds=1)))
    deliver(office)
    assert len(receiver.got) == 1 and state_of(office, webhook)["waiting"] == 0


def test_old_events_are_forgotten(office: TestClient, database: Database, receiver: Receiver) -> None:
    webhook = subscribe(office, receiver)
    stored(office)
    deliver(office)
    with database.write() as session:
        session.execute(update(Event).values(at=now() - timedelta(days=31)))
    stored(office)
    deliver(office)
    assert records.forget(database, 30) == {"deleted": 1}
    assert len(office.get(f"/v1/webhooks/{webhook['id']}/deliveries").json()["items"]) == 1

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families

from service import metrics
from service.store import figures
from service.store.database import Database


@pytest.fixture(autouse=True)
def counted_every_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(figures, "_SECONDS", 0)


def read(client: TestClient) -> dict[tuple[str, frozenset[tuple[str, str]]], float]:
    answer = client.get("/metrics")
    assert answer.headers["content-type"] == metrics.CONTENT_TYPE
    samples = [sample for family in text_string_to_metric_families(answer.text) for sample in family.samples]
    return {(sample.name, frozenset(sample.labels.items())): sample.value for sample in samples}


def grown(client: TestClient, act: Callable[[], object], name: str, **labels: str) -> float:
    """By how much ``act`` lets a metric grow."""
    key = (name, frozenset(labels.items()))
    before = read(client).get(key, 0.0)
    act()
    return read(client)[key] - before


def test_requests_are_counted_by_template(client: TestClient) -> None:
    path = "/v1/petitions/{petition}"
    labels = {"method": "GET", "path": path, "status": "404"}
    act = lambda: client.get(f"/v1/petitions/{'0' * 32}")  # noqa: E731
    assert grown(client, act, "petition_http_requests_total", **labels) == 1
    assert grown(client, act, "petition_http_request_seconds_count", path=path) == 1


def test_an_unknown_method_makes_no_label_of_its_own(client: TestClient) -> None:
    labels = {"method": "other", "path": "-", "status": "404"}
    assert grown(client, lambda: client.request("BREW", "/x"), "petition_http_requests_total", **labels) == 1


def test_routes_are_counted_by_what_was_decided(client: TestClient) -> None:
    def act() -> None:
        items = [{"text": "路灯不亮"}, {"text": "路灯又灭了"}, {"text": "不知道归谁管"}]
        client.post("/v1/routes", json={"items": items})

    labels = {"matter": "government", "department": "municipal_works", "profile": "fast", "review": "no"}
    assert grown(client, act, "petition_routes_total", **labels) == 2
    labels.update(department="", review="yes")
    assert grown(client, act, "petition_routes_total", **labels) == 1
    assert grown(client, act, "petition_route_confidence_bucket", le="0.8") == 3
    assert grown(client, act, "petition_route_confidence_bucket", le="0.7") == 0


def test_stored_petitions_are_counted_by_state(client: TestClient) -> None:
    for text in ("路灯不亮", "水管爆了", "不知道归谁管"):
        client.post("/v1/petitions", json={"text": text})
    found = read(client)
    assert found["petition_petitions", frozenset({("status", "assigned")})] == 2
    assert found["petition_petitions", frozenset({("status", "pending")})] == 1
    assert found["petition_store_up", frozenset()] == 1


def test_restricted_petitions_that_wait_are_counted(client: TestClient) -> None:
    client.post("/v1/petitions", json={"text": "举报村支书贪污修路款"})
    client.post("/v1/petitions", json={"text": "不知道归谁管"})
    assert read(client)["petition_restricted_waiting", frozenset()] == 1


def test_a_database_that_does_not_answer_is_counted(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object, **__: object) -> None:
        from sqlalchemy.exc import TimeoutError

        raise TimeoutError

    def act() -> None:
        with monkeypatch.context() as broken:
            broken.setattr("service.store.database.Session", gone)
            client.get("/v1/petitions")

    assert grown(client, act, "petition_store_errors_total") == 1


def test_memory_and_waiting_messages_are_shown(client: TestClient) -> None:
    found = read(client)
    assert found["petition_pending_messages", frozenset()] == 0
    assert found["petition_process_memory_bytes", frozenset()] > 1_000_000


def test_no_label_holds_what_a_resident_wrote(client: TestClient, database: Database) -> None:
    secret = "张三住九栋13800138000"
    client.post(f"/v1/petitions?{secret}", json={"text": secret, "id": secret, "channel": secret, "area": secret})
    client.get(f"/{secret}")
    client.get("/v1/petitions", params={"text": secret})
    exposed = client.get("/metrics").text
    assert not re.search("张三|13800138000|%E5", exposed)

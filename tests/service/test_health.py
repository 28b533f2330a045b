from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import pytest
from doubles import StubRouter
from fastapi.testclient import TestClient

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.app import create_app


def wait_for_status(client: TestClient, path: str, status: int) -> Any:
    deadline = time.monotonic() + 60
    while (answer := client.get(path)).status_code != status:
        assert time.monotonic() < deadline, answer.text
        time.sleep(0.02)
    return answer


def test_a_loaded_service_names_model_and_taxonomy(client: TestClient, router: Router) -> None:
    assert client.get("/healthz").json() == {"status": "ok"}
    assert client.get("/readyz").json() == {
        "status": "ready",
        "model": router.model,
        "profile": router.profile.name,
        "taxonomy": router.taxonomy.version,
        "store": "ok",
    }


def test_the_service_answers_while_the_model_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    finish_loading = threading.Event()

    def load(*_: object, **__: object) -> StubRouter:
        assert finish_loading.wait(30)
        return StubRouter()

    monkeypatch.setattr(Router, "load", load)
    with TestClient(create_app(Settings()), base_url="http://localhost") as client:
        assert client.get("/healthz").status_code == 200
        assert client.get("/").status_code == 200
        for answer in (
            client.get("/readyz"),
            client.get("/v1/taxonomy"),
            client.post("/v1/routes", json={"text": "a"}),
        ):
            assert (answer.status_code, answer.json()["code"]) == (503, "loading")
            assert int(answer.headers["retry-after"]) > 0
        finish_loading.set()
        assert wait_for_status(client, "/readyz", 200).json()["model"] == "double@1"
        assert client.post("/v1/routes", json={"text": "a"}).status_code == 200


def test_settings_choose_model_and_precision(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[tuple[object, object]] = []

    def load(folder: object, *, target_precision: float, **_: object) -> StubRouter:
        asked.append((folder, target_precision))
        return StubRouter()

    monkeypatch.setattr(Router, "load", load)
    with TestClient(create_app(Settings(model=tmp_path, target_precision=0.95)), base_url="http://localhost") as client:
        wait_for_status(client, "/readyz", 200)
    assert asked == [(tmp_path, 0.95)]


def test_a_model_that_cannot_be_loaded_is_reported(tmp_path: Path) -> None:
    with TestClient(create_app(Settings(model=tmp_path / "missing")), base_url="http://localhost") as client:
        deadline = time.monotonic() + 60
        while (problem := client.get("/readyz").json())["code"] == "loading":
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert (problem["status"], problem["code"]) == (503, "bad_model")
        assert client.get("/healthz").status_code == 200
        answer = client.post("/v1/routes", json={"text": "a"})
        assert (answer.status_code, answer.json()["code"]) == (503, "bad_model")
        assert str(tmp_path) not in answer.text


def test_an_unforeseen_failure_of_loading_is_reported_too(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(*_: object, **__: object) -> None:
        raise KeyError("weights")

    monkeypatch.setattr(Router, "load", load)
    with TestClient(create_app(Settings()), base_url="http://localhost") as client:
        time.sleep(0.1)
        assert client.get("/readyz").json()["code"] == "bad_model"

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
from doubles import FailingRouter
from fastapi.testclient import TestClient

from service.logs import JsonFormatter, configure

MakeClient = Callable[..., TestClient]
SECRETS = ("张三住在九栋", "GD-4711", "13800138000")


@pytest.fixture
def lines(caplog: pytest.LogCaptureFixture) -> Callable[[], list[dict[str, Any]]]:
    """The lines as they would be written, of all the service's loggers."""
    caplog.set_level(logging.DEBUG)

    def read() -> list[dict[str, Any]]:
        own = [record for record in caplog.records if record.name.startswith("service")]
        written = [json.loads(JsonFormatter().format(record)) for record in own]
        return [line for line in written if line["event"] != "tables upgraded"]

    return read


def post_secrets(client: TestClient) -> Any:
    text, number, phone = SECRETS
    return client.post(
        f"/v1/routes?phone={phone}", json={"text": text, "id": number, "title": text, "extra": {text: text}}
    )


def test_a_request_is_one_line_without_anything_a_resident_wrote(
    stub_client: MakeClient, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = post_secrets(stub_client())
    (line,) = lines()
    assert (line["event"], line["method"], line["path"], line["status"], line["items"]) == (
        "request",
        "POST",
        "/v1/routes",
        200,
        1,
    )
    assert line["ms"] >= 0
    assert line["request_id"] == answer.headers["x-request-id"]
    assert not [secret for secret in SECRETS if secret in json.dumps(line, ensure_ascii=False)]


def test_a_failure_is_logged_by_place_and_answered_without_text(
    stub_client: MakeClient, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    answer = post_secrets(stub_client(FailingRouter()))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (500, "internal_error")
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["instance"] == f"urn:request:{answer.headers['x-request-id']}"
    failure, request = lines()
    assert failure["error"]["type"] == "ValueError"
    assert any("doubles.py" in place for place in failure["error"]["at"])
    assert failure["request_id"] == request["request_id"] == answer.headers["x-request-id"]
    assert request["status"] == 500
    everything = answer.text + json.dumps([failure, request], ensure_ascii=False)
    assert not [secret for secret in SECRETS if secret in everything]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("path", [f"/{SECRETS[0]}", f"/v1/routes/{SECRETS[1]}"])
def test_an_unknown_path_is_not_logged(
    path: str, stub_client: MakeClient, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    assert stub_client().get(path).status_code == 404
    assert [line["path"] for line in lines()] == ["-"]


@pytest.mark.parametrize(("path", "shown"), [("/", "/"), ("/healthz", "/healthz"), ("/openapi.json", "/openapi.json")])
def test_a_known_path_is_logged(
    path: str, shown: str, stub_client: MakeClient, lines: Callable[[], list[dict[str, Any]]]
) -> None:
    stub_client().get(f"{path}?q=1")
    assert [line["path"] for line in lines()] == [shown]


def test_refused_content_is_not_logged(stub_client: MakeClient, lines: Callable[[], list[dict[str, Any]]]) -> None:
    stub_client().post("/v1/routes", json={SECRETS[0]: SECRETS[1]})
    assert SECRETS[0] not in json.dumps(lines(), ensure_ascii=False)


def test_a_callers_request_id_is_kept(stub_client: MakeClient) -> None:
    answer = stub_client().get("/healthz", headers={"X-Request-ID": "gateway-1.2_3"})
    assert answer.headers["x-request-id"] == "gateway-1.2_3"


@pytest.mark.parametrize("given", ["a b", "x" * 65, '{"a":1}', ""])
def test_a_request_id_that_could_spoil_the_log_is_replaced(given: str, stub_client: MakeClient) -> None:
    answer = stub_client().get("/healthz", headers={"X-Request-ID": given})
    assert len(answer.headers["x-request-id"]) == 32


def test_the_web_servers_own_traceback_is_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        configure("info")
        server = logging.getLogger("uvicorn.error")
        server.error(f"Traceback (most recent call last):\nValueError: {SECRETS[0]}")
        server.error("Application startup failed. Exiting.")
    finally:
        root.handlers[:], root.level = before
    [line] = capsys.readouterr().err.splitlines()
    assert json.loads(line)["event"] == "Application startup failed. Exiting."

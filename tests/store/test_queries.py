"""Query parameters: every operation refuses those that it does not have."""

from __future__ import annotations

import pytest
from callers import on_sqlite
from fastapi.testclient import TestClient

NUMBER = "0" * 32


@on_sqlite
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/petitions"),
        ("GET", f"/v1/petitions/{NUMBER}"),
        ("GET", "/v1/jobs"),
        ("GET", f"/v1/jobs/{NUMBER}/result"),
        ("DELETE", f"/v1/jobs/{NUMBER}"),
        ("GET", "/v1/audit"),
        ("GET", "/v1/stats"),
        ("GET", "/v1/directory/versions"),
        ("GET", "/v1/taxonomy"),
        ("GET", "/v1/keys"),
        ("POST", "/v1/petitions"),
    ],
)
def test_a_parameter_that_there_is_not_is_refused(client: TestClient, method: str, path: str) -> None:
    answer = client.request(method, path, params={"stauts": "办理中"})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_request")
    assert answer.json()["errors"] == [{"field": "stauts", "message": "未知的字段"}]


@on_sqlite
def test_every_parameter_of_the_document_is_taken(client: TestClient) -> None:
    for path, operations in client.get("/openapi.json").json()["paths"].items():
        names = [one["name"] for one in operations.get("get", {}).get("parameters", ()) if one["in"] == "query"]
        answer = client.get(path.replace("}", "").replace("{", ""), params=dict.fromkeys(names, "1"))
        unknown = [error for error in answer.json().get("errors", ()) if "未知" in error["message"]] if names else []
        assert unknown == [], path


@on_sqlite
@pytest.mark.parametrize("path", ["/healthz", "/readyz", "/metrics"])
def test_probes_may_add_what_they_like(client: TestClient, path: str) -> None:
    assert client.get(path, params={"t": "1"}).status_code != 422

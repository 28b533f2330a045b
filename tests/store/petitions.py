"""Short ways to store petitions and act on them through the API."""

from __future__ import annotations

from typing import Any

from fastapi.testclient import TestClient

from service.petitions.schemas import EntryOut

Petition = dict[str, Any]


def stored(client: TestClient, text: str = "巷口路灯不亮", **fields: Any) -> Petition:
    answer = client.post("/v1/petitions", json={"text": text, **fields})
    assert answer.status_code == 201, answer.text
    return answer.json()


def act(client: TestClient, petition: Petition, what: str, body: dict[str, Any]) -> Any:
    return client.post(f"/v1/petitions/{petition['id']}/{what}", json=body)


def again(client: TestClient, petition: Petition) -> Petition:
    return client.get(f"/v1/petitions/{petition['id']}").json()


def history(client: TestClient, petition: Petition) -> list[dict[str, Any]]:
    items = client.get(f"/v1/petitions/{petition['id']}/history").json()["items"]
    return [EntryOut.model_validate(item).model_dump() for item in items]

"""What the tests of the pages rely on: invented petitions that look like those that came through the API."""

from __future__ import annotations

from collections.abc import Callable

from fastapi.testclient import TestClient
from filling import fill

from service.petitions.schemas import HistoryOut, PetitionPageOut
from service.store.database import Database


def test_filled_petitions_are_listed_newest_first(database: Database, serve: Callable[..., TestClient]) -> None:
    ids = fill(database, 30)
    client = serve()
    page = client.get("/v1/petitions", params={"limit": 30}).json()
    assert [item["id"] for item in PetitionPageOut.model_validate(page).model_dump()["items"]] == ids[::-1]
    HistoryOut.model_validate(client.get(f"/v1/petitions/{ids[0]}/history").json())
    waiting = client.get("/v1/review").json()["waiting"]
    assert 0 < waiting < 30

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import postgres
import pytest
from fastapi.testclient import TestClient
from running import until
from sqlalchemy import text
from store_doubles import WordRouter

from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service.app import create_app
from service.store import keeper, migrate
from service.store.database import Database


@pytest.fixture(autouse=True)
def looked_after_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeper, "_SECONDS", 0.05)


def store(client: TestClient) -> Any:
    return client.post("/v1/petitions", json={"text": "路灯不亮"})


def state(client: TestClient) -> str:
    return str(client.get("/readyz").json()["store"])


def test_a_service_starts_without_its_database_and_takes_it_when_it_comes(postgresql: postgres.Cluster) -> None:
    with TestClient(create_app(Settings(database=postgresql.url("later"), access="open"), WordRouter())) as client:
        assert client.post("/v1/routes", json={"text": "路灯"}).status_code == 200
        assert (client.get("/readyz").status_code, state(client)) == (200, "unavailable")
        required = client.get("/readyz?store=required")
        assert (required.status_code, required.json()["code"]) == (503, "store_unavailable")
        assert store(client).json()["code"] == "store_unavailable"
        assert "petition_store_up 0.0" in client.get("/metrics").text
        postgresql.sql("CREATE DATABASE later")
        until(lambda: client.get("/readyz?store=required").status_code == 200)
        assert store(client).status_code == 201


def test_a_database_that_goes_and_comes_back_is_noticed(serve: Callable[..., TestClient], database: Database) -> None:
    client = serve()
    assert state(client) == "ok"
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE alembic_version RENAME TO elsewhere"))
    until(lambda: state(client) == "unavailable")
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE elsewhere RENAME TO alembic_version"))
    until(lambda: state(client) == "ok")


def test_an_instance_that_stops_is_not_ready(client: TestClient) -> None:
    client.app.state.stopping = True
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["code"]) == (503, "stopping")
    assert client.get("/healthz").status_code == 200


def test_a_service_does_not_start_on_tables_of_a_newer_program(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'new.db'}")
    migrate.upgrade(database)
    with database.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    database.close()
    app = create_app(Settings(database=f"sqlite:///{tmp_path / 'new.db'}"), WordRouter())
    with pytest.raises(ConfigError, match="9999"), TestClient(app):
        pass
    assert isinstance(app.state.failure, ConfigError)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'empty.db'}"
    cluster: postgres.Cluster = request.getfixturevalue("postgresql")
    cluster.sql("CREATE DATABASE empty")
    return cluster.url("empty")


def test_several_programs_bring_the_tables_up_to_date_at_the_same_time(empty_url: str) -> None:
    databases = [Database(empty_url) for _ in range(4)]
    with ThreadPoolExecutor(4) as threads:
        upgraded = list(threads.map(migrate.upgrade, databases))
    assert [after for _, after in upgraded] == [migrate.newest()] * 4
    assert [before for before, _ in upgraded].count(None) == 1
    for one in databases:
        one.close()

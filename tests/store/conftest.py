from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import postgres
import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from jobs_helpers import Recorded
from store_doubles import WordRouter
from toy import toy_model

from petition_nlp.artifact import save_model
from petition_nlp.settings import Settings
from service.access import known, passwords
from service.app import create_app
from service.jobs import supervise
from service.store import migrate
from service.store.database import Database


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
    for name in [name for name in os.environ if name.upper().startswith("PETITION_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine a store that answers must not pass for one that does not."""
    monkeypatch.setattr(known, "_PATIENCE_SECONDS", 30)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    database.close()
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A SQLite file of the test's own with all tables."""
    shutil.copy(sqlite_template, tmp_path / "own.db")
    return f"sqlite:///{tmp_path / 'own.db'}"


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """A database of the test's own with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "sqlite":
        url: str = request.getfixturevalue("sqlite_url")
        return url
    running: postgres.Cluster = request.getfixturevalue("postgresql")
    # One after the other: hundreds of them, each of some megabytes, would not fit into memory.
    running.sql("DROP DATABASE IF EXISTS own WITH (FORCE)", "CREATE DATABASE own TEMPLATE template")
    return running.url("own")


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    made = Database(database_url)
    yield made
    made.close()


@pytest.fixture
def serve(database_url: str, tmp_path: Path) -> Iterator[Callable[..., TestClient]]:
    """Makes a client of a service on the test's database, with a router that goes by words."""
    opened: list[TestClient] = []

    def make(router: object | None = None, **settings: object) -> TestClient:
        own = {"database": database_url, "data_folder": tmp_path / "data", "job_workers": 0, "blind_share": 0}
        chosen = Settings(**{**own, **settings})
        client = TestClient(create_app(chosen, router or WordRouter()), base_url="http://localhost")
        opened.append(client.__enter__())
        return client

    yield make
    for client in opened:
        client.__exit__(None, None, None)


@pytest.fixture
def client(serve: Callable[..., TestClient]) -> TestClient:
    return serve()


@pytest.fixture
def cheap_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes that cost nothing."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    passwords._nobody.cache_clear()


@pytest.fixture(scope="session")
def toy_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model") / "toy"
    save_model(toy_model(), folder)
    return folder


@pytest.fixture
def working(serve: Callable[..., TestClient], toy_folder: Path) -> TestClient:
    return serve(model=toy_folder, job_workers=1)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Recorded]]:
    """The processes that do jobs; they finish a part after each batch and are looked at often."""
    monkeypatch.setattr(supervise, "ROWS_OF_A_PART", 512)
    monkeypatch.setattr(supervise, "WATCH_SECONDS", 0.05)
    monkeypatch.setattr(Recorded, "all", [], raising=False)
    own = SimpleNamespace(Popen=Recorded, PIPE=subprocess.PIPE, DEVNULL=subprocess.DEVNULL)
    monkeypatch.setattr(supervise, "subprocess", own)
    yield Recorded

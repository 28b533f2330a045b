from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from doubles import StubRouter
from fastapi.testclient import TestClient

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.app import create_app


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch: pytest.MonkeyPatch, tmp_path: os.PathLike[str]) -> None:
    for name in [name for name in os.environ if name.upper().startswith("PETITION_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="session")
def router() -> Router:
    return Router.load(None, target_precision=0.9)


@pytest.fixture
def client(router: Router) -> Iterator[TestClient]:
    with TestClient(create_app(Settings(), router), base_url="http://localhost") as made:
        yield made


@pytest.fixture
def stub_client() -> Iterator[Callable[..., TestClient]]:
    """Makes a client of a service with a test's router and settings."""
    opened: list[TestClient] = []

    def make(router: object | None = None, **settings: object) -> TestClient:
        made = TestClient(create_app(Settings(**settings), router or StubRouter()), base_url="http://localhost")
        opened.append(made.__enter__())
        return made

    yield make
    for made in opened:
        made.__exit__(None, None, None)

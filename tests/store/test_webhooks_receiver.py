"""The receiver of docs/events.md, run as it stands there."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from callers import on_sqlite
from fastapi.testclient import TestClient
from petitions import stored
from running import until

from service.events import dispatcher

Serve = Callable[..., TestClient]
pytestmark = on_sqlite

_DOCS = Path(__file__).resolve().parents[2] / "docs" / "events.md"


@pytest.fixture
def service(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> TestClient:
    monkeypatch.setattr(dispatcher, "LOOK_SECONDS", 3600)
    return serve(webhook_hosts=("127.0.0.1",))


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        found: int = free.getsockname()[1]
    return found


@contextmanager
def receiver(folder: Path, port: int, secrets: str) -> Iterator[None]:
    """The documented program, as long as it takes."""
    [program] = [
        block
        for block in re.findall(r"```python\n(.*?)```", _DOCS.read_text(encoding="utf-8"), re.S)
        if "PORT" in block
    ]
    (folder / "receiver.py").write_text(program, encoding="utf-8")
    environment = {**os.environ, "WEBHOOK_SECRET": secrets, "PORT": str(port)}
    running = subprocess.Popen([sys.executable, "receiver.py"], cwd=folder, env=environment, stderr=subprocess.DEVNULL)
    try:
        until(lambda: _listens(port))
        yield
    finally:
        running.terminate()
        running.wait(10)


def _listens(port: int) -> bool:
    with socket.socket() as tried:
        return tried.connect_ex(("127.0.0.1", port)) == 0


def kept(folder: Path) -> list[tuple[str, int | None]]:
    """Type and version of the events that it wrote down, in their order."""
    with closing(sqlite3.connect(folder / "events.sqlite")) as store:
        return store.execute("SELECT type, version FROM event ORDER BY rowid").fetchall()


def deliver(service: TestClient) -> None:
    service.app.state.dispatcher.run_due()  # type: ignore[attr-defined]


def test_it_takes_what_is_genuine_once_and_in_order(service: TestClient, port: int, tmp_path: Path) -> None:
    wanted = {"name": "热线工单系统", "url": f"http://127.0.0.1:{port}/events"}
    made: dict[str, Any] = service.post("/v1/webhooks", json=wanted).json()
    path = f"/v1/webhooks/{made['id']}"
    petition = stored(service, "路灯不亮")
    decision = {"department": "electricity", "why": "路灯由供电公司养护"}
    service.post(f"/v1/petitions/{petition['id']}/corrections", json=decision)
    with receiver(tmp_path, port, "whsec_AAAA"):  # of somebody else
        deliver(service)
        assert service.post(f"{path}/test").json()["status"] == 401
    renewed = service.post(f"{path}/secret", json={"hours": 1}).json()["secret"]
    service.patch(path, json={"active": False})
    service.patch(path, json={"active": True})  # what waited is tried now
    for secrets in (made["secret"], renewed, f"{made['secret']} {renewed}"):
        with receiver(tmp_path, port, secrets):
            deliver(service)
            service.post(f"{path}/replay", json={"at_from": "2020-01-01T00:00", "at_to": "2100-01-01T00:00"})
            deliver(service)
    assert service.get(path).json()["waiting"] == 0
    types = [(kind.split(".", 1)[1].removesuffix(".v1"), version) for kind, version in kept(tmp_path)]
    assert types == [("petition.routed", 1), ("petition.corrected", 2)]

"""The model is changed under load, in two processes behind one socket."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from running import Program, until

from models import ZIP, model_folder, zipped

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="forks processes")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path, "--processes", "2")
    yield made
    made.process.kill()
    made.process.wait()


class Askers:
    """Programs that ask for routes on connections that stay open; ``answers`` are models, or what was wrong."""

    def __init__(self, address: str) -> None:
        self.answers: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._ask, args=(address,)) for _ in range(2)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self, address: str) -> None:
        with httpx.Client(base_url=address, timeout=60, trust_env=False) as client:
            while not self._over.wait(0.01):
                answer = client.post("/v1/routes", json={"text": "路灯不亮"})
                self.answers.append(answer.json()["model"] if answer.status_code == 200 else answer.text)


def test_no_request_is_lost_when_the_model_changes(program: Program, tmp_path: Path) -> None:
    client = program.client()
    first = client.get("/readyz").json()["model"]
    made = client.post("/v1/models", content=zipped(model_folder(tmp_path, "1")), headers=ZIP).json()

    def used(identifier: str) -> int:
        return int(client.get(f"/v1/models/{identifier}").json()["processes"])

    asking = Askers(str(client.base_url))
    try:
        assert client.post(f"/v1/models/{made['id']}/promote", json={"why": "重新训练"}).status_code == 200
        until(lambda: used(made["id"]) == 2)
        switched = len(asking.answers) + 2  # one of each may be on its way
        until(lambda: len(asking.answers) > switched + 20)
        assert set(asking.answers[switched:]) == {"toy@1"}
        back = client.post("/v1/models/rollback", json={"why": "误分增多"}).json()
        until(lambda: used(back["id"]) == 2)
    finally:
        asking.stop()
    assert set(asking.answers) == {first, "toy@1"}
    assert not program.events("worker died") and len(program.events("model changed")) == 4

"""Several processes behind one socket, as users run them."""

from __future__ import annotations

import os
import re
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from running import Program, is_running, until

from petition_nlp import __version__

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="looks at processes as Linux shows them")


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Program]:
    made = Program(tmp_path, "--processes", "2")
    yield made
    made.process.kill()
    made.process.wait()


def route(client: httpx.Client) -> int:
    return client.post("/v1/routes", json={"text": "路灯不亮"}).status_code


def processes_shown(client: httpx.Client) -> int:
    return len(re.findall(r"^petition_process_memory_bytes\{", client.get("/metrics").text, re.MULTILINE))


def test_workers_are_replaced_one_by_one_and_all_at_once(program: Program) -> None:
    client = program.client()
    assert route(client) == 200
    first, second = [event["pid"] for event in program.events("worker started")]
    os.kill(first, signal.SIGKILL)
    assert program.wait_for("worker died")["code"] == -signal.SIGKILL
    assert program.wait_for("worker started", 3)["worker"] == program.events("worker died")[0]["worker"]
    assert is_running(second)

    answers: list[int] = []
    over = threading.Event()

    def ask() -> None:
        while not over.is_set():
            with httpx.Client(base_url=client.base_url, timeout=60, trust_env=False) as own:
                answers.append(route(own))

    asking = threading.Thread(target=ask)
    asking.start()
    program.signal(signal.SIGHUP)
    until(lambda: len(program.events("worker stopped")) == 2)
    over.set()
    asking.join()
    assert set(answers) == {200}
    assert not is_running(second)
    assert len(program.events("worker started")) == 5

    until(lambda: processes_shown(client) == 2)  # those that have ended are gone
    metrics = client.get("/metrics").text
    counted = re.search(r'petition_http_requests_total\{.*path="/v1/routes".*\} (\S+)', metrics)
    # The first was killed as soon as it had answered, perhaps before it counted that.
    assert counted is not None and float(counted[1]) - len(answers) in (0, 1)
    assert program.end() == 0
    assert program.events("stopped")


def test_a_reload_that_fails_changes_nothing_and_a_killed_generation_is_replaced(program: Program) -> None:
    client = program.client()
    worker = program.events("worker started")[0]["pid"]
    settings = program.folder / "petition-nlp.toml"
    before = settings.read_text(encoding="utf-8")
    settings.write_text('model = "missing"', encoding="utf-8")
    program.signal(signal.SIGHUP)
    program.wait_for("reload failed")
    assert route(client) == 200
    assert not program.events("worker stopped")

    settings.write_text(before, encoding="utf-8")
    os.kill(parent_of(worker), signal.SIGKILL)
    program.wait_for("serving", 2)
    assert route(client) == 200


def parent_of(pid: int) -> int:
    found = re.search(r"^PPid:\t(\d+)", Path(f"/proc/{pid}/status").read_text(), re.MULTILINE)
    assert found is not None
    return int(found[1])


def test_workers_do_not_outlive_the_program(program: Program) -> None:
    program.client()
    workers = [event["pid"] for event in program.events("worker started")]
    program.process.kill()
    until(lambda: not any(map(is_running, workers)))


def test_a_model_that_cannot_be_loaded_ends_the_program(tmp_path: Path) -> None:
    program = Program(tmp_path, "--processes", "2", "--model", "missing")
    assert program.process.wait(90) == 4
    assert "missing" in program.log.read_text(encoding="utf-8")


def test_one_process_ignores_a_reload_and_says_before_it_stops(tmp_path: Path) -> None:
    program = Program(tmp_path, settings="drain_seconds = 2")
    client = program.client()
    program.signal(signal.SIGHUP)
    program.wait_for("reload needs several processes")
    assert route(client) == 200
    program.signal(signal.SIGTERM)
    stopping = until(lambda: (answer := client.get("/readyz")).status_code == 503 and answer)
    assert stopping.json()["code"] == "stopping"
    assert route(client) == 200
    assert program.process.wait(90) == 0
    (starting,) = program.events("starting")
    assert starting["version"] == __version__ and starting["database"].endswith(".db")
    assert program.events("tables upgraded")[0]["from"] is None
    assert program.events("stopped")

"""The service as users run it: a process of its own, reached over a socket."""

from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from petition_nlp.errors import PetitionError
from petition_nlp.settings import Settings
from service.run import serve

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from petition_nlp.errors import PetitionError
from petition_nlp.settings import Settings
from service.run import serve
try:
    serve(Settings.load(port=0, model=sys.argv[1] if sys.argv[1:] else None))
except PetitionError as error:
    sys.exit(f"ERROR {error}")
"""


def start(log: Path, *arguments: str) -> subprocess.Popen[str]:
    with log.open("w") as stderr:
        return subprocess.Popen(
            [sys.executable, "-c", PROGRAM, *arguments],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
        )


class Running:
    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        assert process.stdout is not None
        line = process.stdout.readline()
        found = re.fullmatch(r"分拨台已启动：(http://127\.0\.0\.1:\d+)（按 Ctrl\+C 停止）\n", line)
        assert found, line + log.read_text(encoding="utf-8")
        self.address, self.process, self.log = found[1], process, log
        self.client = httpx.Client(base_url=self.address, timeout=60, trust_env=False)
        self._wait_until_ready()

    def _wait_until_ready(self) -> None:
        with httpx.Client(transport=httpx.HTTPTransport(retries=3), trust_env=False) as client:
            for _ in range(600):
                if client.get(f"{self.address}/readyz").status_code == 200:
                    return
                assert self.process.poll() is None, self.log.read_text(encoding="utf-8")
                time.sleep(0.1)
        pytest.fail("the model never loaded")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    log = tmp_path_factory.mktemp("serve") / "log"
    process = start(log)
    try:
        yield Running(process, log)
    finally:
        process.terminate()
        process.wait(30)


def test_messages_are_routed_over_a_socket(running: Running) -> None:
    answer = running.client.post("/v1/routes", json={"text": "楼下烧烤店油烟扰民"})
    assert answer.status_code == 200
    assert answer.json()["model"] == running.client.get("/readyz").json()["model"]


def test_single_messages_are_answered_beside_large_lists(running: Running) -> None:
    items = [{"text": f"第{n}栋楼下烧烤店油烟扰民，物业不管", "id": str(n)} for n in range(1000)]
    with ThreadPoolExecutor(8) as threads:
        lists = [threads.submit(running.client.post, "/v1/routes", json={"items": items}) for _ in range(2)]
        singles = [threads.submit(running.client.post, "/v1/routes", json={"text": "路灯不亮"}) for _ in range(20)]
        assert {single.result().status_code for single in singles} == {200}
        for large in lists:
            ids = [item["id"] for item in large.result().json()["items"]]
            assert ids == [str(n) for n in range(1000)]


def test_chinese_in_an_address_that_is_not_encoded_is_a_problem(running: Running) -> None:
    host, _, port = running.address.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall("GET /v1/petitions?area=东街道 HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
        head, _, body = connection.makefile("rb").read().partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 400 ")
    assert b"content-type: application/problem+json" in head
    assert "百分号编码" in json.loads(body)["detail"]


def test_an_endless_body_is_cut_off(running: Running) -> None:
    def endless() -> Iterator[bytes]:
        while True:
            yield b" " * 65536

    headers = {"content-type": "application/json"}
    with httpx.Client(base_url=running.address, trust_env=False) as client:
        try:
            answer = client.post("/v1/routes", content=endless(), headers=headers)
        except (httpx.WriteError, httpx.ReadError):
            return  # the server closed the connection before this client read the answer
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")


def test_a_large_body_is_refused_with_a_problem(running: Running) -> None:
    with httpx.Client(base_url=running.address, trust_env=False) as client:
        answer = client.post("/v1/routes", json={"text": "a" * (2 * 1024 * 1024)})
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert running.client.get("/healthz").status_code == 200


def test_the_log_is_json_without_text(running: Running) -> None:
    running.client.post("/v1/routes?q=机密查询", json={"text": "机密内容", "id": "机密编号"})
    lines = [json.loads(line) for line in running.log.read_text(encoding="utf-8").splitlines()]
    assert {"model loaded", "request"} <= {line["event"] for line in lines}
    assert "机密" not in running.log.read_text(encoding="utf-8")


def test_a_port_that_is_taken_is_a_clear_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(PetitionError, match=f"127.0.0.1:{port}：端口已被占用.*换一个端口"):
            serve(Settings(port=port))


@pytest.mark.parametrize(
    ("host", "what"), [("no.such.host.invalid", "监听地址无效"), ("192.0.2.1", "本机没有这个地址")]
)
def test_an_address_of_another_machine_is_a_clear_error(host: str, what: str) -> None:
    with pytest.raises(PetitionError, match=what):
        serve(Settings(host=host, port=0))


def test_a_missing_model_ends_the_process_with_its_error(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start(log, str(tmp_path / "missing"))
    try:
        process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 1
    assert "ERROR" in log.read_text(encoding="utf-8")
    assert "missing" in log.read_text(encoding="utf-8")


def test_ctrl_c_ends_the_process_quietly(tmp_path: Path) -> None:
    log = tmp_path / "log"
    process = start(log)
    try:
        Running(process, log)
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    finally:
        process.kill()
    assert "Traceback" not in log.read_text(encoding="utf-8")

"""Uploads, waiting for jobs, and a record of the processes that do them."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from fastapi.testclient import TestClient
from tables import write_table

from service.jobs.states import BUSY

SECONDS = 90
OCTETS = {"Content-Type": "application/octet-stream"}


def orders(folder: Path, rows: int, name: str = "工单.csv", *, encoding: str = "utf-8") -> bytes:
    """A file of orders about power cuts."""
    table = [["编号", "诉求内容"], *([f"GD-{n}", f"第{n}栋停电了没人管"] for n in range(rows))]
    return write_table(folder / name, table, encoding=encoding).read_bytes()


def upload(client: TestClient, data: bytes, name: str = "工单.csv", **headers: str) -> dict[str, Any]:
    answer = client.post("/v1/jobs", params={"file_name": name}, content=data, headers={**OCTETS, **headers})
    assert answer.status_code == 201, answer.text
    return answer.json()


def start(client: TestClient, job: dict[str, Any], **options: Any) -> dict[str, Any]:
    answer = client.post(f"/v1/jobs/{job['id']}/start", json=options)
    assert answer.status_code == 200, answer.text
    return answer.json()


def seen(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    return client.get(f"/v1/jobs/{job['id']}").json()


def until(client: TestClient, job: dict[str, Any], wanted: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """The job as soon as it is as wanted."""
    for _ in range(SECONDS * 20):
        now = seen(client, job)
        if wanted(now):
            return now
        time.sleep(0.05)
    raise AssertionError(now)


def ended(client: TestClient, job: dict[str, Any]) -> dict[str, Any]:
    return until(client, job, lambda now: now["status"] not in BUSY)


def under_way(client: TestClient, job: dict[str, Any], rows: int) -> dict[str, Any]:
    """The job as soon as some rows are done; it must not be over then."""
    now = until(client, job, lambda now: now["status"] not in BUSY or (now["progress"] or {}).get("rows", 0) >= rows)
    assert now["status"] == "running", now
    return now


class Recorded(subprocess.Popen[bytes]):
    """A process that a test can find again."""

    all: list[Recorded]

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        type(self).all.append(self)

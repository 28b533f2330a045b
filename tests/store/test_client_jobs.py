"""The client's bulk jobs against the real service."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import pytest
from client_doubles import ToService
from fastapi.testclient import TestClient
from jobs_helpers import orders
from tables import read_table

from petition_nlp.client import ApiError, Client, Retries, shapes
from service.jobs.schemas import JobOut

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def transport(serve: Callable[..., TestClient]) -> ToService:
    return ToService(serve(profile="fast", job_workers=1))


@pytest.fixture
def program(transport: ToService) -> Client:
    return Client("http://127.0.0.1", transport=transport, retries=Retries(pause=0.01))


def test_a_file_goes_up_and_its_result_comes_back(program: Client, transport: ToService, tmp_path: Path) -> None:
    assert {field.name for field in fields(shapes.Job)} == set(JobOut.model_fields)
    (tmp_path / "工单.csv").write_bytes(orders(tmp_path, 3))
    transport.losing = 1
    job = program.jobs.upload(tmp_path / "工单.csv", key="upload-1")
    assert program.jobs.upload(tmp_path / "工单.csv", key="upload-1") == job
    assert job.found is not None and job.found.mapping == {"text": "诉求内容", "id": "编号"}
    job = program.jobs.start(program.jobs.read_as(job, columns={"text": "诉求内容"}), output_format="csv")
    job = program.jobs.wait(job, pause=0.1)
    assert (job.status, job.summary and job.summary["rows"]) == ("done", 3)
    transport.losing = 1
    path = program.jobs.download(job, tmp_path)
    assert path.name == job.downloads[0].name
    assert len(read_table(path)) == 4
    assert [found.id for found in program.jobs.find(status="done")] == [job.id]
    program.jobs.delete(job)
    with pytest.raises(ApiError, match="没有这个编号"):
        program.jobs.download(job, tmp_path / "again.csv")
    assert not (tmp_path / "again.csv").exists()


def test_a_job_is_cancelled(program: Client, tmp_path: Path) -> None:
    (tmp_path / "工单.csv").write_bytes(orders(tmp_path, 20_000))
    job = program.jobs.start(program.jobs.upload(tmp_path / "工单.csv"))
    program.jobs.cancel(job.id)
    assert program.jobs.wait(job.id, pause=0.1).status == "cancelled"

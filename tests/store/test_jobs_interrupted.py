"""Jobs whose worker, process or service ends on the way, and workers side by side."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from jobs_helpers import Recorded, ended, orders, seen, start, under_way, upload
from tables import read_table

from petition_nlp import cli
from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service import problems
from service.jobs import claims
from service.jobs.folders import JobStore
from service.jobs.locks import FileLock
from service.jobs.queue import JobQueue
from service.problems import Problem
from service.store.database import Database

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys
from petition_nlp import cli
from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings
from service.jobs import supervise, worker
supervise.ROWS_OF_A_PART, supervise.WATCH_SECONDS = 512, 0.05
worker.work(Settings.load(model=sys.argv[1], data_folder=sys.argv[2], database=sys.argv[3]))
"""
Serve = Callable[..., TestClient]


def parts(folder: Path, job: str) -> int:
    """How many parts of a job are finished."""
    return len(list((folder / "jobs" / job / "out").glob(".*.petition-nlp/*.json"))) - 1


def whole(client: TestClient, job: str, rows: int, folder: Path) -> None:
    """The result has every row once, in order."""
    path = folder / "result.csv"
    path.write_bytes(client.get(f"/v1/jobs/{job}/result").content)
    assert [row[0] for row in read_table(path)[1:]] == [f"GD-{n}" for n in range(rows)]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_whose_process_is_killed_goes_on_behind_its_last_part(
    working: TestClient, tmp_path: Path, processes: type[Recorded]
) -> None:
    made = start(working, upload(working, orders(tmp_path, 4_000)))
    under_way(working, made, 600)
    processes.all[0].kill()
    done = ended(working, made)
    assert (done["status"], done["summary"]["rows"], len(processes.all)) == ("done", 4_000, 2)
    whole(working, made["id"], 4_000, tmp_path)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_whose_process_is_killed_again_and_again_is_given_up(
    working: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.jobs.supervise._COMMAND", (sys.executable, "-c", "import os; os.kill(os.getpid(), 9)"))
    failed = ended(working, start(working, upload(working, orders(tmp_path, 2))))
    assert (failed["status"], failed["error"]["code"]) == ("failed", "run_stopped")


def test_a_job_survives_its_worker_being_killed(
    serve: Serve, toy_folder: Path, database_url: str, tmp_path: Path, processes: type[Recorded]
) -> None:
    client = serve()
    made = start(client, upload(client, orders(tmp_path, 4_000)))
    command = [sys.executable, "-c", PROGRAM, str(toy_folder), str(tmp_path / "data"), database_url]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as worker:
        under_way(client, made, 600)
        worker.send_signal(signal.SIGKILL)
    left = parts(tmp_path / "data", made["id"])
    assert left > 0 and seen(client, made)["status"] == "running"
    again = serve(model=toy_folder, job_workers=1)
    done = ended(again, made)
    assert (done["status"], done["summary"]["rows"], len(processes.all)) == ("done", 4_000, 1)
    whole(again, made["id"], 4_000, tmp_path)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_goes_back_to_the_queue_when_the_service_ends(
    client: TestClient, database: Database, toy_folder: Path, tmp_path: Path, processes: type[Recorded]
) -> None:
    settings = Settings(model=toy_folder, data_folder=tmp_path / "data")
    made = start(client, upload(client, orders(tmp_path, 4_000)))
    queue = JobQueue(settings, database)
    queue.start()
    under_way(client, made, 600)
    queue.stop()
    assert (seen(client, made)["status"], processes.all[0].returncode) == ("queued", -signal.SIGKILL)
    assert parts(tmp_path / "data", made["id"]) > 0


def test_workers_that_share_a_folder_do_each_job_once(
    client: TestClient, database: Database, toy_folder: Path, tmp_path: Path, processes: type[Recorded]
) -> None:
    settings = Settings(model=toy_folder, data_folder=tmp_path / "data", job_workers=2)
    made = [start(client, upload(client, orders(tmp_path, 20))) for _ in range(2)]
    queues = [JobQueue(settings, database) for _ in range(3)]
    for queue in queues:
        queue.start()
    assert [ended(client, job)["status"] for job in made] == ["done"] * 2
    for queue in queues:
        queue.stop()
    assert len(processes.all) == 2


def test_no_more_jobs_are_done_at_once_than_allowed(tmp_path: Path) -> None:
    store = JobStore(Settings(data_folder=tmp_path))
    slots = [store.slot(2), store.slot(2), store.slot(2)]
    assert [slot is not None for slot in slots] == [True, True, False]


def test_a_job_belongs_to_the_folder_that_has_its_file(client: TestClient, database: Database, tmp_path: Path) -> None:
    made = start(client, upload(client, orders(tmp_path, 2)))
    other = JobStore(Settings(data_folder=tmp_path / "other"))
    assert claims.next_claim(database, other) is None
    assert seen(client, made)["status"] == "queued"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_finished_before_it_could_be_noted_is_not_done_again(
    working: TestClient, tmp_path: Path, processes: type[Recorded], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "note_end", lambda *_: None)  # as if the database were away just then
    made = start(working, upload(working, orders(tmp_path, 2)))
    assert (ended(working, made)["status"], len(processes.all)) == ("done", 1)


def test_a_job_is_free_again_where_the_database_went_away_just_as_it_was_taken(
    client: TestClient, database: Database, tmp_path: Path
) -> None:
    made = start(client, upload(client, orders(tmp_path, 2)))
    store = JobStore(Settings(data_folder=tmp_path / "data"))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Problem):
        patch.setattr(Database, "write", lambda _: _gone())
        claims.next_claim(database, store)
    claim = claims.next_claim(database, store)
    assert claim is not None and claim.job.id == made["id"]
    claim.lock.release()


def _gone() -> None:
    raise problems.store_unavailable()


def test_a_job_whose_file_is_gone_says_so(client: TestClient, database: Database, tmp_path: Path) -> None:
    made = start(client, upload(client, orders(tmp_path, 2)))
    (tmp_path / "data" / "jobs" / made["id"] / "in" / "工单.csv").unlink()
    assert claims.next_claim(database, JobStore(Settings(data_folder=tmp_path / "data"))) is None
    assert seen(client, made)["error"]["what"] == "上传的文件不在了"


def test_a_lock_is_held_by_one_alone(tmp_path: Path) -> None:
    first = FileLock.take(tmp_path / "lock")
    assert first is not None and FileLock.take(tmp_path / "lock") is None
    first.release()
    assert FileLock.take(tmp_path / "lock") is not None


def test_a_worker_that_may_do_nothing_says_so(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PETITION_JOB_WORKERS", "0")
    assert cli.main(["worker"]) == ConfigError.exit_code
    assert "--workers 1" in capfd.readouterr().err

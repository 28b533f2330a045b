"""Bulk jobs through the API: upload, reading, start, result, cancel, delete, who may see them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from jobs_helpers import OCTETS, Recorded, ended, orders, seen, start, under_way, upload
from sqlalchemy import select
from tables import read_table, write_table

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.access import guard
from service.access.principal import ROLES, Principal
from service.jobs.expiry import expire
from service.jobs.files import safe_name
from service.jobs.schemas import JobOut
from service.store.database import Database
from service.store.tables import AuditEntry, Job
from service.store.tables.base import now

Serve = Callable[..., TestClient]


def files(tmp_path: Path) -> set[str]:
    """What the data folder holds of jobs."""
    return {path.name for path in (tmp_path / "data" / "jobs").iterdir() if path.is_dir()}


def fetch(client: TestClient, job: dict[str, Any], kind: str, folder: Path) -> Path:
    [output] = [one for one in job["downloads"] if one["kind"] == kind]
    answer = client.get(output["href"])
    assert (answer.status_code, len(answer.content)) == (200, output["bytes"])
    path = folder / output["name"]
    path.write_bytes(answer.content)
    return path


def test_a_file_becomes_a_result_and_a_report(serve: Serve, tmp_path: Path) -> None:
    client = serve(profile="fast", job_workers=1)  # with the model that is shipped
    made = upload(client, orders(tmp_path, 40, encoding="gb18030"))
    assert (made["status"], made["status_name"]) == ("ready", "待开始")
    assert made["found"]["description"] == "GB18030，逗号分隔"
    assert made["found"]["mapping"] == {"text": "诉求内容", "id": "编号"}
    assert client.get(f"/v1/jobs/{made['id']}/sample").json()["rows"][0] == ["GD-0", "第0栋停电了没人管"]
    assert start(client, made, report=True)["status"] == "queued"
    done = ended(client, made)
    assert (done["status"], done["summary"]["rows"], done["progress"]["share"]) == ("done", 40, 1.0), done
    assert done["summary"]["model"] == Router.load(None, profile="fast").model
    JobOut.model_validate(done)
    assert list(done) == list(JobOut.model_fields)
    table = read_table(fetch(client, done, "result", tmp_path))
    assert len(table) == 41
    assert table[1][:2] == ["GD-0", "第0栋停电了没人管"] and "事项类别" in table[0]
    assert "分析报告" in fetch(client, done, "report", tmp_path).read_text(encoding="utf-8")
    assert fetch(client, done, "tables", tmp_path).stat().st_size
    answer = client.get(f"/v1/jobs/{made['id']}/result")
    named = answer.headers["Content-Disposition"]
    assert named.startswith('attachment; filename="result.') and "; filename*=utf-8''%E5%B7%A5%E5%8D%95-" in named
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert client.get(f"/v1/jobs/{made['id']}/rejected").json()["code"] == "no_such_resource"
    folder = tmp_path / "data" / "jobs" / made["id"]
    assert {path.stat().st_mode & 0o077 for path in (folder, *folder.rglob("*"))} == {0}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_formulas_of_a_workbook_stay_text_and_damaged_rows_are_told(working: TestClient, tmp_path: Path) -> None:
    rows = [["诉求内容", "备注"], ["小区停电", "=1+1"], ["红绿灯坏了", "正常"]]
    made = upload(working, write_table(tmp_path / "工单.xlsx", rows).read_bytes(), "工单.xlsx")
    damaged = upload(working, "诉求内容,备注\n小区停电,好\n多,一,格\n".encode(), "坏行.csv")
    assert working.get(f"/v1/jobs/{made['id']}/sample").json()["rows"] == [["小区停电", "=1+1"], ["红绿灯坏了", "正常"]]
    start(working, made, output_format="csv")
    start(working, damaged, mask=True)
    assert read_table(fetch(working, ended(working, made), "result", tmp_path))[1][1] == "'=1+1"
    done = ended(working, damaged)
    assert (done["summary"]["rows"], done["summary"]["rejected"]) == (1, 1)
    assert "有 1 行未能完整保留" in done["warnings"][0]
    assert read_table(fetch(working, done, "rejected", tmp_path))[1][0] == "坏行.csv"


def test_a_repeated_upload_is_kept_once(client: TestClient, tmp_path: Path) -> None:
    headers = {"Idempotency-Key": "u-1"}
    data = orders(tmp_path, 3)
    first, again = upload(client, data, **headers), upload(client, data, **headers)
    assert first == again and files(tmp_path) == {first["id"]}
    other = client.post("/v1/jobs?file_name=a.csv", content=data + b"x,y\n", headers={**OCTETS, **headers})
    assert other.json()["code"] == "idempotency_key_reused"
    assert files(tmp_path) == {first["id"]}


def test_a_repeated_deletion_gets_its_first_answer(client: TestClient, tmp_path: Path) -> None:
    made = upload(client, orders(tmp_path, 1))
    delete = {"url": f"/v1/jobs/{made['id']}", "headers": {"Idempotency-Key": "d-1"}}
    first, again = client.delete(**delete), client.delete(**delete)
    assert (first.status_code, again.status_code, again.content) == (204, 204, b"")
    assert again.headers["Idempotency-Replayed"] == "true"
    assert client.delete(delete["url"]).json()["code"] == "no_such_resource"
    assert files(tmp_path) == set()


def test_a_repeated_upload_needs_no_room_and_a_repeated_reading_no_rest(serve: Serve, tmp_path: Path) -> None:
    client = serve(max_jobs=1)
    data = orders(tmp_path, 3)
    made = upload(client, data, **{"Idempotency-Key": "u-1"})
    assert upload(client, data, **{"Idempotency-Key": "u-1"}) == made
    assert files(tmp_path) == {made["id"]}
    reading = {"url": f"/v1/jobs/{made['id']}/reading", "json": {}, "headers": {"Idempotency-Key": "r-1"}}
    first = client.put(**reading).json()
    start(client, made)
    again = client.put(**reading)
    assert (again.json(), again.headers["Idempotency-Replayed"]) == (first, "true")
    other = client.put(**{**reading, "json": {"encoding": "utf-8"}})
    assert other.json()["code"] == "idempotency_key_reused"


@pytest.mark.parametrize(
    ("name", "data", "headers", "code"),
    [
        ("扫描件.pdf", b"%PDF", OCTETS, "bad_input"),
        ("旧表.xls", b"\xd0\xcf", OCTETS, "bad_input"),
        ("a.csv", b"a,b\n", {"Content-Type": "text/plain"}, "unsupported_upload"),
        ("a.csv", b"a,b\n" * 300, OCTETS, "body_too_large"),
        ("", b"a,b\n", OCTETS, "invalid_request"),
    ],
)
def test_what_cannot_become_a_job_is_refused(
    serve: Serve, tmp_path: Path, name: str, data: bytes, headers: dict[str, str], code: str
) -> None:
    client = serve(max_upload_bytes=1024)
    answer = client.post("/v1/jobs", params={"file_name": name}, content=data, headers=headers)
    assert answer.json()["code"] == code, answer.text
    assert str(tmp_path) not in answer.text
    assert client.get("/v1/jobs").json()["items"] == []


def test_a_body_without_a_length_is_cut_off(serve: Serve, tmp_path: Path) -> None:
    client = serve(max_upload_bytes=1024)
    endless = (b"x" * 600 for _ in range(3))
    answer = client.post("/v1/jobs?file_name=a.csv", content=endless, headers=OCTETS)
    assert (answer.status_code, answer.json()["code"], files(tmp_path)) == (413, "body_too_large", set())


def test_a_full_disk_is_told(client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("service.jobs.uploads.settle", full)
    answer = client.post("/v1/jobs?file_name=a.csv", content=b"a,b\n", headers=OCTETS)
    assert (answer.status_code, answer.json()["code"], files(tmp_path)) == (507, "storage_full", set())


def test_a_caller_keeps_so_many_jobs(serve: Serve, tmp_path: Path) -> None:
    client = serve(max_jobs=1)
    made = upload(client, orders(tmp_path, 1))
    more = client.post("/v1/jobs?file_name=a.csv", content=b"a,b\n", headers=OCTETS)
    assert (more.status_code, more.json()["code"]) == (409, "too_many_jobs")
    assert client.delete(f"/v1/jobs/{made['id']}").status_code == 204
    upload(client, orders(tmp_path, 1))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_broken_file_says_why_and_cannot_be_started(client: TestClient) -> None:
    made = upload(client, b"PK\x03\x04 no workbook", "坏.xlsx")
    assert (made["status"], made["found"], made["error"]["where"]) == ("unreadable", None, "坏.xlsx")
    answer = client.post(f"/v1/jobs/{made['id']}/start", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
    rows = client.get(f"/v1/jobs/{made['id']}/sample")
    assert rows.json()["code"] == "bad_input" and rows.json()["detail"].startswith("坏.xlsx：")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_workbook_that_no_memory_holds_does_no_harm(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.apart._SECONDS", 0.01)  # it ends in the same way
    made = upload(client, write_table(tmp_path / "大.xlsx", [["诉求内容"], ["停电"]]).read_bytes(), "大.xlsx")
    assert (made["status"], made["error"]["code"]) == ("unreadable", "bad_input")


def test_the_user_says_which_column_holds_the_text(client: TestClient) -> None:
    made = upload(client, "甲,乙\n停电,1\n".encode("gb18030"))
    assert (made["status"], made["found"]["columns"], made["found"]["mapping"]) == ("unreadable", ["甲", "乙"], None)
    assert "columns.text" in made["error"]["todo"] and "--" not in made["error"]["todo"]
    path = f"/v1/jobs/{made['id']}/reading"
    wrong = client.put(path, json={"columns": {"text": "丙"}}).json()
    assert (wrong["status"], "丙" in wrong["error"]["what"]) == ("unreadable", True)
    right = client.put(path, json={"columns": {"text": "甲", "id": "乙"}, "encoding": "gbk"}).json()
    assert (right["status"], right["error"]) == ("ready", None)
    assert right["found"]["mapping"] == {"text": "甲", "id": "乙"}
    assert right["reading"] == {"encoding": "gb18030", "columns": {"text": "甲", "id": "乙"}}


def test_an_encoding_that_does_not_exist_is_named(client: TestClient, tmp_path: Path) -> None:
    made = upload(client, orders(tmp_path, 1))
    answer = client.put(f"/v1/jobs/{made['id']}/reading", json={"encoding": "klingon"})
    assert answer.json()["errors"] == [{"field": "encoding", "message": "没有这种编码，常用 utf-8、gb18030、big5"}]


def test_a_queued_job_is_left_alone_until_it_is_cancelled(client: TestClient, tmp_path: Path) -> None:
    made = upload(client, orders(tmp_path, 1))
    path = f"/v1/jobs/{made['id']}"
    assert client.post(f"{path}/cancel").json()["code"] == "not_possible"
    start(client, made)
    assert client.post(f"{path}/start", json={}).json()["code"] == "not_possible"
    assert client.delete(path).json()["code"] == "not_possible"
    assert client.put(f"{path}/reading", json={}).json()["code"] == "not_possible"
    assert client.get(f"{path}/result").json()["code"] == "not_possible"
    assert client.post(f"{path}/cancel").json()["status"] == "cancelled"
    assert client.delete(path, headers={"If-Match": '"1"'}).json()["code"] == "changed_meanwhile"
    assert client.delete(path).status_code == 204
    assert (client.get(path).status_code, files(tmp_path)) == (404, set())


def test_a_running_job_stops_when_it_is_cancelled(
    working: TestClient, tmp_path: Path, processes: type[Recorded]
) -> None:
    made = start(working, upload(working, orders(tmp_path, 4_000)))
    under_way(working, made, 1)
    working.post(f"/v1/jobs/{made['id']}/cancel")
    gone = ended(working, made)
    assert (gone["status"], gone["progress"], gone["cancelling"]) == ("cancelled", None, False)
    assert list((tmp_path / "data" / "jobs" / made["id"] / "out").iterdir()) == []
    assert processes.all[-1].returncode


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_job_that_failed_can_be_started_again_and_a_done_one_in_another_format(
    working: TestClient, tmp_path: Path
) -> None:
    made = start(working, upload(working, orders(tmp_path, 2)), profile="best")
    failed = ended(working, made)
    assert (failed["status"], failed["error"]["code"]) == ("failed", "bad_model")
    assert "best" in failed["error"]["what"] and failed["error"]["todo"]
    start(working, made, profile="fast")
    assert ended(working, made)["status"] == "done"
    start(working, made, output_format="jsonl")
    done = ended(working, made)
    assert [output["name"] for output in done["downloads"]] == ["工单-分类结果.jsonl"]
    assert len(read_table(fetch(working, done, "result", tmp_path))) == 2


def test_a_job_is_seen_by_its_owner_and_by_who_answers_for_residents_data(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def become(name: str, role: str) -> None:
        monkeypatch.setattr(guard, "LOCAL", Principal(f"account:{name}", name, ROLES[role]))

    become("甲", "clerk")
    made = upload(client, orders(tmp_path, 1))
    assert (made["owner"], made["owner_name"]) == ("account:甲", "甲")
    become("乙", "reviewer")
    assert client.get("/v1/jobs").json()["items"] == []
    for path in ("", "/sample", "/result"):
        assert client.get(f"/v1/jobs/{made['id']}{path}").status_code == 404
    assert client.delete(f"/v1/jobs/{made['id']}").status_code == 404
    become("丙", "manager")
    assert [job["id"] for job in client.get("/v1/jobs").json()["items"]] == [made["id"]]
    become("丁", "admin")
    assert client.get("/v1/jobs").status_code == 403


def test_jobs_come_in_pages(client: TestClient, tmp_path: Path) -> None:
    made = [upload(client, orders(tmp_path, 1))["id"] for _ in range(3)]
    first = client.get("/v1/jobs", params={"limit": 2}).json()
    rest = client.get("/v1/jobs", params={"limit": 2, "cursor": first["next"], "status": "ready"}).json()
    assert [job["id"] for job in first["items"] + rest["items"]] == made[::-1] and rest["next"] is None
    assert client.get("/v1/jobs?status=done").json()["items"] == []


def test_who_has_the_present_version_gets_no_content(client: TestClient, tmp_path: Path) -> None:
    path = f"/v1/jobs/{upload(client, orders(tmp_path, 1))['id']}"
    etag = client.get(path).headers["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_the_audit_log_names_jobs_and_not_files(client: TestClient, database: Database, tmp_path: Path) -> None:
    made = start(client, upload(client, orders(tmp_path, 1), "王小明的工单.csv"))
    client.post(f"/v1/jobs/{made['id']}/cancel")
    with database.read() as session:
        entries = session.scalars(select(AuditEntry).order_by(AuditEntry.id)).all()
    assert [entry.action for entry in entries] == ["job.uploaded", "job.started", "job.cancelled"]
    assert {entry.target for entry in entries} == {f"job:{made['id']}"}
    assert "王小明" not in str([entry.details for entry in entries])


def test_old_jobs_go_with_their_files(client: TestClient, database: Database, tmp_path: Path) -> None:
    settings = Settings(data_folder=tmp_path / "data", job_days=7)
    old, queued = upload(client, orders(tmp_path, 1)), start(client, upload(client, orders(tmp_path, 1)))
    assert expire(database, settings, now() + timedelta(days=6)) == 0
    assert expire(database, settings, now() + timedelta(days=8)) == 1
    assert files(tmp_path) == {queued["id"]} and client.get(f"/v1/jobs/{old['id']}").status_code == 404


def test_folders_of_uploads_that_broke_off_go_after_a_day(
    client: TestClient, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = upload(client, orders(tmp_path, 1))
    (tmp_path / "data" / "jobs" / "left").mkdir()
    settings = Settings(data_folder=tmp_path / "data")
    expire(database, settings, now())
    assert files(tmp_path) == {made["id"], "left"}
    monkeypatch.setattr("service.jobs.folders._ABANDONED_SECONDS", -1)
    expire(database, settings, now())
    assert files(tmp_path) == {made["id"]}


def test_a_job_of_another_folder_is_seen_and_not_touched(serve: Serve, tmp_path: Path, database: Database) -> None:
    one, other = serve(), serve(data_folder=tmp_path / "other")
    made = upload(one, orders(tmp_path, 1))
    assert seen(other, made) == made
    for answer in (
        other.get(f"/v1/jobs/{made['id']}/sample"),
        other.put(f"/v1/jobs/{made['id']}/reading", json={}),
        other.post(f"/v1/jobs/{made['id']}/start", json={}),
    ):
        assert (answer.status_code, answer.json()["code"]) == (409, "job_elsewhere")
    with database.read() as session:
        assert session.get_one(Job, made["id"]).status == "ready"


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("工单.csv", "工单.csv"),
        ("../../etc/1.2号 工单.csv.gz", "1.2号 工单.csv.gz"),
        ("C:\\导出\\a?.xlsx", "a_.xlsx"),
        (".csv", "文件.csv"),
        ("长" * 200 + ".csv", "长" * 50 + ".csv"),
    ],
    ids=["plain", "path", "windows", "ending", "long"],
)
def test_the_name_on_disk_is_one_that_any_system_takes(name: str, safe: str) -> None:
    assert safe_name(name) == safe

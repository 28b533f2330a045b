"""A resident's data found however it is written, and erased."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from callers import ALL, acting, on_sqlite
from fastapi.testclient import TestClient
from sqlalchemy import func, select
from tables import write_table

from service.access.principal import Scope
from service.periodic import Runner
from service.privacy import removal
from service.privacy.search import is_fingerprint_of
from service.privacy.spelling import folded, folded_phone
from service.store.database import Database
from service.store.tables import AuditEntry, Entry, Petition, Reply

Become = Callable[[frozenset[Scope]], None]

PHONE = "13800138000"
FILES = "/v1/privacy/search/files"


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    return acting(monkeypatch)


def stored(client: TestClient, text: str = "路灯不亮", **fields: Any) -> str:
    answer = client.post("/v1/petitions", json={"text": text, **fields})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def search(client: TestClient, **terms: Any) -> dict[str, Any]:
    answer = client.post("/v1/privacy/search", json=terms)
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(client: TestClient, **terms: Any) -> dict[str, dict[str, list[str]]]:
    return {item["petition"]: item["places"] for item in search(client, **terms)["items"]}


def erase(client: TestClient, *petitions: str, action: str = "delete", reason: str = "居民书面申请") -> Any:
    body = {"petitions": list(petitions), "action": action, "reason": reason}
    return client.post("/v1/privacy/erasures", json=body)


def audited(database: Database, action: str) -> list[AuditEntry]:
    with database.read() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)))


@pytest.mark.parametrize(
    "written",
    [
        "13800138000",
        "138 0013 8000",
        "138-0013-8000",
        "（＋８６）１３８００１３８０００",
        "一三八零零一三八〇〇○",
        "幺三八零零幺三八零零零",
        "1 3 8、0 0 1 3、8 0 0 0",
        "138零零138000",
    ],
)
@pytest.mark.parametrize("asked", ["13800138000", "+86 138-0013-8000", "一三八 零零一三 八零零零"])
def test_a_number_is_one_however_it_is_written(written: str, asked: str) -> None:
    assert folded_phone(asked) in folded(f"请打{written}找我")


@pytest.mark.parametrize(("asked", "written"), [("李桂芳", "李 桂 芳"), ("張偉", "张伟"), ("Ｗang", "wáng wang")])
def test_a_name_is_one_however_it_is_written(asked: str, written: str) -> None:
    assert folded(asked) in folded(written)


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"text": "请打 138-0013-8000"}, "text"),
        ({"title": "一三八零零一三八零零零"}, "title"),
        ({"area": "东街道（13800138000）"}, "area"),
        ({"extra": {"联系": ["１３８００１３８０００"]}}, "extra"),
        ({"id": "T13800138000"}, "external_id"),
    ],
)
def test_it_is_found_in_every_field(client: TestClient, fields: dict[str, Any], place: str) -> None:
    petition = stored(client, **{"text": "路灯", **fields})
    stored(client, "别人的事，13900139000")
    assert found(client, phone=PHONE) == {petition: {"phone": [place]}}


def test_it_is_found_in_the_outcome_and_the_reasons(client: TestClient) -> None:
    petition = stored(client)
    done = {"status": "resolved", "outcome": "已告知 138 0013 8000", "why": "夏侯小河同意"}
    client.post(f"/v1/petitions/{petition}/status", json=done)
    assert found(client, phone=PHONE, name="夏侯小河") == {petition: {"phone": ["outcome"], "name": ["history"]}}


@on_sqlite
def test_a_finding_says_where_and_nothing_of_the_text(client: TestClient) -> None:
    petition = stored(client, f"路灯，{PHONE}", id="GD-1", channel="热线")
    answer = search(client, phone=PHONE)
    (item,) = answer["items"]
    assert (item["petition"], item["external_id"], item["channel"]) == (petition, "GD-1", "热线")
    assert (answer["scanned"], answer["next"], answer["complete"]) == (1, None, True)
    assert "路灯" not in json.dumps(answer, ensure_ascii=False)


@on_sqlite
@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({}, "$"),
        ({"phone": "138"}, "phone"),
        ({"name": "李"}, "name"),
        ({"text": "！？"}, "text"),
        ({"phone": ""}, "phone"),
        ({"telephone": PHONE}, "telephone"),
        ({"phone": PHONE, "cursor": "x"}, "cursor"),
    ],
)
def test_a_search_for_almost_everything_is_refused(client: TestClient, terms: dict[str, Any], field: str) -> None:
    answer = client.post("/v1/privacy/search", json=terms)
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, field)


def test_a_long_search_goes_on_where_it_stopped(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.privacy.search._BATCH", 2)
    monkeypatch.setattr("service.privacy.search.MOST_SCANNED", 2)
    made = [stored(client, f"路灯{number}，{PHONE}") for number in range(5)]
    pages = [search(client, phone=PHONE)]
    while pages[-1]["next"]:
        pages.append(search(client, phone=PHONE, cursor=pages[-1]["next"]))
    assert [item["petition"] for page in pages for item in page["items"]] == made[::-1]
    assert [page["scanned"] for page in pages] == [2, 2, 1]


@on_sqlite
def test_what_was_searched_for_is_kept_nowhere(
    client: TestClient, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    stored(client)
    with caplog.at_level(logging.DEBUG):
        search(client, phone=PHONE, name="李桂芳")
    (entry,) = audited(database, "privacy_search")
    assert (entry.details["scanned"], entry.details["found"]) == (1, 0)
    written = json.dumps(entry.details) + caplog.text + "".join(str(vars(record)) for record in caplog.records)
    assert PHONE not in written and "李桂芳" not in written
    assert is_fingerprint_of(entry.details["terms"]["phone"], folded(PHONE))
    assert not is_fingerprint_of(entry.details["terms"]["phone"], folded("13900139000"))


@on_sqlite
def test_the_same_search_leaves_another_fingerprint(client: TestClient, database: Database) -> None:
    for _ in range(2):
        search(client, phone=PHONE)
    first, second = audited(database, "privacy_search")
    assert first.details["terms"] != second.details["terms"]


def test_a_petition_is_deleted_with_everything_that_hangs_on_it(client: TestClient, database: Database) -> None:
    headers = {"Idempotency-Key": "k"}
    made = client.post("/v1/petitions", json={"text": PHONE}, headers=headers).json()
    other = stored(client, "水管")
    link = {"other": other, "state": "linked", "why": "x"}
    client.post(f"/v1/petitions/{made['id']}/links", json=link)
    assert search(client, phone=PHONE)["items"][0]["replies"] == 1
    answer = erase(client, made["id"], reason=f"居民{PHONE}书面申请")
    assert (answer.status_code, answer.json()) == (200, {"action": "delete", "petitions": 1})
    assert client.get(f"/v1/petitions/{made['id']}").status_code == 404
    assert client.get(f"/v1/petitions/{other}").json()["same_matter"] == []
    with database.read() as session:
        assert session.scalar(select(func.count()).select_from(Reply)) == 0
        assert set(session.scalars(select(Entry.petition))) == {other}
    (entry,) = audited(database, "privacy_delete")
    assert (entry.why, entry.details) == ("居民[手机号]书面申请", {"petitions": [made["id"]]})


def test_a_petition_is_masked_for_good(client: TestClient, database: Database) -> None:
    petition = stored(client, f"路灯，电话{PHONE}")
    assert erase(client, petition, action="mask").status_code == 200
    shown = client.get(f"/v1/petitions/{petition}").json()
    assert shown["text"] == "路灯，电话[手机号]" and shown["masked"]
    assert found(client, phone=PHONE) == {}
    assert audited(database, "privacy_mask")[0].details == {"petitions": [petition]}


def test_one_unknown_number_stops_everything(client: TestClient) -> None:
    petition = stored(client)
    assert erase(client, petition, "0" * 32).json()["code"] == "no_such_resource"
    assert client.get(f"/v1/petitions/{petition}").status_code == 200


def test_an_erasure_sent_twice_is_done_once(client: TestClient) -> None:
    petition = stored(client)
    body = {"petitions": [petition, petition], "action": "delete", "reason": "x"}
    send = {"json": body, "headers": {"Idempotency-Key": "k"}}
    first = client.post("/v1/privacy/erasures", **send)
    assert first.json()["petitions"] == 1
    assert client.post("/v1/privacy/erasures", **send).json() == first.json()


@pytest.mark.parametrize(
    ("closed", "status", "review"), [(False, "pending", True), (True, "resolved", False)], ids=["open", "closed"]
)
def test_a_petition_merged_into_a_deleted_one_stands_on_its_own(
    client: TestClient, closed: bool, status: str, review: bool
) -> None:
    leader, follower = stored(client), stored(client)
    client.post(f"/v1/petitions/{follower}/links", json={"other": leader, "state": "merged", "why": "x"})
    if closed:
        client.post(f"/v1/petitions/{leader}/status", json={"status": "resolved", "outcome": "已修"})
    assert erase(client, leader).status_code == 200
    shown = client.get(f"/v1/petitions/{follower}").json()
    assert (shown["status"], shown["review"], shown["merged_into"]) == (status, review, None)
    assert bool(shown["closed"]) is closed
    last = client.get(f"/v1/petitions/{follower}/history").json()["items"][-1]
    assert last["why"] == "并入的诉求已删除" and last["changes"]["merged_into"] == [leader, None]


@on_sqlite
@pytest.mark.parametrize("path", ["search", "search/files", "erasures"])
def test_only_those_with_the_scope_search_and_erase(client: TestClient, become: Become, path: str) -> None:
    become(ALL - {Scope.PRIVACY})
    assert client.post(f"/v1/privacy/{path}", json={"phone": PHONE}).status_code == 403


@pytest.fixture
def job(tmp_path: Path) -> Path:
    """The folder of a bulk job with an upload and a result."""
    folder = tmp_path / "data" / "jobs" / ("a" * 32)
    for part in ("in", "out"):
        (folder / part).mkdir(parents=True)
    upload = "编号,诉求内容\r\n1,请打138-0013-8000\r\n2,路灯\r\n3,一三八零零一三八零零零\r\n"
    (folder / "in" / "工单.csv").write_bytes(upload.encode("gb18030"))
    line = json.dumps({"诉求内容": "找李桂芳"}, ensure_ascii=False)
    (folder / "out" / "工单.jsonl").write_text(line + "\n", encoding="utf-8")
    (folder / "out" / "报告.html").write_text(PHONE, encoding="utf-8")
    return folder


@on_sqlite
def test_the_files_of_jobs_are_searched_too(client: TestClient, database: Database, job: Path) -> None:
    answer = client.post("/v1/privacy/search/files", json={"phone": PHONE, "name": "李桂芳"}).json()
    assert answer == {
        "items": [
            {"job": job.name, "part": "in", "rows": {"phone": 2}},
            {"job": job.name, "part": "out", "rows": {"name": 1}},
        ],
        "scanned": 1,
        "unreadable": [],
        "next": None,
    }
    assert audited(database, "privacy_search_files")[0].details["found"] == 2


@on_sqlite
def test_a_file_that_cannot_be_read_is_named_by_its_job(client: TestClient, job: Path) -> None:
    (job / "in" / "坏.xlsx").write_bytes(b"PK no workbook")
    answer = client.post("/v1/privacy/search/files", json={"phone": PHONE}).json()
    assert answer["unreadable"] == [job.name]
    assert len(answer["items"]) == 1


@on_sqlite
def test_a_workbook_is_read_in_a_process_of_its_own(
    client: TestClient, job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_table(job / "in" / "大.xlsx", [["诉求内容"], [PHONE]])
    asked = {"phone": PHONE}
    assert {"job": job.name, "part": "in", "rows": {"phone": 1}} in client.post(FILES, json=asked).json()["items"]
    monkeypatch.setattr("service.apart._SECONDS", 0.01)  # it ends as if there were no memory
    answer = client.post(FILES, json=asked).json()
    assert (answer["unreadable"], answer["items"][0]["rows"]) == ([job.name], {"phone": 2})


@on_sqlite
def test_a_search_stops_after_a_file_that_unpacks_to_much(
    client: TestClient, job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.privacy.files.MOST_BYTES", 1 << 20)
    write_table(job / "out" / "大.xlsx", [["诉求内容"], ["路" * 30_000]] * 10)
    assert (job / "out" / "大.xlsx").stat().st_size < 1 << 18
    assert client.post(FILES, json={"phone": PHONE}).json()["next"] == job.name


@on_sqlite
@pytest.mark.parametrize(
    ("file", "content"), [("out/不一致组合.csv", "行,事项,部门\n"), ("out/空.csv", ""), ("in/空.csv", "")]
)
def test_a_file_of_a_job_without_rows_has_been_read(client: TestClient, job: Path, file: str, content: str) -> None:
    (job / file).write_text(content, encoding="utf-8")
    assert client.post("/v1/privacy/search/files", json={"phone": PHONE}).json()["unreadable"] == []


@on_sqlite
def test_an_upload_of_one_line_is_left_to_a_person(client: TestClient, job: Path) -> None:
    (job / "in" / "一行.csv").write_text(f"路灯,{PHONE}\n", encoding="utf-8")
    assert client.post("/v1/privacy/search/files", json={"phone": PHONE}).json()["unreadable"] == [job.name]


@on_sqlite
def test_a_search_of_many_files_goes_on_where_it_stopped(
    client: TestClient, job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.privacy.files.MOST_BYTES", 1)
    job.parent.joinpath("b" * 32).mkdir()
    first = client.post("/v1/privacy/search/files", json={"phone": PHONE}).json()
    assert (first["scanned"], first["next"]) == (2, job.name)
    last = client.post("/v1/privacy/search/files", json={"phone": PHONE, "cursor": job.name}).json()
    assert (last["scanned"], last["next"], last["items"]) == (0, None, [])


@on_sqlite
def test_without_jobs_there_is_nothing_to_search(client: TestClient) -> None:
    assert client.post("/v1/privacy/search/files", json={"phone": PHONE}).json()["scanned"] == 0


@on_sqlite
def test_nothing_erased_stays_in_the_files_of_sqlite(client: TestClient, tmp_path: Path) -> None:
    petitions = [stored(client, f"路灯{number}，{PHONE}") for number in range(20)]
    assert (
        erase(client, *petitions[:10]).status_code == erase(client, *petitions[10:], action="mask").status_code == 200
    )
    for path in tmp_path.glob("own.db*"):
        assert PHONE.encode() not in path.read_bytes(), path.name


@on_sqlite
def test_what_a_reader_holds_is_forgotten_later(
    client: TestClient, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(removal, "_WAIT_MS", 0)
    petition = stored(client, f"路灯，{PHONE}")
    log = tmp_path / "own.db-wal"
    with database.read() as reader:
        assert reader.get(Petition, petition) is not None
        assert erase(client, petition).status_code == 200
        assert not removal.forget_pages(database) and PHONE.encode() in log.read_bytes()
    assert Runner(database, [removal.TASK]).run_due() == ["forget_pages"]
    assert PHONE.encode() not in log.read_bytes()


@on_sqlite
def test_the_outcome_in_the_history_is_masked(client: TestClient) -> None:
    petition = stored(client)
    done = {"status": "resolved", "outcome": f"已回电{PHONE}，业主王伟满意"}
    client.post(f"/v1/petitions/{petition}/status", json=done)
    assert client.get(f"/v1/petitions/{petition}").json()["outcome"] == done["outcome"]
    last = client.get(f"/v1/petitions/{petition}/history").json()["items"][-1]
    assert last["changes"]["outcome"] == [None, "已回电[手机号]，业主[姓名]满意"]
    assert erase(client, petition, action="mask").status_code == 200
    assert found(client, phone=PHONE, name="王伟") == {}


def test_petitions_of_nobody_else_are_touched(client: TestClient, database: Database) -> None:
    mine, others = stored(client, PHONE), [stored(client, f"路灯{number}") for number in range(3)]
    erase(client, mine)
    with database.read() as session:
        assert set(session.scalars(select(Petition.id))) == set(others)

"""The pages 批量 without a browser: whose jobs they show, what they refuse, what they escape."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

import pytest
from access_doubles import add_account, sign_in
from fastapi.testclient import TestClient
from jobs_helpers import OCTETS, ended, start

from service.console import bulk_words as words
from service.console.wording import size_text
from service.store.database import Database
from service.store.tables import Job
from service.store.tables.base import new_id, now

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

HTMX = {"HX-Request": "true"}


def upload(client: TestClient, name: str, data: bytes = "诉求内容\n路灯坏了\n".encode(), **headers: str) -> str:
    sent = {**OCTETS, **HTMX, "X-File-Name": quote(name), **headers}
    answer = client.post("/bulk", content=data, headers=sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def caller(database: Database, serve: Serve, name: str, role: str) -> TestClient:
    """Somebody of a role who has signed in."""
    add_account(database, name, role=role)  # type: ignore[arg-type]
    client = serve()
    sign_in(client, name)
    return client


def test_jobs_are_shown_to_their_owner_and_to_managers(database: Database, serve: Serve) -> None:
    own, other, manager = (
        caller(database, serve, name, role) for name, role in (("wang", "clerk"), ("li", "clerk"), ("chen", "manager"))
    )
    job = upload(own, "<b>工单</b>.csv")
    assert "&lt;b&gt;工单&lt;/b&gt;.csv" in own.get("/bulk").text
    assert "还没有任务" in other.get("/bulk").text
    listed = manager.get("/bulk").text
    assert f"/bulk/{job}" in listed and "上传人" in listed and "<b>工单" not in listed
    for path in ("", "/state", "/row", "/sample", "/result"):
        assert other.get(f"/bulk/{job}{path}").status_code == 404, path
    for change in ("reading", "start", "cancel", "delete"):
        form = {"Content-Type": "application/x-www-form-urlencoded"}
        assert other.post(f"/bulk/{job}/{change}", headers=form).status_code == 404, change
    assert manager.get(f"/bulk/{job}").status_code == 200


def test_what_residents_wrote_is_escaped(client: TestClient) -> None:
    job = upload(client, "工单.csv", "诉求内容,<i>列</i>\n<script>alert(1)</script>,好\n".encode())
    html = client.get(f"/bulk/{job}/sample", headers=HTMX).text
    assert "&lt;script&gt;" in html and "<script" not in html and "<i>" not in html


def test_a_page_asks_only_for_what_has_changed(client: TestClient, database: Database) -> None:
    job = upload(client, "工单.csv")
    client.post(f"/bulk/{job}/start", data={"output_format": "csv"}, headers=HTMX)
    for part in ("state", "row"):
        path = f"/bulk/{job}/{part}"
        assert client.get(path, params={"version": 2, "status": "queued"}, headers=HTMX).status_code == 204
        same = client.get(path, params={"version": 1, "status": "queued"}, headers=HTMX)
        assert (same.status_code, "HX-Retarget" in same.headers) == (200, False)
        other = client.get(path, params={"version": 1, "status": "ready"}, headers=HTMX)
        assert (other.status_code, "HX-Retarget" in other.headers) == (200, True)


@pytest.mark.parametrize(
    ("name", "size", "status", "told"),
    [
        ("工单.csv", 1024, 204, ""),
        ("工单.xls", 10, 422, "请用 Excel 或 WPS 另存为 .xlsx"),
        ("工单.csv", 1025, 413, "一个文件最多 1,024 字节"),
        ("", 10, 422, "name"),
    ],
)
def test_a_file_is_checked_before_it_is_sent(serve: Serve, name: str, size: int, status: int, told: str) -> None:
    answer = serve(max_upload_bytes=1024).post("/bulk/check", data={"name": name, "size": size}, headers=HTMX)
    assert answer.status_code == status, answer.text
    assert told in answer.text


def test_whoever_has_too_many_jobs_is_told_before_choosing_a_file(serve: Serve) -> None:
    client = serve(max_jobs=1)
    assert 'id="file"' in client.get("/bulk").text
    upload(client, "工单.csv")
    html = client.get("/bulk").text
    assert "任务过多" in html and 'id="file"' not in html
    assert client.post("/bulk/check", data={"name": "工单.csv", "size": 1}, headers=HTMX).status_code == 409


@pytest.mark.parametrize("name", ["", "长" * 201 + ".csv"])
def test_an_upload_needs_a_name(client: TestClient, name: str) -> None:
    answer = client.post("/bulk", content=b"a", headers={**OCTETS, **HTMX, "X-File-Name": quote(name)})
    assert answer.status_code == 422


def test_an_upload_sent_again_is_kept_once(client: TestClient) -> None:
    assert len({upload(client, "工单.csv", **{"Idempotency-Key": "once"}) for _ in range(2)}) == 1


def test_pages_of_the_list_follow_each_other(client: TestClient, database: Database) -> None:
    first = upload(client, "最早.csv")
    with database.write() as session:
        made = session.get(Job, first)
        assert made is not None
        known = {name: getattr(made, name) for name in ("folder", "actor", "actor_name", "size", "reading", "found")}
        for number in range(30):
            session.add(
                Job(
                    **known,
                    id=new_id(),
                    version=1,
                    status="ready",
                    file_name=f"{number}.csv",
                    created=now(),
                    cancel=False,
                    crashes=0,
                )
            )
    page = client.get("/bulk", params={"status": ["ready", "unreadable"]}).text
    assert first not in page
    address = page.partition('rel="next" href="')[2].partition('"')[0].replace("&amp;", "&")
    assert "status=ready" in address
    rest = client.get(address).text
    assert first in rest and rest.count("<tr id=") == 1


def test_a_result_is_fetched_from_the_page_and_a_missing_one_is_told_in_chinese(working: TestClient) -> None:
    job = upload(working, "工单.csv", "诉求标题,诉求内容\n不是标题,小区停电了\n".encode())
    working.post(f"/bulk/{job}/reading", data={"title": "-"}, headers=HTMX)
    assert "还没有可下载的文件" in working.get(f"/bulk/{job}/result").text
    start(working, {"id": job})
    assert ended(working, {"id": job})["status"] == "done"
    answer = working.get(f"/bulk/{job}/result")
    assert answer.headers["content-type"].startswith("text/csv") and "小区停电了" in answer.text
    gone = working.get(f"/bulk/{job}/rejected")
    assert gone.status_code == 404 and "<h1" in gone.text
    html = working.get(f"/bulk/{job}").text
    assert f'href="/bulk/{job}/result"' in html and "总行数" in html


def test_a_column_that_was_taken_wrongly_is_left_out(client: TestClient) -> None:
    job = upload(client, "工单.csv", "诉求标题,诉求内容\n路灯,路灯坏了\n".encode())
    assert client.get(f"/v1/jobs/{job}").json()["found"]["mapping"] == {"text": "诉求内容", "title": "诉求标题"}
    html = client.post(f"/bulk/{job}/reading", data={"encoding": "GBK", "title": "-", "id": ""}, headers=HTMX).text
    seen = client.get(f"/v1/jobs/{job}").json()
    assert seen["reading"] == {"encoding": "gb18030", "columns": {"title": ""}}
    assert seen["status"] == "unreadable"  # UTF-8 read as GB18030
    assert '<option value="-" selected>没有这一列</option>' in html
    client.post(f"/bulk/{job}/reading", data={"title": "-", "text": "=诉求标题"}, headers=HTMX)
    assert client.get(f"/v1/jobs/{job}").json()["found"]["mapping"] == {"text": "诉求标题"}


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 B"), (1000, "1.0 KB"), (46_300, "46 KB"), (200_000_000, "200 MB"), (3_200_000_000, "3.2 GB")],
)
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.2, " 1 秒"), (59, " 59 秒"), (95, "约 2 分钟"), (3600, "约 1 小时"), (5400, "约 1 小时 30 分钟")],
)
def test_durations(seconds: float, text: str) -> None:
    assert words.duration_text(seconds) == text


def test_only_all_rows_are_all() -> None:
    assert [words.share_text(part, 1000) for part in (0, 1, 500, 999, 1000)] == ["0%", "<1%", "50%", ">99%", "100%"]


def test_warnings_name_what_the_page_calls_them() -> None:
    summary = {"rejected": 1200, "reject_reasons": {"列数不符": 1200}, "unmapped": {f"某{n}": 2 for n in range(6)}}
    rejected, unmapped = words.warnings(summary)
    assert rejected == "有 1,200 行未能完整保留，原文和原因在「未能保留的行」中：列数不符 1,200 行"
    assert unmapped.endswith("某0、某1、某2、某3、某4等 6 个") and "有 12 行" in unmapped

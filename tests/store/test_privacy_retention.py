"""What has been closed for long is masked, later deleted."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from callers import on_sqlite
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from petition_nlp.settings import Settings
from service.privacy.retention import Kept, retain, would_retain
from service.store.database import Database
from service.store.tables import AuditEntry, Clue, Entry, Link, Petition, Reply
from service.store.tables.base import now

PHONE = "13800138000"
MASK = Settings(mask_after_days=30)
DELETE = Settings(delete_after_days=30)


def stored(client: TestClient, text: str = f"路灯不亮，电话{PHONE}", **headers: str) -> str:
    body = {"text": text, "title": PHONE, "area": f"东街道 {PHONE}", "extra": {"联系电话": PHONE}}
    return str(client.post("/v1/petitions", json=body, headers=headers).json()["id"])


def close(client: TestClient, petition: str) -> None:
    body = {"status": "resolved", "outcome": f"已回电{PHONE}"}
    assert client.post(f"/v1/petitions/{petition}/status", json=body).status_code == 200


def later(days: int) -> Any:
    return now() + timedelta(days=days)


def count(database: Database, table: Any) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def everything(database: Database) -> str:
    """All that the tables hold, as text."""
    with database.read() as session:
        tables = (Petition, Entry, Link, Clue, Reply, AuditEntry)
        rows = [
            {column.name: getattr(row, column.name) for column in table.__table__.columns}
            for table in tables
            for row in session.scalars(select(table))
        ]
    return json.dumps(rows, ensure_ascii=False, default=str)


@on_sqlite
def test_without_settings_everything_stays(client: TestClient, database: Database) -> None:
    close(client, stored(client))
    assert retain(database, Settings(), later(10_000)) == Kept(0, 0)
    assert PHONE in everything(database)


def test_a_petition_is_masked_some_time_after_it_was_closed(client: TestClient, database: Database) -> None:
    petition = stored(client, **{"Idempotency-Key": "k"})
    close(client, petition)
    with database.write() as session:
        session.add(Clue(clue="c", petition=petition, strength=1.0))
    assert retain(database, MASK, later(29)) == Kept(0, 0)
    assert retain(database, MASK, later(31)) == Kept(1, 0)
    assert PHONE not in everything(database)
    assert (count(database, Clue), count(database, Reply)) == (0, 0)
    shown = client.get(f"/v1/petitions/{petition}").json()
    assert shown["masked"] and shown["text"] == "路灯不亮，电话[手机号]"
    assert (shown["status"], shown["department"]["code"], shown["version"]) == ("resolved", "municipal_works", 3)
    last = client.get(f"/v1/petitions/{petition}/history").json()["items"][-1]
    assert (last["action"], last["actor"], last["why"]) == ("masked", "system", "保存期满")
    assert retain(database, MASK, later(31)) == Kept(0, 0)


def test_a_petition_is_deleted_some_time_after_it_was_closed(client: TestClient, database: Database) -> None:
    petition = stored(client, **{"Idempotency-Key": "k"})
    close(client, petition)
    opened = stored(client, "水管")
    assert retain(database, DELETE, later(31)) == Kept(0, 1)
    assert client.get(f"/v1/petitions/{petition}").status_code == 404
    assert client.get(f"/v1/petitions/{opened}").status_code == 200
    assert count(database, Petition) == 1 and count(database, Reply) == 0
    with database.read() as session:
        assert {entry.petition for entry in session.scalars(select(Entry))} == {opened}
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "retention_deleted"))
        assert (entry.actor, entry.details) == ("system", {"petitions": 1})


def test_open_petitions_are_kept_however_old(client: TestClient, database: Database) -> None:
    petition = stored(client)
    close(client, petition)
    again = {"status": "in_progress", "why": "又不亮"}
    client.post(f"/v1/petitions/{petition}/status", json=again)
    assert retain(database, Settings(mask_after_days=1, delete_after_days=1), later(9999)) == Kept(0, 0)


def test_a_merged_petition_goes_with_the_one_it_was_merged_into(client: TestClient, database: Database) -> None:
    leader, follower = stored(client), stored(client)
    merge = {"other": leader, "state": "merged", "why": "同一件事"}
    client.post(f"/v1/petitions/{follower}/links", json=merge)
    assert retain(database, MASK, later(31)) == Kept(0, 0)
    close(client, leader)
    assert retain(database, MASK, later(31)) == Kept(2, 0)
    assert PHONE not in everything(database)
    assert retain(database, DELETE, later(31)) == Kept(0, 2)


@pytest.mark.parametrize("settings", [MASK, DELETE])
def test_a_run_that_stops_goes_on_the_next_time(
    client: TestClient, database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.privacy.retention._BATCH", 2)
    for _ in range(5):
        close(client, stored(client))
    batches = iter([None, RuntimeError("killed")])

    def interrupted(*arguments: Any, **details: Any) -> None:
        error = next(batches)
        if error is not None:
            raise error

    with monkeypatch.context() as patch, pytest.raises(RuntimeError):
        patch.setattr("service.privacy.retention.audit", interrupted)
        retain(database, settings, later(31))
    kept = retain(database, settings, later(31))
    assert kept.masked + kept.deleted == 3
    assert PHONE not in everything(database)


def test_a_dry_run_counts_and_changes_nothing(client: TestClient, database: Database) -> None:
    for _ in range(3):
        close(client, stored(client))
    before = everything(database)
    assert would_retain(database, MASK, later(31)) == Kept(3, 0)
    assert would_retain(database, DELETE, later(31)) == Kept(0, 3)
    assert would_retain(database, Settings(mask_after_days=1, delete_after_days=30), later(31)) == Kept(0, 3)
    assert would_retain(database, Settings(mask_after_days=1, delete_after_days=60), later(31)) == Kept(3, 0)
    assert would_retain(database, Settings(), later(31)) == Kept(0, 0)
    assert everything(database) == before


@on_sqlite
@pytest.mark.parametrize("settings", [MASK, DELETE])
def test_nothing_stays_in_the_files_of_sqlite(
    client: TestClient, tmp_path: Path, database: Database, settings: Settings
) -> None:
    for _ in range(12):
        close(client, stored(client))
    retain(database, settings, later(31))
    for path in tmp_path.glob("own.db*"):
        assert PHONE.encode() not in path.read_bytes(), path.name

"""``petition-nlp privacy``."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import timedelta

import pytest
from callers import on_sqlite
from sqlalchemy import select
from test_database import a_petition

from petition_nlp.cli import main
from service.store.database import Database
from service.store.tables import Petition
from service.store.tables.base import new_id, now

PHONE = "13800138000"
Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    def go(*arguments: str, stdin: str = "") -> tuple[int, str, str]:
        monkeypatch.setenv("PETITION_DATABASE", database_url)
        monkeypatch.setattr("sys.stdin", io.StringIO(stdin))
        code = main(["privacy", *arguments])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return go


def put(database: Database, text: str, *, closed_days_ago: int | None = None) -> str:
    closed = None if closed_days_ago is None else now() - timedelta(days=closed_days_ago)
    petition = a_petition(id=new_id(), text=text, closed=closed, status="resolved" if closed else "pending")
    with database.write() as session:
        session.add(petition)
    return petition.id


def texts(database: Database) -> list[str]:
    with database.read() as session:
        return list(session.scalars(select(Petition.text).order_by(Petition.id)))


def test_what_is_found_is_listed_without_its_text(database: Database, run: Run) -> None:
    petition = put(database, "路灯，请打138-0013-8000，李桂芳")
    put(database, "水管")
    code, out, err = run("find", "--phone", "-", "--name", "-", stdin=f"{PHONE}\n李桂芳\n")
    assert code == 0
    assert out.splitlines() == [f"{petition}\t{now():%Y-%m-%d}\t-\t电话号码：内容；姓名：内容"]
    assert "2 件" in err


@on_sqlite
@pytest.mark.parametrize("arguments", [(), ("--phone", "138"), ("--phone", "-")])
def test_a_search_for_nothing_is_refused(database: Database, run: Run, arguments: tuple[str, ...]) -> None:
    code, _, err = run("find", *arguments)
    assert code == 3 and "错误" in err


def test_petitions_are_erased(database: Database, run: Run) -> None:
    first, second = put(database, f"路灯，电话{PHONE}"), put(database, f"水管，电话{PHONE}")
    assert run("erase", first, "--mask", "--reason", "来函一号")[0] == 0
    assert run("erase", second, "--reason", "来函一号")[0] == 0
    assert texts(database) == ["路灯，电话[手机号]"]


@on_sqlite
def test_an_unknown_number_is_a_clear_error(database: Database, run: Run) -> None:
    known = put(database, "路灯")
    code, _, err = run("erase", known, "0" * 32, "--reason", "来函一号")
    assert code == 3 and "没有这个编号" in err and "0" * 32 in err and known not in err
    assert texts(database) == ["路灯"]


@on_sqlite
def test_without_a_period_retain_says_that_none_is_set(database: Database, run: Run) -> None:
    assert "mask_after_days" in run("retain", "--dry-run")[2]


def test_what_is_kept_too_long_is_masked(database: Database, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    put(database, f"路灯，电话{PHONE}", closed_days_ago=40)
    put(database, f"水管，电话{PHONE}", closed_days_ago=10)
    assert run("retain")[1].strip() == "遮盖了 0 件，删除了 0 件"
    monkeypatch.setenv("PETITION_MASK_AFTER_DAYS", "30")
    assert run("retain", "--dry-run")[1].strip() == "将遮盖 1 件，删除 0 件"
    assert run("retain")[1].strip() == "遮盖了 1 件，删除了 0 件"
    assert texts(database) == ["路灯，电话[手机号]", f"水管，电话{PHONE}"]

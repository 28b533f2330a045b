"""The page 关于模型."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from access_doubles import add_account, sign_in
from fastapi.testclient import TestClient
from toy import TAXONOMY, toy_model

from petition_nlp.policy import Policy
from petition_nlp.router import Router
from service.access.principal import ROLES
from service.store.database import Database

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

HEAD = {
    "n": 191,
    "accuracy": 0.7173,
    "macro_f1": 0.6321,
    "top3": 0.9319,
    "ece": 0.0411,
    "labels": {"electricity": 500},
    "left_out": {},
    "left_to_people": [],
    "per_label": [{"label": "electricity", "n": 191, "precision": 0.8, "recall": 0.7173}],
}
REPORT = {
    "rows": 1234,
    "groups": 1111,
    "leaks": {"rows": 17, "kept": False},
    "calibration_rows": None,
    "folds": 5,
    "measured_folds": 5,
    "heads": {"department": HEAD},
}


@pytest.fixture
def database_url(sqlite_url: str) -> str:
    """No database has a part in this."""
    return sqlite_url


def reported() -> Router:
    return Router(replace(toy_model("department"), report=REPORT), TAXONOMY, Policy.load())


@pytest.mark.parametrize("role", ROLES)
def test_everybody_who_is_signed_in_sees_the_model_in_use(database: Database, serve: Serve, role: str) -> None:
    add_account(database, role=role)  # type: ignore[arg-type]
    client = serve(reported(), blind_share=0.25)
    sign_in(client)
    page = client.get("/about").text
    assert all(text in page for text in ("toy@1", "71.7%", "1,234 条诉求", "供电企业", "25.0%", "运营单位未填写"))
    assert 'href="/about"' in client.get("/about").text


def test_the_operators_answers_are_shown_as_text(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "operator.yaml").write_text("contact: <b>000-12345</b>\n", encoding="utf-8")
    page = serve(reported(), operator=tmp_path / "operator.yaml").get("/about").text
    assert "&lt;b&gt;000-12345&lt;/b&gt;" in page


@pytest.mark.parametrize("content", ["organization: 甲\n", "contact: [\n", None])
def test_a_broken_operators_file_is_logged_at_the_start_and_stops_nothing(
    serve: Serve, tmp_path: Path, content: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    if content is not None:
        (tmp_path / "operator.yaml").write_text(content, encoding="utf-8")
    with caplog.at_level(logging.WARNING):
        client = serve(reported(), operator=tmp_path / "operator.yaml")
    assert "operator's file not used" in caplog.text and "operator.yaml" in caplog.text
    page = client.get("/about")
    assert page.status_code == 200 and "运营单位填写的文件读不了" in page.text and "71.7%" in page.text
    assert "operator.yaml" not in page.text, "where it lies is nobody's business"


@pytest.mark.parametrize(
    "report", [{}, {"heads": {"department": {"n": 1, "accuracy": 0.5}}}, {**REPORT, "heads": {"a": {}}}]
)
def test_a_model_without_a_whole_report_says_so(serve: Serve, report: dict[str, Any]) -> None:
    model = replace(toy_model("department"), report=report)
    answer = serve(Router(model, TAXONOMY, Policy.load())).get("/about")
    assert answer.status_code == 200 and "没有训练报告" in answer.text

"""Forms and filters of pages, as typed models."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import BaseModel, ConfigDict, Field

from petition_nlp.settings import Settings
from service import problems
from service.console.forms import form_of, query_of
from service.petitions.queries import PageFilter
from service.petitions.schemas import CorrectionIn, StatusIn


class Sample(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(max_length=4)
    days: int | None = None
    urgent: bool = False
    parts: list[str] | None = None


def _app(dependency: Any, method: str) -> TestClient:
    app = FastAPI()
    app.state.settings = Settings(max_body_bytes=1024, max_text_chars=100)
    problems.install(app)

    async def show(found: Any = dependency) -> dict[str, Any]:
        return found.model_dump(mode="json", exclude_unset=True)

    app.add_api_route("/", show, methods=[method])
    return TestClient(app)


def sent(form: dict[str, Any], model: type[BaseModel] = Sample) -> Any:
    return _app(form_of(model), "POST").post("/", data=form)


def asked(query: str, model: type[BaseModel] = Sample) -> Any:
    return _app(query_of(model), "GET").get(f"/?{query}")


def test_fields_become_what_their_model_wants() -> None:
    answer = sent({"name": "王芳", "days": "3", "urgent": "on", "parts": ["一", "二"]})
    assert answer.json() == {"name": "王芳", "days": 3, "urgent": True, "parts": ["一", "二"]}


def test_what_is_left_empty_was_not_given() -> None:
    assert asked("name=a&days=&parts=").json() == {"name": "a"}


@pytest.mark.parametrize("ask", [lambda: sent({"days": "x"}), lambda: asked("days=x")])
def test_what_does_not_fit_is_named(ask: Callable[[], Any]) -> None:
    answer = ask()
    assert answer.status_code == 422
    assert {(e["field"], e["message"]) for e in answer.json()["errors"]} == {
        ("name", "缺少这个字段"),
        ("days", "应为整数"),
    }


@pytest.mark.parametrize(
    ("content", "headers", "status"),
    [
        (b"name=%FF", {}, 400),
        (b"name=\xff", {}, 400),
        (b"name=a%00", {}, 422),
        (b"name=" + b"a" * 2000, {}, 413),
        (b"{}", {"Content-Type": "application/json"}, 415),
        (b"&".join([b"a=1"] * 1001)[:1024], {}, 422),
    ],
)
def test_odd_bodies_are_refused(content: bytes, headers: dict[str, str], status: int) -> None:
    given = {"Content-Type": "application/x-www-form-urlencoded", **headers}
    assert _app(form_of(Sample), "POST").post("/", content=content, headers=given).status_code == status


def test_the_models_of_the_api_take_forms() -> None:
    assert asked("status=已办结&status=pending&review=true&matter=", PageFilter).json() == {
        "status": ["resolved", "pending"],
        "review": True,
    }
    assert sent({"status": "办理中", "why": ""}, StatusIn).json()["status"] == "in_progress"
    correction = sent({"department": "gas", "co_departments": ["housing"], "why": "转燃气"}, CorrectionIn)
    assert correction.json()["co_departments"] == ["housing"]

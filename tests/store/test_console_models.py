"""The page 模型."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from callers import on_sqlite
from fastapi.testclient import TestClient

from models import add, in_use, model_folder, states
from petition_nlp.router import Router

Serve = Callable[..., TestClient]
FORM = {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
NO = {"verdict": "no", "reasons": ["<b>燃气</b>部门的准确率下降"]}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.models.watching._SECONDS", 3600)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    made = {version: model_folder(tmp_path, version) for version in ("0", "1")}
    monkeypatch.setattr("service.models.changing.default_model_path", lambda: made["0"])
    return {**made, "bad": model_folder(tmp_path, "bad", gate=NO, against=made["0"])}


@pytest.fixture
def client(serve: Serve, folders: dict[str, Path]) -> TestClient:
    return serve(Router.load(folders["0"]))


def send(client: TestClient, path: str, **fields: Any) -> Any:
    return client.post(path, data=fields, headers=FORM)


def test_a_model_is_put_into_use_and_rolled_back(client: TestClient, folders: dict[str, Path]) -> None:
    assert "还没有登记的模型" in client.get("/models").text and "toy@0" in client.get("/models").text
    made = add(client, folders["1"])
    page = client.get("/models").text
    assert "候选" in page and "81.0%" in page and "未核对" in page and 'hx-get="/models/rollback"' not in page
    assert "# toy 1" in client.get(f"/models/{made['id']}").text
    assert send(client, f"/models/{made['id']}").status_code == 422, "a reason is needed"
    done = send(client, f"/models/{made['id']}", why="重新训练")
    assert done.status_code == 200 and 'hx-get="/models/rollback"' in done.text
    assert in_use(client) == "toy@1"
    assert "停用 toy@1" in client.get("/models/rollback").text
    assert send(client, "/models/rollback", why="误分增多").status_code == 200
    assert states(client) == {"toy@1": "retired", "toy@0": "current"}
    assert "启用模型" in client.get("/audit", params={"action": "model_promoted"}).text


@on_sqlite
def test_a_gate_that_says_no_asks_for_a_further_reason(client: TestClient, folders: dict[str, Path]) -> None:
    made = add(client, folders["bad"])
    shown = client.get(f"/models/{made['id']}").text
    assert "&lt;b&gt;燃气&lt;/b&gt;" in shown and 'name="despite"' in shown
    refused = send(client, f"/models/{made['id']}", why="重新训练")
    assert refused.status_code == 409 and "门槛没有通过" in refused.text
    assert send(client, f"/models/{made['id']}", why="重新训练", despite="旧分类已停用").status_code == 200


@on_sqlite
def test_a_comparison_with_another_model_is_told_and_asks_for_a_reason(
    client: TestClient, folders: dict[str, Path], tmp_path: Path
) -> None:
    yes = {"verdict": "yes", "reasons": [], "current": "<i>toy@1</i>"}
    fitting = add(client, model_folder(tmp_path, "8", gate=yes, against=folders["0"]))
    other = add(client, model_folder(tmp_path, "9", gate=yes, against=folders["1"]))
    assert 'name="despite"' not in client.get(f"/models/{fitting['id']}").text
    shown = client.get(f"/models/{other['id']}").text
    assert "比较的是 &lt;i&gt;toy@1&lt;/i&gt;" in shown and "不是现在启用的 toy@0" in shown
    assert 'name="despite"' in shown
    assert "现在不算数" in send(client, f"/models/{other['id']}", why="重新训练").text
    assert send(client, f"/models/{other['id']}", why="重新训练", despite="只差一天").status_code == 200
    assert "比较的是" not in client.get(f"/models/{other['id']}").text, "what is in use replaces nothing"


@on_sqlite
def test_a_process_that_does_not_follow_is_named(
    client: TestClient, serve: Serve, folders: dict[str, Path], tmp_path: Path
) -> None:
    other = serve(Router.load(folders["0"]), data_folder=tmp_path / "elsewhere")
    send(client, f"/models/{add(client, folders['1'])['id']}", why="重新训练")
    other.app.state.models.look()  # type: ignore[attr-defined]
    page = client.get("/models").text
    assert "仍在用 toy@0" in page and "petition-nlp models add" in page


@on_sqlite
def test_settings_that_name_a_model_are_told(serve: Serve, folders: dict[str, Path]) -> None:
    client = serve(Router.load(folders["0"]), model=folders["0"])
    made = add(client, folders["1"])
    assert "设置 model 指定了模型" in client.get("/models").text
    assert "启用这个模型" not in client.get(f"/models/{made['id']}").text
    assert send(client, f"/models/{made['id']}", why="重新训练").status_code == 409

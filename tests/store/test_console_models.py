"""The page 模型."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from callers import on_sqlite
from fastapi.testclient import TestClient

from models import ZIP, add, in_use, model_folder, promote, states, zipped
from petition_nlp.router import Router

Serve = Callable[..., TestClient]
FORM = {"HX-Request": "true", "Content-Type": "application/x-www-form-urlencoded"}
NO = {"verdict": "no", "reasons": ["<b>燃气</b>部门的准确率下降"]}
FULL = {
    "verdict": "no",
    "reasons": ["合计责任部门准确率 71.0% → 70.2%，说不上更好"],
    "warnings": ["没有<i>盲审</i>样本"],
    "current": "toy@0",
    "candidate": "toy@full",
    "frozen_uses": {"used": 3, "planned": 20},
    "rows": {"frozen": 1200},
    "checks": [
        {"name": "frozen.department", "passed": True, "text": "固定测试集上责任部门准确率 71.0% → 70.2%，没有变差"},
        {"name": "better", "passed": False, "text": "合计责任部门准确率 71.0% → 70.2%，说不上更好"},
        {"name": "later", "passed": True, "text": "以后的一项"},
        {"name": 7},
    ],
    "departments": [
        {"department": "gas", "n": 31, "first": 0.9, "second": 0.8, "beyond_chance": True},
        {"department": "*", "n": 12, "first": 0.5, "second": 0.5, "beyond_chance": False},
        "taxation",
    ],
}


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.models.watching._SECONDS", 3600)


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    made = {version: model_folder(tmp_path, version) for version in ("0", "1")}
    monkeypatch.setattr("service.models.changing.default_model_path", lambda: made["0"])
    own = {
        name: model_folder(tmp_path, name, gate=gate, against=made["0"]) for name, gate in (("bad", NO), ("full", FULL))
    }
    return {**made, **own}


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
def test_the_gates_verdict_is_shown_check_by_check(client: TestClient, folders: dict[str, Path]) -> None:
    made = add(client, folders["full"])
    shown = client.get(f"/models/{made['id']}").text
    for told in ("测试集：责任部门", "71.0% → 70.2%", "以后的一项", "测试集第 3 次使用（预定 20 次）", "1,200 行"):
        assert told in shown
    for told in ("燃气企业", "90.0%", "-10.0", "超出偶然", "件数少的部门合计", "&lt;i&gt;盲审"):
        assert told in shown
    assert "门槛比较的是另一个模型" not in shown, "the shipped model is what it was compared with"
    promote(client, add(client, folders["1"]))
    assert "门槛比较的是另一个模型" in client.get(f"/models/{made['id']}").text


@on_sqlite
def test_a_model_is_uploaded_and_removed(client: TestClient, folders: dict[str, Path]) -> None:
    page = client.get("/models").text
    assert "上传模型" in page and "200 MB" in page
    made = client.post("/models", content=zipped(folders["1"]), headers={"HX-Request": "true", **ZIP})
    assert made.status_code == 201
    path = f"/models/{made.json()['id']}"
    added = client.get(f"{path}/added", headers=FORM)
    assert "启用这个模型" in added.text and 'id="models-list" hx-swap-oob="true"' in added.text
    assert send(client, f"{path}/remove").status_code == 422, "a reason is needed"
    done = send(client, f"{path}/remove", why="不再需要")
    assert done.status_code == 200 and "还没有登记的模型" in done.text
    assert send(client, f"{path}/remove", why="不再需要").status_code == 404
    log = client.get("/audit", params={"action": "model_removed"}).text
    assert "删除模型" in log and "不再需要" in log


@on_sqlite
def test_what_a_rollback_needs_is_not_offered_for_removal(client: TestClient, folders: dict[str, Path]) -> None:
    made = add(client, folders["1"])
    promote(client, made)
    before = client.get(f"/v1/models/{made['id']}").json()["before"]
    for model, told in ((made["id"], "查看"), (before, "回退时会用到这个模型")):
        assert told in client.get("/models").text + client.get(f"/models/{model}").text
        assert "确认删除" not in client.get(f"/models/{model}").text
        assert send(client, f"/models/{model}/remove", why="不再需要").status_code == 409


@on_sqlite
@pytest.mark.parametrize(
    ("file", "status", "told"),
    [
        ({"name": "模型.ZIP", "size": 1000}, 204, ""),
        ({"name": "模型.tar.gz", "size": 1000}, 422, "打包成 .zip"),
        ({"name": "模型.zip", "size": 2000}, 413, "petition-nlp models add"),
    ],
)
def test_what_would_be_refused_is_refused_before_the_upload(
    serve: Serve, folders: dict[str, Path], file: dict[str, Any], status: int, told: str
) -> None:
    answer = send(serve(Router.load(folders["0"]), max_upload_bytes=1500), "/models/check", **file)
    assert answer.status_code == status and told in answer.text


@on_sqlite
def test_whoever_looked_at_another_model_in_use_is_told(client: TestClient, folders: dict[str, Path]) -> None:
    made, other = add(client, folders["1"]), add(client, folders["full"])
    promote(client, made)
    rolled = re.search('name="current" value="([0-9a-f]{12})"', client.get("/models/rollback").text)
    assert rolled is not None and rolled[1] == made["id"]
    assert send(client, "/models/rollback", why="误分增多", current=made["id"]).status_code == 200
    assert "没有可以回退的模型" in client.get("/models/rollback").text
    again = send(client, "/models/rollback", why="误分增多", current=made["id"])
    assert again.status_code == 409 and "已有人换用模型" in again.text
    late = send(client, f"/models/{other['id']}", why="重新训练", despite="试用", current=made["id"])
    assert late.status_code == 409 and "启用的已是 toy@0" in late.text


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
def test_the_page_looks_again_until_all_processes_have_changed_over(
    client: TestClient, serve: Serve, folders: dict[str, Path]
) -> None:
    other = serve(Router.load(folders["0"]))
    made = add(client, folders["1"])
    for one in (client, other):
        one.app.state.models.look()  # type: ignore[attr-defined]
    looks = 'hx-get="/models/list"'
    assert looks not in client.get("/models").text
    assert looks in send(client, f"/models/{made['id']}", why="重新训练").text
    assert looks in client.get("/models/list", headers=FORM).text
    other.app.state.models.look()  # type: ignore[attr-defined]
    done = client.get("/models/list", headers=FORM).text
    assert looks not in done and "2 个进程" in done


@on_sqlite
def test_settings_that_name_a_model_are_told(serve: Serve, folders: dict[str, Path]) -> None:
    client = serve(Router.load(folders["0"]), model=folders["0"])
    made = add(client, folders["1"])
    assert "设置 model 指定了模型" in client.get("/models").text
    assert "启用这个模型" not in client.get(f"/models/{made['id']}").text
    assert send(client, f"/models/{made['id']}", why="重新训练").status_code == 409

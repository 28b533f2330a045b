"""The registry of models: added, put into use, rolled back, refused, removed — and a service that follows it."""

from __future__ import annotations

import io
import json
import logging
import os
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from access_doubles import audited
from callers import on_sqlite
from client_doubles import ToService
from fastapi.testclient import TestClient
from petitions import stored
from sqlalchemy import delete, select, update
from toy import TAXONOMY

from models import ZIP, add, in_use, model_folder, promote, roll_back, states, upload
from petition_nlp import cli
from petition_nlp.artifact import model_digest
from petition_nlp.client import Client
from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.access.principal import SYSTEM
from service.jobs.supervise import _paths
from service.models import changing, registry, start
from service.models.folders import ModelFolders
from service.models.watching import ModelWatch
from service.store.database import Database
from service.store.tables import Event, ModelVersion, Petition

Serve = Callable[..., TestClient]
YES = {"verdict": "yes", "reasons": ["责任部门准确率更好"], "current": "toy@0"}
NO = {"verdict": "no", "reasons": ["燃气部门的准确率下降 6 个百分点"], "frozen_uses": 3}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Toy models: the shipped one, two others, and one whose gate said no."""
    root = tmp_path_factory.mktemp("models")
    made = {version: model_folder(root, version) for version in ("0", "1", "2")}
    return {**made, "bad": model_folder(root, "bad", gate=NO, against=made["0"])}


@pytest.fixture(autouse=True)
def shipped(folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.models.watching._SECONDS", 3600)  # tests say when to look
    for module in ("service.models.changing", "petition_nlp.router", "petition_nlp.resources"):
        monkeypatch.setattr(f"{module}.default_model_path", lambda: folders["0"])


@pytest.fixture(autouse=True)
def nearby(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Read uploads in the test's own process, which is quicker."""
    if "test_a_model_is_known_by_its_content" not in request.node.name:
        monkeypatch.setattr(changing, "ask", lambda look, path, *more: json.loads(json.dumps(look(path, *more))))


@pytest.fixture
def client(serve: Serve, folders: dict[str, Path]) -> TestClient:
    return serve(Router.load(folders["0"]))


def reindented(folder: Path) -> Path:
    """The same model with another digest."""
    manifest = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    (folder / "model.json").write_text(json.dumps(manifest, indent=2), encoding="utf-8")
    return folder


def watch_of(client: TestClient) -> ModelWatch:
    found: ModelWatch = client.app.state.models  # type: ignore[attr-defined]
    return found


def restarted(client: TestClient) -> str:
    """The model that another process of the service would begin with."""
    return start.load(client.app.state.settings).router.model  # type: ignore[attr-defined]


def test_without_a_registered_model_everything_is_as_ever(client: TestClient) -> None:
    found = client.get("/v1/models").json()
    assert [item["model"] for item in found["items"]] == ["toy@0"]
    assert (found["versions"], found["pinned"]) == ([], False)
    assert roll_back(client).json()["code"] == "not_possible"
    assert restarted(client) == "toy@0"


def test_a_model_is_added_put_into_use_and_rolled_back(client: TestClient, folders: dict[str, Path]) -> None:
    made = add(client, folders["1"])
    assert (made["state"], made["figures"]["department"]["accuracy"], made["gate"]) == ("candidate", 0.81, None)
    assert in_use(client) == "toy@0"
    assert promote(client, made).json()["state"] == "current"
    assert in_use(client) == restarted(client) == "toy@1"
    assert client.get("/v1/models").json()["items"][0]["model"] == "toy@1"
    assert states(client) == {"toy@1": "current", "toy@0": "retired"}
    assert promote(client, made).json()["code"] == "not_possible"
    other = add(client, folders["2"])
    promote(client, other)
    assert roll_back(client).json()["model"] == "toy@1"
    assert roll_back(client).json()["model"] == "toy@0"  # the shipped one, as it was
    assert in_use(client) == restarted(client) == "toy@0"
    assert roll_back(client).status_code == 409
    told = [entry["action"] for entry in audited(client) if entry["action"].startswith("model_")]
    assert told == ["model_rolled_back"] * 2 + ["model_promoted", "model_added"] + [
        "model_promoted",
        "model_added",
        "model_added",
    ]
    [shown] = [client.get(f"/v1/models/{row['id']}").json() for row in client.get("/v1/models").json()["versions"][:1]]
    assert (shown["card"], shown["why"]) == ("# toy 2\n", "重新训练")


@on_sqlite
def test_a_model_is_known_by_its_content(client: TestClient, folders: dict[str, Path], tmp_path: Path) -> None:
    first, again = (upload(client, folders["1"]) for _ in range(2))
    assert first.status_code == 201 and first.json() == again.json() == add(client, folders["1"])
    other = model_folder(tmp_path, "1", name="toy", taxonomy=TAXONOMY.version)
    (other / "README.md").write_text("# another\n", encoding="utf-8")
    reindented(other)
    answer = upload(client, other)
    assert answer.json()["code"] == "unfit_model" and "README.md" in answer.json()["detail"]


@on_sqlite
def test_the_client_adds_promotes_and_rolls_back(client: TestClient, folders: dict[str, Path]) -> None:
    with Client("http://localhost", transport=ToService(client)) as own:
        made = own.registry.add(folders["1"])
        assert (made.state, made.figures["department"]["accuracy"]) == ("candidate", 0.81)
        assert own.registry.promote(made, why="重新训练").promoted is not None
        assert own.registry.get(made.id).card == "# toy 1\n"
        assert own.registry.roll_back(why="误分增多").model == "toy@0"
        own.registry.remove(own.registry.add(folders["2"]))
        found = own.registry.all()
        assert (found.items[0].model, found.pinned) == ("toy@0", False)
        assert [version.state for version in found.versions or ()] == ["current", "retired"]


@on_sqlite
def test_a_verdict_counts_for_the_model_that_routed(
    client: TestClient, database: Database, folders: dict[str, Path]
) -> None:
    made = [stored(client, f"{place}停电了") for place in ("东门", "西门")]
    with database.write() as session:  # the toy is never sure enough to dispatch by itself
        session.execute(update(Petition).values(blind=True, review=False, status="assigned", decided_by="model"))
    judged = {"matter": "大事", "department": "gas"}

    def judge(petition: dict[str, Any]) -> dict[str, Any]:
        assert client.post(f"/v1/review/{petition['id']}/decide", json=judged).status_code == 200
        precision: dict[str, Any] = client.get("/v1/auto-routing").json()["precision"]
        return precision

    assert judge(made[0])["verdicts"] == 1
    promote(client, add(client, folders["1"]))
    found = judge(made[1])
    assert (found["model"], found["verdicts"]) == ("toy@1", 0)
    roll_back(client)
    assert client.get("/v1/auto-routing").json()["precision"]["verdicts"] == 2


@on_sqlite
def test_two_models_of_one_name_and_version_cannot_be_told_apart(
    client: TestClient, folders: dict[str, Path], tmp_path: Path
) -> None:
    add(client, folders["1"])
    same = reindented(model_folder(tmp_path, "1", embedder=Router.load(folders["0"]).loaded.embedder))
    answer = upload(client, same)
    assert (answer.status_code, answer.json()["code"]) == (409, "not_possible")
    assert not ModelFolders(client.app.state.settings).has(model_digest(same))  # type: ignore[attr-defined]


def packed(*names: str, content: bytes = b"x", method: int = zipfile.ZIP_DEFLATED) -> bytes:
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", method) as out:
        for name in names:
            out.writestr(name, content)
    return archive.getvalue()


def ending(content: bytes) -> bytes:
    """A ZIP file that says that it begins before its own beginning."""
    start = content.rindex(b"PK\5\6") + 16
    return content[:start] + b"\xff\xff\0\0" + content[start + 4 :]


@on_sqlite
@pytest.mark.parametrize(
    "body",
    [
        b"no zip",
        packed(),
        packed("../model.json"),
        packed("model.json", "a/model.json"),
        packed("model.json", "a/README.md"),
        packed("model.json", "run.py"),
        packed(*[f"{n}/model.json" for n in range(200)]),
        packed("model.json", method=zipfile.ZIP_BZIP2).replace(b"BZh9", b"BZh0"),
        packed("model.json", method=zipfile.ZIP_LZMA),
        ending(packed("model.json")),
    ],
)
def test_what_is_no_model_is_refused_and_leaves_nothing(client: TestClient, body: bytes, tmp_path: Path) -> None:
    answer = client.post("/v1/models", content=body, headers=ZIP)
    assert (answer.status_code, answer.json()["code"]) == (422, "unfit_model")
    assert list((tmp_path / "data" / "models").iterdir()) == []
    assert not list(tmp_path.rglob("model.json"))


@on_sqlite
def test_a_file_that_unpacks_to_too_much_is_given_up(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, folders: dict[str, Path]
) -> None:
    monkeypatch.setattr("service.models.packing.MOST_BYTES", 1000)
    answer = client.post("/v1/models", content=packed("model.json", content=b" " * 100_000), headers=ZIP)
    assert "过大" in answer.json()["detail"]


@on_sqlite
def test_an_upload_has_a_limit_and_a_type(serve: Serve, folders: dict[str, Path]) -> None:
    small = serve(Router.load(folders["0"]), max_upload_bytes=1024)
    refused = upload(small, folders["1"])
    assert refused.status_code == 413 and "petition-nlp models add" in refused.json()["detail"]
    assert small.post("/v1/models", content=b"{}").json()["code"] == "unsupported_upload"


@on_sqlite
@pytest.mark.parametrize(
    ("fields", "told"),
    [({"taxonomy": "1999.01"}, "1999.01"), ({"name": "../toy"}, "名称"), ({"name": "a b"}, "名称")],
)
def test_a_model_that_does_not_fit_is_refused(
    client: TestClient, tmp_path: Path, fields: dict[str, str], told: str
) -> None:
    answer = upload(client, model_folder(tmp_path, "9", **fields))
    assert answer.json()["code"] == "unfit_model" and told in answer.json()["detail"]


@on_sqlite
def test_a_gate_that_says_no_holds_unless_somebody_says_why_not(client: TestClient, folders: dict[str, Path]) -> None:
    made = upload(client, folders["bad"]).json()
    assert made["gate"] == {"promote": False, "reasons": NO["reasons"], "details": made["gate"]["details"]}
    assert made["gate"]["details"]["frozen_uses"] == 3
    answer = promote(client, made)
    assert (answer.status_code, answer.json()["code"]) == (409, "gate_failed")
    assert "燃气部门" in answer.json()["detail"] and in_use(client) == "toy@0"
    assert "despite" in answer.json()["detail"]
    assert promote(client, made, despite="旧模型的分类已停用").status_code == 200
    entry = audited(client, action="model_promoted")[0]
    assert entry["details"]["despite"] == "旧模型的分类已停用" and entry["details"]["gate"] == NO["reasons"]


@on_sqlite
def test_a_yes_counts_for_the_model_that_it_was_compared_with(
    client: TestClient, folders: dict[str, Path], tmp_path: Path
) -> None:
    first, second = (
        add(client, model_folder(tmp_path, version, gate=YES, against=folders["0"])) for version in ("8", "9")
    )
    assert promote(client, first).status_code == 200  # the shipped one, which no row stood for, was what it replaced
    answer = promote(client, second)
    assert (answer.status_code, answer.json()["code"]) == (409, "gate_failed")
    assert re.search(r"比较的是 toy@0（编号 \w{12}），不是现在启用的 toy@8", answer.json()["detail"])
    assert in_use(client) == "toy@8"
    roll_back(client)
    assert promote(client, second).status_code == 200


@on_sqlite
def test_a_reason_is_needed_where_the_shipped_model_was_not_the_one_compared(
    client: TestClient, folders: dict[str, Path], tmp_path: Path
) -> None:
    made = add(client, model_folder(tmp_path, "9", gate=YES, against=folders["1"]))
    answer = promote(client, made)
    assert answer.json()["code"] == "gate_failed" and "不是现在启用的 toy@0" in answer.json()["detail"]
    assert states(client) == {"toy@9": "candidate"}
    assert promote(client, made, despite="旧模型只在另一台机器上").status_code == 200
    entry = audited(client, action="model_promoted")[0]
    assert entry["details"]["despite"] == "旧模型只在另一台机器上" and "toy@0" in entry["details"]["gate"][0]


@on_sqlite
def test_other_systems_are_told_of_a_model_that_takes_over_or_goes_back(
    client: TestClient, folders: dict[str, Path]
) -> None:
    made = upload(client, folders["1"]).json()
    promote(client, made)
    client.post("/v1/models/rollback", json={"why": "演练"})
    database = client.app.state.database  # type: ignore[attr-defined]
    with database.read() as session:
        told = session.scalars(select(Event).order_by(Event.number)).all()
    assert [event.kind for event in told] == ["model.promoted"] * 2
    assert told[0].data["previous"] == told[1].data["model"] == "toy@0" and told[1].data["why"] == "演练"


@on_sqlite
@pytest.mark.parametrize(
    "gate",
    [
        {"verdict": 1},
        {"verdict": "yes", "reasons": [1]},
        {"verdict": "yes", "digest": {"candidate": "0", "current": "0"}},
        {"verdict": "yes", "digest": {}},
        [],
    ],
)
def test_a_verdict_that_cannot_be_read_is_none(client: TestClient, tmp_path: Path, gate: Any) -> None:
    answer = upload(client, model_folder(tmp_path, "9", gate=gate))
    assert "gate.json" in answer.json()["detail"]


@on_sqlite
def test_settings_that_name_a_model_hold(serve: Serve, folders: dict[str, Path]) -> None:
    client = serve(Router.load(folders["2"]), model=folders["2"])
    made = add(client, folders["1"])
    for answer in (promote(client, made), roll_back(client)):
        assert (answer.status_code, answer.json()["code"]) == (409, "model_pinned")
    assert client.get("/v1/models").json()["pinned"] and restarted(client) == "toy@2"


@on_sqlite
def test_whoever_saw_another_model_in_use_changes_nothing(client: TestClient, folders: dict[str, Path]) -> None:
    first, second = add(client, folders["1"]), add(client, folders["2"])
    promote(client, first)
    promote(client, second, current=first["id"])
    body = {"why": "误分增多", "current": second["id"]}
    assert client.post("/v1/models/rollback", json=body).json()["model"] == "toy@1"
    again = client.post("/v1/models/rollback", json=body)  # of somebody who saw the same
    assert again.json()["code"] == "not_possible" and "启用的已是 toy@1" in again.json()["detail"]
    assert promote(client, second, current=second["id"]).status_code == 409
    assert states(client) == {"toy@2": "retired", "toy@1": "current", "toy@0": "retired"}


@on_sqlite
def test_a_model_is_removed_with_its_files_unless_it_is_needed(client: TestClient, folders: dict[str, Path]) -> None:
    first, second = add(client, folders["1"]), add(client, folders["2"])
    promote(client, first)
    for needed in (first["id"], client.get(f"/v1/models/{first['id']}").json()["before"]):
        assert client.delete(f"/v1/models/{needed}").json()["code"] == "not_possible"
    assert client.delete(f"/v1/models/{second['id']}").status_code == 204
    own = ModelFolders(client.app.state.settings)  # type: ignore[attr-defined]
    assert own.has(first["digest"]) and not own.has(second["digest"])
    assert client.delete(f"/v1/models/{second['id']}").status_code == 404
    assert audited(client, action="model_removed")[0]["details"] == {"model": "toy@2"}


@on_sqlite
def test_a_promotion_sent_twice_is_done_once(client: TestClient, folders: dict[str, Path]) -> None:
    made, key = add(client, folders["1"]), {"Idempotency-Key": "a"}
    path = f"/v1/models/{made['id']}/promote"
    first, again = (client.post(path, json={"why": "重新训练"}, headers=key) for _ in range(2))
    assert (first.status_code, again.status_code, again.headers["idempotency-replayed"]) == (200, 200, "true")
    assert len(audited(client, action="model_promoted")) == 1


def test_other_processes_follow(client: TestClient, serve: Serve, folders: dict[str, Path]) -> None:
    other = serve(Router.load(folders["0"]))
    promote(client, add(client, folders["1"]))
    assert in_use(other) == "toy@0"
    watch_of(other).look()
    assert in_use(other) == "toy@1"


def test_the_processes_that_use_a_model_are_counted(client: TestClient, serve: Serve, folders: dict[str, Path]) -> None:
    other = serve(Router.load(folders["0"]))
    made = add(client, folders["1"])
    promote(client, made)
    for one in (client, other):
        watch_of(one).look()
    assert client.get("/v1/models").json()["versions"][0]["processes"] in (0, 2)
    shown = client.get(f"/v1/models/{made['id']}").json()
    assert len(shown["used_by"]) == 2 and {use["model"] for use in shown["used_by"]} == {"toy@1"}
    watch_of(other).end()
    assert len(client.get(f"/v1/models/{made['id']}").json()["used_by"]) == 1


def test_a_petition_names_the_model_that_routed_it(client: TestClient, folders: dict[str, Path]) -> None:
    before = stored(client, "停电了")
    promote(client, add(client, folders["1"]))
    after = stored(client, "又停电了")
    assert [made["route"]["model"] for made in (before, after)] == ["toy@0", "toy@1"]
    assert client.get(f"/v1/petitions/{before['id']}").json()["route"]["model"] == "toy@0"
    assert client.get("/v1/auto-routing").json()["precision"]["model"] == "toy@1"


def damage(client: TestClient, digest: str) -> None:
    folder = ModelFolders(client.app.state.settings).of(digest)  # type: ignore[attr-defined]
    (folder / "vocabulary.json").write_text("{}", encoding="utf-8")


@on_sqlite
def test_a_model_that_was_damaged_since_is_not_put_into_use(client: TestClient, folders: dict[str, Path]) -> None:
    made = add(client, folders["1"])
    damage(client, made["digest"])
    answer = promote(client, made)
    assert answer.json()["code"] == "unfit_model" and "vocabulary.json" in answer.json()["detail"]
    assert states(client) == {"toy@1": "candidate"}
    add(client, folders["1"])  # it is brought again
    assert promote(client, made).status_code == 200


def test_a_process_that_cannot_load_it_puts_the_model_before_back(
    client: TestClient, serve: Serve, folders: dict[str, Path], caplog: pytest.LogCaptureFixture
) -> None:
    other = serve(Router.load(folders["0"]))
    made = add(client, folders["1"])
    promote(client, made)
    damage(client, made["digest"])
    with caplog.at_level(logging.ERROR):
        watch_of(other).look()
    assert "model not changed" in caplog.text and in_use(other) == "toy@0"
    assert states(client) == {"toy@1": "refused", "toy@0": "current"}
    assert "vocabulary.json" in client.get(f"/v1/models/{made['id']}").json()["refusal"]
    watch_of(client).look()
    assert in_use(client) == "toy@0"
    assert 'petition_model_loads_total{result="failed"}' in client.get("/metrics").text


@on_sqlite
def test_a_model_that_lies_on_another_machine_alone_is_waited_for(
    client: TestClient, serve: Serve, folders: dict[str, Path], tmp_path: Path
) -> None:
    other = serve(Router.load(folders["0"]), data_folder=tmp_path / "elsewhere")
    made = add(client, folders["1"])
    promote(client, made)
    watch_of(other).look()
    assert in_use(other) == "toy@0" and states(client)["toy@1"] == "current"
    assert promote(other, add(other, folders["1"])).status_code == 409  # it is in use elsewhere
    watch_of(other)._failed = None
    watch_of(other).look()
    assert in_use(other) == "toy@1"


@on_sqlite
def test_a_process_that_starts_again_answers_with_the_promoted_model_at_once(
    client: TestClient, serve: Serve, folders: dict[str, Path]
) -> None:
    promote(client, add(client, folders["1"]))
    assert in_use(serve(Router.load(folders["0"]))) == "toy@1"  # as a worker that is forked anew


@on_sqlite
def test_a_model_that_passes_for_the_shipped_one_is_refused(client: TestClient, tmp_path: Path) -> None:
    answer = upload(client, model_folder(tmp_path, "0", card="# another\n"))
    assert answer.json()["code"] == "unfit_model" and "toy@0" in answer.json()["detail"]


@on_sqlite
def test_a_start_goes_back_to_what_can_be_loaded(client: TestClient, folders: dict[str, Path]) -> None:
    first, second = add(client, folders["1"]), add(client, folders["2"])
    promote(client, first)
    promote(client, second)
    damage(client, second["digest"])
    assert restarted(client) == "toy@1"
    damage(client, first["digest"])
    assert restarted(client) == "toy@0"
    assert states(client)["toy@2"] == "current"  # other machines may have it whole


@on_sqlite
def test_a_start_without_the_store_takes_what_was_in_use(client: TestClient, folders: dict[str, Path]) -> None:
    promote(client, add(client, folders["1"]))
    settings: Settings = client.app.state.settings  # type: ignore[attr-defined]
    gone = settings.model_copy(update={"database": "postgresql://nobody@127.0.0.1:1/none"})
    assert start.load(gone).router.model == "toy@1"


@on_sqlite
def test_jobs_begin_with_the_model_in_use(client: TestClient, folders: dict[str, Path]) -> None:
    settings: Settings = client.app.state.settings  # type: ignore[attr-defined]
    assert "folder" not in _paths(settings)
    made = add(client, folders["1"])
    promote(client, made)
    assert _paths(settings)["folder"] == str(ModelFolders(settings).of(made["digest"]))
    roll_back(client)
    assert Router.load(_paths(settings)["folder"]).model == "toy@0"


def test_the_command_line_does_the_same(
    client: TestClient,
    database_url: str,
    folders: dict[str, Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("PETITION_DATABASE", database_url)
    monkeypatch.setenv("PETITION_DATA_FOLDER", str(tmp_path / "data"))
    models = ("models",)
    assert cli.main([*models, "add", str(folders["bad"])]) == 0
    identifier = capsys.readouterr().out.strip()
    assert cli.main([*models, "promote", identifier, "--why", "例会决定"]) == 3
    told = capsys.readouterr().err
    assert "门槛没有通过" in told and "--despite" in told
    assert cli.main([*models, "promote", "toy@bad", "--why", "例会决定", "--despite", "旧分类已停用"]) == 0
    watch_of(client).look()
    assert in_use(client) == "toy@bad"
    assert cli.main([*models, "list"]) == 0
    listed = capsys.readouterr().out
    assert f"{identifier}  启用" in listed and "门槛未通过" in listed and "部门 81.0%" in listed
    [promoted] = [own["promoted"] for own in client.get("/v1/models").json()["versions"] if own["id"] == identifier]
    assert promoted[:16].replace("T", " ") in listed
    same = reindented(model_folder(tmp_path, "bad"))
    assert cli.main([*models, "add", str(same)]) == 3
    kept = [path.name[:12] for path in (tmp_path / "data" / "models").iterdir() if path.is_dir()]
    assert identifier in kept and model_digest(same)[:12] not in kept
    assert cli.main([*models, "remove", identifier]) == 3
    assert cli.main([*models, "rollback", "--why", "误分增多"]) == 0
    assert cli.main([*models, "remove", identifier, "--why", "不再需要"]) == 0
    assert states(client) == {"toy@0": "current"}
    assert not list((tmp_path / "data" / "models").glob(f"{identifier}*"))
    assert cli.main([*models, "promote", identifier, "--why", "例会决定"]) == 3
    assert cli.main([*models, "add", str(tmp_path)]) == 4
    other = model_folder(tmp_path, "9", gate=YES, against=folders["1"])
    assert cli.main([*models, "add", str(other)]) == 0
    assert cli.main([*models, "promote", "toy@9", "--why", "例会决定"]) == 3
    assert "现在不算数" in capsys.readouterr().err
    monkeypatch.setenv("PETITION_MODEL", str(folders["2"]))
    assert cli.main([*models, "rollback", "--why", "误分增多"]) == 3
    assert "设置 model" in capsys.readouterr().err


@on_sqlite
def test_the_registrar_forgets_the_shipped_model_that_cannot_be_used(
    database: Database, folders: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(changing, "default_model_path", lambda: tmp_path)
    registrar = changing.Registrar(Settings(data_folder=tmp_path / "data"))
    examined = registrar.take_in(folders["1"])
    with database.write() as session:
        row = changing.registry.register(session, changing.registry.SYSTEM, examined)
    work = registrar.promotion(database, row.id, "重新训练", None)
    with database.write() as session:
        assert work(session, changing.registry.SYSTEM).before is None
        assert changing.registry.previous(session) is None


@on_sqlite
def test_a_model_that_is_brought_again_is_never_gone(
    client: TestClient, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    made = add(client, folders["1"])
    promote(client, made)
    folder = ModelFolders(client.app.state.settings).of(made["digest"])  # type: ignore[attr-defined]
    monkeypatch.setattr("os.replace", lambda *_: pytest.fail("it was moved away"))
    add(client, folders["1"])
    assert folder.is_dir() and restarted(client) == "toy@1"


@on_sqlite
def test_the_same_model_can_be_brought_twice_at_the_same_moment(
    client: TestClient, folders: dict[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    own = ModelFolders(client.app.state.settings)  # type: ignore[attr-defined]
    replace = os.replace
    with own.workplace() as one, own.workplace() as other:
        mine, yours = (own.copy(folders["1"], work) for work in (one, other))

        def replace_too_late(source: Path, target: Path) -> None:
            monkeypatch.setattr("os.replace", replace)
            own.keep(yours)
            replace(source, target)

        monkeypatch.setattr("os.replace", replace_too_late)
        own.keep(mine)
    assert own.has(model_digest(folders["1"]))


@on_sqlite
def test_somebody_who_is_done_at_that_moment_disturbs_nobody(client: TestClient) -> None:
    own = ModelFolders(client.app.state.settings)  # type: ignore[attr-defined]
    own.root.mkdir(parents=True)
    (own.root / ".new-gone").symlink_to(own.root / "gone")
    with own.workplace() as work:
        assert work.is_dir()


def test_a_model_that_somebody_removed_meanwhile_is_unknown(
    client: TestClient, database: Database, folders: dict[str, Path]
) -> None:
    made = add(client, folders["1"])
    for change in (registry.promote, registry.remove):
        with database.write() as session, pytest.raises(registry.UnknownModelError):
            row = registry.by_id(session, made["id"])
            session.execute(delete(ModelVersion).execution_options(synchronize_session=False))
            change(session, SYSTEM, row, "重新训练")

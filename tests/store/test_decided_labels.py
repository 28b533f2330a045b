"""What people decided, as labels to train from: how strong, and what is never one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from callers import ALL, acting, on_sqlite
from client_doubles import ToService
from fastapi.testclient import TestClient
from petitions import Petition, act, again, stored
from sqlalchemy import select

from petition_nlp.cli import main
from petition_nlp.client import Client
from petition_nlp.strengths import WEIGHTS, Strength
from service.access.principal import Scope
from service.store.database import Database
from service.store.tables import AuditEntry

Serve = Callable[..., TestClient]
Become = Callable[..., None]

GAS = {"department": "gas", "why": "是燃气管道"}
BACK = {"reason": "不属于我单位职责", "next_department": "gas"}


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    return acting(monkeypatch)


def labels(client: TestClient, **query: Any) -> list[dict[str, Any]]:
    answer = client.get("/v1/labels", params=query)
    assert answer.status_code == 200, answer.text
    return [json.loads(line) for line in answer.text.splitlines()]


def done(client: TestClient, petition: Petition, what: str, **body: Any) -> None:
    answer = act(client, petition, what, body)
    assert answer.is_success, answer.text


def decide(client: TestClient, petition: Petition, **body: Any) -> None:
    answer = client.post(f"/v1/review/{petition['id']}/decide", json=body)
    assert answer.is_success, answer.text


def keep(client: TestClient, petition: Petition) -> None:
    """The unit begins to work on it."""
    done(client, petition, "status", status="in_progress")


def strengths(client: TestClient, **query: Any) -> list[str]:
    return [row["strength"] for row in labels(client, **query)]


@on_sqlite
def test_what_nobody_looked_at_never_trains(client: TestClient) -> None:
    for text in ("路灯不亮", "不知道怎么办"):
        stored(client, text)
    closed = stored(client, "水管爆裂")
    done(client, closed, "status", status="resolved", outcome="已修好")
    assert labels(client) == []


def test_a_correction_is_a_label_with_what_is_in_force(client: TestClient) -> None:
    petition = stored(client, "巷口路灯不亮", title="路灯", area="滨江街道", channel="12345热线")
    done(client, petition, "corrections", **GAS, co_departments=["housing"])
    (row,) = labels(client)
    corrected = again(client, petition)
    assert row.pop("decided").startswith("20")
    assert row == {
        "id": petition["id"],
        "title": "路灯",
        "text": "巷口路灯不亮",
        "area": "滨江街道",
        "matter": "government",
        "department": "gas",
        "co_department": "housing",
        "co_departments": ["housing"],
        "request_type": "投诉",
        "strength": "corrected",
        "weight": WEIGHTS[Strength.CORRECTED],
        "received": corrected["received"],
        "channel": "12345热线",
        "model": "words@1",
    }


@on_sqlite
def test_confirming_what_the_model_asked_about_says_more_than_accepting(client: TestClient) -> None:
    asked = stored(client, "路灯的事不知找谁")
    decide(client, asked)
    moved = stored(client, "水管爆裂")
    done(client, moved, "corrections", request_type="求助", why="是求助")
    found = {row["id"]: row for row in labels(client)}
    assert found[asked["id"]]["strength"] == "reviewed"
    assert found[asked["id"]]["co_department"] == "-"
    assert found[moved["id"]]["strength"] == "accepted"
    assert found[moved["id"]]["department"] == "water_supply"


@on_sqlite
def test_a_return_is_a_label_once_a_unit_keeps_it(client: TestClient) -> None:
    petition = stored(client)
    done(client, petition, "returns", **BACK)
    assert labels(client) == []
    keep(client, petition)
    (row,) = labels(client)
    assert (row["strength"], row["department"], row["matter"], row["request_type"]) == (
        "final_unit",
        "gas",
        None,
        None,
    ), "of the matter nobody decided"


@on_sqlite
def test_a_return_voids_what_was_decided_before(client: TestClient) -> None:
    petition = stored(client)
    done(client, petition, "corrections", department="electricity", why="电的问题")
    done(client, petition, "returns", reason="不是我单位")
    assert labels(client) == []
    decide(client, petition, department="gas", why="燃气")
    assert strengths(client) == ["corrected"]
    keep(client, petition)
    (row,) = labels(client)
    assert (row["strength"], row["department"], row["matter"]) == ("final_unit", "gas", "government")


@on_sqlite
def test_a_unit_that_kept_a_petition_and_lost_it_after_all_was_not_the_final_one(client: TestClient) -> None:
    petition = stored(client)
    done(client, petition, "returns", **BACK)
    keep(client, petition)
    done(client, petition, "corrections", department="electricity", why="是供电的事")
    assert [(row["strength"], row["department"]) for row in labels(client)] == [("corrected", "electricity")]
    done(client, petition, "status", status="resolved", outcome="已修好")
    assert [(row["strength"], row["department"]) for row in labels(client)] == [("final_unit", "electricity")]


@on_sqlite
def test_sending_a_petition_back_to_people_voids_its_label(client: TestClient) -> None:
    petition = stored(client)
    done(client, petition, "corrections", **GAS)
    done(client, petition, "status", status="pending", why="再看看")
    assert labels(client) == []


@on_sqlite
def test_a_blind_verdict_is_stronger_than_a_later_correction(serve: Serve) -> None:
    client = serve(blind_share=1)
    petition = stored(client)
    decide(client, petition, matter="government", department="electricity")
    done(client, petition, "corrections", **GAS)
    (row,) = labels(client)
    assert (row["strength"], row["department"], row["co_departments"]) == ("blind", "electricity", None)
    keep(client, petition)
    assert strengths(client) == ["blind"], "it was not sent back"


@on_sqlite
def test_a_blind_sample_keeps_those_that_a_unit_sent_back(serve: Serve) -> None:
    client = serve(blind_share=1)
    petition, other = stored(client), stored(client)
    decide(client, petition, matter="government", department="electricity")
    done(client, petition, "returns", **BACK)
    keep(client, petition)
    done(client, other, "corrections", **GAS)
    (row,) = labels(client, blind=True)
    assert (row["id"], row["strength"], row["department"]) == (petition["id"], "final_unit", "gas")


@on_sqlite
def test_a_later_correction_supersedes_an_earlier_one(client: TestClient) -> None:
    petition = stored(client)
    done(client, petition, "corrections", **GAS)
    done(client, petition, "corrections", department="electricity", why="电")
    assert [(row["strength"], row["department"]) for row in labels(client)] == [("corrected", "electricity")]


@on_sqlite
def test_a_stronger_label_does_not_bring_back_what_was_corrected_since(client: TestClient) -> None:
    kept, moved = stored(client), stored(client, "路灯又不亮")
    done(client, kept, "returns", **BACK)
    keep(client, kept)
    done(client, kept, "corrections", matter="community", why="是小区里的事")
    done(client, moved, "corrections", **GAS)
    done(client, moved, "corrections", request_type="求助", why="是求助")
    found = {row["id"]: row for row in labels(client)}
    first, second = found[kept["id"]], found[moved["id"]]
    assert (first["strength"], first["department"], first["matter"]) == ("final_unit", "gas", "community")
    assert (second["strength"], second["department"], second["request_type"]) == ("corrected", "gas", "求助")


@on_sqlite
def test_a_managers_word_for_good_is_as_strong_as_a_return(client: TestClient) -> None:
    petition = stored(client)
    done(client, petition, "corrections", **GAS, final=True)
    assert strengths(client) == ["final_unit"]


@on_sqlite
def test_wishes_and_projects_are_no_messages_to_learn_from(client: TestClient) -> None:
    wish = stored(client, "想要路灯", kind="wish", matter="community")
    done(client, wish, "corrections", matter="government", department="gas", why="大事")
    assert labels(client) == []


@on_sqlite
def test_sensitive_petitions_are_left_out_unless_asked_for(client: TestClient, become: Become) -> None:
    petition = stored(client, "路灯不亮，举报人请求保密")
    done(client, petition, "corrections", **GAS)
    answer = client.post(f"/v1/petitions/{petition['id']}/restriction", json={"restricted": True, "why": "保密"})
    assert answer.is_success, answer.text
    assert labels(client) == []
    assert strengths(client, sensitive=True) == ["corrected"]
    become(ALL - {Scope.RESTRICTED}, "another")
    assert labels(client, sensitive=True) == []


@on_sqlite
def test_personal_data_is_masked_for_everyone(client: TestClient) -> None:
    text = "我叫李桂芳，电话13800138000，住楼上502，路灯不亮"
    petition = stored(client, text, title="李桂芳女士反映", area="滨江街道，楼上503")
    done(client, petition, "corrections", **GAS)
    text = client.get("/v1/labels").text
    for told in ("13800138000", "李桂芳", "楼上502", "楼上503"):
        assert told not in text
    assert "路灯不亮" in text
    assert "滨江街道" in text


def test_labels_are_found_by_time_and_strength(client: TestClient) -> None:
    for number in range(2):
        done(client, stored(client, f"路灯{number}不亮"), "corrections", **GAS)
    decide(client, stored(client, "路灯不知找谁"))
    assert strengths(client, strength=["corrected"]) == ["corrected"] * 2
    assert strengths(client, since="2020-01-01T00:00:00Z", strength=["reviewed", "blind"]) == ["reviewed"]
    assert labels(client, since="2099-01-01T00:00:00Z") == labels(client, until="2020-01-01T00:00:00Z") == []
    assert client.get("/v1/labels", params={"strength": "guessed"}).status_code == 422


@on_sqlite
def test_an_export_of_many_goes_through_all_batches(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.petitions.training_file._BATCH", 2)
    made = [stored(client, f"路灯{number}不亮") for number in range(5)]
    for petition in made:
        done(client, petition, "corrections", **GAS)
    assert [row["id"] for row in labels(client)] == sorted(petition["id"] for petition in made)


@on_sqlite
def test_every_export_is_noted(client: TestClient, database: Database) -> None:
    labels(client, strength=["blind"], since="2026-01-01T00:00:00Z")
    with database.read() as session:
        (entry,) = session.scalars(select(AuditEntry).where(AuditEntry.action == "labels_exported"))
    assert entry.details["filter"] == {"strength": ["blind"], "since": "2026-01-01T00:00:00Z"}


@on_sqlite
def test_whoever_may_not_read_petitions_gets_no_labels(client: TestClient, become: Become) -> None:
    become(frozenset({Scope.STATS}))
    assert client.get("/v1/labels").status_code == 403


@on_sqlite
def test_the_client_writes_them_into_a_file(client: TestClient, tmp_path: Path) -> None:
    done(client, stored(client), "corrections", **GAS)
    with Client("http://localhost", transport=ToService(client)) as caller:
        path = caller.labels(tmp_path / "labels.jsonl", strength=["corrected"])
    assert [json.loads(line)["department"] for line in path.read_text(encoding="utf-8").splitlines()] == ["gas"]


@on_sqlite
def test_the_command_writes_them_into_a_file(
    client: TestClient,
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    done(client, stored(client), "corrections", **GAS)
    monkeypatch.setenv("PETITION_DATABASE", database_url)
    path = tmp_path / "labels.jsonl"
    assert main(["labels", "-o", str(path), "--since", "2020-01-01", "--strength", "corrected"]) == 0
    assert "1 件诉求的人工结论已写入" in capsys.readouterr().out
    assert [json.loads(line)["department"] for line in path.read_text(encoding="utf-8").splitlines()] == ["gas"]
    assert main(["labels", "-o", str(path), "--until", "2020-01-01"]) == 0
    assert path.read_text(encoding="utf-8") == ""
    assert "retrain 不要给出这个文件" in capsys.readouterr().err


@on_sqlite
@pytest.mark.parametrize(
    ("arguments", "code"), [(["--since", "昨天"], 2), (["-o", "nowhere/labels.jsonl"], 6)], ids=["no day", "no folder"]
)
def test_what_the_command_cannot_do_is_told(
    client: TestClient, database_url: str, monkeypatch: pytest.MonkeyPatch, arguments: list[str], code: int
) -> None:
    monkeypatch.setenv("PETITION_DATABASE", database_url)
    assert main(["labels", "-o", "labels.jsonl", *arguments]) == code

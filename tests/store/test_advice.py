"""``POST /v1/advice``, and the index of similar cases behind it."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import Any, cast

import numpy as np
import pytest
from callers import ALL, acting, on_sqlite
from client_doubles import ToService
from fastapi.testclient import TestClient
from petitions import act, again, stored
from running import until

from petition_nlp.client import Client
from petition_nlp.embed.ngrams import NgramEmbedder
from service.access.principal import ROLES, Scope
from service.api.advice_schemas import AdviceOut
from service.petitions import similar
from service.petitions.similar import SimilarCases


@pytest.fixture(autouse=True)
def no_looks_in_between(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimilarCases, "begin", lambda _: None)


def advice(client: TestClient, text: str, **fields: Any) -> dict[str, Any]:
    answer = client.post("/v1/advice", json={"text": text, **fields})
    assert answer.status_code == 200, answer.text
    AdviceOut.model_validate(answer.json())
    return cast(dict[str, Any], answer.json())


def index_of(client: TestClient) -> SimilarCases:
    return cast(SimilarCases, cast(Any, client.app).state.adviser.similar)


def cases(client: TestClient, text: str, **fields: Any) -> list[str]:
    index_of(client).catch_up()
    return [case["petition"] for case in advice(client, text, **fields)["similar"]]


def confirmed(client: TestClient, text: str, **fields: Any) -> dict[str, Any]:
    made = stored(client, text, **fields)
    answer = act(client, made, "corrections", {"department": "urban_management", "why": "占道经营"})
    assert answer.status_code == 200, answer.text
    return cast(dict[str, Any], answer.json())


def test_a_decided_petition_is_a_similar_case(client: TestClient) -> None:
    made = confirmed(client, "巷口烧烤油烟太大，请联系王伟13800138000")
    act(client, made, "status", {"status": "resolved", "outcome": "已告知业主王伟整改"})
    stored(client, "巷口烧烤油烟太大")  # nobody decided on it
    confirmed(client, "水管爆裂")
    index_of(client).catch_up()
    [case] = advice(client, "楼下烧烤的油烟熏人")["similar"]
    assert case["petition"] == made["id"]
    assert (case["department"]["code"], case["status"]) == ("urban_management", "resolved")
    assert case["excerpt"].startswith("巷口烧烤油烟太大") and "13800138000" not in case["excerpt"]
    assert "王伟" not in case["outcome"]
    assert 0.3 <= case["similarity"] < 1


def test_an_accepted_suggestion_is_a_case_and_a_returned_one_is_none(client: TestClient) -> None:
    made = stored(client, "不知道烧烤油烟归谁管")
    assert client.post(f"/v1/review/{made['id']}/decide", json={}).status_code == 200
    assert cases(client, "烧烤油烟") == [made["id"]]
    act(client, made, "returns", {"reason": "不归我管"})
    assert cases(client, "烧烤油烟") == []
    client.post(f"/v1/review/{made['id']}/decide", json={})
    assert cases(client, "烧烤油烟") == [made["id"]]


def test_the_likest_come_first_and_the_own_petition_is_left_out(client: TestClient) -> None:
    near = confirmed(client, "烧烤油烟噪音")
    nearest = confirmed(client, "烧烤油烟")
    assert cases(client, "烧烤油烟") == [nearest["id"], near["id"]]
    assert cases(client, "烧烤油烟", petition=nearest["id"]) == [near["id"]]
    assert cases(client, "一二三四") == []


@pytest.mark.parametrize("action", ["mask", "delete"])
def test_what_is_erased_is_gone_at_once_and_then_forgotten(client: TestClient, action: str) -> None:
    made = confirmed(client, "烧烤油烟")
    assert cases(client, "烧烤油烟") == [made["id"]]
    body = {"petitions": [made["id"]], "action": action, "reason": "居民申请"}
    assert client.post("/v1/privacy/erasures", json=body).status_code == 200
    assert advice(client, "烧烤油烟")["similar"] == []
    assert len(index_of(client)._known.index) == 1
    index_of(client).catch_up()
    assert len(index_of(client)._known.index) == 0


def test_a_restricted_petition_is_shown_to_those_who_may_see_it_and_audited(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    become = acting(monkeypatch)
    made = confirmed(client, "烧烤油烟")
    client.post(f"/v1/petitions/{made['id']}/restriction", json={"restricted": True, "why": "涉及本单位"})
    become(ROLES["clerk"], "clerk")
    assert cases(client, "烧烤油烟") == []
    assert advice(client, "烧烤油烟")["repeats"] == []
    become(ALL, "manager")
    assert cases(client, "烧烤油烟") == [made["id"]]
    [entry] = client.get("/v1/audit", params={"action": "restricted_read", "actor": "key:manager"}).json()["items"]
    assert (entry["target"], entry["details"]) == (f"petition:{made['id']}", {"how": "advice"})


@on_sqlite
def test_only_the_newest_are_known(serve: Callable[..., TestClient]) -> None:
    client = serve(similar_cases=2)
    first, second, third = (confirmed(client, f"烧烤油烟{number}") for number in "一二三")
    assert set(cases(client, "烧烤油烟")) == {second["id"], third["id"]}
    act(client, first, "corrections", {"department": "gas", "why": "再看"})
    assert first["id"] not in cases(client, "烧烤油烟")
    fourth = confirmed(client, "烧烤油烟四")
    assert set(cases(client, "烧烤油烟")) == {third["id"], fourth["id"]}


@on_sqlite
def test_after_a_change_of_the_model_cases_are_read_anew_by_its_vectors(client: TestClient) -> None:
    made, index = confirmed(client, "烧烤油烟"), index_of(client)
    assert cases(client, "烧烤油烟") == [made["id"]]
    words = ("油烟", "噪音")  # the new model knows others
    newer = NgramEmbedder(words, words, np.ones(4, dtype=np.float32))
    index._embedder = lambda: newer
    [case] = advice(client, "烧烤")["similar"]
    assert case["petition"] == made["id"], "the old vectors answer until the new ones are there"
    assert index.catch_up() == 1
    assert advice(client, "烧烤")["similar"] == []
    [case] = advice(client, "油烟")["similar"]
    assert case["similarity"] == pytest.approx(1)


@on_sqlite
def test_similar_cases_can_be_switched_off(serve: Callable[..., TestClient]) -> None:
    client = serve(similar_cases=0)
    confirmed(client, "烧烤油烟")
    assert cases(client, "烧烤油烟") == []


@on_sqlite
def test_many_petitions_are_read_in_batches(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_BATCH", 2)
    monkeypatch.setattr(similar, "_CHECKED", 2)
    made = [confirmed(client, f"烧烤油烟{number}") for number in "一二三四五"]
    assert index_of(client).catch_up() == 5
    assert index_of(client).catch_up() == 0
    body = {"petitions": [made[2]["id"], made[4]["id"]], "action": "delete", "reason": "居民申请"}
    client.post("/v1/privacy/erasures", json=body)
    for _ in range(3):
        index_of(client).catch_up()
    assert sorted(index_of(client)._known.index._rows) == sorted(made[number]["id"] for number in (0, 1, 3))
    assert set(cases(client, "烧烤油烟")) == {made[number]["id"] for number in (0, 1, 3)}


def test_open_petitions_of_the_same_matter_are_named_and_nothing_is_stored(client: TestClient) -> None:
    first = stored(client, "云汀花园7栋电梯停运三天，物业没人管")
    [repeat] = advice(client, "云汀花园7栋电梯又坏了，物业说等配件")["repeats"]
    assert (repeat["petition"], repeat["status"]) == (first["id"], "assigned")
    assert "云汀花园" in repeat["reason"] and 0 < repeat["score"] <= 1
    assert advice(client, "云汀花园7栋电梯又坏了", petition=first["id"])["repeats"] == []
    assert [each["id"] for each in client.get("/v1/petitions").json()["items"]] == [first["id"]]
    assert again(client, first)["same_matter"] == []


@on_sqlite
def test_hints_and_duty_need_no_more_than_routing(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    confirmed(client, "烧烤油烟")
    acting(monkeypatch)(frozenset({Scope.ROUTE}))
    found = advice(client, "烧烤油烟扰民，我已经起诉老板了，法院还没开庭", title="油烟")
    assert (found["similar"], found["repeats"]) == (None, None)
    [hint] = found["acceptance"]
    assert hint["code"] == "litigation_arbitration" and hint["evidence"]
    assert found["duty"]["department"]["code"] == "urban_management"
    assert "油烟" in {match["text"] for match in found["duty"]["matches"]}


@on_sqlite
def test_an_emergency_is_hinted_with_its_line(client: TestClient) -> None:
    found = advice(client, "厂房爆炸了")
    assert [(hint["code"], hint["line"]) for hint in found["acceptance"]] == [("emergency_line", "119")]
    assert found["duty"] is None


@on_sqlite
def test_advice_needs_the_scope_route(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    acting(monkeypatch)(frozenset({Scope.PETITIONS_READ}))
    assert client.post("/v1/advice", json={"text": "烧烤油烟"}).status_code == 403


@on_sqlite
def test_the_client_reads_advice(client: TestClient) -> None:
    made = confirmed(client, "云汀花园烧烤油烟")
    index_of(client).catch_up()
    with Client("http://localhost", transport=ToService(client)) as program:
        found = program.advice("云汀花园烧烤油烟，已经起诉了老板")
        assert program.advice("云汀花园烧烤油烟", petition=made["id"]).repeats == ()
    assert found.similar is not None and found.repeats is not None and found.duty is not None
    assert [case.petition for case in found.similar] == [repeat.petition for repeat in found.repeats] == [made["id"]]
    assert found.acceptance[0].evidence[0].text == "已经起诉"
    assert found.duty.department.code == "urban_management"


@on_sqlite
def test_the_index_reads_by_itself_until_the_service_ends(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(similar, "_FIRST_SECONDS", 0.0)
    monkeypatch.setattr(similar, "_LOOK_SECONDS", 0.01)
    made = confirmed(client, "烧烤油烟")
    index = index_of(client)
    thread = Thread(target=index._keep_looking)
    thread.start()
    until(lambda: index._known is not None and made["id"] in index._known.index)
    index.end()
    thread.join(30)
    assert not thread.is_alive()

"""What the page 复核 does to the store, and what it tells: of a blind petition nothing of the suggestion."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast

import pytest
from access_doubles import add_account, sign_in
from callers import on_sqlite
from fastapi.testclient import TestClient
from petitions import act, again, history, stored

from service.store.database import Database
from service.store.tables import Petition

Serve = Callable[..., TestClient]
pytestmark = pytest.mark.usefixtures("cheap_passwords")

HTMX = {"HX-Request": "true"}


def take(client: TestClient, **wanted: Any) -> str:
    answer = client.post("/review/take", data={"kind": "all", **wanted}, headers=HTMX)
    assert answer.status_code == 200, answer.text
    return answer.text


def shown(html: str) -> str | None:
    found = re.search('class="taken" data-petition="([0-9a-f]{32})"', html)
    return found and found[1]


def version(html: str) -> str:
    found = re.search('name="version" form="decision" value="([0-9]+)"', html)
    assert found
    return found[1]


def decide(client: TestClient, html: str, **given: Any) -> Any:
    return client.post(f"/review/{shown(html)}/decide", data={"version": version(html), **given}, headers=HTMX)


def told(answer: Any) -> str:
    return answer.headers.get("hx-trigger", "").encode().decode("unicode_escape")


def test_a_confirmed_suggestion_is_assigned_and_the_next_comes(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    html = take(client)
    assert shown(html) == made["id"]
    answer = decide(client, html, go_on="true")
    assert answer.status_code == 200 and 'hx-trigger="load"' in answer.text
    assert "已复核：" in told(answer)
    assert (again(client, made)["status"], again(client, made)["decided_by"]) == ("assigned", "person")
    assert [entry["action"] for entry in history(client, made)] == ["stored", "taken", "accepted"]
    assert shown(take(client)) is None


def test_another_department_by_its_number_needs_no_further_reason(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    act(client, made, "corrections", {"department": "gas", "why": "像是燃气"})
    act(client, made, "returns", {"reason": "不是燃气问题"})
    html = take(client)
    assert 'value="urban_management"' in html and "不是燃气问题" in html
    assert decide(client, html, department="urban_management").status_code == 200
    assert history(client, made)[-1]["why"] == "复核时从候选部门中选定"
    other = stored(client, "不知道谁管的路灯")
    refused = decide(client, take(client, petition=other["id"]), department="供水")
    assert refused.status_code == 422


def test_a_correction_by_name_needs_a_reason_and_may_leave_no_co_departments(client: TestClient) -> None:
    made = stored(client, "不知道谁管的路灯")
    html = take(client)
    refused = decide(client, html, department="供水企业")
    assert refused.status_code == 422 and "why" not in refused.headers.get("hx-trigger", "")
    given = {"department": "供水企业", "why": "水管", "co_departments": ["gas"], "co_given": "true"}
    assert decide(client, html, **given).status_code == 200
    after = again(client, made)
    assert (after["department"]["code"], [one["code"] for one in after["co_departments"]]) == ("water_supply", ["gas"])
    act(client, made, "returns", {"reason": "不归我们"})
    assert decide(client, take(client), co_given="true", why="不须协办").status_code == 200
    assert again(client, made)["co_departments"] == []


def test_a_unit_is_chosen_by_what_tells_it_from_others(client: TestClient) -> None:
    units = [
        {"code": "rq-1", "name": "燃气一所", "department": "gas"},
        {"code": "wg-1", "name": "网格站"},
        {"code": "wg-2", "name": "网格站"},
    ]
    client.put("/v1/directory", json={"units": units, "rules": [], "places": [], "services": [], "why": "试"})
    found = client.get("/review/units").json()["units"]
    assert [(one["given"], one["department"]) for one in found] == [("燃气一所", "gas"), ("wg-1", None), ("wg-2", None)]
    made = stored(client, "不知道谁管的油烟")
    html = take(client)
    refused = decide(client, html, unit="网格站", why="试")
    assert refused.status_code == 422
    assert "请更正：承办单位。" in refused.text and 'data-field="unit">单位目录中没有这个单位' in refused.text
    assert decide(client, html, unit="燃气一所", department="gas", why="燃气灶").status_code == 200
    after = again(client, made)
    assert (after["unit"]["code"], after["department"]["code"], after["unit_rule"]) == ("rq-1", "gas", "人工指定")


def test_what_changed_meanwhile_is_shown_anew(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    html = take(client)
    act(client, made, "extension", {"days": 3, "why": "须现场核查"})
    answer = decide(client, html)
    assert answer.status_code == 200 and "已重新载入" in told(answer)
    assert answer.headers["hx-retarget"] == "#item"
    assert version(answer.text) != version(html)
    assert again(client, made)["review"]


def test_what_is_no_longer_there_is_said_kindly(client: TestClient) -> None:
    html = take(client, petition=stored(client, "不知道谁管的油烟")["id"])
    assert "已处理过" in told(decide(client, html)) + told(decide(client, html))
    gone = client.post(f"/review/{'0' * 32}/decide", data={"version": "1", "go_on": "true"}, headers=HTMX)
    assert "已删除" in told(gone) and 'hx-trigger="load"' in gone.text


def test_taking_another_puts_the_first_back_and_skipped_ones_come_last(client: TestClient) -> None:
    first, second = stored(client, "不知道谁管甲"), stored(client, "不知道谁管乙")
    assert shown(take(client)) == first["id"]
    assert shown(take(client, besides=first["id"])) == second["id"]
    assert again(client, first)["taken_by"] is None
    assert shown(take(client, besides=[first["id"], second["id"]])) == first["id"]


def test_a_repetition_changes_nothing_twice(client: TestClient) -> None:
    made = stored(client, "不知道谁管的油烟")
    html = take(client)
    answers = [
        client.post(
            f"/review/{made['id']}/decide", data={"version": version(html)}, headers={**HTMX, "Idempotency-Key": "k"}
        )
        for _ in range(2)
    ]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "已复核" in told(answers[1])
    assert [entry["action"] for entry in history(client, made)] == ["stored", "taken", "accepted"]


def test_likely_repeats_stand_beside_and_can_be_merged(client: TestClient) -> None:
    other = stored(client, "路灯不亮，云汀花园7栋门口")
    made = stored(client, "不知道谁管，路灯又不亮，云汀花园7栋门口")
    html = take(client)
    beside = client.get(f"/review/{made['id']}/beside", headers=HTMX).text
    assert "可能重复" in beside and other["id"] in beside
    given = {"version": version(html), "other": other["id"], "state": "merged"}
    answer = client.post(f"/review/{made['id']}/same", data=given, headers=HTMX)
    assert "已并单" in told(answer)
    assert again(client, made)["merged_into"] == other["id"]


def test_a_similar_case_stands_beside_to_be_taken_over(client: TestClient) -> None:
    case = stored(client, "巷口烧烤油烟太大")
    act(client, case, "corrections", {"department": "urban_management", "why": "占道经营"})
    cast(Any, client.app).state.adviser.similar.catch_up()
    made = stored(client, "不知道谁管，楼下烧烤的油烟熏人")
    beside = client.get(f"/review/{made['id']}/beside", headers=HTMX).text
    assert f'data-like="{case["id"]}"' in beside and 'data-key="s"' in beside


@on_sqlite
def test_of_a_blind_petition_no_answer_tells_the_suggestion(serve: Serve) -> None:
    client = serve(blind_share=1)
    made = stored(client, "路灯不亮，云汀花园7栋门口")
    act(client, made, "returns", {"reason": "不归我们", "next_department": "electricity"})
    assert client.get(f"/review/{made['id']}/beside", headers=HTMX).status_code == 404
    queue = client.get("/review", headers=HTMX).text
    html = take(client)
    kept = client.post(f"/review/{made['id']}/hold", headers=HTMX).text
    page = client.get("/review").text
    page = re.sub('<form id="filter".*?</form>', "", page, flags=re.DOTALL)
    for answer in (queue, html, kept, page):
        for word in ("municipal_works", "市政", "electricity", "供电", "不归我们", "退单", "confidence"):
            assert word not in answer, word
    assert version(kept) != version(html)
    same = {"version": version(kept), "other": made["id"], "state": "linked"}
    assert client.post(f"/review/{made['id']}/same", data=same, headers=HTMX).status_code == 404
    assert not again(client, made)["same_matter"]
    missing = client.post(
        f"/review/{made['id']}/decide", data={"version": version(kept), "blind": "true"}, headers=HTMX
    )
    assert missing.status_code == 422
    given = {"version": version(kept), "blind": "true", "matter": "government", "department": "市政设施与排水管护单位"}
    answer = client.post(f"/review/{made['id']}/decide", data=given, headers=HTMX)
    assert "与系统的分拨一致" in told(answer)


@on_sqlite
def test_a_repeat_that_waits_for_a_blind_review_keeps_its_secret(serve: Serve, database: Database) -> None:
    client = serve()
    other = stored(client, "路灯不亮，云汀花园7栋门口")
    made = stored(client, "不知道谁管，云汀花园7栋门口路灯又不亮")
    with database.write() as session:
        session.get_one(Petition, other["id"]).blind = True
    beside = client.get(f"/review/{made['id']}/beside", headers=HTMX).text
    [told] = re.findall("<li>.*?</li>", beside, flags=re.DOTALL)
    assert other["id"] in told and "盲审" in told
    for word in ("市政", "大事", "已交办", "municipal_works"):
        assert word not in told


@on_sqlite
def test_restricted_petitions_are_counted_for_reviewers_and_hidden_until_taken(
    serve: Serve, database: Database
) -> None:
    client = serve()
    made = stored(client, "物业不管，我不想活了，今晚就从楼顶跳下去")
    assert made["restricted"]
    for name, role in (("liming", "reviewer"), ("chenjing", "manager")):
        add_account(database, name, role=role)  # type: ignore[arg-type]
    sign_in(client, "liming")
    queue = client.get("/review", headers=HTMX).text
    assert "另有 1 件敏感诉求" in queue and made["id"] not in queue
    assert shown(take(client)) is None
    sign_in(client, "chenjing")
    queue = client.get("/review", headers=HTMX).text
    assert "领取后查看" in queue and "楼顶" not in queue
    html = take(client)
    assert "楼顶" in html and "由人决定交给谁" in html


@on_sqlite
def test_managers_alone_stop_automatic_routing(serve: Serve, database: Database) -> None:
    client = serve()
    for name, role in (("liming", "reviewer"), ("chenjing", "manager")):
        add_account(database, name, role=role)  # type: ignore[arg-type]
    stop = {"state": "stopped", "why": "核查"}
    sign_in(client, "liming")
    assert client.post("/review/automatic", data=stop, headers=HTMX).status_code == 403
    sign_in(client, "chenjing")
    assert "自动分拨已停止" in client.post("/review/automatic", data=stop, headers=HTMX).text
    assert client.get("/v1/auto-routing").json()["state"] == "stopped"
    assert 'class="shell-alarm"' in client.get("/review").text
    assert client.post("/review/automatic", data=stop, headers=HTMX).status_code == 409

"""The pages 三事清单, without a browser: who may what, what is escaped, what may be left unsaid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from callers import ALL, acting, on_sqlite
from fastapi.testclient import TestClient
from petitions import act, again, stored

from service.access.principal import Scope
from service.console import matters_words as words
from service.console.texts import matters as texts
from service.petitions.states import FOLLOWS, Status

Become = Callable[..., None]
HTMX = {"HX-Request": "true"}


@pytest.fixture
def become(monkeypatch: pytest.MonkeyPatch) -> Become:
    return acting(monkeypatch)


def post(client: TestClient, path: str, version: int | None = None, **form: Any) -> Any:
    headers = HTMX if version is None else {**HTMX, "If-Match": f'"{version}"'}
    return client.post(f"/matters{path}", data=form, headers=headers)


@on_sqlite
def test_whoever_only_reads_sees_no_buttons_and_changes_nothing(client: TestClient, become: Become) -> None:
    made = stored(client)
    become(frozenset({Scope.PETITIONS_READ}))
    listed, entry = client.get("/matters").text, client.get(f"/matters/{made['id']}").text
    assert made["id"] in listed
    assert "/matters/new" not in listed and 'name="chosen"' not in listed
    assert "data-changes" not in entry and "您可以查看" in entry
    for address in ("status", "return", "ask", "hard", "link"):
        assert post(client, f"/{made['id']}/{address}", status="in_progress").status_code == 403
    assert post(client, "/bulk", chosen=f"{made['id']}.1", action="in_progress").status_code == 403
    assert client.get("/matters/new").status_code == 403


@on_sqlite
def test_what_people_wrote_is_text(client: TestClient) -> None:
    evil = "<script>alert(1)</script>路灯"
    made = stored(client, evil, title="<b>灯</b>", area='"><img src=x>', channel="<i>")
    post(client, f"/{made['id']}/hard", hard="true", why="<u>多次</u>")
    for path in ("/matters", f"/matters/{made['id']}", f"/matters/{made['id']}/row"):
        html = client.get(path).text
        assert "&lt;b&gt;灯" in html, path
        for tag in ("<script>alert", "<b>灯", "<img src=x", "<i>", "<u>"):
            assert tag not in html, path


@on_sqlite
def test_restricted_entries_are_kept_from_those_without_the_scope(client: TestClient, become: Become) -> None:
    made = stored(client, "举报村干部侵吞路灯款", title="路灯款")
    assert made["restricted"]
    become(ALL - {Scope.RESTRICTED}, "other")
    assert made["id"] not in client.get("/matters").text
    assert client.get(f"/matters/{made['id']}", headers=HTMX).status_code == 404


def test_words_are_found_and_stand_in_no_address(client: TestClient) -> None:
    lamp, _ = stored(client, "巷口路灯不亮"), stored(client, "油烟扰民")
    answer = post(client, "/list", text="路灯", tab="government", status="已交办")
    assert answer.headers["HX-Replace-Url"] == "/matters?tab=government&status=assigned"
    assert answer.text.count("<tr id=") == 1 and lamp["id"] in answer.text
    assert "…" in answer.text
    numbers = post(client, "/numbers", text="路灯", tab="government").text
    assert "…" not in numbers
    assert client.get("/matters?text=路灯").status_code == 422


@on_sqlite
@pytest.mark.parametrize(
    ("query", "n"),
    [
        ({"tab": "wishes"}, 1),
        ({"tab": "community"}, 1),
        ({"status": "pending"}, 1),
        ({"mark": "urged"}, 1),
        ({"mark": "review"}, 1),
        ({"due": "overdue"}, 1),
        ({"due": "5", "tab": "wishes"}, 0),
        ({"department": "供水企业"}, 1),
        ({"request_type": "表扬"}, 0),
        ({"since": "2020-01-01", "until": "2020-01-31"}, 1),
    ],
)
def test_the_list_is_narrowed_down(client: TestClient, query: dict[str, str], n: int) -> None:
    stored(client, "送书架", kind="wish", matter="大事", received="2099-01-02")
    stored(client, "物业乱收费")
    stored(client, "不知怎么办")
    act(client, stored(client, "巷口路灯"), "urges", {"kind": "urge", "why": "快办"})
    stored(client, "水管爆了", received="2020-01-02")
    assert client.get("/matters", params=query).text.count("<tr id=") == n


@on_sqlite
def test_a_wrong_filter_is_refused_in_chinese(client: TestClient) -> None:
    for query in ("tab=nowhere", "status=x", "due=soon", "cursor=x", "since=x"):
        answer = client.get(f"/matters?{query}")
        assert answer.status_code == 422 and "请求内容不符合要求" in answer.text


def test_what_somebody_else_changed_is_told_and_nothing_is_done(client: TestClient) -> None:
    made = stored(client)
    act(client, made, "urges", {"kind": "urge", "why": "快办"})
    answer = post(client, f"/{made['id']}/status", 1, status="resolved", outcome="已修好")
    assert (answer.status_code, answer.headers["HX-Retarget"]) == (412, "#entry")
    assert 'id="conflict"' in answer.text and "快办" in answer.text and 'data-version="2"' in answer.text
    assert again(client, made)["status"] == "assigned"
    assert post(client, f"/{made['id']}/status", 2, status="resolved", outcome="已修好").status_code == 200


def test_a_form_sent_twice_does_its_thing_once(client: TestClient) -> None:
    made = stored(client)
    for _ in range(2):
        headers = {**HTMX, "Idempotency-Key": "k1", "If-Match": '"1"'}
        answer = client.post(f"/matters/{made['id']}/ask", data={"kind": "urge", "why": "快办"}, headers=headers)
        assert answer.status_code == 200
    assert again(client, made)["urges"] == 1


def test_with_several_what_cannot_be_done_is_named(client: TestClient) -> None:
    lamp, closed, changed = stored(client, "路灯一"), stored(client, "路灯二"), stored(client, "路灯三")
    act(client, closed, "status", {"status": "resolved", "outcome": "好"})
    act(client, changed, "hard", {"hard": True, "why": "多次"})
    chosen = [f"{lamp['id']}.1", f"{closed['id']}.2", f"{changed['id']}.1"]
    answer = post(client, "/bulk", chosen=chosen, action="in_progress", tab="government")
    assert "没有处理" in answer.text and "被他人修改" in answer.text and "重新办理时必填" in answer.text
    assert [again(client, one)["status"] for one in (lamp, closed, changed)] == ["in_progress", "resolved", "assigned"]


@on_sqlite
def test_assigning_confirms_or_corrects(client: TestClient) -> None:
    same, other = stored(client, "不知谁管的路灯"), stored(client, "不知谁管的水管")
    form: dict[str, Any] = {"matter": "government", "department": "市政设施与排水管护单位", "request_type": "投诉"}
    assert post(client, f"/{same['id']}/assign", **form).status_code == 200
    assert [entry["action"] for entry in _history(client, same)] == ["stored", "accepted"]
    refused = post(client, f"/{other['id']}/assign", **form)
    assert refused.status_code == 422 and "请更正：理由。" in refused.text
    refused = post(client, f"/{other['id']}/assign", **{**form, "department": "没有的局"}, why="归市政")
    assert "请更正：责任部门。" in refused.text and "/v1/" not in refused.text
    assert post(client, f"/{other['id']}/assign", **form, why="归市政").status_code == 200
    assert again(client, other)["department"]["code"] == "municipal_works"
    assert post(client, f"/{other['id']}/correct", **form, why="归市政").status_code == 409


@on_sqlite
def test_a_new_entry_leads_to_its_page(client: TestClient) -> None:
    answer = post(client, "/new", kind="wish", text="想要一张轮椅", title="轮椅", matter="private", channel="手工登记")
    path = answer.headers["HX-Redirect"]
    assert "轮椅" in client.get(path).text
    assert post(client, "/new", kind="wish", text="  ").status_code == 422


@on_sqlite
def test_a_department_that_does_not_exist_is_told_in_the_forms_words(client: TestClient) -> None:
    answer = post(client, "/list", department="没有的局")
    assert answer.status_code == 422
    assert "请更正：责任部门。" in answer.text and "/v1/" not in answer.text


@on_sqlite
def test_entries_are_linked_by_the_number_of_their_source(client: TestClient) -> None:
    one, other = stored(client, "路灯不亮", id="A-1"), stored(client, "水管爆了", id="A-2")
    assert post(client, f"/{other['id']}/link", other="A-9", state="linked").status_code == 422
    assert "已关联" in post(client, f"/{other['id']}/link", other="A-1", state="linked").text
    assert "已并入" in post(client, f"/{other['id']}/link", other=one["id"], state="merged").text
    assert again(client, other)["merged_into"] == one["id"]


def _history(client: TestClient, made: dict[str, Any]) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = client.get(f"/v1/petitions/{made['id']}/history").json()["items"]
    return items


def test_a_text_is_cut_where_evidence_begins_and_ends() -> None:
    evidence = [
        {"start": 0, "end": 2, "text": "路灯", "weight": 2.0, "for": "department"},
        {"start": 1, "end": 3, "text": "灯不", "weight": 1.0, "for": "matter"},
        {"start": 0, "end": 2, "text": "换了", "weight": 9.0, "for": "matter"},
    ]
    found = [(piece.text, dict(piece.heads)) for piece in words.pieces("路灯不亮", evidence)]
    assert found == [
        ("路", {"department": 3}),
        ("灯", {"department": 3, "matter": 3}),
        ("不", {"matter": 3}),
        ("亮", {}),
    ]


@pytest.mark.parametrize("status", Status)
def test_every_action_is_possible_in_its_state(status: Status) -> None:
    item = {"status": status, "matter": None, "kind": "petition", "referral": None, "hard": False}
    found = words.actions(item, None)  # type: ignore[arg-type]
    assert set(found) <= set(texts.ACTIONS)
    assert ("archive" in found) == (Status.ARCHIVED in FOLLOWS[status])
    assert len(found) == len(set(found))

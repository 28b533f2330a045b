from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient
from petitions import act, again, history, stored

from petition_nlp.local.workbook import write_template
from petition_nlp.taxonomy import Taxonomy
from service.api.directory_schemas import AssignmentOut, DirectoryOut, ImportOut, ServicesOut
from service.directory import EMPTY
from service.store.database import Database
from service.store.tables import DirectoryVersion

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CITY: dict[str, Any] = {
    "units": [
        {"code": "cg", "name": "临江市城管局", "department": "urban_management", "level": "city"},
        {
            "code": "cg-e",
            "name": "东城区城管大队",
            "department": "urban_management",
            "area": "东城区",
            "level": "district",
        },
        {"code": "gas", "name": "临江燃气公司", "department": "gas", "level": "city"},
        {"code": "sq", "name": "柳荫社区居委会", "area": "柳荫社区", "level": "community"},
    ],
    "rules": [{"id": "夜市", "department": "urban_management", "words": ["夜市"], "unit": "cg"}],
    "places": [
        {"name": "东城区", "kind": "district"},
        {"name": "滨江街道", "kind": "street", "parents": ["东城区"]},
        {"name": "柳荫社区", "kind": "community", "parents": ["滨江街道"]},
    ],
    "services": [
        {
            "name": "柳荫调解室",
            "kind": "mediation",
            "offers": ["漏水", "噪音"],
            "areas": ["柳荫社区"],
            "phone": "0000-1234",
        }
    ],
}


def put(client: TestClient, document: dict[str, Any] = CITY, **headers: str) -> Any:
    return client.put("/v1/directory", json={**document, "why": "录入"}, headers=headers)


def test_without_a_directory_nothing_is_assigned(client: TestClient) -> None:
    empty = client.get("/v1/directory").json()
    DirectoryOut.model_validate(empty)
    assert (empty["version"], empty["units"]) == (0, [])
    assert stored(client)["unit"] is None


def test_petitions_go_to_the_unit_of_their_place(client: TestClient) -> None:
    answer = put(client)
    assert answer.status_code == 200, answer.text
    assert ImportOut.model_validate(answer.json()).version == 1
    made = stored(client, "滨江街道有油烟")
    assert made["unit"] == {"code": "cg-e", "name": "东城区城管大队"}
    assert (made["directory"], made["place"]["street"]["name"]) == (1, "滨江街道")
    assert "东城区" in made["unit_rule"]
    assert client.get("/v1/petitions", params={"area": "东城区", "unit": "cg-e"}).json()["items"][0]["id"] == made["id"]


def test_a_rule_goes_first(client: TestClient) -> None:
    put(client)
    made = stored(client, "夜市油烟太大", area="滨江街道")
    assert (made["unit"]["code"], made["place"]["source"]) == ("cg", "field")
    assert "夜市" in made["unit_rule"]


def test_services_stand_in_the_channel_of_small_matters(client: TestClient) -> None:
    put(client)
    made = stored(client, "柳荫社区物业不管楼上漏水")
    assert (made["matter"]["code"], made["unit"]["code"]) == ("community", "sq")
    assert "柳荫调解室（0000-1234）" in made["route"]["responsible"]["channel"]
    found = client.get("/v1/services", params={"text": "楼上漏水", "matter": "小事", "area": "柳荫社区"}).json()
    assert [service["name"] for service in ServicesOut.model_validate(found).items] == ["柳荫调解室"]
    assert client.get("/v1/services", params={"text": "漏水", "matter": "大事"}).json()["items"] == []


def test_a_correction_leads_to_the_unit_of_the_new_department(client: TestClient) -> None:
    put(client)
    made = stored(client, "滨江街道有油烟")
    assert act(client, made, "corrections", {"department": "gas", "why": "x"}).json()["unit"]["code"] == "gas"
    by_hand = act(client, made, "corrections", {"unit": "cg", "why": "市局直管"}).json()
    assert (by_hand["unit"]["code"], by_hand["unit_rule"]) == ("cg", "人工指定")
    assert history(client, made)[-1]["changes"]["unit"] == ["gas", "cg"]
    assert history(client, made)[-1]["directory"] == 1
    unknown = act(client, made, "corrections", {"unit": "weg", "why": "x"})
    assert unknown.json()["errors"][0]["field"] == "unit"


def test_a_directory_of_another_taxonomy_can_be_replaced(client: TestClient, database: Database) -> None:
    with database.write() as session:
        document = {**EMPTY, "units": [{"code": "x", "name": "旧局", "department": "abolished", "level": "city"}]}
        session.add(DirectoryVersion(actor="a", actor_name="a", document=document))
    assert stored(client, "滨江街道有油烟")["unit"] is None
    assert put(client).status_code == 200
    assert stored(client, "滨江街道有油烟")["unit"]["code"] == "cg-e"


def test_a_unit_is_named_by_code_or_name(client: TestClient) -> None:
    put(client)
    made = stored(client, "滨江街道有油烟")
    corrected = act(client, made, "corrections", {"unit": "临江市城管局", "why": "市局直管"}).json()
    assert corrected["unit"]["code"] == "cg"


def test_a_returned_petition_goes_to_the_named_unit(client: TestClient) -> None:
    put(client)
    made = stored(client, "滨江街道有油烟")
    moved = act(client, made, "returns", {"reason": "归市局", "next_unit": "cg"}).json()
    assert (moved["unit"], moved["status"]) == ({"code": "cg", "name": "临江市城管局"}, "assigned")


def test_who_has_not_seen_the_last_version_replaces_nothing(client: TestClient) -> None:
    assert put(client, **{"If-Match": '"0"'}).headers["ETag"] == '"1"'
    assert put(client, **{"If-Match": '"0"'}).status_code == 412
    assert client.get("/v1/directory", headers={"If-None-Match": '"1"'}).status_code == 304


def test_every_mistake_of_a_directory_is_named(client: TestClient) -> None:
    wrong = {**CITY, "units": [{"code": "x", "department": "养猫局"}], "rules": [{"unit": "weg"}]}
    answer = put(client, wrong)
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_directory")
    assert len(answer.json()["errors"]) >= 3
    assert client.get("/v1/directory").json()["version"] == 0


def test_old_versions_stay(client: TestClient) -> None:
    put(client)
    put(client, {**CITY, "units": CITY["units"][:3]})
    versions = client.get("/v1/directory/versions").json()["items"]
    assert [(row["version"], row["why"], row["actor"]) for row in versions] == [
        (2, "录入", "local"),
        (1, "录入", "local"),
    ]
    first = client.get("/v1/directory/versions?limit=1").json()
    put(client)
    last = client.get("/v1/directory/versions", params={"limit": 1, "cursor": first["next"]}).json()
    assert ([row["version"] for row in (*first["items"], *last["items"])], last["next"]) == ([2, 1], None)
    assert len(client.get("/v1/directory?version=1").json()["units"]) == 4
    changes = client.get("/v1/directory/diff?old=1&new=2").json()["changes"]
    assert "柳荫社区居委会" in str(changes["units"]["removed"])
    assert client.get("/v1/directory?version=9").status_code == 404


def test_a_workbook_is_imported_and_comes_back(client: TestClient, tmp_path: Any) -> None:
    path = tmp_path / "template.xlsx"
    write_template(path, Taxonomy.load())
    send = {"content": path.read_bytes(), "headers": {"Content-Type": XLSX}}
    dry = client.post("/v1/directory/import?why=x&dry_run=true", **send)
    assert (dry.status_code, dry.json()["version"]) == (200, None), dry.text
    assert client.get("/v1/directory").json()["version"] == 0
    assert client.post("/v1/directory/import?why=x", **send).json()["version"] == 1
    export = client.get("/v1/directory/export")
    again_ = client.post(
        "/v1/directory/import?why=x&dry_run=true", content=export.content, headers={"Content-Type": XLSX}
    ).json()
    assert not any(kind["added"] or kind["removed"] or kind["changed"] for kind in again_["changes"].values())


def test_tables_in_a_zip_are_imported(client: TestClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("单位.csv", "编码,名称,责任部门\ncg,临江市城管局,城市管理综合执法部门\n".encode("gb18030"))
    answer = client.post(
        "/v1/directory/import?why=x", content=packed.getvalue(), headers={"Content-Type": "application/zip"}
    )
    assert answer.status_code == 200, answer.text
    assert client.get("/v1/directory").json()["units"][0]["name"] == "临江市城管局"


@pytest.mark.parametrize(
    ("media", "content", "code"),
    [
        ("text/plain", b"x", "unsupported_upload"),
        ("application/zip", b"no zip", "bad_input"),
        (XLSX, b"x", "bad_input"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_clear_problem(
    client: TestClient, media: str, content: bytes, code: str
) -> None:
    answer = client.post("/v1/directory/import?why=x", content=content, headers={"Content-Type": media})
    assert answer.json()["code"] == code, answer.text
    assert "upload." not in answer.text


def packed_tables(name: str, content: str) -> dict[str, Any]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return {"content": packed.getvalue(), "headers": {"Content-Type": "application/zip"}}


def test_a_file_that_no_memory_holds_does_no_harm(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.apart._SECONDS", 0.01)  # it ends in the same way
    answer = client.post("/v1/directory/import?why=x", **packed_tables("单位.csv", "编码,名称\n1,城管所\n"))
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_input")
    assert "超出限度" in answer.json()["detail"]


def test_mistakes_in_a_file_do_not_say_where_it_lay(client: TestClient) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("别的.csv", "代码,名称\nu1,城管所\n")
    answer = client.post(
        "/v1/directory/import?why=x", content=packed.getvalue(), headers={"Content-Type": "application/zip"}
    )
    assert [error["field"] for error in answer.json()["errors"]] == ["上传的文件"]


def test_the_tester_shows_every_step(client: TestClient) -> None:
    put(client)
    tried = client.post("/v1/directory/test", json={"text": "滨江街道有油烟"}).json()
    AssignmentOut.model_validate(tried)
    assert tried["assignment"]["unit"]["code"] == "cg-e"
    assert any("夜市" in step for step in tried["steps"])
    named = client.post("/v1/directory/test", json={"text": "滨江街道", "department": "燃气企业", "version": 0}).json()
    assert (named["department"]["code"], named["assignment"]["unit"]) == ("gas", None)
    wrong = client.post("/v1/directory/test", json={"text": "x", "on": "gestern"})
    assert wrong.json()["errors"][0] == {"field": "on", "message": "应为日期，如 2026-11-30"}


def test_a_deadline_counts_working_days(client: TestClient) -> None:
    made = stored(client, "路灯不亮", received="2026-09-30T10:00:00")
    assert made["due"] > "2026-10-08", "the National Day holiday does not count"
    urgent = stored(client, "楼下爆炸", received="2026-09-30T10:00:00")
    assert urgent["due_at"].startswith("2026-09-30") or urgent["due_at"].startswith("2026-10-01")


def test_a_deadline_is_extended_within_the_rule(client: TestClient) -> None:
    made = stored(client, received="2026-11-02T10:00:00")
    longer = act(client, made, "extension", {"days": 2, "why": "等配件"}).json()
    assert longer["due"] > made["due"] and longer["extensions"] == 1
    assert history(client, made)[-1]["action"] == "extended"
    assert act(client, made, "extension", {"days": 60, "why": "x"}).json()["code"] == "not_possible"
    assert client.get("/v1/stats").json()["overdue"] == 1
    assert again(client, made)["version"] == 2


def test_another_type_of_request_has_another_deadline(client: TestClient) -> None:
    made = stored(client, received="2026-11-02T10:00:00")
    changed = act(client, made, "corrections", {"request_type": "咨询", "why": "只是询问"}).json()
    assert changed["due"] < made["due"]


def test_a_city_has_its_own_deadlines(serve: Callable[..., TestClient], tmp_path: Any) -> None:
    own = tmp_path / "own.yaml"
    own.write_text("days:\n  投诉: 1\n", encoding="utf-8")
    made = stored(serve(deadlines=own), received="2026-11-02T10:00:00")
    assert made["due"] == "2026-11-03"

"""A service on a new version of the taxonomy, with a store full of petitions of the old one."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient
from jobs_helpers import ended, start, upload
from petitions import Petition, act, again, stored
from revisions import NEW, OLD, Revision, department
from store_doubles import WordRouter
from test_board import count_again, figures
from test_directory import CITY, put
from toy import toy_model

from petition_nlp.districts import Districts
from petition_nlp.policy import Policy
from petition_nlp.resources import data_path
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy
from service.store.database import Database
from service.store.tables import DirectoryVersion

Serve = Callable[..., TestClient]


class RevisedRouter(WordRouter):
    """Decides by words in a taxonomy of its own."""

    def __init__(self, taxonomy: Taxonomy) -> None:
        self._own = taxonomy

    @property
    def taxonomy(self) -> Taxonomy:
        return self._own


@pytest.fixture(scope="module")
def revised(tmp_path_factory: pytest.TempPathFactory) -> Taxonomy:
    """gas was merged into energy, water_supply split, municipal_works retired."""
    revision = Revision(tmp_path_factory.mktemp("new") / "new")
    revision.without("gas", "electricity", "water_supply", "municipal_works")
    revision.having(department("energy", "能源部门"), department("tap", "供水部门"), department("waste", "排水部门"))
    revision.step(kind="merge", old=["gas", "electricity"], to="energy")
    revision.step(kind="split", old="water_supply", to=["tap", "waste"])
    return revision.step(kind="retire", old="municipal_works").load()


@pytest.fixture
def old(serve: Serve) -> dict[str, Petition]:
    client = serve()
    texts = {"gas": "煤气味很重", "water_supply": "水管不知谁修", "municipal_works": "巷口路灯不亮"}
    return {code: stored(client, text) for code, text in texts.items()}


@pytest.fixture
def client(serve: Serve, old: dict[str, Petition], revised: Taxonomy) -> TestClient:
    return serve(RevisedRouter(revised))


def _found(client: TestClient, **wanted: str) -> set[str]:
    answer = client.get("/v1/petitions", params=wanted)
    assert answer.status_code == 200, answer.text
    return {item["id"] for item in answer.json()["items"]}


def test_old_petitions_keep_their_codes_and_are_shown_by_their_former_names(
    client: TestClient, old: dict[str, Petition]
) -> None:
    for code, petition in old.items():
        shown = again(client, petition)
        assert shown["department"] == {"code": code, "name": f"{OLD.departments[code].name}（原）"}
        assert shown["route"]["taxonomy"] == OLD.version


def test_filters_find_what_is_stored_under_former_codes(client: TestClient, old: dict[str, Petition]) -> None:
    new = stored(client, "煤气灶点不着")
    act(client, new, "corrections", {"department": "energy", "why": "x"})
    for name in ("energy", "能源部门", "gas", OLD.departments["gas"].name):
        assert _found(client, department=name) == {old["gas"]["id"], new["id"]}
    for code in ("water_supply", "municipal_works"):
        assert _found(client, department=code) == {old[code]["id"]}
    assert client.get("/v1/petitions?department=never").status_code == 422


def test_counts_go_to_the_successor_and_a_merge_is_no_move(client: TestClient, old: dict[str, Petition]) -> None:
    assert act(client, old["gas"], "corrections", {"department": "energy", "why": "并入"}).status_code == 200
    stored(client, "煤气灶点不着")
    count_again(client)
    stats = client.get("/v1/stats").json()
    counted = {item["code"]: item for item in stats["by_department"]}
    assert (counted["energy"]["name"], counted["energy"]["count"]) == ("能源部门", 2)
    assert counted["water_supply"]["name"].endswith("（原）")
    assert "gas" not in counted and stats["corrections"] == []
    shares = figures(client, "shares")["by_matter_and_department"]
    assert {item["department"]["code"] for item in shares} == {"energy", "water_supply", "municipal_works"}
    units = {item["code"] for item in figures(client, "units")["items"] if item["kind"] == "department"}
    assert "energy" in units and "gas" not in units
    assert figures(client, "corrections")["total"] == 0


def test_the_export_names_former_departments(client: TestClient) -> None:
    text = client.get("/v1/petitions/export?format=csv").text
    names = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    assert f"{OLD.departments['gas'].name}（原）" in names


def test_corrections_lead_to_present_codes(client: TestClient, old: dict[str, Petition]) -> None:
    for given, becomes in (("energy", "energy"), ("tap", "tap"), ("electricity", "energy")):
        answer = act(client, old["municipal_works"], "corrections", {"department": given, "why": "x"})
        assert answer.json()["department"]["code"] == becomes
    for gone in ("water_supply", "municipal_works"):
        assert act(client, old["gas"], "corrections", {"department": gone, "why": "x"}).status_code == 422


def test_a_suggestion_that_was_split_cannot_be_confirmed(client: TestClient, old: dict[str, Petition]) -> None:
    waiting = old["water_supply"]
    client.post("/v1/review/take", json={"petition": waiting["id"]})
    refused = client.post(f"/v1/review/{waiting['id']}/decide", json={})
    assert refused.status_code == 409
    assert "已不在现行分类里" in refused.json()["detail"]
    decided = client.post(f"/v1/review/{waiting['id']}/decide", json={"department": "tap", "why": "拆分"})
    assert decided.json()["department"] == {"code": "tap", "name": "供水部门"}


def test_the_review_page_offers_present_departments_only(client: TestClient, old: dict[str, Petition]) -> None:
    page = client.get("/review", headers={"Accept": "text/html"})
    assert page.status_code == 200
    offered = re.findall(r'<option value="([^"]*)"', page.text) + re.findall(r'data-code="([^"]*)"', page.text)
    assert not {"gas", "municipal_works"} & set(offered)


def test_the_taxonomy_names_what_is_retired(client: TestClient) -> None:
    answer = client.get("/v1/taxonomy").json()
    assert answer["version"] == NEW
    retired = {own["code"]: own["successor"] for own in answer["retired"]["department"]}
    assert (retired["gas"], retired["water_supply"]) == ("energy", None)


def test_a_directory_of_the_old_codes_still_leads_to_units(serve: Serve, revised: Taxonomy) -> None:
    put(serve())
    client = serve(RevisedRouter(revised))
    petition = stored(client, "巷口油烟")
    moved = act(client, petition, "corrections", {"department": "energy", "why": "x"}).json()
    assert moved["unit"]["code"] == "gas"


_STALE: dict[str, Any] = {
    **CITY,
    "units": [
        *CITY["units"],
        {"code": "water", "name": "临江供水公司", "department": "water_supply", "level": "city"},
        {"code": "desk", "name": "城管值班室", "department": "urban_management", "area": "滨江街道", "deputy": "water"},
    ],
    "rules": [
        {"id": "水费", "department": "water_supply", "words": ["水费"], "unit": "cg"},
        {"id": "转供水", "department": "urban_management", "words": ["漏水"], "unit": "water"},
        *CITY["rules"],
    ],
    "services": [
        {"name": "查漏队", "kind": "market", "offers": ["漏水"], "departments": ["water_supply"]},
        {"name": "修理铺", "kind": "market", "offers": ["水管"], "departments": ["water_supply", "gas"]},
    ],
}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_after_a_restart_what_a_directory_knows_of_present_codes_stays_in_use(serve: Serve, revised: Taxonomy) -> None:
    put(serve(), _STALE)
    client = serve(RevisedRouter(revised))
    found = client.app.state.directories.in_use(revised)  # type: ignore[attr-defined]
    assert (found.version, list(found.units)) == ("1", ["cg", "cg-e", "gas", "sq", "desk"])
    assert found.units["desk"].deputy is None
    assert [rule.id for rule in found.rules] == ["夜市"]
    assert [(service.name, service.departments) for service in found.services] == [("修理铺", ("energy",))]
    assert stored(client, "夜市油烟")["unit"]["code"] == "cg"
    tried = client.post("/v1/directory/test", json={"text": "夜市油烟", "version": 1})
    assert tried.json()["assignment"]["unit"]["code"] == "cg"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_change_of_such_a_directory_says_what_else_has_to_be_changed(serve: Serve, revised: Taxonomy) -> None:
    put(serve(), _STALE)
    client = serve(RevisedRouter(revised))
    form = {"key": "cg", "code": "cg", "name": "城管局", "department": "urban_management"}
    shown = {"HX-Request": "true", "Accept": "text/html"}
    answer = client.post("/units/save", data={**form, "version": "1", "why": "改名"}, headers=shown)
    assert answer.status_code == 422
    assert "没有「water_supply」这个部门" in answer.text
    assert len(client.get("/v1/directory").json()["units"]) == len(_STALE["units"])


def _districts(folder: Path) -> Path:
    rule: dict[str, Any] = {"id": "物业", "area": "东城区", "matter": "community", "words": ["物业"]}
    rule["outcome"] = {"matter": "government"}
    content = {"version": "1", "districts": [{"name": "东城区"}, {"name": "西城区"}], "rules": [rule]}
    path = folder / "districts.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def in_districts(serve: Serve, toy_folder: Path, tmp_path: Path) -> TestClient:
    taxonomy, path = Taxonomy.load(), _districts(tmp_path)
    rules = Districts.load(path, taxonomy)
    router = Router(toy_model(), taxonomy, Policy.load(), None, rules)
    client = serve(router, model=toy_folder, districts=path, job_workers=1)
    put(client)
    client.app.state.directories.in_use(taxonomy)
    return client


_PLACES: tuple[tuple[dict[str, str], str], ...] = (
    ({"text": "楼道门禁坏了物业不修", "area": "东城区"}, "government"),
    ({"text": "柳荫社区楼道门禁坏了物业不修"}, "government"),
    ({"text": "楼道门禁坏了物业不修", "area": "西城区"}, "community"),
    ({"text": "楼道门禁坏了物业不修"}, "community"),
)


def test_rules_of_districts_use_the_field_and_the_gazetteer(in_districts: TestClient) -> None:
    for body, matter in _PLACES:
        rules = ["物业"] if matter == "government" else []
        route = in_districts.post("/v1/routes", json=body).json()
        assert route["matter"]["code"] == matter
        assert [rule["rule"] for rule in route["rules"]] == rules
        asks = "district_unknown" in [reason["code"] for reason in route["review"]["reasons"]]
        assert asks == ("area" not in body and not rules)
        petition = stored(in_districts, **body)
        assert petition["matter"]["code"] == matter
        assert [rule["rule"] for rule in petition["route"]["rules"]] == rules


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bulk_job_finds_places_as_single_messages_do(in_districts: TestClient) -> None:
    rows = [body for body, _ in _PLACES]
    made = upload(in_districts, "".join(json.dumps(row) + "\n" for row in rows).encode(), "orders.jsonl")
    done = ended(in_districts, start(in_districts, made))
    assert done["status"] == "done", done["error"]
    lines = in_districts.get(f"/v1/jobs/{made['id']}/result").text.splitlines()
    assert [json.loads(line)["route"] for line in lines] == [
        in_districts.post("/v1/routes", json=row).json() for row in rows
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_bulk_job_goes_by_the_taxonomy_and_the_policy_of_the_settings(
    serve: Serve, toy_folder: Path, tmp_path: Path
) -> None:
    revision = Revision(tmp_path / "new").without("electricity").having(department("energy", "能源部门"))
    folder = revision.step(kind="rename", old="electricity", to="energy").write()
    policy = tmp_path / "policy.yaml"
    policy.write_text(data_path("policy.yaml").read_text(encoding="utf-8"), encoding="utf-8")
    client = serve(model=toy_folder, taxonomy=folder, policy=policy, job_workers=1)
    done = ended(client, start(client, upload(client, "诉求内容\n小区停电了跳闸\n".encode())))
    assert (done["status"], done["summary"]["departments"]) == ("done", {"能源部门": 1}), done["error"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_the_places_of_a_job_need_nothing_else_of_the_directory(in_districts: TestClient, database: Database) -> None:
    with database.write() as session:
        document = {**CITY, "units": [{"code": "alt", "name": "旧单位", "department": "gone"}]}
        session.add(DirectoryVersion(version=2, actor="x", actor_name="x", why="x", document=document))
    made = upload(in_districts, "诉求内容\n柳荫社区楼道门禁坏了物业不修\n".encode())
    done = ended(in_districts, start(in_districts, made))
    assert done["status"] == "done", done["error"]
    assert done["summary"]["matters"] == {"大事": 1}

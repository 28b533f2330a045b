"""``petition-nlp taxonomy``: check, draft, and diff with a replay of an archive."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from openpyxl import load_workbook
from revisions import NEW, OLD, Revision, department
from toy import toy_model

from petition_nlp.artifact import save_model
from petition_nlp.cli import main

_HEADER = ("工单编号", "诉求内容", "所属区域", "承办单位", "事项类别")
_ROWS = (
    ("1", "停电两天了", "城东区", OLD.departments["electricity"].name, "大事"),
    ("2", "学校周末补课", "城东区", OLD.departments["education"].name, "大事"),
    ("3", "学校门口拥堵", "城西区", OLD.departments["education"].name, "大事"),
    ("4", "宽带断了", "城西区", OLD.departments["telecom"].name, "大事"),
    ("5", "物业费涨价", "城东区", OLD.departments["housing"].name, "小事"),
    ("6", "广场舞太吵", "城西区", OLD.departments["public_security"].name, "大事"),
    ("7", "不知道归谁", "", "火星局", ""),
)


@pytest.fixture
def new(tmp_path: Path) -> Path:
    revision = Revision(tmp_path / "new").without("gas", "electricity", "education", "telecom")
    parts = ("energy", "能源部门"), ("schools", "学校部门"), ("training", "培训部门"), ("network", "通信部门")
    revision.having(*(department(code, name) for code, name in parts))
    revision.step(kind="merge", old=["gas", "electricity"], to="energy", why="机构改革")
    rules = [{"to": "training", "words": ["补课"]}]
    revision.step(kind="split", old="education", to=["schools", "training"], rules=rules)
    revision.step(kind="rename", old="telecom", to="network")
    revision.step(kind="reassign", name="广场舞", words=["广场舞"], to="urban_management")
    return revision.write()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    path = tmp_path / "历年.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([_HEADER, *_ROWS])
    return path


@pytest.fixture
def districts(tmp_path: Path) -> Path:
    rule: dict[str, Any] = {"id": "物业费", "area": "城东区", "department": "housing", "words": ["物业费"]}
    rule["outcome"] = {"matter": "government"}
    content = {"version": "1", "districts": [{"name": "城东区"}, {"name": "城西区"}], "rules": [rule]}
    path = tmp_path / "districts.yaml"
    path.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    return path


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save_model(toy_model(), tmp_path / "model")
    return tmp_path / "model"


def _run(*arguments: object) -> int:
    return main(["taxonomy", *map(str, arguments)])


def _moved(folder: Path) -> Sequence[dict[str, str]]:
    with (folder / "变动.csv").open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file))


def test_a_check_tells_what_a_version_holds(new: Path, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("check", new, "--model", model) == 0
    out = capsys.readouterr().out
    assert f"版本 {NEW}" in out
    assert f"{OLD.version} → {NEW}，4 步" in out
    assert f"toy@1，由 {OLD.version} 换算" in out


def test_a_check_names_the_file_and_line_of_what_is_wrong(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = new / "migration.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("kind: rename", "kind: move"), encoding="utf-8")
    assert _run("check", new) == 5
    assert "migration.yaml 第 " in capsys.readouterr().err


def test_a_draft_is_printed(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("draft", "default", new) == 0
    drafted = yaml.safe_load(capsys.readouterr().out)
    assert (drafted["from"], drafted["to"]) == (OLD.version, NEW)
    assert {"kind": "retire", "from": "gas"} in drafted["steps"]


def test_the_same_version_has_no_difference(capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("diff", "default", "default") == 0
    assert capsys.readouterr().out == "两个版本相同\n"


def test_two_versions_are_compared(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = new / "departments.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("name: 公安机关", "name: 公安局"), encoding="utf-8")
    assert _run("diff", "default", new) == 0
    out = capsys.readouterr().out
    assert "合并  " in out and "→ 能源部门" in out
    assert "改派  广场舞 → " in out
    assert "责任部门  新增  培训部门" in out
    assert "责任部门  修改  公安局：名称：公安机关 → 公安局" in out


def test_an_archive_with_departments_is_replayed_by_them(
    new: Path, archive: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("diff", "default", new, "--archive", archive, "--out", tmp_path / "对照") == 0
    assert "共 7 条（档案里已有的去向）：去向有变 4，其中须人工选择 1；" in capsys.readouterr().out
    moved = _moved(tmp_path / "对照")
    assert [(row["编号"], row["行号"], row["新责任部门"], row["人工选择"]) for row in moved] == [
        ("1", "2", "能源部门", "否"),
        ("2", "3", "培训部门", "否"),
        ("3", "4", "（人工选择）", "是"),
        ("6", "7", OLD.departments["urban_management"].name, "否"),
    ]
    assert moved[0]["依据"] == "合并（机构改革）"
    assert "改派规则「广场舞」" in moved[3]["依据"]


def test_the_report_counts_moves_and_holds_no_text_of_a_row(new: Path, archive: Path, tmp_path: Path) -> None:
    folder = tmp_path / "对照"
    assert _run("diff", "default", new, "--archive", archive, "--out", folder) == 0
    page = (folder / "报告.html").read_text(encoding="utf-8")
    assert "能源部门" in page
    assert "历年.csv:2" in page
    assert not [text for _, text, *_ in _ROWS if text in page]
    sheet = load_workbook(folder / "变动.xlsx").active
    assert sheet is not None
    assert sheet.max_row == 5
    with (folder / "表格" / "责任部门去向.csv").open(encoding="utf-8-sig", newline="") as file:
        assert {row["新责任部门"]: row["条数"] for row in csv.DictReader(file)}["能源部门"] == "1"


def test_the_counts_come_as_json(new: Path, archive: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _run("diff", "default", new, "--archive", archive, "--json") == 0
    found = json.loads(capsys.readouterr().out)
    replayed = found["replay"]
    assert {name: replayed[name] for name in ("rows", "moved", "to_people", "renamed", "unknown", "unchanged")} == {
        **{"rows": 7, "moved": 4, "to_people": 1, "renamed": 1},
        **{"unknown": 1, "unchanged": 1},
    }
    assert {"code": None, "name": "（人工选择）"} in [flow["to"] for flow in replayed["department"]]
    assert [own["code"] for own in found["department"]["added"]] == ["energy", "schools", "training", "network"]


def test_routes_in_json_lines_are_taken_as_they_are(new: Path, tmp_path: Path) -> None:
    path = tmp_path / "结果.jsonl"
    route = {"matter": {"code": "government"}, "department": {"code": "gas"}}
    path.write_text(json.dumps({"text": "没有气", "route": route}, ensure_ascii=False) + "\n", encoding="utf-8")
    assert _run("diff", "default", new, "--archive", path, "--out", tmp_path / "对照") == 0
    assert [row["新责任部门"] for row in _moved(tmp_path / "对照")] == ["能源部门"]


def test_an_archive_without_departments_is_routed_by_the_model(
    new: Path, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "留言.csv"
    path.write_text("内容\n小区停电了好几天跳闸\n请问发票怎么开具\n学校门口排队\n", encoding="utf-8")
    assert _run("diff", "default", new, "--archive", path, "--model", model, "--out", tmp_path / "对照") == 0
    assert "toy@1" in capsys.readouterr().out
    assert [row["新责任部门"] for row in _moved(tmp_path / "对照")] == ["能源部门", "（人工选择）"]


def test_a_model_can_be_asked_although_the_archive_has_departments(
    new: Path, archive: Path, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run("diff", "default", new, "--archive", archive, "--model", model, "--reroute") == 0
    assert "模型 toy@1（fast）" in capsys.readouterr().out


def test_rules_of_districts_are_compared_and_replayed(
    archive: Path, districts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "对照"
    assert _run("diff", "default", "default", "--districts", districts, "--archive", archive, "--out", folder) == 0
    assert "各区规则  新增  物业费" in capsys.readouterr().out
    [moved] = _moved(folder)
    assert (moved["编号"], moved["原事项类别"], moved["新事项类别"]) == ("5", "小事", "大事")
    assert "物业费" in moved["依据"]


def test_the_same_rules_before_and_after_move_nothing(archive: Path, districts: Path, tmp_path: Path) -> None:
    both = ("--districts-before", districts, "--districts", districts)
    assert _run("diff", "default", "default", *both, "--archive", archive, "--out", tmp_path / "对照") == 0
    assert _moved(tmp_path / "对照") == []


@pytest.mark.parametrize("options", [(), ("--reroute",)])
def test_what_was_left_to_people_before_is_no_move(
    options: Sequence[str], districts: Path, model: Path, tmp_path: Path
) -> None:
    content = yaml.safe_load(districts.read_text(encoding="utf-8"))
    content["rules"][0] |= {"department": "electricity", "words": ["停电"]}
    content["rules"][0]["outcome"] = {"department": "housing"}
    districts.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    path = tmp_path / "历年.csv"
    path.write_text("诉求内容,承办单位\n小区停电了跳闸,供电公司\n", encoding="utf-8")
    both = ("--districts-before", districts, "--districts", districts, "--model", model, *options)
    assert _rows_that_move(tmp_path, path, *both) == []
    assert len(_rows_that_move(tmp_path, path, "--districts", districts, "--model", model, *options)) == 1


def test_rules_that_routes_followed_already_are_undone_before_others_are_applied(
    districts: Path, model: Path, tmp_path: Path
) -> None:
    source, routed = tmp_path / "工单.csv", tmp_path / "结果.jsonl"
    source.write_text("诉求内容,所属区域\n小区停电了跳闸,城东区\n小区停电了电表坏了,城西区\n", encoding="utf-8")
    content = yaml.safe_load(districts.read_text(encoding="utf-8"))
    content["rules"][0] |= {"department": "electricity", "words": ["停电"], "outcome": {"department": "housing"}}
    districts.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    command = ["classify", source, "-o", routed, "--model", model, "--districts", districts, "--quiet"]
    assert main([*map(str, command)]) == 0
    content["rules"][0]["outcome"] = {"department": "gas"}
    changed = tmp_path / "新.yaml"
    changed.write_text(yaml.safe_dump(content, allow_unicode=True), encoding="utf-8")
    compared = (
        ("--districts", districts),
        ("--districts", changed),
        ("--districts-before", districts, "--districts", changed),
        ("--districts-before", districts),
    )
    found = [_rows_that_move(tmp_path, routed, *options) for options in compared]
    gas, power = OLD.departments["gas"].name, OLD.departments["electricity"].name
    assert [[row["新责任部门"] for row in rows] for rows in found] == [[], [gas], [gas], [power]]
    assert found[3][0]["依据"] == "不再按各区规则「物业费」"


def _rows_that_move(folder: Path, routed: Path, *options: object) -> Sequence[dict[str, str]]:
    out = folder / "对照"
    assert _run("diff", "default", "default", *options, "--archive", routed, "--out", out, "--overwrite") == 0
    return _moved(out)


@pytest.mark.parametrize(
    ("header", "options", "gaps"),
    [
        (("诉求内容", "承办单位"), (), ["事项类别", "地点"]),
        (("诉求内容", "承办单位", "所属区域"), (), ["事项类别"]),
        (("诉求内容", "承办单位", "事项类别", "所属区域"), (), []),
        (("诉求内容", "承办单位"), ("--reroute",), ["地点"]),
    ],
)
def test_what_rules_look_at_and_the_archive_lacks_is_told(
    header: Sequence[str],
    options: Sequence[str],
    gaps: Sequence[str],
    model: Path,
    districts: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    rule = yaml.safe_load(districts.read_text(encoding="utf-8"))
    rule["rules"][0]["matter"] = "community"
    districts.write_text(yaml.safe_dump(rule, allow_unicode=True), encoding="utf-8")
    archive, out = tmp_path / "历年.csv", tmp_path / "对照"
    row = {"诉求内容": "物业费涨价", "承办单位": "住建局", "事项类别": "小事", "所属区域": "城东区"}
    archive.write_text(f"{','.join(header)}\n{','.join(row[name] for name in header)}\n", encoding="utf-8")
    command = ("diff", "default", "default", "--districts", districts, "--archive", archive, "--model", model, *options)
    assert _run(*command, "--out", out) == 0
    told = [line for line in capsys.readouterr().out.splitlines() if line.startswith("提示：")]
    assert [name for name in ("事项类别", "地点") if any(f"要看{name}，档案里没有" in line for line in told)] == gaps
    page = (out / "报告.html").read_text(encoding="utf-8")
    assert all(line.removeprefix("提示：") in page for line in told)
    assert _run(*command, "--json") == 0
    assert len(json.loads(capsys.readouterr().out)["replay"]["gaps"]) == len(gaps)


def test_without_a_migration_an_archive_is_not_replayed(
    new: Path, archive: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (new / "migration.yaml").unlink()
    assert _run("diff", "default", new, "--archive", archive) == 5
    assert "taxonomy draft" in capsys.readouterr().err


def test_a_migration_of_other_codes_is_refused(new: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = new / "migration.yaml"
    text = path.read_text(encoding="utf-8").replace("    fire_rescue:", "    fire_brigade: 消防队\n    fire_rescue:")
    path.write_text(text.replace("steps:\n", "steps:\n- kind: retire\n  from: fire_brigade\n"), encoding="utf-8")
    assert _run("diff", "default", new) == 5
    assert "fire_brigade" in capsys.readouterr().err


def test_a_report_is_not_written_over_another_one(new: Path, archive: Path, tmp_path: Path) -> None:
    command = ("diff", "default", new, "--archive", archive, "--out", tmp_path / "对照")
    assert _run(*command) == 0
    assert _run(*command) == 6
    assert _run(*command, "--overwrite") == 0

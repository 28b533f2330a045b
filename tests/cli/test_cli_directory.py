from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tables import write_table

from petition_nlp.local.tables import read_directory
from petition_nlp.local.workbook import write_workbook
from petition_nlp.taxonomy import Taxonomy

Run = Callable[..., int]
Capture = pytest.CaptureFixture[str]


@pytest.fixture
def template(run: Run, tmp_path: Path, capsys: Capture) -> Path:
    path = tmp_path / "目录.xlsx"
    assert run("directory", "template", path) == 0
    capsys.readouterr()
    return path


@pytest.fixture
def edited(template: Path, tmp_path: Path) -> Path:
    taxonomy = Taxonomy.load()
    document: dict[str, Any] = read_directory(template, version="1", taxonomy=taxonomy).to_dict()
    document["units"][1]["contact"] = None
    document["rules"].insert(0, {"id": "烧烤", "words": ["烧烤"], "unit": "SZ"})
    document["services"].pop(0)
    write_workbook(document, tmp_path / "新.xlsx", taxonomy)
    return tmp_path / "新.xlsx"


def test_the_template_passes_its_own_check(run: Run, template: Path, capsys: Capture) -> None:
    assert run("directory", "check", template) == 0
    assert capsys.readouterr().out.splitlines() == [
        "可以使用：单位 11，规则 3，地点 14，服务 4",
        "提示：这些名称有不止一处，诉求里没有写明上级时需要人工确认：向阳社区",
    ]


def test_a_template_does_not_write_over_a_file(run: Run, template: Path, capsys: Capture) -> None:
    assert run("directory", "template", template) == 6
    assert "--overwrite" in capsys.readouterr().err
    assert run("directory", "template", template, "--overwrite") == 0
    assert run("directory", "template", template.with_suffix(".csv")) == 6


def test_check_lists_every_problem(run: Run, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "目录"
    folder.mkdir()
    write_table(folder / "单位.csv", [["编号", "名称", "部门"], ["A", "", ""], ["B", "乙", "魔法部"]])
    assert run("directory", "check", folder) == 3
    lines = capsys.readouterr().err.splitlines()
    assert ["第 2 行「单位名称」" in lines[0], "第 3 行「责任部门」" in lines[1]] == [True, True]
    assert lines[2:] == ["共 2 处问题"]


def test_one_message_is_tried_with_a_given_department(run: Run, template: Path, capsys: Capture) -> None:
    arguments = ("--text", "金桂苑楼上漏水", "--department", "住建", "--matter", "小事", "--date", "2026-07-01")
    assert run("directory", "test", template, *arguments) == 0
    assert capsys.readouterr().out.splitlines() == [
        "地点      按正文认出：城东区 / 和平街道 / 春风社区 / 春风社区第一网格 / 金桂苑（小区）",
        "事项      小事",
        "部门      住房和城乡建设部门",
        "步骤      规则「汛期积水」不适用：没有出现「积水、内涝、倒灌」",
        "          规则「工地噪声」不适用：责任部门不是城市管理综合执法部门",
        "          规则「小事到网格」适用，从网格级往上找",
        "          派往：春风社区第一网格（CF-1），联系方式 000-10010",
        "          代办：春风社区居民委员会（CF）",
        "服务      和平街道人民调解委员会（000-20001，和平街道便民服务中心二楼，工作日 9:00—17:00，免费）"
        "：人民调解，诉求里提到「楼上、漏水」，服务和平街道",
    ]


def test_without_a_department_the_model_decides(run: Run, template: Path, capsys: Capture) -> None:
    assert run("directory", "test", template, "--text", "烧烤摊占道", "--area", "城西区", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["department"], found["matter"]) == ("urban_management", "government")
    assert found["place"]["source"] == "field"
    assert found["assignment"]["unit"]["code"] == "CG-CX"
    assert found["services"] == []


@pytest.mark.parametrize(
    ("option", "value", "code"),
    [("--department", "魔法部", 3), ("--matter", "喜事", 3), ("--date", "明天", 2)],
)
def test_a_wrong_option_is_named(run: Run, template: Path, capsys: Capture, option: str, value: str, code: int) -> None:
    assert run("directory", "test", template, "--text", "路灯", "--department", "市政", option, value) == code
    assert value in capsys.readouterr().err


def test_two_versions_are_compared(run: Run, template: Path, edited: Path, capsys: Capture) -> None:
    assert run("directory", "diff", template, edited) == 0
    assert capsys.readouterr().out.splitlines() == [
        "单位  修改  城东区城市管理局：联系方式 000-10002 → （空）",
        "规则  新增  烧烤",
        "服务  删去  和平街道人民调解委员会",
    ]


def test_the_same_version(run: Run, template: Path, capsys: Capture) -> None:
    assert run("directory", "diff", template, template) == 0
    assert capsys.readouterr().out == "两个版本相同\n"


def test_sample_messages_show_what_changes(
    run: Run, template: Path, edited: Path, tmp_path: Path, capsys: Capture
) -> None:
    header = ["工单编号", "诉求标题", "诉求内容", "所属区域", "事项类别", "责任部门"]
    rows = [
        ["GD-1", "烧烤油烟", "每晚都有", "城西区", "大事", "城市管理综合执法部门"],
        ["GD-2", "", "银杏苑楼顶违建", "", "大事", "城市管理综合执法部门"],
        ["GD-3", "", "烧烤", "", "", ""],
    ]
    samples = write_table(tmp_path / "结果.csv", [header, *rows])
    arguments = ("directory", "diff", template, edited, "--samples", samples, "--date", "2026-12-01")
    assert run(*arguments) == 0
    assert capsys.readouterr().out.splitlines()[-3:] == [
        "派往单位有变化的诉求：2 条",
        "  GD-1：城西区城市管理局 → 临江市市政设施管理中心",
        "  GD-3：人工指定 → 临江市市政设施管理中心",
    ]
    assert run(*arguments, "--json") == 0
    report = json.loads(capsys.readouterr().out)
    assert [case["case"] for case in report["moved"]] == ["GD-1", "GD-3"]
    assert report["rules"]["added"][0]["id"] == "烧烤"


def test_samples_without_a_department_are_refused(run: Run, template: Path, tmp_path: Path, capsys: Capture) -> None:
    samples = write_table(tmp_path / "工单.csv", [["诉求内容"], ["路灯坏了"]])
    assert run("directory", "diff", template, template, "--samples", samples) == 3
    assert "没有「责任部门」列" in capsys.readouterr().err

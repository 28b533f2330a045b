from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from revisions import Revision, department
from toy import TAXONOMY, toy_model

from petition_nlp.artifact import save_model
from petition_nlp.cli import main
from petition_nlp.disclosure import Deployment, Operator, Record, describe, record_page, write_record
from petition_nlp.disclosure.operator import KEYS
from petition_nlp.districts import Districts
from petition_nlp.errors import ConfigError, ModelError, OutputError
from petition_nlp.policy import Policy, ReviewRule
from petition_nlp.report.statistics import wilson
from petition_nlp.resources import data_path, default_model_path
from petition_nlp.router import Router

DAY = datetime.date(2026, 11, 30)
WATCHED = Deployment(blind_share=0.02, blind_min_verdicts=30, mask_after_days=None, delete_after_days=365)
LABELS = [
    {"label": "electricity", "n": 111, "precision": 0.8765, "recall": 0.9009, "f1": 0.8885},
    {"label": "education", "n": 77, "precision": 0.6123, "recall": 0.4935, "f1": 0.5465},
    {"label": "gas", "n": 3, "precision": 0.0, "recall": 0.0, "f1": 0.0},
    {"label": "<i>处</i>", "n": 0, "precision": 0.0, "recall": 0.0, "f1": 0.0},
]


def head(**changes: Any) -> dict[str, Any]:
    figures = {"n": 191, "accuracy": 0.7173, "macro_f1": 0.6321, "macro_labels": 2, "top3": 0.9319, "ece": 0.0411}
    counts = {"labels": {"electricity": 500, "education": 300}, "left_out": {"gas": 2}, "left_to_people": []}
    return {**figures, **counts, "per_label": LABELS, "by": {}, **changes}


def report(**changes: Any) -> dict[str, Any]:
    facts = {"rows": 1234, "groups": 1111, "leaks": {"rows": 17, "kept": False}, "calibration_rows": None}
    ways = {"folds": 5, "measured_folds": 5, "seed": 0, "encoder": None, "start": None}
    return {**facts, **ways, "heads": {"department": head()}, **changes}


def router(given: dict[str, Any] | None = None, policy: Policy | None = None, rows: int = 800) -> Router:
    model = replace(toy_model("department", "matter", rows=rows), report=given or report())
    return Router(model, TAXONOMY, policy or Policy.load())


def record(*of: Any, operator: Operator | None = None, deployment: Deployment = WATCHED, **named: Any) -> Record:
    return describe(router(*of, **named), deployment, operator or Operator(), day=DAY, digest="ab" * 32)


def field(own: Record, key: str) -> Any:
    (found,) = (one for section in own.sections for one in section.fields if one.key == key)
    return found


class Tags(HTMLParser):
    """Checks that every element is closed and collects names and attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.names: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_time_that_the_data_stem_from_is_told_if_the_model_knows_it() -> None:
    dated = {"first": "2025-01-02", "last": "2026-10-31", "undated": 1200}
    told = field(record(report(period=dated)), "quantity")
    assert (told.source, told.value[1]) == ("model", "数据自 2025-01-02 至 2026-10-31，其中 1,200 条没有日期。")
    assert not any("数据自" in line for line in field(record(), "quantity").value)


def test_the_page_is_well_formed_and_asks_for_nothing_from_outside() -> None:
    page = record_page(record())
    tags = Tags(page)
    assert tags.open == []
    assert not tags.names & {"script", "link", "img", "iframe", "form", "a"}
    assert not tags.attributes & {"src", "href", "style", "onclick"}
    assert "url(" not in page and "@import" not in page


def test_labels_and_answers_cannot_become_markup() -> None:
    page = record_page(record(operator=Operator({"contact": "<b>电话</b>\n000-12345"})))
    assert "<b>电话" not in page and "&lt;b&gt;电话&lt;/b&gt;\n000-12345" in page
    assert "<i>处" not in page and "&lt;i&gt;处" in page


def numbers(value: Any) -> Iterator[float]:
    """Every number in a JSON value, those that stand in sentences left out."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for own in value:
            yield from numbers(own)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield value


@cache
def shipped() -> Router:
    if not default_model_path().is_dir():
        pytest.skip("models/default is not there")
    return Router.load(profile="fast")


def test_every_figure_is_in_the_model_or_follows_from_it() -> None:
    model = shipped()
    told = describe(model, WATCHED, Operator(), day=DAY).to_dict()
    assert model.gate is not None
    rows = model.profile.calibration_rows["department"]
    labels = model.heads["department"].labels
    through = [
        bool(correct)
        for confidence, correct, choice, held in zip(rows.confidence, rows.correct, rows.choice, rows.held, strict=True)
        if not held and model.gate.opens(labels[choice], confidence)
    ]
    (whole, right) = told["performance"].pop("automatic")["value"]
    assert (whole["n"], whole["share"]) == (len(rows.held), len(through) / len(rows.held))
    assert (right["n"], right["share"]) == (len(through), sum(through) / len(through))
    known = set(numbers(model.loaded.report))
    for row in told["performance"]["performance"]["value"] + told["performance"]["performance_by_slice"]["value"]:
        low, high = wilson(round(row["accuracy"] * row["n"]), row["n"])
        assert (row.pop("accuracy_low"), row.pop("accuracy_high")) == (round(low, 4), round(high, 4))
        assert set(numbers(row)) <= known
    for row in told["performance"]["performance_by_label"]["value"]:
        assert {row["n"], row["recall"], row["precision"]} - {None} <= known
        assert row["calibration_rows"] == int((rows.choice == labels.index(row["code"])).sum())
        assert (row["automatic"] == "是") == (row["code"] in model.gate.floors)


def test_the_page_shows_the_figures_of_the_report() -> None:
    page = record_page(record(report(calibration_rows=456)))
    assert all(
        text in page for text in ("1,234 条诉求", "1,111 组", "17 条的正文", "456 条没有用来学习", "71.7%", "0.632")
    )
    assert all(text in page for text in ("90.1%", "87.6%", "供电企业", "2026-11-30", "abababab"))


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"encoder": {"source": "小模型", "epochs": 4, "auxiliary": []}}, "由 小模型 微调"),
        ({"start": "default@2026.12"}, "由模型 default@2026.12 适应而来"),
        ({"measured_folds": 2}, "检验了其中 2 份"),
        ({"leaks": {"rows": 17, "kept": True}}, "按训练者的要求保留"),
        ({"calibration_rows": None}, "没有另外的校准数据"),
        ({"heads": {"department": head(by={"电话": head()})}}, "电话"),
    ],
)
def test_the_page_tells_how_the_model_was_made(changes: dict[str, Any], text: str) -> None:
    assert text in record_page(record(report(**changes)))


@pytest.mark.parametrize(
    ("profile", "told", "own"), [("fast", False, 0.6543), ("best", False, 0.7173), ("balanced", True, 0.7173)]
)
def test_figures_are_those_of_the_profile_in_use_or_say_so(profile: str, told: bool, own: float) -> None:
    made = toy_model("department")
    fast = {"n": 191, "accuracy": 0.6543, "macro_f1": 0.5, "top3": 0.9, "ece": 0.05, "by": {}}
    given = report(encoder={"source": "小模型"}, heads={"department": head(fast=fast)})
    model = replace(made, report=given, profiles={profile: replace(made.profiles["fast"], name=profile)})
    shown = describe(Router(model, TAXONOMY, Policy.load(), profile), WATCHED, Operator(), day=DAY)
    assert field(shown, "performance").value.rows[0][2] == own
    assert ("现用档位" in field(shown, "performance").note) == told
    assert ("现用档位" in field(shown, "performance_by_label").note) == (profile != "best")


def test_weak_spots_are_named_with_their_intervals() -> None:
    own = record()
    assert field(own, "weak_low_recall").value == ["教育部门：77 条，找到率 49%（38%–60%）"]
    assert field(own, "weak_few_rows").value == ["燃气企业：3 条，找到率 0%（0%–56%）", "<i>处</i>：没有检验过"]


def test_a_head_without_figures_of_its_own_is_listed_without_them() -> None:
    rows = field(record(), "models").value.rows
    assert [(row[0], row[3]) for row in rows] == [("department", 191), ("matter", None)]
    assert "—" in record_page(record())


def test_without_a_threshold_everything_goes_to_people() -> None:
    own = record(rows=4)
    assert field(own, "threshold").value[-1] == "校准数据不足以保证这个目标，因此全部诉求都交人工。"
    assert not any(one.key == "automatic" for section in own.sections for one in section.fields)
    assert "供电企业" in field(own, "always_reviewed").value


def test_the_threshold_is_the_policys() -> None:
    own, other = router(), router(policy=Policy.load().with_target_precision(0.8))
    for model in (own, other):
        text = " ".join(field(describe(model, WATCHED, Operator(), day=DAY), "threshold").value)
        assert model.gate is not None and f"{model.gate.threshold:.1%}" in text
        assert f"{model.policy.target_precision:.1%}" in text


def test_a_model_of_an_earlier_taxonomy_is_read_in_the_present_codes(tmp_path: Path) -> None:
    new = Revision(tmp_path / "new").without("electricity", "gas")
    new = new.having(department("energy", "能源企业")).step(kind="merge", old=["electricity", "gas"], to="energy")
    save_model(replace(toy_model("department"), report=report()), tmp_path / "model")
    mapped = Router.load(tmp_path / "model", taxonomy=new.write())
    own = describe(mapped, WATCHED, Operator(), day=DAY)
    assert f"按分类目录 {TAXONOMY.version} 训练" in field(own, "system_architecture").value[-1]
    assert "taxonomy_changed" in [row[0] for row in field(own, "review_reasons").value.rows]
    rows = {row[0]: row for row in field(own, "performance_by_label").value.rows}
    assert mapped.gate is not None and "energy" in mapped.gate.floors
    assert rows["electricity"][1] == "供电企业（原）" and rows["electricity"][-1] == "是"
    assert rows["electricity"][-2] == int((mapped.profile.calibration_rows["department"].choice == 1).sum())


def test_rules_of_districts_are_told() -> None:
    districts = Districts.load(data_path("districts/example.yaml"), TAXONOMY)
    own = describe(replace(router(), districts=districts), WATCHED, Operator(), day=DAY)
    assert f"{len(districts.districts)} 个区有 {len(districts.rules)} 条" in field(own, "district_rules").value
    codes = [row[0] for row in field(own, "review_reasons").value.rows]
    assert "district_unknown" in codes and "taxonomy_changed" not in codes


def test_local_rules_and_switched_off_emergencies_are_told() -> None:
    policy = replace(
        Policy.load(),
        always_review=(ReviewRule("涉外", re.compile("领事馆")),),
        emergencies=Policy().emergencies,
    )
    own = record(policy=policy)
    assert field(own, "review_reasons").note == "本地必审规则：涉外"
    assert field(own, "emergencies").value == "没有启用紧急规则。"


@pytest.mark.parametrize(
    ("deployment", "key", "text"),
    [
        (WATCHED, "blind_sample", "随机抽取 2.0%"),
        (WATCHED, "automatic_stop", "至少 30 件"),
        (WATCHED, "kept_for", "办结 365 天后删除诉求"),
        (replace(WATCHED, blind_share=0.0), "blind_sample", "没有抽取盲审样本"),
        (replace(WATCHED, blind_share=0.0), "automatic_stop", "不会自行停止"),
        (replace(WATCHED, delete_after_days=None), "kept_for", "没有设置自动遮盖或删除"),
    ],
)
def test_oversight_is_told_as_the_settings_have_it(deployment: Deployment, key: str, text: str) -> None:
    assert text in field(record(deployment=deployment), key).value


def test_the_trainers_notes_are_quoted_by_paragraph() -> None:
    model = replace(
        toy_model("department"), report=report(), card="# toy\n\n## Origin and habits\n\n一段，\n仍是。\n\n二段。\n"
    )
    own = describe(Router(model, TAXONOMY, Policy.load()), WATCHED, Operator(), day=DAY)
    assert field(own, "notes").value == ["一段， 仍是。", "二段。"]


def test_a_model_without_a_training_report_is_refused() -> None:
    with pytest.raises(ModelError, match="没有训练报告"):
        record({"rows": 0})


def test_every_question_to_the_operator_is_asked_once_and_told_while_it_is_open() -> None:
    own = record()
    assert sorted(one.key for one in own.missing) == sorted(KEYS)
    assert own.to_dict()["missing"] == [one.key for one in own.missing]
    assert record_page(own).count("未填写</p>") == len(KEYS)
    answered = record(operator=Operator(dict.fromkeys(KEYS, "已写明")))
    assert answered.missing == [] and "未填写" not in record_page(answered)


def test_the_operators_file_in_the_documentation_answers_everything(tmp_path: Path) -> None:
    text = (Path(__file__).parents[1] / "docs" / "register.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    path = tmp_path / "operator.yaml"
    path.write_text(example, encoding="utf-8")
    assert set(Operator.load(path).answers) == set(KEYS)


def test_an_operators_file_is_read_with_days_numbers_and_gaps(tmp_path: Path) -> None:
    path = tmp_path / "operator.yaml"
    path.write_text("organisation: 临江市热线\nsince: 2026-09-01\nscale: 2000\nteam:\n", encoding="utf-8")
    assert Operator.load(path).answers == {"organisation": "临江市热线", "since": "2026-09-01", "scale": "2000"}
    path.write_text("", encoding="utf-8")
    assert Operator.load(path).answers == {}


@pytest.mark.parametrize("content", ["- 一\n", "organization: 甲\n", "contact: [甲, 乙]\n", "contact: yes\n", "a: [\n"])
def test_an_operators_file_that_cannot_be_used_is_refused_with_its_name(content: str, tmp_path: Path) -> None:
    path = tmp_path / "operator.yaml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"operator\.yaml"):
        Operator.load(path)


def test_a_mistake_in_the_operators_file_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "operator.yaml"
    path.write_text("contact: 000-12345\nteam: [甲\nstatus: 试运行\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"（第 3 行）"):
        Operator.load(path)


def test_a_missing_operators_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"operator\.yaml：没有运营单位的文件"):
        Operator.load(tmp_path / "operator.yaml")


def test_both_files_are_written_and_replaced_only_when_asked(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "公示"
    write_record(record(), folder)
    assert sorted(path.name for path in folder.iterdir()) == ["register.html", "register.json"]
    assert json.loads((folder / "register.json").read_text(encoding="utf-8"))["model"] == "toy@1"
    with pytest.raises(OutputError, match="已存在"):
        write_record(record(), folder)
    write_record(record(operator=Operator({"team": "业务科"})), folder, overwrite=True)
    assert "业务科" in (folder / "register.html").read_text(encoding="utf-8")


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "公示").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="无法写入"):
        write_record(record(), tmp_path / "公示")


def test_the_command_refuses_a_broken_operators_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "operator.yaml").write_text("organization: 甲\n", encoding="utf-8")
    (tmp_path / "own.toml").write_text('operator = "operator.yaml"\n', encoding="utf-8")
    monkeypatch.setenv("PETITION_CONFIG", "")
    assert main(["disclosure", "--config", "own.toml", "--out", "out"]) == 5
    assert "operator.yaml：不认识的键 organization" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_the_command_writes_the_page_of_a_model_folder(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    save_model(replace(toy_model("department"), report=report()), tmp_path / "model")
    (tmp_path / "operator.yaml").write_text("contact: 000-12345\n", encoding="utf-8")
    (tmp_path / "own.toml").write_text("blind_share = 0.5\n", encoding="utf-8")
    monkeypatch.setenv("PETITION_CONFIG", "")  # the command sets it; put back afterwards
    arguments = ["--model", "model", "--operator", "operator.yaml", "--config", "own.toml", "--out", "out"]
    assert main(["disclosure", *arguments]) == 0
    printed = capsys.readouterr()
    assert printed.out == "公示页已写入 out\n"
    assert "法律依据（legal_basis）" in printed.err and "contact" not in printed.err
    told = json.loads((tmp_path / "out" / "register.json").read_text(encoding="utf-8"))
    assert told["risks_and_impact_assessment"]["contact"]["value"] == "000-12345"
    assert "50.0%" in told["human_oversight"]["blind_sample"]["value"]
    assert len(told["model_sha256"]) == 64

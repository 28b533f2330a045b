"""Arguments of train, evaluate and serve; what they call is tested in its own rooms."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from petition_nlp.resources import default_model_path

Run = Callable[..., int]

HEAD = {"n": 1200, "accuracy": 0.8123, "macro_f1": 0.7, "top3": 0.95, "ece": 0.0123, "left_out": {"罕见": 2}}
REPORT = {"rows": 1500, "broken": 3, "leaks": {"rows": 30, "kept": False}, "heads": {"department": HEAD}}


def stand_in_module(monkeypatch: pytest.MonkeyPatch, name: str, **names: Any) -> None:
    module = ModuleType(name)
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, name, module)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    real = pytest.importorskip("petition_nlp.training.train", reason="needs the extra train")
    seen: list[Any] = []

    def train(options: Any) -> Any:
        seen.append(options)
        return REPORT

    monkeypatch.setattr(real, "train", train)
    return seen


def test_train_passes_every_option(run: Run, trained: list[Any], tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("来源", encoding="utf-8")
    arguments = (
        "train --data a.csv b.csv --data c.jsonl --target matter --target department=承办部门 --out m "
        "--text-column 正文 --title-column 题 --calib d.csv --keep-leaks --min-rows 7 "
        "--seed 3 --name 海口 --folds 4 --group-column g "
        "--start old --encoder bert --encoder-epochs 2 --encoder-folds 1 --auxiliary topic=类 --work w --no-noise "
        "--leave department=other --leave department=none --balance matter=1 "
        "--weight-column w --by year --model-version 1 "
        f"--date-column 日期 --policy p.yaml --taxonomy x --overwrite --quiet --card-notes {notes}"
    )
    assert run(*arguments.split()) == 0
    assert asdict(trained[0]) == {
        "data": [Path("a.csv"), Path("b.csv"), Path("c.jsonl")],
        "out": Path("m"),
        "targets": {"matter": "matter", "department": "承办部门"},
        "calib": [Path("d.csv")],
        "text_column": "正文",
        "title_column": "题",
        "date_column": "日期",
        "by": "year",
        "weight_column": "w",
        "leave": {"department": ["other", "none"]},
        "balance": {"matter": 1.0},
        "keep_leaks": True,
        "min_rows": 7,
        "group_column": "g",
        "start": Path("old"),
        "encoder": "bert",
        "encoder_epochs": 2,
        "encoder_folds": 1,
        "auxiliary": {"topic": "类"},
        "work": Path("w"),
        "noise": False,
        "folds": 4,
        "seed": 3,
        "name": "海口",
        "version": "1",
        "card_notes": "来源",
        "taxonomy": Path("x"),
        "policy": Path("p.yaml"),
        "overwrite": True,
        "quiet": True,
    }


def test_train_says_what_it_learned(run: Run, trained: list[Any], capsys: pytest.CaptureFixture[str]) -> None:
    assert run("train", "--data", "a.csv", "--target", "department", "--out", "m") == 0
    streams = capsys.readouterr()
    assert "共 1,500 行；30 行的正文里有转办用语，已去掉" in streams.out
    assert "81.2%" in streams.out
    assert "0.700" in streams.out
    assert "模型已写入 m" in streams.out
    assert "3 行拆不开" in streams.err
    assert "目标 department 未学的少见标签：罕见（2 行）" in streams.err
    assert trained[0].min_rows == 5


def test_train_starts_from_the_shipped_model_by_its_name(run: Run, trained: list[Any]) -> None:
    assert run("train", "--data", "a.csv", "--target", "department", "--out", "m", "--start", "default") == 0
    assert trained[0].start == default_model_path()


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--target", "=x"], "--target =x 不完整"),
        (["--target", "x="], "--target x= 不完整"),
        (["--target", "a", "--target", "a=b"], "目标 a 出现了两次"),
        (["--target", "a", "--leave", "a"], "--leave a 不完整"),
        (["--target", "a", "--balance", "a=2"], "--balance a=2 无效"),
        (["--target", "a", "--card-notes", "none.md"], "none.md：无法读取模型说明"),
    ],
)
def test_train_refuses(
    run: Run, trained: list[Any], capsys: pytest.CaptureFixture[str], arguments: list[str], what: str
) -> None:
    assert run("train", "--data", "a.csv", "--out", "m", *arguments) == 3
    assert what in capsys.readouterr().err
    assert trained == []


@pytest.mark.parametrize(
    ("command", "module"),
    [
        (["train", "--data", "a", "--target", "a", "--out", "m"], "petition_nlp.training.train"),
        (["evaluate", "--data", "a"], "petition_nlp.training.evaluate"),
    ],
)
def test_a_missing_extra_says_what_to_install(
    run: Run,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    command: list[str],
    module: str,
) -> None:
    def missing(*_: Any, **__: Any) -> Any:
        raise ModuleNotFoundError("No module named 'sklearn.svm'", name="sklearn.svm")

    name = module.rpartition(".")[2]
    stand_in_module(monkeypatch, module, **{name: missing, "TrainOptions": dict})
    assert run(*command) == 7
    assert '缺少 sklearn）。请运行：pip install "petition-nlp[train]"' in capsys.readouterr().err


def test_a_missing_module_of_our_own_is_no_missing_extra(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(*_: Any, **__: Any) -> Any:
        raise ModuleNotFoundError("No module named 'petition_nlp.x'", name="petition_nlp.x")

    stand_in_module(monkeypatch, "petition_nlp.training.evaluate", evaluate=missing)
    assert run("evaluate", "--data", "a") == 1


def test_evaluate(run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    seen: dict[str, Any] = {}

    def evaluate(**options: Any) -> Any:
        seen.update(options)
        return {"broken": 2, "heads": {"department": HEAD}}

    stand_in_module(monkeypatch, "petition_nlp.training.evaluate", evaluate=evaluate)
    arguments = (
        "--model m --data a b --target x=y --text-column t --title-column u --by z --report r --target-precision 0.95 "
        "--profile fast --taxonomy x"
    )
    assert run("evaluate", *arguments.split()) == 0
    assert seen == {
        "model": Path("m"),
        "data": [Path("a"), Path("b")],
        "targets": {"x": "y"},
        "text_column": "t",
        "title_column": "u",
        "by": "z",
        "report": Path("r"),
        "taxonomy": Path("x"),
        "target_precision": 0.95,
        "profile": "fast",
    }
    out = capsys.readouterr().out
    assert "81.2%" in out
    assert "报告已写入 r" in out
    assert run("evaluate", "--data", "a", "--json") == 0
    assert json.loads(capsys.readouterr().out)["heads"]["department"] == HEAD


def test_evaluate_accepts_what_the_function_does() -> None:
    import inspect

    module = pytest.importorskip("petition_nlp.training.evaluate", reason="needs the extra train")
    names = {"model", "data", "targets", "text_column", "title_column", "by", "report", "target_precision"}
    assert names <= set(inspect.signature(module.evaluate).parameters)


def test_serve(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    seen: list[Any] = []
    stand_in_module(monkeypatch, "service.run", serve=lambda settings, _: seen.append(settings))
    config = tmp_path / "settings.toml"
    config.write_text('port = 9000\nhost = "0.0.0.0"\n', encoding="utf-8")
    monkeypatch.setenv("PETITION_CONFIG", "")
    assert run(*f"serve --config {config} --port 8123 --workers 3 --model m --target-precision 0.95".split()) == 0
    (settings,) = seen
    assert (settings.host, settings.port, settings.workers) == ("0.0.0.0", 8123, 3)
    assert (settings.model, settings.target_precision) == (Path("m"), 0.95)


def test_serve_with_a_config_that_is_missing(
    run: Run, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PETITION_CONFIG", "")
    assert run("serve", "--config", "none.toml") == 5
    assert "none.toml" in capsys.readouterr().err


def test_inspect_prints_a_table_and_writes_the_page(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("cleanlab", reason="needs the extra train")
    rows = ["诉求内容,责任部门,受理时间"]
    rows += [f"第{n}次停电了，请抢修线路,供电企业,2024-0{1 + n % 6}-02" for n in range(30)]
    rows += [f"第{n}次学校乱收补课费,教育部门,2024-0{1 + n % 6}-02" for n in range(30)]
    path = tmp_path / "工单.csv"
    path.write_text("\n".join(rows) + "\n", encoding="utf-8")
    arguments = (str(path), "--target", "department=责任部门", "--date-column", "受理时间")
    assert run("inspect", *arguments, "--report", str(tmp_path / "体检")) == 0
    out = capsys.readouterr().out
    assert "共 60 行有正文，2024-01 至 2024-06" in out
    assert "目标 department：60 行有标签，2 种" in out
    assert "供电企业 30" in out
    assert {path.name for path in (tmp_path / "体检").iterdir()} == {"inspect.html", "inspect.json", "suspects.csv"}
    assert run("inspect", *arguments, "--json") == 0
    assert json.loads(capsys.readouterr().out)["heads"]["department"]["labelled"] == 60


def test_inspect_names_a_missing_file(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pytest.importorskip("cleanlab", reason="needs the extra train")
    assert run("inspect", str(tmp_path / "none.csv"), "--target", "department") == 3
    assert "none.csv" in capsys.readouterr().err


@pytest.fixture
def retrained(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    real = pytest.importorskip("petition_nlp.training.retrain", reason="needs the extra train")
    seen: list[Any] = []

    def retrain(options: Any) -> Any:
        seen.append(options)
        return verdict(promote=options.seed == 0)

    monkeypatch.setattr(real, "retrain", retrain)
    return seen


def verdict(*, promote: bool) -> Any:
    from petition_nlp.training.gate import Check, Comparison
    from petition_nlp.training.verdict import Verdict

    return Verdict(
        current="市@1",
        candidate="市@2",
        folder=Path("m"),
        comparison=Comparison([Check("better", promote, "责任部门准确率 70.0% → 75.0%")], ["没有盲审样本"], []),
        uses=3,
        planned_uses=20,
        digests={},
        rules={"policy": "0.9@0", "target_precision": 0.9, "taxonomy": "2026.11", "districts": "7", "profile": None},
        training={
            "by_strength": {"history": 1500, "final_unit": 20},
            "dropped_copies": {"measured": 4, "calibration": 1},
            "broken": 2,
        },
        samples={"frozen": 900},
    )


def test_retrain_passes_every_option(run: Run, retrained: list[Any], tmp_path: Path) -> None:
    notes = tmp_path / "notes.md"
    notes.write_text("来源", encoding="utf-8")
    arguments = (
        "retrain --current old --history a.csv b.csv --labels c.jsonl --frozen f.csv --blind g.jsonl --calib k.csv "
        "--out m --target department=承办部门 --text-column 正文 --title-column 题 --date-column 日期 "
        "--weight-column w --half-life 90 --weight accepted=0.1 --balance matter=1 --keep-leaks --min-rows 7 "
        "--start old --encoder bert --encoder-epochs 2 --encoder-folds 1 --work w --no-noise --folds 4 --seed 0 "
        "--margin 0.01 --error 0.2 --better-level 0.05 --fall-limit 0.1 --review-margin 0.03 --planned-uses 12 "
        "--target-precision 0.95 --policy p.yaml --taxonomy t --districts d.yaml --profile best "
        f"--name 市 --model-version 2 --card-notes {notes} --overwrite --quiet"
    )
    assert run(*arguments.split()) == 0
    found = asdict(retrained[0])
    gate = found.pop("gate")
    assert found == {
        "current": Path("old"),
        "out": Path("m"),
        "frozen": Path("f.csv"),
        "history": [Path("a.csv"), Path("b.csv")],
        "labels": [Path("c.jsonl")],
        "blind": Path("g.jsonl"),
        "calib": [Path("k.csv")],
        "targets": {"department": "承办部门"},
        "text_column": "正文",
        "title_column": "题",
        "date_column": "日期",
        "weight_column": "w",
        "half_life": 90,
        "weights": {"final_unit": 1.0, "blind": 1.0, "corrected": 0.9, "reviewed": 0.7, "accepted": 0.1},
        "balance": {"matter": 1.0},
        "keep_leaks": True,
        "min_rows": 7,
        "start": Path("old"),
        "encoder": "bert",
        "encoder_epochs": 2,
        "encoder_folds": 1,
        "work": Path("w"),
        "noise": False,
        "folds": 4,
        "seed": 0,
        "target_precision": 0.95,
        "policy": Path("p.yaml"),
        "taxonomy": Path("t"),
        "districts": Path("d.yaml"),
        "profile": "best",
        "name": "市",
        "version": "2",
        "card_notes": "来源",
        "overwrite": True,
        "quiet": True,
    }
    given = {
        "margin": 0.01,
        "error": 0.2,
        "better_level": 0.05,
        "fall_limit": 0.1,
        "review_margin": 0.03,
        "planned_uses": 12,
    }
    assert gate.items() >= given.items()


RETRAIN = ("retrain", "--current", "old", "--labels", "a.jsonl", "--frozen", "f.csv", "--out", "m")


def test_retrain_judges_by_the_settings_of_the_service(
    run: Run, retrained: list[Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = tmp_path / "city.toml"
    config.write_text('policy = "city.yaml"\ndistricts = "districts.yaml"\ntarget_precision = 0.8\n', encoding="utf-8")
    monkeypatch.setenv("PETITION_CONFIG", "")  # put back after the test
    assert run(*RETRAIN, "--config", str(config), "--target-precision", "0.7") == 0
    found = retrained[0]
    assert (found.policy, found.districts) == (Path("city.yaml"), Path("districts.yaml"))
    assert (found.target_precision, found.taxonomy) == (0.7, None)


def test_a_half_life_of_nothing_forgets_nothing(run: Run, retrained: list[Any]) -> None:
    assert run(*RETRAIN, "--half-life", "0") == 0
    assert retrained[0].half_life is None


@pytest.mark.parametrize(
    ("seed", "code", "told"), [("0", 0, "结论：可以上线"), ("1", 10, "结论：不该上线")], ids=["better", "not better"]
)
def test_retrain_tells_the_verdict(
    run: Run, retrained: list[Any], capsys: pytest.CaptureFixture[str], seed: str, code: int, told: str
) -> None:
    assert run(*RETRAIN, "--seed", seed) == code
    out, err = capsys.readouterr()
    assert told in out
    assert "责任部门准确率 70.0% → 75.0%" in out
    assert "第 3 次使用（预定 20 次）" in out
    assert "历史工单 1,500 行、退单后的最终去向 20 行；另有 5 行" in err
    assert "2 行拆不开" in err
    assert "注意：没有盲审样本" in err
    assert "目标准确率 90%，规则 0.9@0，分类 2026.11，各区规则 7" in err


@pytest.mark.parametrize("pair", ["accepted", "accepted=0", "guessed=1", "accepted=x"])
def test_a_weight_that_is_none_is_refused(
    run: Run, retrained: list[Any], capsys: pytest.CaptureFixture[str], pair: str
) -> None:
    assert run(*RETRAIN, "--weight", pair) == 3
    assert f"--weight {pair} 无效" in capsys.readouterr().err

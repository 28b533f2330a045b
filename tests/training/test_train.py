"""From labelled files to a model folder."""

from __future__ import annotations

import hashlib
import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tiny_models import Rows, Trained, word_rows, write_csv

from petition_nlp import Router
from petition_nlp.artifact import load_model
from petition_nlp.errors import InputError, OutputError
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training import train as train_module
from petition_nlp.training.corpus import Columns, read_corpus
from petition_nlp.training.train import TrainOptions, train, train_on

_WORDS = {
    "供电企业": "停电 电表 跳闸 线路 变压器 电费 电压 抢修 电缆 断电 用电 漏电",
    "教育部门": "学校 老师 入学 补课 教材 学位 幼儿园 作业 班级 招生 家长 校服",
    "税务部门": "发票 税率 纳税 退税 申报 个税 开票 税务 完税 税款 减免 抵扣",
}
_CODES = {"供电企业": "electricity", "教育部门": "education", "税务部门": "taxation"}
_TARGETS = {"department": "责任部门"}


def _rows(number: int = 20, seed: int = 1) -> Rows:
    draw = random.Random(seed)
    rows = [
        {"诉求内容": "，".join(draw.sample(words.split(), 6)), "责任部门": name}
        for name, words in _WORDS.items()
        for _ in range(number)
    ]
    draw.shuffle(rows)
    return rows


def _train(folder: Path, rows: Rows, **options: Any) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    defaults: dict[str, Any] = {
        "data": [write_csv(folder / "train.csv", rows)],
        "out": folder / "model",
        "targets": _TARGETS,
        "folds": 3,
        "quiet": True,
    }
    return train(TrainOptions(**defaults | options))


def _checksums(folder: Path) -> dict[str, str]:
    names = ("weights.safetensors", "vocabulary.json", "report.json")
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in names}


def test_a_trained_model_routes_unseen_messages(sure: Trained) -> None:
    routes = Router.load(sure.folder).route([row["诉求内容"] for row in sure.rows])
    right = [
        route.department is not None and route.department.code == _CODES[row["责任部门"]]
        for route, row in zip(routes, sure.rows, strict=True)
    ]
    assert np.mean(right) >= 0.95


def test_the_report_is_what_lies_in_the_folder(sure: Trained) -> None:
    assert json.loads((sure.folder / "report.json").read_text(encoding="utf-8")) == sure.report


def test_the_report_counts_rows_groups_leaks_and_labels(tmp_path: Path) -> None:
    rows = _rows()
    rows[0] = rows[0] | {"诉求内容": rows[0]["诉求内容"] + "，请城管局核实处理。"}
    rows += [rows[1]] * 3
    report = _train(tmp_path, rows)
    assert report["rows"] == 63
    assert report["groups"] <= 60
    assert report["leaks"] == {"rows": 1, "kept": False}
    assert sum(report["heads"]["department"]["labels"].values()) == 63


def test_two_runs_with_one_seed_write_the_same_files(tmp_path: Path) -> None:
    rows = _rows()
    _train(tmp_path / "one", rows, seed=5)
    _train(tmp_path / "two", rows, seed=5)
    assert _checksums(tmp_path / "one" / "model") == _checksums(tmp_path / "two" / "model")


def test_another_seed_splits_otherwise(tmp_path: Path) -> None:
    rows = _rows()
    _train(tmp_path / "one", rows, seed=5)
    _train(tmp_path / "two", rows, seed=6)
    first, second = _checksums(tmp_path / "one" / "model"), _checksums(tmp_path / "two" / "model")
    assert first["vocabulary.json"] == second["vocabulary.json"]
    assert first["weights.safetensors"] != second["weights.safetensors"]


def test_rare_labels_are_named_and_left_out(tmp_path: Path) -> None:
    rows = _rows() + [{"诉求内容": f"燃气管道漏气了{n}", "责任部门": "燃气企业"} for n in range(4)]
    report = _train(tmp_path, rows, min_rows=5)
    head = report["heads"]["department"]
    assert head["left_out"] == {"gas": 4}
    assert set(head["labels"]) == set(_CODES.values())
    assert "燃气企业" in (tmp_path / "model" / "README.md").read_text(encoding="utf-8")


def test_a_label_of_just_enough_rows_is_learnt(tmp_path: Path) -> None:
    rows = _rows() + [{"诉求内容": f"燃气管道漏气了{n}", "责任部门": "燃气企业"} for n in range(5)]
    assert _train(tmp_path, rows, min_rows=5)["heads"]["department"]["left_out"] == {}


def test_rows_without_a_value_for_a_head_train_the_others(tmp_path: Path) -> None:
    rows = [row | {"自己的分类": "甲" if n % 2 else ""} for n, row in enumerate(_rows())]
    rows = [row | {"自己的分类": "乙"} if n % 3 == 0 else row for n, row in enumerate(rows)]
    report = _train(tmp_path, rows, targets=_TARGETS | {"own": "自己的分类"})
    labelled = sum(row["自己的分类"] != "" for row in rows)
    assert sum(report["heads"]["own"]["labels"].values()) == labelled < len(rows)
    assert sum(report["heads"]["department"]["labels"].values()) == len(rows)


@pytest.mark.parametrize("label", ["税务部门", "taxation", "国税局"])
def test_a_label_left_to_people_is_learnt_and_never_suggested(tmp_path: Path, label: str) -> None:
    rows = _rows()
    report = _train(tmp_path, rows, leave={"department": [label]})
    assert report["heads"]["department"]["left_to_people"] == ["taxation"]
    assert report["heads"]["department"]["labels"]["taxation"] == 20
    for route in Router.load(tmp_path / "model").route([row["诉求内容"] for row in rows]):
        assert route.department is not None
        codes = {route.department.code, *(choice.code for choice in route.department.alternatives)}
        assert codes == {"electricity", "education"}


def test_messages_left_to_people_get_little_confidence(tmp_path: Path) -> None:
    _train(tmp_path, _rows(), leave={"department": ["税务部门"]})
    tax, power = Router.load(tmp_path / "model").route(["发票，退税，申报，个税，税率", "停电，电表，跳闸，电费，抢修"])
    assert tax.department is not None
    assert power.department is not None
    assert tax.department.confidence < 0.3 < 0.7 < power.department.confidence


def test_the_same_text_never_stands_on_both_sides_of_a_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = _rows(12)
    rows = [
        row | {"诉求内容": text} for row in rows for text in (row["诉求内容"], row["诉求内容"] + "。", row["诉求内容"])
    ]
    (folds,) = _folds_of(tmp_path, monkeypatch, rows)
    texts = [{rows[row]["诉求内容"].rstrip("。") for row in np.flatnonzero(folds == fold)} for fold in range(3)]
    assert all(texts)
    assert not texts[0] & texts[1] and not texts[0] & texts[2] and not texts[1] & texts[2]


def test_rows_of_a_named_group_stand_in_one_fold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row | {"组": str(number % 7) if number < 40 else ""} for number, row in enumerate(_rows())]
    (folds,) = _folds_of(tmp_path, monkeypatch, rows, group_column="组")
    for group in range(7):
        assert len({folds[number] for number in range(40) if number % 7 == group}) == 1


def _folds_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, str]], **options: Any) -> list[Any]:
    found: list[Any] = []
    split = train_module._Training._folds

    def spy(self: Any, heads: Any, groups: Any) -> Any:
        found.append(split(self, heads, groups))
        return found[-1]

    monkeypatch.setattr(train_module._Training, "_folds", spy)
    _train(tmp_path, rows, **options)
    return found


def test_copies_do_not_flatter_the_figures(tmp_path: Path) -> None:
    """Labels drawn by chance cannot be learnt, unless copies of a row stand on both sides."""
    draw = random.Random(0)
    chance = [row | {"责任部门": draw.choice(list(_WORDS))} for row in _rows()]
    report = _train(tmp_path, [row for row in chance for _ in range(4)])
    assert report["heads"]["department"]["accuracy"] < 0.6


def test_the_report_and_the_card_say_from_when_to_when_the_rows_are(tmp_path: Path) -> None:
    days = ["2025-11-30 08:00", "2026/2/1", ""]
    rows = [row | {"受理时间": days[number % 3]} for number, row in enumerate(_rows())]
    assert _train(tmp_path, rows)["period"] == {"first": "2025-11-30", "last": "2026-02-01", "undated": 20}
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "from 2025-11-30 to 2026-02-01; 20 of them have no date" in card


def test_rows_without_a_date_column_have_no_period(tmp_path: Path) -> None:
    assert _train(tmp_path, _rows())["period"] is None
    with pytest.raises(InputError, match="没有列 日期"):
        _train(tmp_path, _rows(), date_column="日期", overwrite=True)


def test_calibration_files_set_the_threshold(tmp_path: Path) -> None:
    calib = write_csv(tmp_path / "calib.csv", _rows(40, seed=2))
    report = _train(tmp_path, _rows(), calib=[calib])
    model = load_model(tmp_path / "model", taxonomy=Taxonomy.load().version)
    assert report["calibration_rows"] == 120
    assert len(model.profile(None).calibration_rows["department"].correct) == 120


def test_too_few_calibration_rows_leave_it_to_the_folds(tmp_path: Path) -> None:
    calib = write_csv(tmp_path / "calib.csv", _rows(5, seed=2))
    _train(tmp_path, _rows(), calib=[calib])
    model = load_model(tmp_path / "model", taxonomy=Taxonomy.load().version)
    assert len(model.profile(None).calibration_rows["department"].correct) == 60


def test_only_the_rows_that_are_named_calibrate_in_the_folds(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "rows.csv", _rows())
    corpus = read_corpus([path], Columns(_TARGETS), Taxonomy.load())
    calibrates = np.arange(len(corpus)) % 10 > 0
    options = TrainOptions([path], tmp_path / "model", _TARGETS, folds=2, noise=False, quiet=True)
    train_on(options, corpus, None, calibrates=calibrates)
    model = load_model(options.out, taxonomy=Taxonomy.load().version)
    assert len(model.profile(None).calibration_rows["department"].correct) == calibrates.sum() < len(corpus)


def test_heads_calibrated_on_different_files_are_not_paired_by_row_number(tmp_path: Path) -> None:
    def matter(n: int) -> str:
        return ("大事", "小事")[n % 2]

    data = [row | {"事项类别": matter(n)} for n, row in enumerate(_rows())]
    calib = [row | {"事项类别": matter(n) if n < 10 else ""} for n, row in enumerate(_rows(40, seed=2))]
    _train(
        tmp_path,
        data,
        targets=_TARGETS | {"matter": "事项类别"},
        calib=[write_csv(tmp_path / "calib.csv", calib)],
    )
    profile = load_model(tmp_path / "model", taxonomy=Taxonomy.load().version).profile(None)
    assert len(profile.calibration_rows["department"].correct) != len(profile.calibration_rows["matter"].correct)
    assert profile.joint is None


def test_data_that_is_always_right_trains(tmp_path: Path) -> None:
    rows = [row | {"事项类别": "大事" if row["责任部门"] == "税务部门" else "小事"} for row in _rows()]
    _train(tmp_path, rows, targets=_TARGETS | {"matter": "事项类别"})
    (route,) = Router.load(tmp_path / "model").route(["发票，退税，申报，个税"])
    assert route.matter is not None
    assert route.department is not None
    assert (route.matter.code, route.department.code) == ("government", "taxation")


# --- mistakes -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([row | {"责任部门": "税务部门"} for row in _rows(4)], "只有 1 个标签"),
        (_rows(2), "0 个标签"),
        ([row | {"诉求内容": "停电了没人修怎么办"} for row in _rows()], "不够分成 3 份"),
    ],
    ids=["one label", "few rows", "one text"],
)
def test_data_that_cannot_be_learnt_from_is_refused(tmp_path: Path, rows: Rows, says: str) -> None:
    with pytest.raises(InputError, match=says) as caught:
        _train(tmp_path, rows)
    assert caught.value.todo
    assert not (tmp_path / "model").exists()


def test_more_folds_than_rows_of_a_label_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="不够分成 10 份"):
        _train(tmp_path, _rows(4), min_rows=2, folds=10)


def test_a_label_to_leave_that_does_not_occur_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="火星局"):
        _train(tmp_path, _rows(), leave={"department": ["火星局"]})


def test_a_taken_place_is_refused_before_any_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "model").mkdir()
    monkeypatch.setattr(train_module, "read_corpus", lambda *_, **__: pytest.fail("read before the place was checked"))
    with pytest.raises(OutputError, match="已存在"):
        _train(tmp_path, _rows())


@pytest.mark.parametrize("step", ["build_vocabulary", "calibrated", "save_model"])
def test_interrupted_training_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def pressed(*arguments: object, **options: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(train_module, step, pressed)
    with pytest.raises(KeyboardInterrupt):
        _train(tmp_path, _rows())
    assert [path.name for path in tmp_path.iterdir()] == ["train.csv"]


def test_a_progress_bar_is_shown_unless_quiet(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _train(tmp_path / "quiet", _rows())
    assert capsys.readouterr().err == ""
    _train(tmp_path / "loud", _rows(), quiet=False)
    assert "训练: 100%" in capsys.readouterr().err


# --- the card -------------------------------------------------------------------------------------------------


def test_the_card_says_what_the_model_learnt_and_how_well(tmp_path: Path) -> None:
    report = _train(tmp_path, _rows(), name="ours", version="7", card_notes="Invented words of no city.")
    card = (tmp_path / "model" / "README.md").read_text(encoding="utf-8")
    assert "ours" in card
    assert "Invented words of no city." in card
    assert f"{report['heads']['department']['accuracy']:.3f}" in card
    assert Router.load(tmp_path / "model").model == "ours@7"


def test_neither_report_nor_card_quotes_a_message(tmp_path: Path) -> None:
    rows = _rows()
    _train(tmp_path, rows)
    written = "".join((tmp_path / "model" / name).read_text(encoding="utf-8") for name in ("report.json", "README.md"))
    assert not any(row["诉求内容"] in written for row in rows)


def test_named_groups_are_measured_as_wholes() -> None:
    table = np.array([[0.9, 0.1], [0.2, 0.8], [0.6, 0.4], [0.7, 0.3], [0.9, 0.1]], dtype=np.float32)
    truth, groups = np.array([0, 1, 1, 0, -1]), np.array(["a", "a", "b", "b", "a"])
    found = train_module._group_figures(table, truth, groups)
    assert found == {"n": 4, "accuracy": 0.75, "groups": 2, "all_right": 0.5}
    assert train_module._group_figures(table, truth, np.array([""] * 5)) is None


def test_the_card_shows_named_groups(tmp_path: Path) -> None:
    rows = [{**row, "组": f"g{number // 2}"} for number, row in enumerate(word_rows())]
    options = TrainOptions(
        [write_csv(tmp_path / "a.csv", rows)],
        tmp_path / "m",
        {"department": "责任部门"},
        group_column="组",
        folds=2,
        quiet=True,
    )
    groups = train(options)["heads"]["department"]["groups"]
    assert groups["groups"] > 100
    assert f"{groups['all_right']:.1%}" in (tmp_path / "m" / "README.md").read_text(encoding="utf-8")

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tiny_models import Rows, Trained, write_csv

from petition_nlp.classify.gate import Gate
from petition_nlp.errors import InputError, ModelError, TaxonomyError
from petition_nlp.policy import Policy
from petition_nlp.route import Prediction, Reason, Review, Route
from petition_nlp.router import Router
from petition_nlp.training.automatic import Decision, policy_report
from petition_nlp.training.evaluate import evaluate
from petition_nlp.training.metrics import head_metrics


def without_columns(rows: Rows, *columns: str) -> Rows:
    return [{name: value for name, value in row.items() if name not in columns} for row in rows]


def renamed(rows: Rows, names: dict[str, str]) -> Rows:
    return [{names.get(name, name): value for name, value in row.items()} for row in rows]


@pytest.fixture(scope="module")
def report(trained: Trained) -> dict[str, Any]:
    return evaluate(trained.folder, [trained.unseen])


def test_the_heads_of_the_model_are_found_by_the_usual_names_of_their_columns(report: dict[str, Any]) -> None:
    assert set(report["heads"]) == {"matter", "department", "request_type"}
    assert (report["n"], report["data"]) == (132, ["unseen.csv"])
    assert report["heads"]["matter"]["n"] == 132


def test_the_figures_are_those_of_the_routes(trained: Trained, report: dict[str, Any]) -> None:
    router = Router.load(trained.folder)
    routes = router.route(f"{row['诉求标题']}\n{row['诉求内容']}" for row in trained.rows)
    right = [
        route.matter is not None and route.matter.name == row["事项类别"]
        for route, row in zip(routes, trained.rows, strict=True)
    ]
    assert report["heads"]["matter"]["accuracy"] == pytest.approx(sum(right) / len(right), abs=1e-4)
    assert report["model"] == router.model


def test_every_figure_of_the_metrics_is_there(report: dict[str, Any]) -> None:
    import numpy as np

    expected = set(head_metrics(np.zeros((0, 2), np.float32), np.zeros(0, np.int64), ["a", "b"]))
    extra = {"intervals", "labels", "unknown_labels", "left_to_people", "by"}
    for head in report["heads"].values():
        assert set(head) == expected | extra
        assert set(head["intervals"]) == {"accuracy", "macro_f1", "top3"}


def test_labels_the_head_does_not_know_count_as_wrong_and_are_named(trained: Trained, report: dict[str, Any]) -> None:
    department, learnt = report["heads"]["department"], set(trained.report["heads"]["department"]["labels"])
    taxonomy = Router.load(trained.folder).taxonomy
    rows = [taxonomy.resolve("department", row["责任部门"]) for row in trained.rows]
    assert department["unknown_labels"] == dict(Counter(label for label in rows if label not in learnt))
    assert department["n"] == sum(label != "none" for label in rows)


def test_labels_left_to_people_are_never_suggested_and_not_measured(report: dict[str, Any]) -> None:
    department = report["heads"]["department"]
    assert "none" not in department["labels"]
    assert list(department["left_to_people"]) == ["none"]


def test_rows_without_a_label_are_skipped_for_that_head_only(trained: Trained, tmp_path: Path) -> None:
    rows = [{**row, "责任部门": ""} for row in trained.rows[:100]] + trained.rows[100:]
    found = evaluate(trained.folder, [write_csv(tmp_path / "part.csv", rows)])
    department = found["heads"]["department"]
    assert found["heads"]["matter"]["n"] == 132
    assert department["n"] + sum(department["left_to_people"].values()) == 32
    assert found["policy"]["n"] == 32


def test_files_may_name_their_columns_differently(trained: Trained, tmp_path: Path) -> None:
    first = write_csv(tmp_path / "a.csv", without_columns(trained.rows[:60], "责任部门", "诉求类型"))
    lines = renamed(trained.rows[60:], {"事项类别": "matter", "责任部门": "承办单位"})
    second = tmp_path / "b.jsonl"
    second.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines), encoding="utf-8")
    heads = evaluate(trained.folder, [first, second])["heads"]
    assert heads["matter"]["n"] == 132
    assert heads["request_type"]["n"] == 72


def test_only_the_targets_that_were_asked_for(trained: Trained) -> None:
    found = evaluate(trained.folder, [trained.unseen], targets={"matter": "事项类别"})
    assert list(found["heads"]) == ["matter"]
    assert found["policy"] is None


def test_slices_add_up(trained: Trained) -> None:
    head = evaluate(trained.folder, [trained.unseen], by="受理渠道")["heads"]["matter"]
    assert set(head["by"]) == {row["受理渠道"] for row in trained.rows}
    assert sum(part["n"] for part in head["by"].values()) == head["n"]


def test_what_the_policy_lets_through(sure: Trained) -> None:
    policy = evaluate(sure.folder, [sure.unseen], target_precision=0.8)["policy"]
    assert list(policy["targets"]) == ["0.80", "0.90", "0.95"]
    row = policy["targets"]["0.80"]
    assert policy["target_precision"] == 0.8
    assert 0 < row["auto_share"] <= row["sure_share"] <= 1
    assert row["precision"] >= 0.8
    assert row["joint_precision"] <= row["precision"]
    assert row["precision_interval"][0] <= row["precision"] <= row["precision_interval"][1]
    gate = Router.load(sure.folder, target_precision=0.8).gate
    assert gate is not None
    assert row["threshold"] == pytest.approx(gate.threshold, abs=1e-4)
    assert row["proven"] == sorted(gate.floors)


def test_the_policy_lets_nothing_through_without_a_threshold(report: dict[str, Any]) -> None:
    row = report["policy"]["targets"]["0.95"]
    assert (row["threshold"], row["auto"]) == (None, 0)
    assert (row["precision"], row["precision_interval"]) == (None, None)


def route(department: str, confidence: float, matter: str = "government", *reasons: str) -> Route:
    return Route(
        matter=Prediction(matter, matter, 0.9),
        department=Prediction(department, department, confidence),
        responsible=None,
        candidates=None,
        co_departments=(),
        request_type=None,
        confidence=0.5,
        review=Review(tuple(Reason(code, code) for code in reasons)),
        emergency=None,
        evidence=(),
        model="m",
        taxonomy="t",
        policy={},
    )


def test_policy_report_by_hand() -> None:
    decisions = [
        Decision.of(route("police", 0.9), Policy(), department="police", matter="government"),
        Decision.of(route("police", 0.8), Policy(), department="police", matter="private"),
        Decision.of(route("police", 0.7), Policy(), department="water", matter=None),
        Decision.of(route("police", 0.9, "government", "close_call"), Policy(), department="police", matter=None),
        Decision.of(route("police", 0.2, "government", "low_confidence"), Policy(), department="police", matter=None),
    ]
    found = policy_report(decisions, {0.9: Gate(0.6, {"police": 0.0}), 0.925: Gate(math.inf), 0.95: Gate(0.6)})
    row = found["targets"]["0.90"]
    assert (row["sure_share"], row["auto"], row["auto_share"]) == (0.8, 3, 0.6)
    assert (row["precision"], row["joint_n"], row["joint_precision"]) == (0.6667, 2, 0.5)
    assert found["targets"]["0.925"]["threshold"] is None
    assert (found["targets"]["0.95"]["sure_share"], found["targets"]["0.95"]["proven"]) == (0.0, [])
    assert found["reasons"] == {"close_call": 1}


def test_a_route_without_a_department_is_no_right_decision() -> None:
    unclear = replace(route("police", 0.9), department=None)
    decision = Decision.of(unclear, Policy(), department="police", matter="government")
    assert (decision.confidence, decision.right, decision.both_right) == (0.0, False, False)


def test_no_text_of_the_data_is_in_the_report(trained: Trained, tmp_path: Path) -> None:
    evaluate(trained.folder, [trained.unseen], by="受理渠道", report=tmp_path / "report")
    written = "".join(path.read_text(encoding="utf-8") for path in (tmp_path / "report").iterdir())
    for row in trained.rows:
        assert row["诉求内容"] not in written
        assert row["诉求标题"] not in written


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"targets": {"colour": "颜色"}}, InputError, "没有目标 colour"),
        ({"targets": {"matter": "没有这列"}}, InputError, "没有这列"),
        ({"targets": {"matter": "诉求内容"}}, InputError, "一个也不认识"),
        ({"by": "没有这列"}, InputError, "没有这列"),
        ({"by": "诉求内容"}, InputError, "不适合分组"),
        ({"text_column": "没有这列"}, InputError, "没有这列"),
        ({"target_precision": 2.0}, TaxonomyError, "目标准确率"),
    ],
)
def test_what_cannot_be_evaluated_is_named(
    trained: Trained, options: dict[str, Any], error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        evaluate(trained.folder, [trained.unseen], **options)


def test_a_file_without_any_label_names_the_columns_that_would_do(trained: Trained, tmp_path: Path) -> None:
    rows = without_columns(trained.rows, "事项类别", "责任部门", "诉求类型", "协办部门")
    with pytest.raises(InputError, match="事项类别"):
        evaluate(trained.folder, [write_csv(tmp_path / "bare.csv", rows)])


def test_a_missing_model_is_named(trained: Trained, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"model\.json"):
        evaluate(tmp_path / "nothing", [trained.unseen])


def test_no_progress_bar_where_nobody_looks(trained: Trained, capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(trained.folder, [trained.unseen])
    assert capsys.readouterr().err == ""

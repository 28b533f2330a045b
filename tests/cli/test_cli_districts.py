"""Rules of districts on the command line, with places that are found in the text."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from places import PLACES, write_places, write_rules
from tables import read_table, write_table
from toy import toy_model

from petition_nlp.archive import ClassifyJob, ClassifyOptions
from petition_nlp.artifact import save_model
from petition_nlp.cli import main
from petition_nlp.errors import OutputError
from petition_nlp.router import Router

_TEXTS = (
    ("金桂苑楼道门禁坏了物业不修", "大事"),
    ("望江街道楼道门禁坏了物业不修", "小事"),
    ("楼道门禁坏了物业不修", "小事"),
)
_UNKNOWN = "请先确认所属的区"


@pytest.fixture
def model(tmp_path: Path) -> Path:
    save_model(toy_model(), tmp_path / "model")
    return tmp_path / "model"


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    return write_rules(tmp_path / "各区.yaml")


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return write_places(tmp_path / "目录", 单位=[["编号", "名称", "责任部门"], ["1", "无此部门的单位", "已撤销的部门"]])


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return write_table(tmp_path / "工单.csv", [["诉求内容"], *([text] for text, _ in _TEXTS)])


def _run(*arguments: object) -> int:
    return main([*map(str, arguments)])


def _column(path: Path, name: str) -> Sequence[str]:
    header, *rows = read_table(path)
    return [row[header.index(name)] for row in rows]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_archive_without_a_column_of_places_is_read_for_them(
    workers: int, archive: Path, model: Path, rules: Path, directory: Path, tmp_path: Path
) -> None:
    target = tmp_path / "结果.csv"
    command = ("classify", archive, "-o", target, "--model", model, "--districts", rules, "--quiet")
    assert _run(*command, "--directory", directory, "--workers", workers, "--batch-size", 1) == 0
    assert _column(target, "事项类别") == [matter for _, matter in _TEXTS]
    assert [_UNKNOWN in own for own in _column(target, "复核原因")] == [False, False, True]


def test_without_a_directory_the_place_stays_unknown(archive: Path, model: Path, rules: Path, tmp_path: Path) -> None:
    target = tmp_path / "结果.csv"
    assert _run("classify", archive, "-o", target, "--model", model, "--districts", rules, "--quiet") == 0
    assert _column(target, "事项类别") == ["小事"] * 3
    assert all(_UNKNOWN in own for own in _column(target, "复核原因"))


def test_one_message_is_read_for_its_place(
    model: Path, rules: Path, directory: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [text for text, _ in _TEXTS]
    assert _run("route", *texts, "--model", model, "--districts", rules, "--directory", directory, "--json") == 0
    routes: list[dict[str, Any]] = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [route["matter"]["name"] for route in routes] == [matter for _, matter in _TEXTS]


def test_a_directory_is_tried_with_the_rules_of_the_district_that_it_finds(
    model: Path, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    directory = write_places(tmp_path / "城市")
    command = ("directory", "test", directory, "--text", _TEXTS[0][0], "--model", model, "--json")
    assert _run(*command) == 0
    assert _run(*command, "--districts", rules) == 0
    assert [json.loads(line)["matter"] for line in capsys.readouterr().out.splitlines()] == ["community", "government"]


@pytest.mark.parametrize("command", ["classify", "route", "diff"])
def test_a_directory_that_no_rule_needs_is_refused(
    command: str, archive: Path, model: Path, directory: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    commands: dict[str, Sequence[object]] = {
        "classify": ("classify", archive, "-o", tmp_path / "结果.csv", "--model", model),
        "route": ("route", "物业不修", "--model", model),
        "diff": ("taxonomy", "diff", "default", "default", "--archive", archive),
    }
    assert _run(*commands[command], "--directory", directory) == 3
    assert "--directory 只在有各区规则时有用" in capsys.readouterr().err


def test_a_directory_without_places_is_refused(
    model: Path, rules: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = write_places(tmp_path / "空", PLACES[:1])
    assert _run("route", "物业不修", "--model", model, "--districts", rules, "--directory", empty) == 3
    assert "目录里没有地点" in capsys.readouterr().err


class _Breaking:
    """A router that is stopped at its second batch."""

    def __init__(self, router: Router) -> None:
        self._router, self._calls = router, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._router, name)

    def route_without_evidence(self, messages: Any) -> Any:
        self._calls += 1
        if self._calls == 2:
            raise KeyboardInterrupt
        return self._router.route_without_evidence(messages)


def test_a_run_is_not_resumed_with_other_places(
    archive: Path, model: Path, rules: Path, directory: Path, tmp_path: Path
) -> None:
    options: dict[str, Any] = {"batch_size": 1, "part_rows": 1}
    target = tmp_path / "结果.csv"
    router = Router.load(model, districts=rules, directory=directory)
    with pytest.raises(KeyboardInterrupt):
        ClassifyJob(ClassifyOptions([archive], target, **options)).run(_Breaking(router))
    moved = [(*row[:3], "望江街道") if row[0] == "E11" else row for row in PLACES]
    other = Router.load(model, districts=rules, directory=write_places(tmp_path / "另一份", moved))
    resumed = ClassifyJob(ClassifyOptions([archive], target, resume=True, **options))
    with pytest.raises(OutputError, match="地点目录变了，不能接着做"):
        resumed.run(other)
    resumed.run(Router.load(model, districts=rules, directory=directory))
    assert _column(target, "事项类别") == [matter for _, matter in _TEXTS]


@pytest.mark.parametrize("stored", [True, False], ids=["stored departments", "the model"])
def test_a_comparison_of_rules_reads_texts_for_their_places(
    stored: bool, model: Path, rules: Path, directory: Path, tmp_path: Path
) -> None:
    header = ["诉求内容", *(["承办单位", "事项类别"] if stored else [])]
    rows = [[text, *(["住建局", "小事"] if stored else [])] for text, _ in _TEXTS]
    archive, out = write_table(tmp_path / "历年.csv", [header, *rows]), tmp_path / "对照"
    command = ("taxonomy", "diff", "default", "default", "--archive", archive, "--model", model, "--districts", rules)
    assert _run(*command, "--directory", directory, "--out", out) == 0
    assert _column(out / "变动.csv", "行号") == ["2", "4"]
    assert _column(out / "变动.csv", "新事项类别") == ["大事", "小事"]
    assert _column(out / "变动.csv", "人工选择") == ["否", "是"]

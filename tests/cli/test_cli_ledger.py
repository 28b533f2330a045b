from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tables import write_table

from petition_nlp.archive.routed import ADDED

Run = Callable[..., int]
HEADER = ["所属社区", "受理时间", "诉求内容", "分类", *ADDED]


def row(community: str = "甲", day: str = "2026-09-01", text: str = "电梯坏了", *, matter: str = "小事") -> list[str]:
    return [community, day, text, "物业/电梯", matter, "住房和城乡建设部门", "", "0.9", "否", "", ""]


@pytest.fixture
def source(tmp_path: Path) -> Path:
    rows = [row(), row("乙", "2026-10-01"), row(day="不详", matter="大事")]
    return write_table(tmp_path / "结果.csv", [HEADER, *rows])


def test_a_run_says_what_it_read_and_what_it_made(
    run: Run, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("ledger", source, "--by", "所属社区", "-o", tmp_path / "清单.xlsx") == 0
    streams = capsys.readouterr()
    assert "结果.csv：UTF-8，逗号分隔；社区列「所属社区」，正文列「诉求内容」，日期列「受理时间」" in streams.err
    assert "有 1 件日期无法识别" in streams.err
    assert "共 3 件，2 个社区，清单 3 项" in streams.out
    assert "  小事  2" in streams.out
    assert "清单.html" in streams.out
    assert {path.name for path in tmp_path.iterdir()} == {"结果.csv", "清单.xlsx", "清单.html"}


def test_quiet(run: Run, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("ledger", source, "--by", "所属社区", "-o", tmp_path / "清单.xlsx", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_every_option_reaches_the_run(run: Run, tmp_path: Path) -> None:
    header = ["甲", "乙", "丙", "丁", "戊", *ADDED]
    cells = ["河东社区", "2026-09-01", "物业很差", "物业/电梯", "电梯坏了没人修", *row()[4:]]
    source = write_table(tmp_path / "a.csv", [header, cells], encoding="gb18030")
    target = tmp_path / "b.xlsx"
    target.write_text("旧")
    columns = [
        "--by",
        "甲",
        "--date-column",
        "乙",
        "--title-column",
        "丙",
        "--topic-column",
        "丁",
        "--text-column",
        "戊",
    ]
    options = ["--period", "quarter", "--examples", "1", "--encoding", "gbk", "--overwrite"]
    assert run("ledger", source, *columns, *options, "-o", target) == 0
    page = (tmp_path / "b.html").read_text(encoding="utf-8")
    for told in ("河东社区", "2026年第3季度", "物业很差：电梯坏了没人修", "物业 / 电梯"):
        assert told in page


def test_several_files_and_a_sheet(run: Run, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    book = write_table(tmp_path / "a.xlsx", [HEADER, row()])
    options = ["--by", "所属社区", "--sheet", "1", "-o", tmp_path / "清单.xlsx"]
    assert run("ledger", book, source, *options) == 0
    assert "共 4 件" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "code", "told"),
    [
        (["--by", "社区名"], 3, "没有名为「社区名」的列；现有的列：「所属社区」"),
        (["--by", "所属社区", "--date-column", "x"], 3, "没有名为「x」的列"),
        (["--by", "所属社区", "--period", "week"], 2, "没有 'week'"),
        (["--by", "所属社区", "--examples", "11"], 2, "典型诉求的条数应在 0 到 10 之间"),
        ([], 2, "缺少必需的参数：--by"),
    ],
)
def test_mistakes_are_told_and_nothing_is_written(
    run: Run, source: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], code: int, told: str
) -> None:
    assert run("ledger", source, *options, "-o", tmp_path / "清单.xlsx") == code
    assert told in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["结果.csv"]


def test_an_existing_ledger_is_not_replaced(run: Run, source: Path, tmp_path: Path) -> None:
    (tmp_path / "清单.html").write_text("旧")
    assert run("ledger", source, "--by", "所属社区", "-o", tmp_path / "清单.xlsx") == 6
    assert not (tmp_path / "清单.xlsx").exists()


def test_a_file_that_was_not_classified(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_table(tmp_path / "a.csv", [["社区", "日期", "内容"], ["甲", "2026-09-01", "吵"]])
    assert run("ledger", source, "--by", "社区", "-o", tmp_path / "b.xlsx") == 3
    assert "请先运行 petition-nlp classify" in capsys.readouterr().err


def test_from_classify_to_the_ledger(run: Run, tmp_path: Path) -> None:
    table = [["社区", "日期", "内容"], ["甲", "2026-09-01", "楼下油烟扰民"], ["甲", "2026-09-02", "着火"]]
    source = write_table(tmp_path / "a.csv", table)
    assert run("classify", source, "-o", tmp_path / "b.jsonl", "--quiet") == 0
    assert run("ledger", tmp_path / "b.jsonl", "--by", "社区", "-o", tmp_path / "c.xlsx") == 0
    page = (tmp_path / "c.html").read_text(encoding="utf-8")
    assert "楼下油烟扰民" in page
    assert "着火" not in page

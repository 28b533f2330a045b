"""What ``prepare`` says and refuses; what it does is tested in its own room."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("datasketch", reason="needs the extra train")

Run = Callable[..., int]


def _export(folder: Path) -> Path:
    texts = ("路灯不亮", "出租车拒载", "自来水发黄", "烧烤摊油烟", "入学材料")
    rows = [f"G{n},2026-{n + 1:02d}-05,{text},市城管局" for n, text in enumerate(texts)]
    path = folder / "orders.csv"
    path.write_text("\n".join(["工单编号,受理时间,诉求内容,承办单位", *rows]), encoding="gb18030")
    return path


def test_units_are_listed_and_months_split(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export, units, out = _export(tmp_path), tmp_path / "单位.csv", tmp_path / "data"
    assert run("prepare", "units", export, "-o", units) == 0
    assert run("prepare", "units", export, "-o", units) == 6  # it may have been filled in
    command = ("prepare", "split", export, "--units", units, "--out", out, "--frozen-from", "2026-04")
    assert run(*command) == 0
    assert run(*command) == 6
    assert run(*command, "--overwrite") == 0
    assert run("prepare", "map", export, "--units", units, "-o", tmp_path / "mapped.csv") == 0
    assert run("prepare", "map", export, "--units", units, "-o", tmp_path / "mapped.csv") == 6
    assert (tmp_path / "mapped.csv").read_text(encoding="utf-8").count("城市管理综合执法部门") == 5
    streams = capsys.readouterr()
    assert "1 个单位，5 行；0 个没有认出条线" in streams.out
    assert "2026-04-05 至 2026-05-05" in streams.out
    assert "frozen.csv 少于 1,400 行" in streams.err


@pytest.mark.parametrize("month", ["2026", "2026-13", "11月"])
def test_a_month_that_is_none_is_refused(run: Run, capsys: pytest.CaptureFixture[str], month: str) -> None:
    assert run("prepare", "split", "a.csv", "--units", "u.csv", "--out", "o", "--frozen-from", month) == 2
    assert "请写成 2026-09" in capsys.readouterr().err


def test_months_in_the_wrong_order_are_refused(run: Run, tmp_path: Path) -> None:
    months = ("--calib-from", "2026-05", "--frozen-from", "2026-04")
    assert run("prepare", "split", "a.csv", "--units", "u.csv", "--out", tmp_path, *months) == 3

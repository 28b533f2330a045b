from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from stand_in import StandInRouter
from tables import read_table, write_table

TABLE = [["工单编号", "诉求内容"], ["1", "楼下烧烤店油烟扰民"], ["2", "厨房漏水"], ["3", ""]]
TESTS = Path(__file__).resolve().parents[1]
Run = Callable[..., int]


def test_a_run_says_how_it_read_the_file_and_what_it_found(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    source = write_table(tmp_path / "工单.csv", TABLE, encoding="gb18030")
    assert run("classify", source, "-o", tmp_path / "结果.xlsx") == 0
    streams = capsys.readouterr()
    assert "工单.csv：GB18030，逗号分隔；正文列「诉求内容」，编号列「工单编号」" in streams.err
    assert "共 3 行" in streams.out
    assert "结果.xlsx" in streams.out
    assert "%|" not in streams.err  # no progress bar where there is no terminal
    assert len(read_table(tmp_path / "结果.xlsx")) == 4


def test_quiet(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)
    assert run("classify", source, "-o", tmp_path / "b.csv", "--quiet") == 0
    assert capsys.readouterr() == ("", "")


def test_every_option_reaches_the_run(run: Run, stand_in: StandInRouter, tmp_path: Path) -> None:
    table = [["甲", "乙", "内容"], ["标题", "楼下烧烤店油烟扰民，请处理", "不是这列"]] * 2
    source = write_table(tmp_path / "a.csv", table, encoding="gb18030")
    target = tmp_path / "b.csv"
    target.write_text("旧")
    options = [
        "--text-column",
        "乙",
        "--title-column",
        "甲",
        "--encoding",
        "gbk",
        "--output-encoding",
        "gb18030",
    ]
    assert run("classify", source, "-o", target, *options, "--batch-size", "1", "--overwrite") == 0
    assert (stand_in.seen[0].text, stand_in.seen[0].title) == ("楼下烧烤店油烟扰民，请处理", "标题")
    assert stand_in.batches == [1, 1, 1]
    assert read_table(target, encoding="gb18030")[0][:3] == ["甲", "乙", "内容"]


def test_a_sheet_by_number(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_table(tmp_path / "a.xlsx", TABLE)
    assert run("classify", source, "-o", tmp_path / "b.csv", "--sheet", "1") == 0
    assert run("classify", source, "-o", tmp_path / "c.csv", "--sheet", "2") == 3
    assert "没有工作表「2」；现有：工单" in capsys.readouterr().err


@pytest.mark.parametrize("quiet", [[], ["--quiet"]])
def test_rejected_rows_end_with_their_own_code(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], quiet: list[str]
) -> None:
    source = tmp_path / "a.jsonl"
    source.write_text('{"text": "吵"}\n{"text": \n', encoding="utf-8")
    assert run("classify", source, "-o", tmp_path / "b.jsonl", *quiet) == 8
    err = capsys.readouterr().err
    assert "有 1 行未能完整保留" in err
    assert "b.jsonl.rejected.csv" in err
    assert "不是有效的 JSON" in err


def test_errors_come_before_the_model_is_loaded(run: Run, tmp_path: Path) -> None:
    from petition_nlp.cli import main

    def never(*_: object) -> StandInRouter:
        raise AssertionError

    source = write_table(tmp_path / "a.csv", TABLE)
    assert main(["classify", str(source), "-o", str(source)], load_router=never) == 6
    assert main(["classify", str(source), "-o", "b.csv", "--text-column", "x"], load_router=never) == 3


def test_the_progress_bar_on_a_terminal(run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    source = write_table(tmp_path / "a.csv", TABLE)
    assert run("classify", source, "-o", tmp_path / "b.csv") == 0
    assert "100%" in screen.getvalue()
    assert "3 行" in screen.getvalue()


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("name", ["b.csv", "b.xlsx"])
def test_an_interrupted_run_leaves_no_file(tmp_path: Path, how: signal.Signals, name: str) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, time\n"
        "from pathlib import Path\n"
        "from stand_in import StandInRouter\n"
        "from petition_nlp.cli import main\n"
        "class Slow(StandInRouter):\n"
        "    def route(self, messages):\n"
        "        if len(self.batches) == 3:\n"
        "            Path(sys.argv[1]).touch()\n"
        "            time.sleep(60)\n"
        "        return super().route(messages)\n"
        "sys.exit(main(sys.argv[2:], load_router=lambda *_: Slow()))\n",
        encoding="utf-8",
    )
    folder = tmp_path / "data"
    folder.mkdir()
    source = write_table(folder / "a.csv", [["内容"], *([["吵"]] * 1000)])
    running = tmp_path / "running"
    process = subprocess.Popen(
        [sys.executable, script, running, "classify", source, "-o", folder / name, "--batch-size", "10"],
        env={**os.environ, "PYTHONPATH": f"{TESTS}:{TESTS.parent}"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    for _ in range(600):
        if running.exists() or process.poll() is not None:
            break
        time.sleep(0.05)
    process.send_signal(how)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert "已中断" in err.decode()
    assert out == b""
    assert [path.name for path in folder.iterdir()] == ["a.csv"]

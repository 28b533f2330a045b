from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest
from stand_in import StandInRouter
from tables import read_table, write_table

from petition_nlp.archive import ClassifyOptions
from petition_nlp.cli import main
from petition_nlp.route import Message, Route

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
        "import signal, sys, time\n"
        "from pathlib import Path\n"
        "from stand_in import StandInRouter\n"
        "from petition_nlp.cli import main\n"
        "class Slow(StandInRouter):\n"
        "    def route(self, messages):\n"
        "        if len(self.batches) == 3:\n"
        "            Path(sys.argv[1]).touch()\n"
        "            time.sleep(60)\n"
        "        return super().route(messages)\n"
        "signal.signal(signal.SIGINT, signal.default_int_handler)  # where tests run in the background it is ignored\n"
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


def test_many_inputs_in_one_command(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "历年"
    folder.mkdir()
    write_table(folder / "2019.csv", TABLE, encoding="gb18030")
    write_table(folder / "2020.xlsx", TABLE)
    write_table(tmp_path / "2021.jsonl", TABLE)
    (folder / "说明.docx").touch()
    assert run("classify", folder, tmp_path / "*.jsonl", "-o", tmp_path / "结果.csv") == 0
    err = capsys.readouterr().err
    assert "读取 3 个文件" in err
    assert "2019.csv：GB18030" in err
    assert "不认识的文件 1 个，未读取：说明.docx" in err
    rows = read_table(tmp_path / "结果.csv")
    assert [row[rows[0].index("来源文件")] for row in rows[1::3]] == ["历年/2019.csv", "历年/2020.xlsx", "2021.jsonl"]


def test_columns_named_by_use(run: Run, stand_in: StandInRouter, tmp_path: Path) -> None:
    source = write_table(tmp_path / "a.csv", [["甲", "乙", "丙=丁"], ["吵", "题", "市公安局"]])
    options = ["--map", "甲=正文", "--map", "乙=title", "--map", "丙=丁=部门"]
    assert run("classify", source, "-o", tmp_path / "b.csv", *options) == 0
    assert (stand_in.seen[0].text, stand_in.seen[0].title) == ("吵", "题")
    assert read_table(tmp_path / "b.csv")[1][-2:] == ["否", "是"]


@pytest.mark.parametrize("pair", ["内容", "内容=", "=正文", "内容=颜色"])
def test_a_mapping_that_is_none(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], pair: str) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)
    assert run("classify", source, "-o", tmp_path / "b.csv", "--map", pair) == 2
    assert "应写成 列名=用途" in capsys.readouterr().err


def test_bad_files_are_skipped_if_asked(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    good = write_table(tmp_path / "a.csv", TABLE)
    bad = write_table(tmp_path / "b.csv", [["备注"], ["x"]])
    assert run("classify", good, bad, "-o", tmp_path / "c.csv") == 3
    assert "--skip-bad-files" in capsys.readouterr().err
    assert run("classify", good, bad, "-o", tmp_path / "c.csv", "--skip-bad-files") == 8
    err = capsys.readouterr().err
    assert f"跳过 {bad}" in err
    assert "有 1 个文件被跳过" in err


def test_masked_output(run: Run, tmp_path: Path) -> None:
    source = write_table(tmp_path / "a.csv", [["内容", "电话"], ["打13912345678", "13912345678"]])
    assert run("classify", source, "-o", tmp_path / "b.csv", "--mask") == 0
    assert read_table(tmp_path / "b.csv")[1][:2] == ["打[手机号]", "[已隐去]"]


def test_a_report_beside_the_output(run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)
    assert run("classify", source, "-o", tmp_path / "b.csv", "--report", tmp_path / "报告") == 0
    assert "报告      " in capsys.readouterr().out
    assert {path.name for path in (tmp_path / "报告").iterdir()} == {"报告.html", "表格", "表格.xlsx"}
    assert run("classify", source, "-o", tmp_path / "c.csv", "--report", tmp_path / "报告") == 6
    assert run("classify", source, "-o", tmp_path / "c.csv", "--report", tmp_path / "报告", "--overwrite") == 0


@pytest.mark.parametrize(
    "options", [["--engine", "ray", "--resume"], ["--engine", "ray", "--mask"], ["--address", "auto"]]
)
def test_options_that_an_engine_does_not_have(
    run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    source = write_table(tmp_path / "a.csv", TABLE)
    assert run("classify", source, "-o", tmp_path / "b", *options) == 3
    assert f"不能用 {options[-1] if options[0] == '--engine' else options[0]}" in capsys.readouterr().err


def test_an_interrupted_run_says_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Stops(StandInRouter):
        def route(self, messages: Sequence[Message | str]) -> list[Route]:
            if len(self.batches) == 3:
                raise KeyboardInterrupt
            return super().route(messages)

    monkeypatch.setattr("petition_nlp.archive.ClassifyOptions", partial(ClassifyOptions, part_rows=10))
    source = write_table(tmp_path / "a.csv", [["内容"], *([["吵"]] * 40)])
    command = ["classify", str(source), "-o", str(tmp_path / "b.csv"), "--batch-size", "10"]
    assert main(command, load_router=lambda *_: Stops()) == 130
    assert "加 --resume 可以接着做" in capsys.readouterr().err
    assert main([*command, "--resume"], load_router=lambda *_: Stops()) == 0

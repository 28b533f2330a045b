"""Help, usage errors, exit codes, streams."""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from petition_nlp import __version__
from petition_nlp.cli import build_parser, main
from petition_nlp.cli.parser import display_width, translate, wrap
from petition_nlp.errors import (
    InputError,
    MissingExtraError,
    ModelError,
    OutputError,
    PetitionError,
    TaxonomyError,
)

COMMANDS = ["route", "classify", "train", "evaluate", "serve", "db"]
Run = Callable[..., int]
Process = Callable[..., "subprocess.CompletedProcess[bytes]"]


@pytest.mark.parametrize("command", [[], *([name] for name in COMMANDS)])
def test_help_is_chinese_and_complete(run: Run, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert run(*command, "--help") == 0
    out = capsys.readouterr().out
    assert out.startswith("用法：petition-nlp")
    assert "例子：" in out
    for english in ("usage", "optional", "positional", "options:", "show this help", "exit"):
        assert english not in out
    assert max(display_width(line) for line in out.splitlines()) <= 120


def test_every_option_is_explained() -> None:
    parsers: list[argparse.ArgumentParser] = [build_parser()]
    for parser in parsers:  # it grows by the commands of each
        for action in parser._actions:
            if isinstance(action, argparse._SubParsersAction):
                parsers += action.choices.values()
            else:
                assert re.search(r"[\u4e00-\u9fff]", action.help or ""), action


def test_the_main_help_documents_every_exit_code(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    run("--help")
    out = capsys.readouterr().out
    for code in (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 130):
        assert re.search(rf"^  {code}\s+\S", out, re.MULTILINE), code
    assert all(name in out for name in COMMANDS)


def test_version(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--version") == 0
    assert capsys.readouterr().out == f"petition-nlp {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "缺少必需的参数：命令"),
        (["rout"], "没有 'rout'，可选："),
        (["route"], "缺少必需的参数：诉求"),
        (["classify", "a.csv"], "缺少必需的参数：-o/--output"),
        (["classify", "a.csv", "-o", "b.csv", "--foo"], "不认识的参数：--foo"),
        (["classify", "a.csv", "-o", "b.csv", "--sheet"], "参数 --sheet：需要一个值"),
        (["classify", "a.csv", "-o", "b.csv", "--encoding", "utf-99"], "没有名为 utf-99 的编码"),
        (["classify", "a.csv", "-o", "b.csv", "--output-encoding", "big5"], "没有 'big5'，可选："),
        (["classify", "a.csv", "-o", "b.csv", "--batch-size", "0"], "每批行数应在 1 到"),
        (["classify", "a.csv", "-o", "b.csv", "--quiet=1"], "不接受值 '1'"),
        (["route", "x", "--target-precision", "2"], "目标准确率应在 0.5 到 0.999 之间，而不是 2"),
        (["route", "x", "--target-precision", "高"], "目标准确率应为数字，而不是 高"),
        (["train", "--data", "--target", "a", "--out", "m"], "参数 --data：至少需要一个值"),
        (["train", "--data", "a", "--target", "a", "--out", "m", "--seed", "x"], "'x' 不是整数"),
        (["serve", "--port", "70000"], "端口应在 0 到 65535 之间"),
        (["serve", "--mo=x", "--work"], "参数 --workers：需要一个值"),
    ],
)
def test_usage_errors(run: Run, capsys: pytest.CaptureFixture[str], arguments: list[str], message: str) -> None:
    assert run(*arguments) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert message in streams.err
    assert streams.err.startswith("用法：")
    assert "--help" in streams.err
    assert "错误：" in streams.err


def test_messages_of_argparse_that_are_not_known_stay() -> None:
    assert translate("something new") == "something new"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (PetitionError("坏了"), 1),
        (InputError("坏了", where="a.csv", todo="请修"), 3),
        (ModelError("坏了"), 4),
        (TaxonomyError("坏了"), 5),
        (OutputError("坏了"), 6),
        (MissingExtraError("坏了"), 7),
        (KeyboardInterrupt(), 130),
    ],
)
def test_exit_codes(capsys: pytest.CaptureFixture[str], error: BaseException, code: int) -> None:
    def fail(*_: object) -> None:
        raise error

    assert main(["route", "吵"], load_router=fail) == code  # type: ignore[arg-type]
    streams = capsys.readouterr()
    assert streams.out == ""
    assert "Traceback" not in streams.err
    assert (str(error) or "已中断") in streams.err


@pytest.mark.parametrize("where", [["--debug", "route", "吵"], ["route", "吵", "--debug"]])
def test_debug_shows_the_traceback(capsys: pytest.CaptureFixture[str], where: list[str]) -> None:
    def fail(*_: object) -> None:
        raise InputError("坏了")

    assert main(where, load_router=fail) == 3  # type: ignore[arg-type]
    assert "Traceback" in capsys.readouterr().err


def test_an_unforeseen_error_does_not_quote_a_text(capsys: pytest.CaptureFixture[str]) -> None:
    def fail(*_: object) -> None:
        raise ValueError("住在云锦花园的张三说")

    assert main(["route", "吵"], load_router=fail) == 1  # type: ignore[arg-type]
    err = capsys.readouterr().err
    assert "意外错误：ValueError" in err
    assert "张三" not in err


def test_importing_the_command_line_is_quick() -> None:
    heavy = "numpy yaml tqdm xlsxwriter python_calamine pydantic fastapi petition_nlp.router petition_nlp.archive"
    code = f"import sys, petition_nlp.cli; print([name for name in {heavy.split()!r} if name in sys.modules])"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"


def test_output_is_utf8_whatever_the_locale(process: Process) -> None:
    done = process(
        "--help",
        env={"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONIOENCODING": "ascii", "PYTHONCOERCECLOCALE": "0"},
    )
    assert done.returncode == 0
    assert done.stdout.decode().startswith("用法：")


def test_a_reader_that_stops_early_is_no_error(tmp_path: Path) -> None:
    script = (
        "import sys\n"
        "from stand_in import StandInRouter\n"
        "from petition_nlp.cli import main\n"
        "sys.exit(main(['route', '--json', *(['吵'] * 5000)], load_router=lambda *_: StandInRouter()))\n"
    )
    tests = Path(__file__).resolve().parents[1]
    process = subprocess.Popen(
        [sys.executable, "-c", script],
        env={"PYTHONPATH": f"{tests}:{tests.parent}", "PATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    assert json.loads(process.stdout.readline())["model"] == "standin@1"
    process.stdout.close()
    assert process.wait(60) == 0
    assert process.stderr.read() == b""
    process.stderr.close()


def test_wrapping_counts_full_width_characters() -> None:
    text = "责任部门的目标准确率，0.5 到 0.999，默认 0.9；越高，交人工复核的越多"
    lines = wrap(text, 20)
    assert all(display_width(line) <= 22 for line in lines)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert not any(line.startswith(("，", "；")) for line in lines)

"""The command line ``petition-nlp``: one module for each command.

Importing this package is quick: what a command needs is imported when it runs. Here, and only here, errors
become messages and exit codes.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Final

from petition_nlp import __version__
from petition_nlp.cli import (
    accounts,
    classify,
    db,
    directory,
    disclosure,
    evaluate,
    inspect,
    keys,
    labels,
    ledger,
    models,
    prepare,
    privacy,
    retrain,
    route,
    serve,
    taxonomy,
    train,
    webhooks,
    worker,
)
from petition_nlp.cli.common import LoadRouter, load_router, say
from petition_nlp.cli.parser import Parser
from petition_nlp.errors import PetitionError

UNEXPECTED: Final = 1
INTERRUPTED: Final = 130

_COMMANDS = (
    route,
    classify,
    ledger,
    directory,
    taxonomy,
    inspect,
    prepare,
    train,
    evaluate,
    labels,
    retrain,
    disclosure,
    serve,
    worker,
    keys,
    accounts,
    webhooks,
    privacy,
    models,
    db,
)

_EPILOG = """\
退出码：
  0    成功
  1    意外错误
  2    参数用法不对
  3    输入有误（文件、编码、列）
  4    模型有误（缺失、损坏、不匹配）
  5    设置、分类目录或规则文件有误
  6    无法写出结果
  7    缺少可选组件（见提示的 pip install 命令）
  8    已完成，但有些行未能保留，已写入「输出名.rejected.csv」，或跳过了一些文件
  9    中途停下（工作进程被系统终止）；做完的部分保留，可加 --resume 接着做
  10   再训练完成，但候选模型不该替换现用模型
  130  被中断（Ctrl-C），没有留下不完整的文件

例子：
  petition-nlp route '楼下烧烤店每天营业到凌晨两点，油烟和噪音让人没法睡觉'
  petition-nlp classify 工单.xlsx -o 结果.xlsx
  petition-nlp ledger 结果.xlsx --by 所属社区 -o 三事清单.xlsx
  petition-nlp serve

每个命令的用法见 petition-nlp 命令 --help"""


def build_parser() -> Parser:
    """The whole command line."""
    parser = Parser(
        prog="petition-nlp",
        description="判断一条民情诉求该由谁办理：三事分流、责任部门、把握程度、是否需要人工复核。",
        epilog=_EPILOG,
    )
    parser.add_argument("--version", action="version", version=f"petition-nlp {__version__}", help="显示版本并退出")
    parser.add_argument("--debug", action="store_true", help="出错时显示完整的调用过程")
    commands = parser.add_subparsers(title="命令", metavar="命令", dest="command", required=True)
    for command in _COMMANDS:
        command.register(commands)
    return parser


def main(argv: Sequence[str] | None = None, *, load_router: LoadRouter = load_router) -> int:
    """Run a command.

    :param argv: its arguments; default: those of the process.
    :param load_router: makes a router from a model folder and a target precision.
    :return: the exit code.
    """
    _speak_utf8()
    try:
        args = build_parser().parse_args(argv)
    except SystemExit as stop:  # argparse has spoken
        return stop.code if isinstance(stop.code, int) else UNEXPECTED
    try:
        with _terminated_as_interrupt():
            code: int = args.run(args, load_router)
            sys.stdout.flush()
            return code
    except BrokenPipeError:  # the reader, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        say("\n已中断，没有留下不完整的文件")
        return INTERRUPTED
    except Exception as error:
        if args.debug:
            traceback.print_exc()
        return _explain(error)


def _explain(error: Exception) -> int:
    """Tell the user what went wrong; the exit code for it."""
    if isinstance(error, PetitionError):
        say(f"错误：{error}")
        return error.exit_code
    # the message of an unforeseen error may quote a resident's text
    say(f"意外错误：{type(error).__name__}。加 --debug 可看完整的调用过程，请把它反馈给维护者")
    return UNEXPECTED


def _speak_utf8() -> None:
    """Write UTF-8 whatever the locale; a character that is none leaves as its escape."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(encoding="utf-8", errors="backslashreplace")


@contextmanager
def _terminated_as_interrupt() -> Iterator[None]:
    """Let SIGTERM clean up as Ctrl-C does, where signals can be caught."""

    def interrupt(_signal: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    try:
        before = signal.signal(signal.SIGTERM, interrupt)
    except ValueError:  # not in the main thread
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)

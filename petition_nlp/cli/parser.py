"""argparse in Chinese: headings, help, error messages, and columns that fit full-width characters."""

from __future__ import annotations

import argparse
import re
import sys
import unicodedata
from collections.abc import Callable, Iterable
from typing import Any, NoReturn

USAGE_EXIT_CODE = 2
_HELP_COLUMN = 8
_COMMAND_WIDTH = 12
_HEADING = re.compile(r"^(参数|选项|命令):$", re.MULTILINE)

_TRANSLATIONS: tuple[tuple[str, str], ...] = (
    (r"^argument (.+?): (.*)$", r"参数 \1：\2"),
    (r"^the following arguments are required: (.*)$", r"缺少必需的参数：\1"),
    (r"^unrecognized arguments: (.*)$", r"不认识的参数：\1"),
    (r"^one of the arguments (.*) is required$", r"以下参数须给出一个：\1"),
    (r"^ambiguous option: (.*) could match (.*)$", r"选项 \1 不明确，可能是 \2"),
    (r"expected one argument", "需要一个值"),
    (r"expected at least one argument", "至少需要一个值"),
    (r"expected at most one argument", "最多一个值"),
    (r"expected (\d+) arguments?", r"需要 \1 个值"),
    (r"ignored explicit argument (.*)", r"不接受值 \1"),
    (r"not allowed with argument (.*)", r"不能与 \1 同时使用"),
    (r"invalid choice: (.*?),? \(?choose from (.*?)\)?$", r"没有 \1，可选：\2"),
    (r"invalid int value: (.*)", r"\1 不是整数"),
    (r"invalid float value: (.*)", r"\1 不是数字"),
    (r"invalid (?:\w+ )?value: (.*)", r"\1 不是有效的值"),
)


def translate(message: str) -> str:
    """An error message of argparse in Chinese; what is not known stays as it is."""
    for pattern, chinese in _TRANSLATIONS:
        message = re.sub(pattern, chinese, message)
    return message


class Formatter(argparse.RawDescriptionHelpFormatter):
    """Help on lines of its own, wrapped by the width that a terminal shows."""

    def __init__(self, prog: str, **options: Any) -> None:
        super().__init__(prog, **{**options, "max_help_position": _HELP_COLUMN})

    def add_usage(
        self,
        usage: str | None,
        actions: Iterable[argparse.Action],
        groups: Iterable[Any],
        prefix: str | None = None,
    ) -> None:
        """The usage line under its Chinese heading."""
        super().add_usage(usage, actions, groups, "用法：" if prefix is None else prefix)

    def _format_action(self, action: argparse.Action) -> str:
        if action.nargs != argparse.PARSER:
            return super()._format_action(action)
        commands = list(self._iter_indented_subactions(action))
        return "".join(f"  {pad(command.dest, _COMMAND_WIDTH)}{command.help}\n" for command in commands)

    def _split_lines(self, text: str, width: int) -> list[str]:
        return wrap(" ".join(text.split()), width)


class Parser(argparse.ArgumentParser):
    """A parser whose every word is Chinese; ``-h`` is added under 选项."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"formatter_class": Formatter, **options, "add_help": False})
        self._positionals.title = "参数"
        self._optionals.title = "选项"
        self.add_argument("-h", "--help", action="help", help="显示本帮助并退出")

    def format_help(self) -> str:
        """The whole help, its headings with Chinese colons."""
        return _HEADING.sub(r"\1：", super().format_help())

    def error(self, message: str) -> NoReturn:
        """Say what is wrong with the arguments and where to find help."""
        self.print_usage(sys.stderr)
        self.exit(USAGE_EXIT_CODE, f"错误：{translate(message)}\n详见 {self.prog} --help\n")


def wrap(text: str, width: int) -> list[str]:
    """Lines no wider than ``width`` columns; breaks at spaces and between Chinese characters."""
    lines, line = [], ""
    for piece in re.findall(r"[^\s\u2e80-\uffff]+|\s+|[\u2e80-\uffff][，。；：、！？）」]*", text):
        if line and display_width(line + piece.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece if line or piece.strip() else ""
    return [*lines, line.rstrip()] if line.strip() or not lines else lines


def display_width(text: str) -> int:
    """Columns of a terminal that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def pad(text: str, width: int) -> str:
    """A text with spaces behind it up to ``width`` columns, at least one."""
    return text + " " * max(width - display_width(text), 1)


def number(convert: Callable[[str], Any], low: float, high: float, what: str) -> Callable[[str], Any]:
    """An argparse type for a number between two bounds."""

    def parse(text: str) -> Any:
        try:
            value = convert(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{what}应为数字，而不是 {text}") from None
        if not low <= value <= high:
            raise argparse.ArgumentTypeError(f"{what}应在 {low:g} 到 {high:g} 之间，而不是 {text}")
        return value

    return parse


def encoding(text: str) -> str:
    """An argparse type for the name of a text encoding."""
    from petition_nlp.archive.encoding import text_encoding

    try:
        return text_encoding(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"没有名为 {text} 的编码，常用 utf-8、gb18030、big5") from None

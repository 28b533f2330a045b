"""What several commands share."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from petition_nlp.cli.parser import Parser, display_width, number, pad
from petition_nlp.errors import InputError
from petition_nlp.profiles import PROFILES

if TYPE_CHECKING:
    from petition_nlp.route import Message, Route
    from petition_nlp.taxonomy import Taxonomy


class CommandRouter(Protocol):
    """What the commands need of a router."""

    @property
    def taxonomy(self) -> Taxonomy:
        """The terms that its routes are given in."""

    @property
    def identity(self) -> Mapping[str, object]:
        """What decides its routes: model, profile, taxonomy and policy."""

    def for_archives(self) -> CommandRouter:
        """The same with the profile for archives, if none was chosen."""

    def route(self, messages: Sequence[Message | str]) -> list[Route]:
        """One route for each message, in order."""

    def route_without_evidence(self, messages: Sequence[Message | str]) -> list[Route]:
        """The same without the words that spoke for each choice."""


class LoadRouter(Protocol):
    """Makes a router; None takes what the settings say."""

    def __call__(
        self,
        model: Path | None,
        target_precision: float | None,
        profile: str | None,
        threads: int | None = None,
        districts: Path | None = None,
        directory: Path | None = None,
        /,
    ) -> CommandRouter:
        """A router for a model folder, a target precision, a profile, districts' own rules and the city's places.

        ``threads`` are those of its encoder.
        """


def load_router(
    model: Path | None,
    target_precision: float | None,
    profile: str | None,
    threads: int | None = None,
    districts: Path | None = None,
    directory: Path | None = None,
    /,
) -> CommandRouter:
    """The router that flags, environment and settings file ask for.

    :raises InputError: places are given, and no rules that depend on them.
    """
    from petition_nlp.settings import Settings

    flags = {"model": model, "target_precision": target_precision, "profile": profile, "districts": districts}
    settings = Settings.load(**flags)
    if directory is not None and settings.districts is None:
        raise needs_districts()
    return settings.load_router(threads=threads, directory=directory)


def needs_districts() -> InputError:
    """``--directory`` without rules that depend on the place."""
    todo = "请用 --districts 或设置 districts 给出规则文件，或去掉 --directory"
    return InputError("--directory 只在有各区规则时有用：由它认出正文里的地点", todo=todo)


def add_command(commands: Any, name: str, *, help: str, epilog: str, run: Callable[..., int]) -> Parser:
    """A sub-command with the options that all of them have."""
    parser: Parser = commands.add_parser(name, help=help, description=help, epilog=f"例子：\n{epilog}")
    parser.add_argument("--debug", action="store_true", default=argparse.SUPPRESS, help="出错时显示完整的调用过程")
    parser.set_defaults(run=run)
    return parser


def model_folder(name: str) -> Path:
    """The folder of a model that a user names; ``default`` stands for the shipped one."""
    from petition_nlp.resources import default_model_path

    return default_model_path() if name == "default" else Path(name)


def add_model_options(parser: Parser) -> None:
    """``--model``, ``--target-precision`` and ``--profile``."""
    parser.add_argument("--model", type=Path, metavar="文件夹", help="模型文件夹；不给则用自带的默认模型")
    parser.add_argument(
        "--target-precision",
        type=number(float, 0.5, 0.999, "目标准确率"),
        metavar="小数",
        help="责任部门的目标准确率，0.5 到 0.999，默认 0.9；越高，交人工复核的越多",
    )
    parser.add_argument(
        "--profile",
        choices=PROFILES,
        metavar="档位",
        help="fast（只用词语，最快）、balanced（拿不准的才用编码器，classify 的默认）或 best（都用编码器，最准）",
    )


def add_districts_option(parser: Parser) -> None:
    """``--districts``."""
    parser.add_argument("--districts", type=Path, metavar="文件", help="各区边界情形规则文件；不给则全市一样")


def add_directory_option(parser: Parser) -> None:
    """``--directory``."""
    parser.add_argument(
        "--directory",
        type=Path,
        metavar="文件",
        help="本地目录文件或文件夹；有各区规则时，按其中的「地点」表在正文里认出地点；不给则只看地点一列（字段）",
    )


def add_config_option(parser: Parser, default: str | None = None) -> None:
    """``--config``.

    :param default: ``argparse.SUPPRESS`` where the option may stand before the sub-command as well.
    """
    parser.add_argument(
        "--config", type=Path, metavar="文件", default=default, help="设置文件（TOML），默认 ./petition-nlp.toml"
    )


def say(line: str) -> None:
    """Tell the user something that is not the command's result."""
    print(line, file=sys.stderr, flush=True)


def assignments(pairs: Sequence[str], flag: str) -> dict[str, str]:
    """``NAME`` and ``NAME=COLUMN`` as a mapping from head to column.

    :raises InputError: if a name or column is empty or a name stands twice.
    """
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not name or (equals and not column):
            raise InputError(f"{flag} {pair} 不完整", todo="请写成 目标 或 目标=列名，如 department=承办部门")
        if name in found:
            raise InputError(f"{flag} 中的目标 {name} 出现了两次", todo="每个目标只写一次")
        found[name] = column or name
    return found


def figures(heads: Mapping[str, Mapping[str, Any]]) -> str:
    """The chief figures of every head as a small table."""
    lines = [_cells("目标", *(title for title, _, _ in _FIGURES))]
    for name, head in heads.items():
        values = (format(head[key], form) if key in head else "-" for _, key, form in _FIGURES)
        lines.append(_cells(name, *values))
    return "\n".join(lines)


_FIGURES = (
    ("行数", "n", ","),
    ("准确率", "accuracy", ".1%"),
    ("宏平均F1", "macro_f1", ".3f"),
    ("前三命中", "top3", ".1%"),
    ("校准误差", "ece", ".3f"),
)


def _cells(first: str, *rest: str) -> str:
    return pad(first, 16) + "".join(" " * (12 - display_width(cell)) + cell for cell in rest)

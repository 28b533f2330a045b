"""``petition-nlp models``: which model the service routes with — add, put into use, roll back, remove."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from petition_nlp.cli.common import LoadRouter, add_command, add_config_option, say
from petition_nlp.cli.parser import pad
from petition_nlp.cli.store import add_action, existing_database, first_transaction, operator, transaction
from petition_nlp.errors import InputError
from petition_nlp.extras import needs_extra

if TYPE_CHECKING:
    from service.models.changing import Registrar, Work
    from service.store.tables import ModelVersion

_EPILOG = """\
  petition-nlp models add 模型/2026-11
  petition-nlp models list
  petition-nlp models promote 9b1f0c5a7d22 --why '11 月重新训练，门槛通过'
  petition-nlp models rollback --why 燃气类误分增多

与 petition-nlp serve 用同样的设置和数据文件夹；运行中的服务在几秒内换用，不中断请求。"""


def register(commands: Any) -> None:
    """Add the command with its actions."""
    parser = add_command(commands, "models", help="管理服务所用的模型：登记、启用、回退", epilog=_EPILOG, run=run)
    add_config_option(parser)
    actions = parser.add_subparsers(title="命令", metavar="命令", dest="action", required=True)
    add_action(actions, "list", help="查看登记的模型", act=_list)
    adding = add_action(actions, "add", help="复制到数据文件夹，登记为候选；不影响在用的模型", act=_add)
    adding.add_argument("folder", type=Path, nargs="?", metavar="文件夹", help="模型文件夹；不给则登记自带的模型")
    promoting = add_action(actions, "promote", help="启用一个模型", act=_promote)
    _add_model(promoting)
    promoting.add_argument("--why", required=True, metavar="理由", help="记入审计日志")
    promoting.add_argument(
        "--despite", metavar="理由", help="门槛没有通过，或比较的不是现在启用的模型时，仍要启用的理由"
    )
    rolling = add_action(actions, "rollback", help="回退到在用模型所取代的那一个", act=_roll_back)
    rolling.add_argument("--why", required=True, metavar="理由", help="记入审计日志")
    removing = add_action(actions, "remove", help="删除一个不再需要的模型和它的文件", act=_remove)
    _add_model(removing)
    removing.add_argument("--why", metavar="理由", help="记入审计日志")


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Do what was asked."""
    args.act(args)
    return 0


def _add_model(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("model", metavar="模型", help="models list 显示的编号，或 名称@版本")


def _list(args: argparse.Namespace) -> None:
    with transaction(args) as session:
        from service.models import registry, uses

        running = uses.running(session)
        for row in registry.all_versions(session):
            print(_line(row, sum(use.digest == row.digest for use in running)))


def _line(row: ModelVersion, processes: int) -> str:
    from service.console.wording import moment_text
    from service.models.registry import name_of
    from service.models.states import MODEL_STATE_NAMES, ModelState
    from service.moments import CHINA

    accuracy = row.figures.get("department", {}).get("accuracy")
    gate = "门槛未核对" if row.gate is None else "门槛通过" if row.gate["promote"] else "门槛未通过"
    since = moment_text(row.promoted) if row.promoted else f"{row.added.astimezone(CHINA):%Y-%m-%d} 登记"
    return "  ".join(
        (
            row.id,
            pad(MODEL_STATE_NAMES[ModelState(row.state)], 8),
            pad(name_of(row), 24),
            pad("-" if accuracy is None else f"部门 {accuracy:.1%}", 12),
            pad(gate, 10),
            since,
            *([f"{processes} 个进程在用"] if processes else []),
        )
    )


def _add(args: argparse.Namespace) -> None:
    from petition_nlp.resources import default_model_path

    registrar = _registrar(args)
    examined = registrar.take_in(args.folder or default_model_path())
    try:
        with first_transaction(args) as session:
            from service.models import registry

            row = registry.register(session, operator(), examined)
    except InputError:
        with existing_database(args) as database:
            registrar.discard(database, examined)
        raise
    print(row.id)
    say(f"已登记 {examined.model}；用 petition-nlp models promote {row.id} --why 理由 启用")


def _promote(args: argparse.Namespace) -> None:
    registrar = _registrar(args)
    with existing_database(args) as database:
        _do(args, registrar.promotion(database, args.model, args.why, args.despite))


def _roll_back(args: argparse.Namespace) -> None:
    registrar = _registrar(args)
    with existing_database(args) as database:
        _do(args, registrar.rollback(database, args.why))


def _do(args: argparse.Namespace, work: Work) -> None:
    with transaction(args) as session:
        from service.models.registry import name_of

        row = work(session, operator())
    say(f"已启用 {name_of(row)}，运行中的服务在几秒内换用")


def _remove(args: argparse.Namespace) -> None:
    folders = _registrar(args).folders
    with transaction(args) as session:
        from service.models import registry

        row = registry.by_id(session, args.model)
        registry.remove(session, operator(), row, args.why)
    folders.remove(row.digest)
    say(f"已删除 {registry.name_of(row)}")


def _registrar(args: argparse.Namespace) -> Registrar:
    with needs_extra("service"):
        from service.models.changing import Registrar

    from petition_nlp.cli.store import settings_of

    return Registrar(settings_of(args))

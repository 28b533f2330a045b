"""``petition-nlp keys``: the keys by which other programs call the service."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, say
from petition_nlp.cli.parser import Parser, number, pad
from petition_nlp.cli.store import add_action, first_transaction, operator, transaction
from petition_nlp.errors import InputError

if TYPE_CHECKING:
    from service.access.principal import Scope
    from service.store.tables import ApiKey

_EPILOG: Final = """\
  petition-nlp keys create --name 热线工单系统 --scope petitions:read --scope petitions:write
  petition-nlp keys create --name 报表 --scope stats --rate 60 --expires 365
  petition-nlp keys list
  petition-nlp keys revoke 1f0c9a72b4de

密钥只在生成时显示一次，请求头写 Authorization: Bearer 密钥。撤销后各进程最迟 5 秒停止接受。"""
_DEFAULT_RATE: Final = 600


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "keys", help="生成、查看、撤销其他系统调用接口的密钥", epilog=_EPILOG, run=run)
    actions = parser.add_subparsers(title="命令", metavar="操作", dest="command", required=True)
    _add_create_options(add_action(actions, "create", help="生成密钥，只显示一次", act=_create))
    add_action(actions, "list", help="查看全部密钥，不含密钥全文", act=_list)
    revoking = add_action(actions, "revoke", help="撤销密钥，不能恢复", act=_revoke)
    revoking.add_argument("id", metavar="编号", help="keys list 显示的编号")
    revoking.add_argument("--why", metavar="理由", help="记入审计日志")


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Do what was asked."""
    args.act(args)
    return 0


def _add_create_options(parser: Parser) -> None:
    parser.add_argument("--name", required=True, metavar="名称", help="用途或系统的名称，显示在诉求的经过里")
    parser.add_argument(
        "--scope", required=True, action="append", metavar="权限", help="权限，可重复；写错时列出全部权限"
    )
    parser.add_argument(
        "--rate",
        type=number(int, 0, 1_000_000, "每分钟的请求数"),
        default=_DEFAULT_RATE,
        metavar="次数",
        help=f"每分钟最多的请求数，默认 {_DEFAULT_RATE}；0 为不限",
    )
    parser.add_argument(
        "--expires", type=number(int, 1, 3650, "天数"), metavar="天数", help="多少天后到期；不给则不到期"
    )


def _create(args: argparse.Namespace) -> None:
    with first_transaction(args) as session:
        from service.access import keys

        _, token = keys.create(
            session,
            operator(),
            args.name,
            scopes=[_scope(name) for name in args.scope],
            rate=args.rate,
            days=args.expires,
        )
    print(token)
    say("请立即交给使用它的系统：密钥不保存，不会再次显示")


def _scope(name: str) -> Scope:
    from service.access.principal import Scope

    try:
        return Scope(name)
    except ValueError:
        raise InputError("没有这项权限", where=name, todo=f"可选：{'、'.join(Scope)}") from None


def _list(args: argparse.Namespace) -> None:
    with transaction(args) as session:
        from service.access import keys

        for key in keys.all_keys(session):
            print(_line(key))


def _line(key: ApiKey) -> str:
    rate = f"{key.rate} 次/分" if key.rate else "不限频率"
    return "  ".join((key.id, pad(_state(key), 20), pad(rate, 14), pad(key.name, 24), " ".join(key.scopes)))


def _state(key: ApiKey) -> str:
    from service.access.keys import in_use
    from service.moments import CHINA

    if key.revoked is not None:
        return f"{key.revoked.astimezone(CHINA):%Y-%m-%d} 撤销"
    if key.expires is None:
        return "有效"
    return f"{key.expires.astimezone(CHINA):%Y-%m-%d} {'到期' if in_use(key) else '已到期'}"


def _revoke(args: argparse.Namespace) -> None:
    with transaction(args) as session:
        from service.access import keys

        keys.revoke(session, operator(), keys.by_id(session, args.id), args.why)
    say("已撤销，各进程最迟 5 秒后停止接受")

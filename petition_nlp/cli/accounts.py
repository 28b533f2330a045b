"""``petition-nlp accounts``: the people who may sign in."""

from __future__ import annotations

import argparse
import getpass
import sys
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, say
from petition_nlp.cli.parser import Parser, pad
from petition_nlp.cli.store import add_action, first_transaction, operator, transaction
from petition_nlp.errors import InputError
from petition_nlp.extras import needs_extra

if TYPE_CHECKING:
    from service.access.principal import RoleName
    from service.store.tables import Account

_EPILOG: Final = """\
  petition-nlp accounts create admin --role admin
  petition-nlp accounts create wangfang --shown-name 王芳 --role reviewer
  petition-nlp accounts list
  petition-nlp accounts role wangfang manager
  petition-nlp accounts password wangfang
  petition-nlp accounts disable wangfang

角色：clerk 话务员、reviewer 复核员、manager 主管、admin 系统管理员。
建了第一个账号，网页就须登录；先建一个管理员，其余的可由管理员建。"""
_NAME_HELP: Final = "accounts list 显示的账号名，不分大小写"

_ROLE_HELP: Final = "clerk 话务员、reviewer 复核员、manager 主管或 admin 系统管理员"


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "accounts", help="新建、查看、停用登录网页的账号", epilog=_EPILOG, run=run)
    actions = parser.add_subparsers(title="命令", metavar="操作", dest="command", required=True)
    creating = add_action(actions, "create", help="新建账号，密码在终端输入两遍", act=_create)
    creating.add_argument("name", metavar="账号名", help="2 到 64 个汉字、字母、数字或 . _ - @，不分大小写")
    creating.add_argument("--role", required=True, metavar="角色", help=_ROLE_HELP)
    creating.add_argument("--shown-name", metavar="姓名", help="显示在诉求的经过里；不给则为账号名")
    _add_password_option(creating)
    add_action(actions, "list", help="查看全部账号", act=_list)
    for name, help, act in (
        ("disable", "停用账号，立即退出登录", _disable),
        ("enable", "启用账号", _enable),
    ):
        add_action(actions, name, help=help, act=act).add_argument("name", metavar="账号名", help=_NAME_HELP)
    password = add_action(actions, "password", help="改密码，解除等候，在各处退出登录", act=_password)
    password.add_argument("name", metavar="账号名", help=_NAME_HELP)
    _add_password_option(password)
    role = add_action(actions, "role", help="改角色", act=_role)
    role.add_argument("name", metavar="账号名", help=_NAME_HELP)
    role.add_argument("role", metavar="角色", help=_ROLE_HELP)


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Do what was asked."""
    args.act(args)
    return 0


def _add_password_option(parser: Parser) -> None:
    parser.add_argument("--password-stdin", action="store_true", help="从标准输入读密码的一行，供脚本使用")


def _create(args: argparse.Namespace) -> None:
    role = _known_role(args.role)
    password_hash = _new_password(args, args.name)
    with first_transaction(args) as session:
        from service.access import accounts

        accounts.create(
            session,
            operator(),
            args.name,
            role=role,
            password_hash=password_hash,
            shown_name=args.shown_name,
        )
    say(f"已新建账号 {args.name}")


def _list(args: argparse.Namespace) -> None:
    with transaction(args) as session:
        from service.access import accounts

        for account in accounts.all_accounts(session):
            print(_line(account))


def _line(account: Account) -> str:
    from service.access.principal import ROLE_NAMES
    from service.console.wording import moment_text

    state = "启用" if account.active else "停用"
    last = f"上次登录 {moment_text(account.signed_in)}" if account.signed_in else "尚未登录"
    return "  ".join(
        (pad(account.name, 20), pad(account.shown_name, 16), pad(ROLE_NAMES[account.role], 12), state, last)
    )


def _disable(args: argparse.Namespace) -> None:
    _change(args, active=False)
    say(f"已停用账号 {args.name}，各进程最迟 5 秒后停止接受")


def _enable(args: argparse.Namespace) -> None:
    _change(args, active=True)
    say(f"已启用账号 {args.name}")


def _role(args: argparse.Namespace) -> None:
    from service.access.principal import ROLE_NAMES

    role = _known_role(args.role)
    _change(args, role=role)
    say(f"已把账号 {args.name} 的角色改为{ROLE_NAMES[role]}")


def _change(args: argparse.Namespace, **values: Any) -> None:
    with transaction(args) as session:
        from service.access import accounts

        accounts.change(session, operator(), accounts.by_name(session, args.name), **values)


def _password(args: argparse.Namespace) -> None:
    password_hash = _new_password(args, args.name)
    with transaction(args) as session:
        from service.access import accounts

        accounts.set_password(session, operator(), accounts.by_name(session, args.name), password_hash)
    say(f"已更改账号 {args.name} 的密码，原来的登录全部失效")


def _known_role(name: str) -> RoleName:
    from service.access.principal import ROLE_NAMES

    for code, shown in ROLE_NAMES.items():
        if name in (code, shown):
            role: RoleName = code  # type: ignore[assignment]
            return role
    choices = "、".join(f"{code} {shown}" for code, shown in ROLE_NAMES.items())
    raise InputError("没有这个角色", where=name, todo=f"可选：{choices}")


def _new_password(args: argparse.Namespace, name: str) -> str:
    """The hash of a password that was typed and is good enough."""
    with needs_extra("service"):
        from service.access import accounts, passwords

    plain = accounts.plain_name(name)
    password = _line_of_stdin() if args.password_stdin else _typed_twice()
    accounts.check_password(password, plain)
    return passwords.hashed(password)


def _line_of_stdin() -> str:
    return sys.stdin.readline().rstrip("\r\n")


def _typed_twice() -> str:
    if not sys.stdin.isatty():
        raise InputError("这里不是终端，无法输入密码", todo="脚本请用 --password-stdin，从标准输入给出密码")
    password = getpass.getpass("密码（至少 10 个字符，不显示）：")
    if getpass.getpass("再输入一遍：") != password:
        raise InputError("两遍密码不同", todo="请重新输入")
    return password

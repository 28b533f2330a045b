"""``petition-nlp webhooks``: which other systems are told of events."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from petition_nlp.cli.common import LoadRouter, add_command, say
from petition_nlp.cli.parser import Parser, pad
from petition_nlp.cli.store import add_action, operator, settings_of, transaction
from petition_nlp.errors import InputError, RunError
from petition_nlp.extras import needs_extra

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from service.events.addresses import Rules
    from service.problems import Problem
    from service.store.tables import Webhook

_EPILOG: Final = """\
  petition-nlp webhooks add --name 热线工单系统 --url https://orders.example.gov.cn/events
  petition-nlp webhooks add --name 督办 --url https://desk.example.gov.cn/in --kind petition.overdue
  petition-nlp webhooks list
  petition-nlp webhooks test 01a22b3f1c007d3a8c1190aa64b7f2e1
  petition-nlp webhooks replay 01a22b3f1c007d3a8c1190aa64b7f2e1 --dead
  petition-nlp webhooks remove 01a22b3f1c007d3a8c1190aa64b7f2e1

签名密钥只在设立时显示一次，接收方用它验证签名。内网地址先写入设置 webhook_hosts。"""
_ID_HELP: Final = "webhooks list 显示的编号"


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "webhooks", help="把诉求和模型的事件推送给其他系统", epilog=_EPILOG, run=run)
    actions = parser.add_subparsers(title="命令", metavar="操作", dest="command", required=True)
    add_action(actions, "list", help="查看全部推送，各有多少在等、多少未送达", act=_list)
    _add_options(add_action(actions, "add", help="设立推送，签名密钥只显示一次", act=_add))
    removing = add_action(actions, "remove", help="删除推送，还没有送达的不再送", act=_remove)
    removing.add_argument("id", metavar="编号", help=_ID_HELP)
    removing.add_argument("--why", metavar="理由", help="记入审计日志")
    testing = add_action(actions, "test", help="推送一个测试事件，看对方怎样答复", act=_test)
    testing.add_argument("id", metavar="编号", help=_ID_HELP)
    replaying = add_action(actions, "replay", help="再送：一个事件、全部未送达的，或一段时间的", act=_replay)
    replaying.add_argument("id", metavar="编号", help=_ID_HELP)
    replaying.add_argument("--event", metavar="事件编号", help="一个事件")
    replaying.add_argument("--dead", action="store_true", help="全部未送达的")
    replaying.add_argument("--from", dest="at_from", type=_moment, metavar="时间", help="不早于，如 2026-11-30T08:00")
    replaying.add_argument("--to", dest="at_to", type=_moment, metavar="时间", help="早于")


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Do what was asked."""
    args.act(args)
    return 0


def _add_options(parser: Parser) -> None:
    parser.add_argument("--name", required=True, metavar="名称", help="接收系统的名称")
    parser.add_argument("--url", required=True, metavar="地址", help="接收地址，https；内网的见设置 webhook_hosts")
    parser.add_argument("--kind", action="append", metavar="事件", help="要哪些事件，可重复；不给则全部")
    parser.add_argument("--channel", action="append", metavar="来源", help="只要这个来源的诉求，可重复；不给则不限")
    parser.add_argument("--personal", action="store_true", help="不遮盖个人信息")
    parser.add_argument("--restricted", action="store_true", help="敏感诉求也给出内容")


def _list(args: argparse.Namespace) -> None:
    with _transaction(args) as session:
        from service.events import records, subscriptions

        counted = records.counts(session)
        for webhook in subscriptions.every(session):
            waiting, dead = (counted.get((webhook.id, state), 0) for state in ("waiting", "dead"))
            state = _state(webhook)
            print("  ".join((webhook.id, pad(webhook.name, 24), pad(state, 28), f"等待 {waiting}  未送达 {dead}")))


def _state(webhook: Webhook) -> str:
    from service.console.wording import moment_text
    from service.events.wording import ERRORS

    if not webhook.active:
        return "暂停"
    if webhook.error is not None:
        return f"{ERRORS[webhook.error]}{f'（{webhook.status}）' if webhook.status else ''}"
    return f"{moment_text(webhook.succeeded)} 送达" if webhook.succeeded else "还没有推送过"


def _add(args: argparse.Namespace) -> None:
    rules = _rules(args)
    with _transaction(args) as session:
        from service.events import subscriptions
        from service.events.kinds import Kind
        from service.events.schemas import WebhookIn

        unknown = [kind for kind in args.kind or () if kind not in list(Kind)]
        if unknown:
            raise InputError("没有这种事件", where="、".join(unknown), todo=f"可选：{'、'.join(Kind)}")
        wanted = WebhookIn(
            name=args.name,
            url=args.url,
            kinds=[Kind(kind) for kind in args.kind or Kind],
            channels=args.channel or [],
            personal=args.personal,
            restricted=args.restricted,
        )
        made = subscriptions.create(session, operator(), wanted, rules)
        secret = made.secret
    print(secret)
    say(f"已设立推送 {made.id}。请把签名密钥交给接收方：不会再次显示")


def _remove(args: argparse.Namespace) -> None:
    with _transaction(args) as session:
        from service.events import subscriptions

        subscriptions.remove(session, operator(), subscriptions.by_id(session, args.id), args.why)
    say("已删除推送")


def _test(args: argparse.Namespace) -> None:
    from petition_nlp.settings import Settings

    with _transaction(args) as session:
        from service.events import subscriptions
        from service.events.wording import ERRORS

        found = subscriptions.by_id(session, args.id)
    outcome = subscriptions.try_out(found, Settings.load())
    if outcome.error is not None:
        status = f"（{outcome.status}）" if outcome.status else ""
        raise RunError(f"没有送达：{ERRORS[outcome.error]}{status}", todo="请检查接收方和地址后再试")
    say(f"已送达，对方答复 {outcome.status}，用时 {outcome.seconds * 1000:.0f} 毫秒")


def _replay(args: argparse.Namespace) -> None:
    with _transaction(args) as session:
        from service.events import subscriptions
        from service.events.schemas import ReplayIn

        wanted = ReplayIn(event=args.event, dead=True if args.dead else None, at_from=args.at_from, at_to=args.at_to)
        number = subscriptions.replay(session, operator(), subscriptions.by_id(session, args.id, lock=True), wanted)
    say(f"将再送 {number:,} 个事件")


def _moment(text: str) -> datetime:
    from service.moments import CHINA

    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _rules(args: argparse.Namespace) -> Rules:
    with needs_extra("service"):
        from service.events.addresses import Rules

    return Rules(settings_of(args).webhook_hosts)


@contextmanager
def _transaction(args: argparse.Namespace) -> Iterator[Session]:
    """A transaction; what the service would refuse is told as the command line tells it."""
    with needs_extra("service"):
        from pydantic import ValidationError

        from service.problems import Problem

    with transaction(args) as session:
        try:
            yield session
        except Problem as problem:
            raise _told(problem) from None
        except ValidationError:
            raise InputError("参数无效", todo="名称至多 200 字；事件编号为 32 位") from None


def _told(problem: Problem) -> InputError:
    fields = "；".join(error.message for error in problem.errors)
    return InputError(problem.title, todo=fields or problem.detail)

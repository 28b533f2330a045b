"""``petition-nlp route``: one or a few messages, answered at once."""

from __future__ import annotations

import argparse
import json
import sys
from typing import Any

from petition_nlp.cli.common import (
    LoadRouter,
    add_command,
    add_directory_option,
    add_districts_option,
    add_model_options,
)
from petition_nlp.errors import InputError
from petition_nlp.route import Message

_STDIN = "-"

_EPILOG = """\
  petition-nlp route '楼下烧烤店每天营业到凌晨两点，油烟和噪音让人没法睡觉'
  petition-nlp route '物业不修电梯' '医保卡怎么补办' --json
  petition-nlp route --title '路灯不亮' '人民路一整条街都是黑的'
  cat 留言.txt | petition-nlp route -            （整个输入是一条）
  cat 留言.txt | petition-nlp route - --lines    （每行一条）
  petition-nlp route -- '-5 度了还不供暖'        （以 - 开头的文字放在 -- 之后）

--json 每条输出一行 JSON，与 HTTP 接口和 JSON Lines 文件中的 route 相同。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "route", help="判断一条或几条诉求该由谁办理", epilog=_EPILOG, run=run)
    parser.add_argument("texts", nargs="+", metavar="诉求", help="诉求内容，可给几条；- 表示从标准输入读")
    parser.add_argument("--title", metavar="标题", help="诉求标题，与内容一起读（只用于一条诉求）")
    parser.add_argument("--area", metavar="地点", help="诉求的地点字段，如所属的区；有各区规则时用")
    parser.add_argument("--lines", action="store_true", help="标准输入每行一条")
    parser.add_argument("--json", action="store_true", help="每条输出一行 JSON")
    add_model_options(parser)
    add_districts_option(parser)
    add_directory_option(parser)


def run(args: argparse.Namespace, load_router: LoadRouter) -> int:
    """Route the messages and print what was decided."""
    texts = _texts(args.texts, lines=args.lines)
    if args.title is not None and len(texts) != 1:
        raise InputError(f"--title 只能用于一条诉求，这里有 {len(texts)} 条", todo="请逐条运行，或用 classify 处理文件")
    router = load_router(args.model, args.target_precision, args.profile, None, args.districts, args.directory)
    routes = router.route([Message(text, title=args.title, area=args.area) for text in texts])
    if args.json:
        for route in routes:
            print(json.dumps(route.to_dict(), ensure_ascii=False))
        return 0
    from petition_nlp.cli.render import level_names, render

    levels = level_names(router.taxonomy)
    for number, route in enumerate(routes, start=1):
        print(render(route, levels, heading=f"第 {number} 条" if len(routes) > 1 else ""))
    return 0


def _texts(given: list[str], *, lines: bool) -> list[str]:
    texts: list[str] = []
    for text in given:
        texts += _stdin(lines=lines) if text == _STDIN else [text]
    if not texts:
        raise InputError("标准输入里没有内容", todo="请每行写一条诉求")
    return texts


def _stdin(*, lines: bool) -> list[str]:
    from petition_nlp.archive.encoding import decode

    text = decode(sys.stdin.buffer.read(), where="标准输入")
    return [line for line in text.splitlines() if line.strip()] if lines else [text]

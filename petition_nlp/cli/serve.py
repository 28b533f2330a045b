"""``petition-nlp serve``: the page and the HTTP interface."""

from __future__ import annotations

import argparse
import os
from typing import Any

from petition_nlp.cli.common import LoadRouter, add_command, add_config_option, add_districts_option, add_model_options
from petition_nlp.cli.parser import number
from petition_nlp.extras import needs_extra

_EPILOG = """\
  petition-nlp serve
  petition-nlp serve --host 0.0.0.0 --port 8080 --workers 4
  petition-nlp serve --processes 4 --workers 2
  petition-nlp serve --config /etc/petition-nlp.toml --model 我的模型

启动后用浏览器打开显示的地址，即为分拨台；HTTP 接口说明（OpenAPI）在 /openapi.json。
设置按此顺序生效，后者优先：设置文件、环境变量 PETITION_*、命令行选项。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "serve", help="启动分拨台网页和 HTTP 接口", epilog=_EPILOG, run=run)
    parser.add_argument("--host", metavar="地址", help="监听地址，默认 127.0.0.1（只限本机）")
    parser.add_argument(
        "--port", type=number(int, 0, 65535, "端口"), metavar="端口", help="监听端口，默认 8000；0 表示任选"
    )
    parser.add_argument(
        "--workers", type=number(int, 1, 256, "线程数"), metavar="个数", help="分拨线程数，默认等于处理器核数"
    )
    parser.add_argument(
        "--processes",
        type=number(int, 1, 64, "进程数"),
        metavar="个数",
        help="进程数，默认 1；多个进程共用端口和模型内存",
    )
    add_config_option(parser)
    add_model_options(parser)
    add_districts_option(parser)


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Serve until interrupted."""
    from petition_nlp.settings import CONFIG_VARIABLE, Settings

    with needs_extra("service"):
        from service.run import serve

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)
    names = ("host", "port", "workers", "processes", "model", "target_precision", "profile", "districts")
    flags = {name: value for name in names if (value := getattr(args, name)) is not None}
    serve(Settings.load(**flags), flags)
    return 0

"""``petition-nlp worker``: does bulk jobs beside the service."""

from __future__ import annotations

import argparse
import os
from typing import Any

from petition_nlp.cli.common import LoadRouter, add_command, add_config_option
from petition_nlp.cli.parser import number
from petition_nlp.extras import needs_extra

_EPILOG = """\
  petition-nlp worker
  petition-nlp worker --workers 2 --config /etc/petition-nlp.toml

与 petition-nlp serve 用同样的设置和同一个数据文件夹；serve 那边可设 job_workers = 0，只接受任务、不处理。
收到终止信号时，正在处理的任务回到队列，已做完的部分保留，下次接着做。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(commands, "worker", help="处理网页和接口上传的批量任务", epilog=_EPILOG, run=run)
    parser.add_argument(
        "--workers", type=number(int, 1, 64, "任务数"), metavar="个数", help="同时处理的任务数，默认按设置 job_workers"
    )
    add_config_option(parser)


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Do jobs until interrupted."""
    from petition_nlp.settings import CONFIG_VARIABLE, Settings

    with needs_extra("service"):
        from service.jobs.worker import work

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)
    work(Settings.load(job_workers=args.workers))
    return 0

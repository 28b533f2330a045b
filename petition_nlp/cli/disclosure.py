"""``petition-nlp disclosure``: the algorithm register page of a model."""

from __future__ import annotations

import argparse
import datetime
import hashlib
import os
from pathlib import Path
from typing import Any

from petition_nlp.cli.common import LoadRouter, add_command, add_config_option, add_model_options, say

_EPILOG = """\
  petition-nlp disclosure --model 我的模型 --operator 运营单位.yaml --out 公示
  petition-nlp disclosure --out 公示                       自带的模型，看看公示页是什么样

--out 文件夹里写 register.html（单个网页，可离线打开和打印）和 register.json（供程序读取）。
数字全部来自模型文件夹；没有写在运营单位文件里的，页面上标明未填写，这里也列出来。
运营单位文件的写法见 docs/register.md。"""


def register(commands: Any) -> None:
    """Add the command."""
    parser = add_command(
        commands, "disclosure", help="生成算法公示页：用途、数据、人工监督、局限、准确程度", epilog=_EPILOG, run=run
    )
    parser.add_argument("--operator", type=Path, metavar="文件", help="运营单位填写的 YAML 文件；不给则按设置 operator")
    parser.add_argument("--out", type=Path, required=True, metavar="文件夹", help="写到哪里")
    parser.add_argument("--overwrite", action="store_true", help="已有公示页时覆盖")
    add_model_options(parser)
    add_config_option(parser)


def run(args: argparse.Namespace, _: LoadRouter) -> int:
    """Write page and JSON, and say what is still to be filled in."""
    from petition_nlp.disclosure import Deployment, Operator, describe, write_record
    from petition_nlp.resources import default_model_path
    from petition_nlp.settings import CONFIG_VARIABLE, Settings

    if args.config is not None:  # the settings object finds its file by this variable
        os.environ[CONFIG_VARIABLE] = str(args.config)
    settings = Settings.load(
        model=args.model, target_precision=args.target_precision, profile=args.profile, operator=args.operator
    )
    operator = Operator.load(settings.operator) if settings.operator else Operator()
    router = settings.load_router()
    manifest = (settings.model or default_model_path()) / "model.json"
    record = describe(
        router,
        Deployment.of(settings),
        operator,
        day=datetime.date.today(),
        digest=hashlib.sha256(manifest.read_bytes()).hexdigest(),
    )
    write_record(record, args.out, overwrite=args.overwrite)
    print(f"公示页已写入 {args.out}")
    if record.missing:
        say(f"运营单位尚未填写：{'、'.join(f'{own.title}（{own.key}）' for own in record.missing)}")
    return 0

"""Errors of the archive engine as the page and the API show them: without command-line options and server paths."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Final

from petition_nlp.errors import InputError, PetitionError, RunError

_OPTIONS: Final = {
    "--text-column 列名": "正文列（columns.text）",
    "--map": "各列的用途（columns）",
    "--encoding": "编码（encoding）",
    "--sheet": "工作表（sheet）",
    "--workers": "设置 job_processes",
}
_OPTION: Final = re.compile("|".join(map(re.escape, _OPTIONS)))
_STOPPED: Final = "处理这个文件的进程被系统多次终止，多半是内存不够"


def error_json(error: PetitionError, upload: Path) -> dict[str, str]:
    """An error of the engine.

    :param upload: the file, whose name takes the place of any path.
    """
    where = upload.name if error.where else ""
    texts = {"what": error.what, "where": where, "todo": error.todo}
    return {"code": error.code, **{name: without_options(text) for name, text in texts.items()}}


def without_options(text: str) -> str:
    """A text in which the API's names stand for options of the command line."""
    told: str = clean(_OPTION.sub(lambda found: _OPTIONS[found[0]], text))
    return told


def stopped() -> dict[str, str]:
    """The error of a job whose process was killed again and again."""
    todo = "请换用更大内存的机器，或把文件拆小后再上传"
    return {"code": RunError.code, "what": _STOPPED, "where": "", "todo": todo}


def lost_upload() -> dict[str, str]:
    """The error of a job whose file somebody has taken away."""
    return {"code": InputError.code, "what": "上传的文件不在了", "where": "", "todo": "请重新上传"}


def not_looked_at() -> dict[str, str]:
    """The error of a file at which the process that looked died."""
    what = "查看这个文件时内存或时间超出限度，文件可能已损坏"
    return {"code": InputError.code, "what": what, "where": "", "todo": "请重新导出，或另存为 CSV 后上传"}


def unexpected(kind: str) -> dict[str, str]:
    """Our fault: only the type of an exception is told, for its message may quote a resident."""
    return {"code": "internal_error", "what": f"意外错误：{kind}", "where": "", "todo": "请把任务编号告诉管理员"}


def clean(value: Any) -> Any:
    """A value that any database takes: without NUL, and with ? for bytes that fit no character."""
    match value:
        case str():
            return value.replace("\0", "").encode("utf-8", "replace").decode()
        case dict():
            return {clean(key): clean(part) for key, part in value.items()}
        case list() | tuple():
            return [clean(part) for part in value]
    return value

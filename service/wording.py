"""What is wrong with a field of a request, in Chinese and without its value."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from service.problems import FieldError

_SHOWN_NAME: Final = 40
_QUOTED: Final = re.compile("'([^']*)'")

_MESSAGES: Final = {
    "missing": "缺少这个字段",
    "extra_forbidden": "未知的字段",
    "string_type": "应为文字（字符串）",
    "string_unicode": "含有不成对的代理字符，不是有效的 Unicode 文字",
    "string_nul": "含有空字符（U+0000），请删去",
    "string_pattern_mismatch": "格式不对，应为本服务给出的编号",
    "petition_number": "应为本服务的 32 位编号；用自己的编号请查 GET /v1/petitions?external_id=…",
    "too_deep": "嵌套层数过多",
    "list_type": "应为列表",
    "dict_type": "应为对象",
    "model_type": "应为对象",
    "bool_type": "应为 true 或 false",
    "bool_parsing": "应为 true 或 false",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "int_from_float": "应为整数",
    "int_parsing_size": "数值过大",
    "time": "应为时间，如 2026-11-30T08:00:00+08:00",
    "encoding": "没有这种编码，常用 utf-8、gb18030、big5",
    "date": "应为日期，如 2026-11-30",
}


def _one_of(context: Mapping[str, Any]) -> str:
    return f"应为下列之一：{'、'.join(_QUOTED.findall(context['expected']))}"


def _short(context: Mapping[str, Any]) -> str:
    return "不能为空" if context["min_length"] == 1 else f"至少 {context['min_length']} 个字"


_LIMITS: Final[Mapping[str, Callable[[Mapping[str, Any]], str]]] = {
    "enum": _one_of,
    "literal_error": _one_of,
    "one_of": lambda context: f"应为下列之一：{context['choices']}",
    "string_too_short": _short,
    "string_too_long": lambda context: f"文字过长，最多 {context['max_length']} 字",
    "too_short": lambda context: f"至少 {context['min_length']} 项",
    "too_long": lambda context: f"最多 {context['max_length']} 项",
    "greater_than_equal": lambda context: f"数值过小，最小为 {context['ge']}",
    "less_than_equal": lambda context: f"数值过大，最大为 {context['le']}",
}
"""Messages that name what is allowed."""


def field_error(kind: str, place: Sequence[str | int], context: Mapping[str, Any] | None = None) -> FieldError:
    """What is wrong with one field.

    :param kind: pydantic's type of error, or one of our own.
    :param context: what pydantic says of the limit that was broken.
    """
    worded = _LIMITS.get(kind)
    message = worded(context or {}) if worded else _MESSAGES.get(kind, "值无效")
    return FieldError(_field_name(place), message)


def _field_name(path: Sequence[str | int]) -> str:
    name = ""
    for part in path:
        name += f"[{part}]" if isinstance(part, int) else f".{_readable(part)}"
    return name.removeprefix(".") or "$"


def _readable(name: str) -> str:
    printable = name.encode("utf-8", "replace").decode("utf-8")
    return printable if len(printable) <= _SHOWN_NAME else printable[:_SHOWN_NAME] + "…"

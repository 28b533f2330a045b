"""What only the operator can say of a model's use: a small YAML file, every key of it optional."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import yaml

from petition_nlp.errors import ConfigError
from petition_nlp.resources import read_yaml

KEYS: Final[Mapping[str, str]] = {
    "organisation": "运营单位",
    "team": "负责部门",
    "senior_responsible_owner": "负责人",
    "supplier": "外部供应方",
    "contact": "联系方式",
    "website": "网址",
    "status": "使用状态",
    "since": "启用日期",
    "legal_basis": "法律依据",
    "use": "用在哪里",
    "scale": "使用规模",
    "previous_process": "以前的做法",
    "benefits": "预期的好处",
    "data_source": "训练数据来源",
    "data_period": "训练数据的时间范围",
    "required_training": "使用人员的培训",
    "retention": "数据保存期限",
    "impact_assessment": "影响评估",
    "appeals": "异议与投诉渠道",
}
"""What an operator's file can hold, with its Chinese title."""


@dataclass(frozen=True)
class Operator:
    """The answers of an operator, by the keys of `KEYS`."""

    answers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def load(cls, path: Path) -> Self:
        """Read an operator's file.

        :raises ConfigError: it cannot be read, or holds something else than answers in words.
        """
        try:
            raw = read_yaml(path)
        except FileNotFoundError:
            todo = "请照 docs/register.md 写一份；还没有的，先不给 --operator"
            raise ConfigError("没有运营单位的文件", where=str(path), todo=todo) from None
        except OSError as error:
            what = f"运营单位的文件无法读取（{error.strerror}）"
            raise ConfigError(what, where=str(path), todo="请检查路径和权限") from None
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            mark = getattr(error, "problem_mark", None)
            line = f"（第 {mark.line + 1} 行）" if mark else ""
            todo = "请写成 键: 内容，例如 contact: 000-12345"
            raise ConfigError(f"不是有效的 UTF-8 YAML 文件{line}", where=str(path), todo=todo) from None
        if not isinstance(raw or {}, dict):
            raise ConfigError("应是键值表", where=str(path), todo=f"可用的键：{'、'.join(KEYS)}")
        return cls(
            {str(key): _answer(str(key), value, path) for key, value in (raw or {}).items() if value is not None}
        )


def _answer(key: str, value: Any, path: Path) -> str:
    if key not in KEYS:
        raise ConfigError(f"不认识的键 {key}", where=str(path), todo=f"可用的键：{'、'.join(KEYS)}")
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, bool) or not isinstance(value, str | int | float) or not str(value).strip():
        raise ConfigError(f"{key} 应是一段文字", where=str(path), todo="多行文字请写在「键: |」之后，每行缩进")
    return str(value).strip()

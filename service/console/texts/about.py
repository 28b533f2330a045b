"""The page 关于模型."""

from __future__ import annotations

from typing import Any, Final

PAGE: Final[dict[str, Any]] = {
    "title": "关于模型",
    "intro": "正在使用的模型 {model}：用途、训练数据、人工监督、准确程度和局限。数字都来自模型文件夹。",
    "no_report_title": "这个模型没有训练报告",
    "no_report_text": "模型文件夹里没有训练时测得的数字，无法说明它的准确程度。",
    "unreadable_title": "运营单位填写的文件读不了",
    "unreadable_text": "本页缺少运营单位填写的内容。错在哪里，请运维查看服务日志，或运行 petition-nlp disclosure。",
    "contents": "本页内容",
    "missing": "运营单位未填写",
    "missing_all": "运营单位还有 {n} 项没有填写，请系统管理员补进设置 operator 所指的文件。",
}

SCRIPT: Final[dict[str, str]] = {}

"""Invented rows as ``petition-nlp classify`` writes them."""

from __future__ import annotations

from typing import Any

from petition_nlp.archive.routed import ADDED

OWN = ("社区", "受理时间", "诉求标题", "诉求内容", "问题分类")
HEADER = [*OWN, *ADDED]


def row(
    text: str = "小区电梯坏了没人修",
    *,
    community: str = "河东社区",
    date: Any = "2026-09-01",
    title: str = "",
    topic: str = "",
    matter: str = "小事",
    department: str = "住房和城乡建设部门",
    confidence: Any = 0.9,
    review: str = "否",
    reasons: str = "",
    emergency: str = "",
) -> list[Any]:
    return [
        *(community, date, title, text, topic),
        *(matter, department, "", confidence, review, reasons, emergency),
    ]


def mixed() -> list[list[Any]]:
    """Two communities, two months, every matter, one emergency, one message that no class fits."""
    return [
        row("小区电梯坏了没人修", topic="城乡建设/物业管理/电梯"),
        row("地库车位不够停", date="2026-09-20", topic="城乡建设/物业管理/停车", review="是", reasons="难分高下"),
        row("路口红绿灯坏了", matter="大事", department="公安交管部门（交警）", topic="交通/信号灯"),
        row(
            "楼下着火了快来人",
            matter="大事",
            department="消防救援机构",
            emergency="119：请立即转消防",
            review="是",
            date="2026-10-02",
        ),
        row("房东不退押金", matter="私事", community="柳林村"),
        row(
            "嗯嗯",
            matter="无法判断",
            department="",
            community="柳林村",
            review="是",
            reasons="文字太短，不足以判断，请向诉求人补充了解",
        ),
    ]

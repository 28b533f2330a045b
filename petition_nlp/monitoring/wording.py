"""What an alarm says: what was seen, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from petition_nlp.monitoring.psi import OTHERS, Part
from petition_nlp.monitoring.shift import Shift

LEVELS: Final = {"watch": "留意", "alarm": "预警"}

FEATURE_NAMES: Final = {"matter": "事项类别", "department": "责任部门", "channel": "来源", "length": "内容长度"}


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm in words."""

    title: str
    seen: str
    todo: str


@dataclass(frozen=True, slots=True)
class _Text:
    """What alarms of one code say; ``seen`` may name {name}, {before}, {now}, {size} and {parts}."""

    title: str
    seen: str
    todo: str


_EXPORT: Final = (
    "请先查看当天的几件诉求，再检查工单系统的导出或接口（字段对应、长度限制、编码）；"
    "修好后把受影响的诉求重新登记或补全。"
)

TEXTS: Final = {
    "texts_empty": _Text(
        "内容为空或过短", "内容为空或只有几个字的诉求占 {now:.0%}，此前为 {before:.1%}（当天 {size} 件）。", _EXPORT
    ),
    "texts_cut": _Text("内容像被截断", "较长的诉求只占 {now:.1%}，此前为 {before:.1%}（当天 {size} 件）。", _EXPORT),
    "texts_garbled": _Text(
        "内容像是乱码", "几乎全是生词的诉求占 {now:.0%}，此前为 {before:.1%}（当天 {size} 件）。", _EXPORT
    ),
    "channel_missing": _Text(
        "来源缺失", "没有来源的诉求占 {now:.0%}，此前为 {before:.1%}（当天 {size} 件）。", _EXPORT
    ),
    "volume_fell": _Text(
        "诉求量骤减",
        "当天收到 {now:.0f} 件，同一星期几通常约 {before:.0f} 件。",
        "请核对工单系统是否仍在推送、密钥是否到期、网络是否中断；节假日或系统停用则确认即可。",
    ),
    "volume_rose": _Text(
        "诉求量骤增",
        "当天收到 {now:.0f} 件，同一星期几通常约 {before:.0f} 件。",
        "请看看板的群体性苗头有无突发事件；若是重复推送，请检查接口的编号是否每次相同。",
    ),
    "week_low": _Text(
        "一周诉求量偏少",
        "近 7 天收到 {now:.0f} 件，此前每周约 {before:.0f} 件。",
        "请核对是否有来源停止推送（看看板的来源），或推送不全；季节原因则确认即可。",
    ),
    "week_high": _Text(
        "一周诉求量偏多",
        "近 7 天收到 {now:.0f} 件，此前每周约 {before:.0f} 件。",
        "请看看板是哪一类增多，安排好复核和承办人手；若是重复推送，请检查接口的编号是否每次相同。",
    ),
    "mix_changed": _Text(
        "{name}构成变了",
        "近 7 天 {size} 件的构成指数为 {now:.2f}，平常约 {before:.2f}；变化最大的：{parts}。",
        "请确认是否知道原因（新渠道、季节、专项行动、机构调整）。不知道的，抽查变化最大的一类；"
        "若是机构调整，请更新单位目录和分类；若模型在这些诉求上出错，请用近期诉求重新训练。",
    ),
    "department_rose": _Text(
        "分到{name}的明显增多",
        "近 7 天 {size} 件中占 {now:.1%}，此前 8 周为 {before:.1%}。",
        "请看近几天分到该部门的诉求：若是一类新诉求，请补充事项或部门的说明，积累更正后重新训练；若是突发事件或季节原因，确认即可。",
    ),
    "unseen_rose": _Text(
        "模型没见过的词增多",
        "近 7 天的生词占 {now:.1%}，此前 8 周为 {before:.1%}（{size} 件）。",
        "请抽查把握不足的诉求：像有新类型诉求或新说法的，人工分拨并注明，积累后重新训练；像乱码的，请检查接口。",
    ),
    "words_rose": _Text(
        "「{name}」等词增多",
        "近 7 天 {size} 件中有 {now:.1%} 提到「{name}」，此前每周 {before:.1%}；一起增多的词：{parts}。",
        "请用这些词在三事清单里找近几天的诉求，看是不是一类新诉求：是的，明确由谁承办，补充事项或部门的说明，"
        "积累更正后重新训练；若是突发事件、季节（如供暖、蚊虫）或话务用语变了，确认即可。",
    ),
    "expected_fell": _Text(
        "模型自估准确率下降",
        "近 7 天平均把握为 {now:.1%}，此前 8 周为 {before:.1%}（{size} 件）。",
        "近来的诉求比以前难判。请看是哪一类把握不足，是否有新类型诉求；复核量会随之增加，必要时重新训练。",
    ),
    "review_rose": _Text(
        "复核比例上升",
        "近 7 天须人工复核的占 {now:.1%}，此前 8 周为 {before:.1%}（{size} 件）。",
        "请看哪一种复核原因增多：把握不足多，看是否有新类型诉求；文字太短多，看接口是否缺字段。同时安排好复核人手。",
    ),
    "corrections_rose": _Text(
        "人工更正增多",
        "近 7 天由人决定的 {size} 件中与模型建议一致的占 {now:.1%}，此前 8 周为 {before:.1%}。",
        "请看看板的部门改派：集中在两个部门之间的，核对职责是否调整，更新分类后重新训练；分散的，请安排更多盲审。",
    ),
    "returns_rose": _Text(
        "{name}退单增多",
        "近 7 天退单占交办的 {now:.0%}，此前 8 周为 {before:.1%}（交办 {size} 件）。",
        "请联系该单位：若已改名、撤并或职责调整，请更新单位目录，必要时做分类迁移；若是分错，请更正并在积累后重新训练。",
    ),
    "confidence_misleads": _Text(
        "把握高于实际",
        "盲审 {size} 件中与模型一致的占 {now:.1%}，而模型自估为 {before:.1%}，差距超出偶然。",
        "模型的把握不再可信，自动分拨的准确率会低于目标。请查看现场准确率是哪些部门，考虑停止自动分拨，用近期结论重新训练和定阈值。",
    ),
    "answers_slow": _Text(
        "答复变慢",
        "近 7 天超过 1 秒才答复的登记和分拨请求占 {now:.1%}，此前 8 周为 {before:.1%}（{size} 次）。",
        "请请管理员查看服务器的处理器、内存、磁盘和数据库；诉求量增加了的，增加进程或机器。",
    ),
}
"""By the code of an alarm."""


def told(code: str, name: str, shift: Shift, names: dict[str, str]) -> Told:
    """An alarm in words.

    :param name: of the unit, department or feature that it is about.
    :param names: of the classes that its parts are, by code.
    """
    text = TEXTS[code]
    seen = text.seen.format(
        name=name,
        before=shift.before,
        now=shift.now,
        size=shift.size,
        parts="、".join(_part(part, names) for part in shift.parts[:3]),
    )
    return Told(text.title.format(name=name), seen, text.todo)


def _part(part: Part, names: dict[str, str]) -> str:
    name = "其余" if part.code == OTHERS else names.get(part.code, part.code)
    return f"{name} {part.before:.1%}→{part.recent:.1%}"

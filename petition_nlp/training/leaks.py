"""Dispatch phrases in historical orders: the answer written into the question.

An operator's note often ends 「请市城管局核实处理」. A model trained on it learns to read the answer, looks
excellent on history and fails on the next message, which has no such phrase yet.
"""

from __future__ import annotations

import re
from typing import Final

_OFFICE: Final = (
    r"局|委员会|委|办公室|政府|街道办事处|街道办|街道|居委会|村委会|支队|大队|中队|派出所|管理所|管理处|管理站|中心|部门|"
    r"法院|检察院|镇|城管|交警|公安|工商|环卫|消防|住建|房管|物价|国土|规划|民政|教育|卫生|税务|社保|水务|供电|园林|市政|指挥部"
)
_NAME: Final = r"[一-鿿A-Za-z0-9]{0,12}?"
_UNIT: Final = rf"(?:{_NAME}(?:{_OFFICE}|集团|公司|单位|医院|学校))"
_VERB: Final = (
    r"(?:核实|处理|办理|核查|调查|跟进|阅处|查处|处置|落实|协调|督办|"
    r"受理|解决|答复|回复|阅办|研处|核处|协助|到场|到现场|前往)"
)
_MARK: Final = r"[,，。;；!！?？:：]"
_TO: Final = r"(?:至|给|到|由)?"
_ASK: Final = r"(?:请(?![问假求])|烦请|敬请|望|恳请|建议|麻烦|拟请|烦)(?:贵|相关|有关)?"
_SENT: Final = rf"已?(?:转派|转交|转办|移交|派单|派发|交由|交办){_TO}"
# 转, 交 and 派 alone are also 转账, 交费, 派人: they need the verb too, or a word of the office before them.
_PASSED: Final = rf"[已现特]?(?:转(?![账业租让学院弯款正])|交(?![房费警付])|派(?!出所)){_TO}"
_CLAUSE: Final = re.compile(
    rf"(?:(?<=[,，。.;；!！?？\s])|^)(?:现|特|故|故此|综上|为此|另)?,?"
    rf"(?:{_ASK}{_UNIT}(?:及|和|、|与)?{_UNIT}?[^,，。;；!！?？:：]{{0,8}}?{_VERB}"
    rf"|{_SENT}{_UNIT}[^,，。;；!！?？:：]{{0,6}}?{_VERB}?"
    rf"|{_PASSED}{_UNIT}[^,，。;；!！?？:：]{{0,6}}?{_VERB}"
    rf"|[已现特]转{_TO}(?:你单位|{_NAME}(?:{_OFFICE}))(?={_MARK}|$)"
    rf"|(?:责任|承办|主办|处置|受理|派单)(?:单位|部门)[:：]?\s*{_UNIT})"
    rf"[^,，。;；!！?？:：]{{0,10}}(?={_MARK}|$){_MARK}?"
)


def strip_leaks(text: str) -> str:
    """The text without dispatch phrases (a unit told to handle the case, a named responsible unit)."""
    stripped = _CLAUSE.sub("", text).strip()
    return stripped.rstrip(",，;；") if stripped != text else text

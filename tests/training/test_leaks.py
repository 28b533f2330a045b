"""Dispatch phrases: the answer written into the question."""

from __future__ import annotations

import pytest

from petition_nlp.training.leaks import strip_leaks

_DISPATCHED = {
    "小区门口烧烤油烟扰民，请城管局核实处理。": "小区门口烧烤油烟扰民",
    "路灯不亮，请市政管理局核实处理": "路灯不亮",
    "拖欠工资，请区人社局调查处理并回复诉求人。": "拖欠工资",
    "学校乱收费，烦请教育局核实。": "学校乱收费",
    "违停，望交警支队派人查处。": "违停",
    "违建，请相关单位到现场核查。": "违建",
    "漏水，建议住建局协调解决": "漏水",
    "打架，请派出所前往处理。": "打架",
    "油烟，请贵局查处": "油烟",
    "停水三天，请自来水公司尽快处理。": "停水三天",
    "路灯不亮 请城管局处理": "路灯不亮",
    "公交不停站，转交通局处理。": "公交不停站",
    "发票问题，现转税务局核处。": "发票问题",
    "占道经营，已转城管中队处理。": "占道经营",
    "占道经营，已转城管中队。": "占道经营",
    "医保报销问题，特转医保局办理。": "医保报销问题",
    "井盖破损，派单至市政管理处。": "井盖破损",
    "垃圾没人清，转派至城管。": "垃圾没人清",
    "反映村干部问题，已移交区纪委。": "反映村干部问题",
    "停电，责任单位：供电局": "停电",
    "噪音，承办单位:龙溪街道办事处。": "噪音",
    "噪音，主办部门：公安局": "噪音",
    "请城管局核实处理：小区门口烧烤油烟扰民": "小区门口烧烤油烟扰民",
    "请城管局核实处理，小区门口烧烤油烟扰民。": "小区门口烧烤油烟扰民。",
    "路灯不亮。请电力公司、城管局共同核实处理": "路灯不亮。",
    "路灯不亮，故请市住建局核实处理，并将结果回复市民。": "路灯不亮，并将结果回复市民。",
}
_ORDINARY = (
    "请问去哪个单位办理身份证",
    "请问住建部门是否有人能帮忙协调一下",
    "请问派出所几点上班",
    "我请了三天假去教育局办事",
    "我爸在医院住院，请护工一天两百",
    "请假去医院，公司扣工资",
    "请把路灯修好，请尽快处理",
    "公司请我去培训，后来不给钱",
    "医生转院到市医院治疗，转到市医院，花了三万",
    "车子转弯处没有红绿灯，转弯处的学校很危险",
    "学校转学需要什么材料，转学到哪个学校办理",
    "转账给公司后联系不上",
    "转业军人安置单位一直没有落实",
    "转租的房子押金不退，转租公司不解决",
    "已经交给公司押金三千元",
    "交房时承诺的学校没有了",
    "交警处理事故不公，交警队要我到单位开证明",
    "交通局立了块牌子就没有下文",
    "去年交了物业费，交费单位不处理",
    "单位交的社保断了三个月",
    "派出所处理结果不满意",
    "我已经找过城管局，他们不处理",
    "建议在学校门口设斑马线",
    "望城区的医院怎么走",
    "麻烦公司给个说法",
)


@pytest.mark.parametrize(("text", "rest"), _DISPATCHED.items())
def test_a_dispatch_phrase_is_stripped_and_the_matter_stays(text: str, rest: str) -> None:
    assert strip_leaks(text) == rest


@pytest.mark.parametrize("text", _ORDINARY)
def test_ordinary_language_stays(text: str) -> None:
    assert strip_leaks(text) == text


@pytest.mark.parametrize("text", [*_DISPATCHED, *_ORDINARY])
def test_stripping_twice_changes_nothing(text: str) -> None:
    once = strip_leaks(text)
    assert strip_leaks(once) == once


@pytest.mark.parametrize("text", ["", "。", "请城管局核实处理。", "已移交区纪委"])
def test_nothing_but_a_dispatch_phrase_leaves_nothing(text: str) -> None:
    assert strip_leaks(text) in ("", "。")

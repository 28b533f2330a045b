"""Masking: personal data out, ordinary numbers kept."""

from __future__ import annotations

import re
from datetime import date

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from petition_nlp.text.aligned import AlignedText
from petition_nlp.text.document import prepare
from petition_nlp.text.mask import KINDS, PLACEHOLDER, mask, mask_aligned, rules

_DIGITS = st.text("0123456789", min_size=4, max_size=4)
_AROUND = st.text("小区停水三天没人管，。！？：请尽快处理邻居楼上漏水的是了（）", max_size=12)
_PARTS = st.sampled_from(
    (
        *("我叫", "姓名", "联系人", "先生", "女士", "小姐", "某某", "张", "王", "欧阳", "元", "和", "三", "李四", "是"),
        *("电话", "座机", "QQ", "qq群", "QQ号", "微信", "微信号", "vx", "13812345678", "138****5678", "12345678"),
        *(
            "1234",
            "12",
            "501",
            "*",
            "****",
            "栋",
            "号楼",
            "座",
            "单元",
            "室",
            "房",
            "路",
            "号",
            "院",
            "A",
            "b",
            "-",
            ".",
        ),
        *(
            "@",
            "qq.com",
            "京A",
            "粤B",
            "警",
            "460100199001011234",
            "6222021234567890",
            "0898",
            "66123456",
            "元",
            "：",
            " ",
        ),
        *("[手机号]", "[姓名]", "[QQ号]", "[门牌号]", "[编号]", "[名称]", "[", "]", "2018年", "3月"),
    )
)


def _mobiles() -> st.SearchStrategy[str]:
    joints = st.sampled_from(["", " ", "-"])
    return st.builds(
        lambda prefix, start, joint, middle, end: f"{prefix}{start}{joint}{middle}{joint}{end}",
        st.sampled_from(["", "+86", "86", "0086", "+86 "]),
        st.integers(130, 199),
        joints,
        _DIGITS,
        _DIGITS,
    )


def _id_numbers() -> st.SearchStrategy[str]:
    return st.builds(
        lambda area, born, order, check: f"{area}{born:%Y%m%d}{order}{check}",
        st.integers(110_000, 659_999),
        st.dates(date(1920, 1, 1), date(2019, 12, 31)),
        st.text("0123456789", min_size=3, max_size=3),
        st.sampled_from("0123456789Xx"),
    )


def _plates() -> st.SearchStrategy[str]:
    return st.builds(
        lambda province, city, dot, digit, rest: f"{province}{city}{dot}{digit}{rest}",
        st.sampled_from("京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"),
        st.sampled_from("ABCDEFGHJKLMNPQRSTUVWXY"),
        st.sampled_from(["", "·", "-", " "]),
        st.sampled_from("0123456789"),
        st.text("ABCDEFGHJKLMNPQRSTUVWXYZ0123456789", min_size=4, max_size=5),
    )


def _bank_cards() -> st.SearchStrategy[str]:
    return st.builds(
        lambda start, blocks, joint, rest: joint.join([f"62{start}", *blocks, *([rest] if rest else [])]),
        st.text("0123456789", min_size=2, max_size=2),
        st.lists(_DIGITS, min_size=3, max_size=3),
        st.sampled_from(["", " "]),
        st.sampled_from(["", "123"]),
    )


def _mail_addresses() -> st.SearchStrategy[str]:
    name = st.text("abcdefghijklmnopqrstuvwxyz0123456789", min_size=1, max_size=12)
    return st.builds(
        lambda first, dot, last, host, end: f"{first}{dot}{last}@{host}.{end}",
        name,
        st.sampled_from([".", "_", "-", "+", ""]),
        name,
        name,
        st.sampled_from(["com", "cn", "com.cn", "edu.cn"]),
    )


_PERSONAL = {
    "手机号": _mobiles(),
    "身份证号": _id_numbers(),
    "车牌": _plates(),
    "银行卡号": _bank_cards(),
    "邮箱": _mail_addresses(),
}


@pytest.mark.parametrize("kind", _PERSONAL)
@given(data=st.data(), before=_AROUND, after=_AROUND)
def test_personal_data_never_survives_in_chinese_text(kind: str, data: st.DataObject, before: str, after: str) -> None:
    personal = data.draw(_PERSONAL[kind])
    masked = mask(f"{before}{personal}{after}")
    assert personal not in masked
    assert not re.search(r"\d{3}|[A-Za-z0-9]{5}|@", PLACEHOLDER.sub("", masked))


@pytest.mark.parametrize("kind", _PERSONAL)
@given(data=st.data())
def test_personal_data_gets_the_placeholder_of_its_kind(kind: str, data: st.DataObject) -> None:
    personal = data.draw(_PERSONAL[kind])
    assert mask(f"请记下，{personal}，谢谢") == f"请记下，[{kind}]，谢谢"


@given(st.lists(_PARTS, max_size=9).map("".join))
@example("粤B****66123456女士")
@example("138****56782018号楼李")
@example("08980898元某某先生")
def test_masking_twice_changes_nothing(text: str) -> None:
    once = mask(text)
    assert mask(once) == once


@given(st.lists(_PARTS, max_size=9).map("".join))
def test_a_rule_is_skipped_only_where_its_pattern_cannot_match(text: str) -> None:
    matching = [rule for rule in rules() if rule.pattern.search(text)]
    assert all(rule.sign.search(text) for rule in matching)
    assert not any(rule.digits for rule in matching) or re.search(r"\d", text)


@given(st.lists(_PARTS, max_size=9).map("".join))
def test_a_masked_character_maps_into_the_original(text: str) -> None:
    aligned = mask_aligned(AlignedText.identity(text))
    assert len(aligned.starts) == len(aligned.ends) == len(aligned.text)
    assert all(0 <= start < end <= len(text) for start, end in zip(aligned.starts, aligned.ends, strict=True))
    assert list(aligned.starts) == sorted(aligned.starts)


@pytest.mark.parametrize(
    "text",
    [
        "打12345和12315都没人接",
        "12306买票、12358投诉价格、96777报修",
        "2018年12月25日至2019年5月1日",
        "2018-12-25 08:30报修",
        "1998年入职，2005房改时买的",
        "每月3000元，总价1280000元",
        "合同金额12800000元，欠款10000000余元",
        "坐地铁1号线转10号线",
        "38路公交、建设路2号线、解放路12号线",
        "面积123.456平方米，得房率80%",
        "3室2厅，100户居民",
        "凌晨2点到5点，噪音70分贝",
        "第3条、第15页",
        "1000房款、500房租、200房产税",
        "女士优先，先生您好，各位先生女士",
        "小姐姐态度很好",
        "登记了姓名和地址，姓名和电话都写了",
        "我和先生都在外地打工",
        "某先生、本先生、老先生",
        "我叫了三次都没人来",
        "我叫他来他不来",
        "微信群里、微信支付、微信APP",
        "QQ群里通知",
        "A4纸、5G信号、4S店",
    ],
)
def test_ordinary_numbers_and_words_stay(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("手机１３８１２３４５６７８打不通", "手机[手机号]打不通"),
        ("138****5678", "[手机号]"),
        ("电话0898-66123456转801", "电话[电话]"),
        ("(0898)66123456", "[电话]"),
        ("电话：66123456", "电话[电话]"),
        ("座机66123456", "座机[电话]"),
        ("拨打400-123-4567", "拨打[电话]"),
        ("身份证460100900101123", "身份证[身份证号]"),
        ("460100********1234", "[身份证号]"),
        ("110101 19900101 1234", "[身份证号]"),
        ("QQ：12345678", "QQ：[QQ号]"),
        ("加qq群123456", "加qq群[QQ号]"),
        ("微信号abc_12345", "微信号[微信号]"),
        ("微信：abcd1234", "微信：[微信号]"),
        ("加我vx: abcd1234", "加我vx: [微信号]"),
        ("加微信zhangsan88", "加微信[微信号]"),
        ("琼AD12345绿牌", "[车牌]绿牌"),
        ("京A1234警", "[车牌]"),
        ("合同编号HT20181225001", "合同编号[编号]"),
        ("订单123456789012", "订单[编号]"),
        ("3栋2单元501室", "[门牌号]"),
        ("三栋二单元", "[门牌号]"),
        ("A座1203", "[门牌号]"),
        ("12号楼", "[门牌号]"),
        ("501房漏水", "[门牌号]漏水"),
        ("住2-1-501的", "住[门牌号]的"),
        ("解放路12号", "解放路[门牌号]"),
        ("五一巷8号院", "五一巷[门牌号]"),
    ],
)
def test_each_kind_has_its_placeholder(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("我叫张三，住在", "我叫[姓名]，住在"),
        ("我叫张三丰住在", "我叫[姓名]住在"),
        ("姓名：欧阳小雨", "姓名：[姓名]"),
        ("姓名李四电话", "姓名[姓名]电话"),
        ("姓名张三身份证", "姓名[姓名]身份证"),
        ("联系人王小二", "联系人[姓名]"),
        ("名叫李大海的人", "名叫[姓名]的人"),
        ("张先生反映", "[姓名]先生反映"),
        ("张三先生反映", "[姓名]先生反映"),
        ("来电人陈建国先生", "来电人[姓名]先生"),
        ("市民李小姐来电", "市民[姓名]小姐来电"),
        ("欧阳女士称", "[姓名]女士称"),
        ("业主王女士和李先生", "业主[姓名]女士和[姓名]先生"),
        ("李某某反映", "[姓名]某某反映"),
    ],
)
def test_names_are_masked_where_words_announce_them(text: str, masked: str) -> None:
    assert mask(text) == masked


@pytest.mark.parametrize("kind", KINDS)
def test_a_placeholder_stays_as_it_is(kind: str) -> None:
    text = f"电话[{kind}]先生路[{kind}]号"
    assert mask(text) == text


def test_a_placeholder_leads_back_to_what_it_stands_for() -> None:
    text = "＜b＞我的電話是１３８１２３４５６７８，住3棟501"
    document = prepare(text)
    found = {
        match.group(): text[slice(*document.aligned.origin(*match.span()))]
        for match in PLACEHOLDER.finditer(document.text)
    }
    assert found == {"[手机号]": "１３８１２３４５６７８", "[门牌号]": "3棟501"}

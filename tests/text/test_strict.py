"""Masking for what leaves the house or stays for good."""

from __future__ import annotations

import pytest

from petition_nlp.text.normalise import normalise
from petition_nlp.text.strict import mask_strictly, strict_mask


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("楼上502天天跑步", "楼上[门牌号]天天跑步"),
        ("402的住户把墙砸了", "[门牌号]的住户把墙砸了"),
        ("邻居刘大姐占车位", "邻居[姓名]占车位"),
        ("物业张经理不管", "物业[姓名]经理不管"),
        ("业主王伟占用车位", "业主[姓名]占用车位"),
        ("户口本上是李桂芳", "户口本上是[姓名]"),
        ("请欧阳建国老师调解", "请[姓名]老师调解"),
        ("业主王某不交费", "业主[姓名]不交费"),
    ],
)
def test_persons_and_flats_that_a_model_may_read_are_masked(text: str, masked: str) -> None:
    assert strict_mask(normalise(text)) == masked


@pytest.mark.parametrize(
    "text",
    [
        "工地施工总是扰民,水费总额不对",
        "502户居民联名,1200家商户反对",
        "项目经理和班主任都说不管",
        "金水湾小区停车难",
        "物业师傅不上门,安全主任也不来",
        "楼上[门牌号]的[姓名]先生",
    ],
)
def test_ordinary_words_stay(text: str) -> None:
    assert strict_mask(text) == text


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("电话一三八零零一三八零零零", "电话[编号]"),
        ("请打 1 3 8 0 0 1 3 8 0 0 0", "请打[编号]"),
        ("１３８００１３８０００，楼上５０２，太吵", "[手机号]，楼上[门牌号]，太吵"),
        ('<a href="tel:13800138000">我</a>家漏水', "我家漏水"),
        ("回電13800138000核實", "回电[手机号]核实"),
    ],
)
def test_no_spelling_hides_a_number(text: str, masked: str) -> None:
    assert mask_strictly(text).replace(" ", "") == masked


@pytest.mark.parametrize(
    "text", ["2026-11-30 08:00 停水，至今未來水！", "涨到1234567元", "一二三号线都晚点", "物業不管，请处理", ""]
)
def test_what_names_nobody_comes_back_as_it_was_written(text: str) -> None:
    assert mask_strictly(text) == text


@pytest.mark.parametrize("text", ["业主王伟电话13800138000", "1 3 8 0 0 1 3 8 0 0 0", "楼上502"])
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask_strictly(mask_strictly(text)) == mask_strictly(text)

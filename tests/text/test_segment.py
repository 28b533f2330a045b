"""Segmentation: jieba's words, names of places, people and firms as one placeholder."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

import jieba
import pytest
from hypothesis import given
from hypothesis import strategies as st

from petition_nlp.resources import data_path
from petition_nlp.text.document import prepare
from petition_nlp.text.mask import KINDS
from petition_nlp.text.segment import NAME, added_words, segment, tokens

_BRANDS = ("中国移动", "滴滴", "美团", "京东", "顺丰", "国家电网", "中石化", "碧桂园", "大润发", "肯德基", "工商银行")


def _samples() -> Iterator[str]:
    with Path(data_path("samples/orders.csv")).open(encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            yield prepare(f"{row['诉求标题']}\n{row['诉求内容']}").text


def _spans(words: list[str]) -> set[tuple[int, int]]:
    spans, start = set(), 0
    for word in words:
        spans.add((start, start + len(word)))
        start += len(word)
    return spans


def _words(text: str) -> list[str]:
    return [token.word for token in tokens(text)]


def test_segmentation_agrees_with_jieba() -> None:
    reference = jieba.Tokenizer()
    for word in added_words():
        reference.add_word(word)
    ours = theirs = shared = 0
    for text in _samples():
        mine, its = _spans(segment(text)), _spans(reference.lcut(text))
        ours, theirs, shared = ours + len(mine), theirs + len(its), shared + len(mine & its)
    assert 2 * shared / (ours + theirs) >= 0.99


@given(st.text(st.sampled_from("小区停水 [手机号]，。阳光花园路上海ABC12王建国的不有\U0001f621"), max_size=40))
def test_tokens_index_the_text_in_order_and_leave_out_whitespace_only(text: str) -> None:
    left = text
    end = 0
    for token in tokens(text):
        assert end <= token.start < token.end <= len(text)
        assert token.word.startswith("[") or token.word == text[token.start : token.end]
        left = left[: token.start] + " " * (token.end - token.start) + left[token.end :]
        end = token.end
    assert not left.strip()


def test_no_text_of_the_samples_is_lost() -> None:
    for text in _samples():
        covered = {index for token in tokens(text) for index in range(token.start, token.end)}
        assert "".join(char for index, char in enumerate(text) if index not in covered).strip() == ""


@pytest.mark.parametrize(
    "text",
    [
        *(
            "青梧雅苑停水",
            "阳光花苑停水",
            "幸福新村断电",
            "鹿鸣台花园漏水",
            "翠屏嘉园电梯坏了",
            "金穗公寓断电",
            "霁月庭油烟",
        ),
        *("桐雁路路灯不亮", "和平路积水", "中山路堵车", "解放路修路", "白鹭大道封路", "青螺巷垃圾"),
        *("上海的医保", "三亚有房", "成都来电", "深圳户口", "海南户籍"),
        *("永和村断水", "石桥镇修桥", "大湾镇征地"),
        *("畅联通信公司欠费", "恒泰房地产公司跑路", "鑫隆置业有限公司不交房"),
        *("孙秀兰欠钱不还", "李建国打人", "张伟在店里"),
        *("青枫小学门口", "鼎盛大厦停电", "文昌阁市场脏乱"),
    ],
)
def test_names_of_places_people_and_firms_become_a_placeholder(text: str) -> None:
    words = _words(text)
    assert words[0] == NAME
    assert NAME not in words[-1]


@pytest.mark.parametrize(
    "text",
    [
        *("上海", "中山路", "和平路", "三亚", "成都", "永和村", "桐雁路", "孙秀兰"),
        *("翠屏嘉园", "阳光嘉园", "幸福新村", "恒泰公司"),
    ],
)
def test_no_character_of_a_name_stays_beside_its_placeholder(text: str) -> None:
    general = {"路", "村", "嘉园", "新村", "公司"}
    assert set(_words(text)) <= {NAME} | general


@pytest.mark.parametrize(
    "text",
    [
        *("老旧小区没有电梯", "马路两边堆垃圾", "物业公司不作为", "农贸市场太脏", "菜市场占道", "居民小区油烟"),
        *("商业街噪音", "步行街摊贩", "自来水公司停水", "供电公司抢修", "公交公司改线", "装修公司跑路"),
        *("旅游公司退款", "本小区停电", "该公司拖欠工资", "附近学校太吵", "隔壁酒店油烟", "安置小区漏水"),
        *("这条路坑洼", "机耕路坏了", "村里巷道路灯不亮", "老年大学停课", "职业学校招生", "村里的医院太远"),
        *("社区医院打针", "网约车公司退押金", "去年学校收费", "我们小区业主", "住宅小区停车", "高档小区门禁"),
        *("封闭式小区", "旧货市场", "家政公司退费", "运营公司涨价", "宽带公司进场", "同一集团业务"),
        *("礼拜天施工", "哥哥和孙女", "光猫坏了", "白纸黑字写着", "摩托车乱停", "外国人办证"),
    ],
)
def test_ordinary_words_stay_even_before_a_suffix(text: str) -> None:
    assert NAME not in _words(text)


@pytest.mark.parametrize(
    "word", ["上岗", "上市", "中风", "海关", "太阳", "下山", "联谊会", "论文", "回族", "胡同", "光荣"]
)
def test_ordinary_words_that_the_base_dictionary_tags_as_names_stay(word: str) -> None:
    assert _words(f"我的{word}问题").count(NAME) == 0


@pytest.mark.parametrize("brand", _BRANDS)
def test_a_firm_known_nationwide_becomes_its_kind(brand: str) -> None:
    first = _words(f"{brand}乱收费")[0]
    assert first.startswith("[")
    assert first != NAME
    assert brand not in first


@pytest.mark.parametrize("kind", [*KINDS, "名称"])
def test_a_placeholder_is_one_token(kind: str) -> None:
    assert _words(f"请打[{kind}]回电") == ["请", "打", f"[{kind}]", "回电"]


@pytest.mark.parametrize("text", ["[", "]", "[]", "[手机", "手机号]", "[[手机号]]", "[小区]停水"])
def test_brackets_that_are_no_placeholder_are_text(text: str) -> None:
    assert "".join(text[token.start : token.end] for token in tokens(text)) == text


def test_a_message_that_opens_with_a_bracket_is_cut_into_words() -> None:
    words = [token.word for token in tokens("[投诉]楼道灯坏了,电话[手机号]")]
    assert words[:4] == ["[", "投诉", "]", "楼道"]
    assert words[-1] == "[手机号]"

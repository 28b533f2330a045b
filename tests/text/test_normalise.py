"""Normalisation: one spelling for one text, and the way back to what was typed."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from petition_nlp.text.normalise import normalise, normalise_aligned

_ANY_CHARACTER = st.characters(exclude_categories=())  # lone surrogates, controls and unassigned ones included
_FRAGMENTS = st.sampled_from(
    (
        *("&amp;", "&lt;", "&gt;", "&nbsp;", "&#60;", "&#x41;", "&#55296;", "&shy;", "<br>", "</p>", "<!--", "-->"),
        *("<a href='x'>", "<", ">", "&", "#", ";", "\u200b", "\ufeff", "\x00", "\ud800", "\udfff", "\u3000", " "),
        *(
            "\n",
            "\t",
            "１",
            "Ａ",
            "，",
            "！",
            "。。。",
            "！！",
            "aaaa",
            "哈哈哈哈",
            "****",
            "1111",
            "①",
            "㎡",
            "e\u0301",
        ),
        *("國", "髮", "乾", "薴", "么", "麼", "著", "後", "裡", "隻", "小区", "停水", "，", "👨‍👩‍👧", "😡", "❤️"),
    )
)
_TEXTS = st.one_of(st.text(_ANY_CHARACTER, max_size=60), st.lists(_FRAGMENTS, max_size=14).map("".join))


@given(_TEXTS)
@example("&" + "amp;" * 30 + "lt;")
@example("<b" * 15 + ">" * 15)
@example("&#38;" * 30)
@example("薴麻么麼")
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text)
    assert normalise(once) == once


@given(_TEXTS)
def test_every_character_knows_the_span_of_the_original_that_it_stands_for(text: str) -> None:
    aligned = normalise_aligned(text)
    assert len(aligned.starts) == len(aligned.ends) == len(aligned.text)
    assert all(0 <= start < end <= len(text) for start, end in zip(aligned.starts, aligned.ends, strict=True))
    assert list(aligned.starts) == sorted(aligned.starts)


@given(_TEXTS)
@example("&amp;lt;㎡小区停水")
def test_a_plain_character_stands_in_the_span_that_it_came_from(text: str) -> None:
    aligned = normalise_aligned(text)
    for char, start, end in zip(aligned.text, aligned.starts, aligned.ends, strict=True):
        if char in "小区停水":
            assert char in text[start:end]


@given(_TEXTS)
def test_the_result_holds_nothing_invisible_and_only_single_spaces(text: str) -> None:
    normal = normalise(text)
    assert normal == normal.strip()
    assert not re.search(r"\s\s|[^\S ]|[\x00-\x1f\x7f-\x9f\u200b-\u200f\ufeff\ud800-\udfff]", normal)


@given(st.text(st.sampled_from("小区停水三天没人管请尽快处理物业不作为"), min_size=1, max_size=30))
def test_plain_simplified_text_keeps_every_character_in_its_place(text: str) -> None:
    plain = re.sub(r"(.)\1{3,}", r"\1", text)
    aligned = normalise_aligned(plain)
    assert aligned.text == plain
    assert list(aligned.starts) == list(range(len(plain)))


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("小区，停水！（三天）", "小区,停水!(三天)"),
        ("㎡①ﬁ", "m2①fi"),
        ("停\u200b水\ufeff了", "停水了"),
        ("停\x00水\x08", "停水"),
        ("\u3000\u3000停水\u3000了", "停水 了"),
        ("停水\r\n\r\n\t了", "停水 了"),
        ("<p>停水<br/>了</p>", "停水 了"),
        ("<!-- 备注\n两行 -->停水", "停水"),
        ('<span style="color:red">停水</span>', "停水"),
        ("&lt;停水&gt;&nbsp;&amp;", "<停水> &"),
        ("&amp;lt;br&amp;gt;停水", "停水"),
        ("噪音<60分贝，>50分贝", "噪音<60分贝,>50分贝"),
        ("停水！！！！", "停水!"),
        ("停水。。。。。", "停水。"),
        ("哈哈哈哈哈哈", "哈哈哈"),
        ("啊啊啊", "啊啊啊"),
        ("10000元", "10000元"),
        ("138****5678", "138****5678"),
        ("我們小區沒有電梯", "我们小区没有电梯"),
        ("頭髮與發票", "头发与发票"),
        ("皇后之後", "皇后之后"),
        ("cafe\u0301", "café"),
        ("", ""),
        ("\u200b\u3000\n", ""),
    ],
)
def test_spelling(raw: str, normal: str) -> None:
    assert normalise(raw) == normal


@pytest.mark.parametrize("symbol", ["😡", "👍🏽", "🚑", "🀄", "❤"])
def test_emoji_survive(symbol: str) -> None:
    assert symbol in normalise(f"停水{symbol}三天")


@pytest.mark.parametrize("lone", ["\ud800", "\udfff", "&#55296;", "&#xDFFF;"])
def test_a_lone_surrogate_neither_raises_nor_takes_its_neighbours_along(lone: str) -> None:
    normal = normalise(f"停{lone}水")
    assert normal[0] == "停"
    assert normal[-1] == "水"
    normal.encode("utf-8")


@pytest.mark.parametrize("traditional", ["國", "麵", "鬱", "灣區", "體檢報告", "乾隆", "薴", "慰藉與借口"])
def test_simplification_keeps_the_length(traditional: str) -> None:
    assert len(normalise(traditional)) == len(traditional)


@pytest.mark.parametrize(
    ("raw", "piece", "origin"),
    [
        ("<b>停水</b>三天", "停水", "停水"),
        ("&lt;停水&gt;", "<", "&lt;"),
        ("烧\u200b烤\u200b店", "烧烤", "烧\u200b烤"),
        ("燒烤店", "烧烤店", "燒烤店"),
        ("噪音！！！！吵", "!", "！！！！"),
        ("哈哈哈哈哈吵", "哈哈哈", "哈哈哈哈哈"),
        ("😡停电", "停电", "停电"),
        ("６０㎡", "60m2", "６０㎡"),
    ],
)
def test_a_piece_is_found_again_in_the_original(raw: str, piece: str, origin: str) -> None:
    aligned = normalise_aligned(raw)
    at = aligned.text.index(piece)
    start, end = aligned.origin(at, at + len(piece))
    assert raw[start:end] == origin

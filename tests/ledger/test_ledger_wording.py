from __future__ import annotations

import pytest

from petition_nlp.ledger.wording import LENGTH, area_label, example, shorten, topic_label


def test_an_example_holds_no_personal_data() -> None:
    text = "我叫李桂芳，住幸福路8号3栋402室，电话13800000000，楼上502的王阿姨天天跳舞，微信abc_12345。"
    found = example("楼上跳舞扰民", text)
    assert found.startswith("楼上跳舞扰民：我叫[姓名]")
    for told in ("李桂芳", "8号", "402", "502", "王阿姨", "13800000000", "abc_12345"):
        assert told not in found


def test_an_example_is_short_and_says_the_matter_at_once() -> None:
    found = example("", "尊敬的领导：您好！市民来电反映，小区地库漏水。" + "地面长期积水，老人容易滑倒；" * 20)
    assert found.startswith("小区地库漏水")
    assert found.endswith("…")
    assert len(found) <= LENGTH + 1


def test_a_title_that_says_nothing_more_is_left_out() -> None:
    assert example("地库漏水严重", "小区地库漏水严重，请处理") == "小区地库漏水严重，请处理"
    assert example("投诉", "小区地库漏水") == "小区地库漏水"
    assert example("地库漏水严重", "") == "地库漏水严重"


@pytest.mark.parametrize(("title", "text"), [("", ""), ("？？？", "！！！"), ("", "😡")])
def test_nothing_readable_is_no_example(title: str, text: str) -> None:
    assert example(title, text) == ""


def test_marks_between_chinese_characters_are_full_width_and_emoji_go() -> None:
    assert example("", "路灯坏了,每天19:30起一片漆黑(很危险)😡!") == "路灯坏了，每天19:30起一片漆黑（很危险）！"


def test_a_number_at_the_end_of_what_is_read_is_not_cut_in_two() -> None:
    assert "138" not in example("", "!?" * 497 + "13800000000" + "吵" * 50)


def test_a_placeholder_is_not_cut_in_two() -> None:
    assert shorten("甲" * 8 + "[门牌号]住户", 10) == "甲" * 8 + "…"


def test_a_cut_falls_behind_a_clause_that_ends_late_enough() -> None:
    assert shorten("前面半句话，后面还有许多话", 8) == "前面半句话…"
    assert shorten("前，后面还有许多许多话", 8) == "前，后面还有许多…"


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("城乡建设/物业管理/停车管理", "城乡建设 / 物业管理"),
        ("城乡建设>物业管理", "城乡建设 / 物业管理"),
        ("城建城管-市容环卫-垃圾", "城建城管 / 市容环卫"),
        ("停车", "停车"),
        ("", ""),
    ],
)
def test_a_topic_is_its_first_two_levels(value: str, label: str) -> None:
    assert topic_label(value) == label


def test_headings_are_masked_unless_they_are_official_names() -> None:
    assert area_label("幸福路8号院社区") == "幸福路8号院社区"
    assert area_label("幸福路8号3栋402室") == "幸福路[门牌号][门牌号]"
    assert area_label("13800000000社区") == "[手机号]社区"

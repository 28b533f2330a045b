"""Fields of an order that were pasted in front of its text."""

from __future__ import annotations

import pytest

from petition_nlp import Router
from petition_nlp.text.document import prepare
from petition_nlp.text.header import without_header
from petition_nlp.text.normalise import normalise_aligned

_TEXT = "路灯坏了三天没人修，晚上回家看不见路。"
_HEADERS = (
    "【工单编号】GD2019001【受理时间】2019-03-12 08:21【来电号码】138 0000 0000【诉求内容】",
    "工单编号：GD2019001 受理时间：2019-03-12 诉求内容：",
    "[受理编号]17 [所属区域]城东区 [主要内容]",
    "【受理时间】2019年3月\n【留言详情】\n",
)


def _read(text: str) -> str:
    return without_header(normalise_aligned(text)).text


@pytest.mark.parametrize("header", _HEADERS)
def test_a_pasted_header_is_left_out(header: str) -> None:
    assert _read(header + _TEXT) == _read(_TEXT)


@pytest.mark.parametrize(
    "text",
    [
        _TEXT,
        "诉求内容：路灯坏了",  # no other field stands before it
        "我查了工单编号，诉求内容里写的不对，请改正。",
        "【工单编号】GD1【诉求内容】",  # nothing behind it
        "【路灯】坏了【诉求内容】三天",
        "【标题】路灯不亮【内容】三天没人修",  # a title says something of the matter
        "市民反映受理太慢，投诉内容不清楚。",
        "",
    ],
)
def test_other_texts_stay_whole(text: str) -> None:
    assert _read(text) == normalise_aligned(text).text


def test_a_title_behind_a_header_is_read() -> None:
    assert _read("【工单编号】GD1【标题】路灯不亮【内容】三天没人修").startswith("路灯不亮")


def test_a_name_far_behind_is_no_header() -> None:
    text = "【工单编号】GD1 " + "路灯坏了。" * 120 + "【诉求内容】又坏了"
    assert _read(text) == normalise_aligned(text).text


def test_what_is_left_points_to_its_place_in_the_original() -> None:
    source = _HEADERS[0] + _TEXT
    document = prepare(source)
    start = document.text.index("路灯")
    begin, end = document.aligned.origin(start, start + 2)
    assert source[begin:end] == "路灯"


def test_a_header_does_not_change_the_route() -> None:
    plain, pasted = Router.load().route([_TEXT, _HEADERS[0] + _TEXT])
    assert (plain.matter, plain.department, plain.confidence) == (pasted.matter, pasted.department, pasted.confidence)
    assert [span.text for span in plain.evidence] == [span.text for span in pasted.evidence]

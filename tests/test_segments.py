"""Cutting a message that announces a further matter into its parts."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from petition_nlp.classify.head import Calibration, LinearHead
from petition_nlp.router import different_departments
from petition_nlp.segments import segments
from petition_nlp.text.document import Document, prepare

_PIECES = st.sampled_from(
    (
        "路口红绿灯坏了三天",
        "小区停电",
        "，",
        "。",
        "；",
        "\n",
        "另外，",
        "二是",
        "2、",
        "还有一件事",
        "😡",
        "<br>",
        "[手机号]",
        "①",
        "②",
    )
)


def _texts(message: str) -> list[str]:
    return ["".join(token.word for token in part.tokens) for part in segments(prepare(message))]


@pytest.mark.parametrize(
    "message",
    [
        "路口红绿灯坏了三天没有人修。另外，我家小区天天停电。",
        "一是路口红绿灯坏了没有人修；二是小区天天停电没人管。",
        "1、路口红绿灯坏了没有人修 2、小区天天停电没人管",
        "路口红绿灯坏了没有人修，还有一件事，小区天天停电没人管。",
    ],
)
def test_announced_matters_are_parts_of_their_own(message: str) -> None:
    parts = _texts(message)
    lights = [part for part in parts if "红绿灯" in part]
    power = [part for part in parts if "停电" in part]
    assert len(lights) == len(power) == 1
    assert lights != power


@pytest.mark.parametrize(
    "message",
    [
        "",
        "停电",
        "路口红绿灯坏了三天没有人修，请尽快处理。",
        "小区停电三天了。老人孩子热得受不了。请供电部门抢修。",
    ],
)
def test_a_message_that_announces_nothing_is_not_cut(message: str) -> None:
    assert segments(prepare(message)) == ()


@settings(deadline=None, derandomize=True, database=None, max_examples=150)
@given(st.lists(_PIECES, max_size=30).map("".join))
def test_parts_hold_tokens_of_the_message_in_order_and_each_once(message: str) -> None:
    document = prepare(message)
    parts = segments(document)
    assert len(parts) != 1
    tokens = [token for part in parts for token in part.tokens]
    assert len(set(tokens)) == len(tokens)
    assert [token for token in document.tokens if token in set(tokens)] == tokens
    assert all(part.aligned is document.aligned for part in parts)


def test_a_part_can_be_prepared_like_a_message() -> None:
    parts = segments(prepare("一是路口红绿灯坏了没有人修；二是小区天天停电没人管。"))
    assert all(isinstance(part, Document) and part.tokens for part in parts)


@pytest.mark.parametrize(
    ("parts", "found"),
    [
        ([[0.9, 0.05, 0.05], [0.05, 0.9, 0.05]], ("gas", "taxation")),
        ([[0.9, 0.05, 0.05], [0.9, 0.05, 0.05]], ()),
        ([[0.4, 0.35, 0.25], [0.35, 0.4, 0.25]], ()),
        ([[0.9, 0.05, 0.05], [0.4, 0.5, 0.1], [0.02, 0.03, 0.95]], ("gas", "housing")),
        ([[0.9, 0.05, 0.05]], ()),
        ([], ()),
    ],
)
def test_parts_differ_when_each_is_sure_of_another_department(parts: list[list[float]], found: tuple[str, ...]) -> None:
    head = LinearHead(
        name="department",
        labels=("gas", "taxation", "housing"),
        weights=np.zeros((0, 3), dtype=np.float32),
        bias=np.zeros(3, dtype=np.float32),
        calibration=Calibration(1.0, 1.0),
    )
    assert different_departments(head, np.array(parts, dtype=np.float32).reshape(-1, 3), 0.12) == found


def test_a_department_left_to_people_is_no_difference() -> None:
    head = LinearHead(
        name="department",
        labels=("gas", "other", "housing"),
        weights=np.zeros((0, 3), dtype=np.float32),
        bias=np.zeros(3, dtype=np.float32),
        calibration=Calibration(1.0, 1.0),
        leave=frozenset({"other"}),
    )
    parts = np.array([[0.9, 0.05, 0.05], [0.04, 0.95, 0.01]], dtype=np.float32)
    assert different_departments(head, parts, 0.12) == ()

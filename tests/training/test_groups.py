"""Near copies are found and stay together."""

from __future__ import annotations

import random

import pytest

from petition_nlp.training.groups import near_copies, near_duplicate_groups, shingles

_LONG = "我们小区楼下的烧烤店每天晚上营业到凌晨两点，油烟和噪音让老人孩子没办法睡觉，找了物业三次都没有人管，请尽快处理"
_OTHER = "学校门口的斑马线磨损得看不见了，上下学时间车开得很快，家长很担心孩子的安全，请重新画线并安装减速带和警示牌"


def _together(*texts: str) -> bool:
    return len(set(near_duplicate_groups(texts).tolist())) == 1


@pytest.mark.parametrize(
    "copy",
    [
        _LONG,
        _LONG + "。",
        _LONG.replace("，", " "),
        _LONG.replace("三次", "五次"),
        "市民来电：" + _LONG,
        _LONG[:-6],
    ],
    ids=["the same", "full stop", "spaces", "another number", "operator's opening", "shorter ending"],
)
def test_near_copies_are_one_group(copy: str) -> None:
    assert _together(_LONG, copy)


@pytest.mark.parametrize("other", [_OTHER, _LONG[:12] + _OTHER, "", "油烟"])
def test_different_messages_are_different_groups(other: str) -> None:
    assert not _together(_LONG, other)


def test_a_chain_of_copies_is_one_group() -> None:
    chain = [_LONG]
    draw = random.Random(0)
    for _ in range(6):
        place = draw.randrange(len(chain[-1]))
        chain.append(chain[-1][:place] + "某" + chain[-1][place + 1 :])
    assert _together(*chain)


def test_a_group_bears_the_number_of_its_first_text() -> None:
    groups = near_duplicate_groups([_OTHER, _LONG, "停电了怎么办呢", _LONG + "！", _OTHER + "谢谢"])
    assert groups.tolist() == [0, 1, 2, 1, 0]


def test_every_text_has_a_group_even_without_letters() -> None:
    assert len(near_duplicate_groups(["", "。。。", "😡", "a"])) == 4


def test_no_texts_have_no_groups() -> None:
    assert near_duplicate_groups([]).tolist() == []


def test_the_same_seed_gives_the_same_groups() -> None:
    draw = random.Random(1)
    texts = ["".join(draw.choices("停水电路灯小区学校公交", k=30)) for _ in range(80)]
    texts += [text[:-2] for text in texts[:40]]
    assert near_duplicate_groups(texts, seed=3).tolist() == near_duplicate_groups(texts, seed=3).tolist()


@pytest.mark.parametrize(
    ("text", "pieces"), [("停水三天了", {"停水三天", "水三天了"}), ("停水", {"停水"}), ("停，水。三 天", {"停水三天"})]
)
def test_pieces_are_of_letters_and_digits_only(text: str, pieces: set[str]) -> None:
    assert shingles(text) == pieces


def test_near_copies_of_other_texts_are_found() -> None:
    others = ["幸福路路口的红绿灯坏了三天没有人来修", "小区停电"]
    texts = ["幸福路路口的红绿灯坏了三天，没有人来修！", "幸福路路口的红绿灯什么时候能修好", "停电", "小区停电"]
    assert near_copies(texts, others).tolist() == [True, False, False, True]


def test_nothing_is_a_copy_of_nothing() -> None:
    assert near_copies(["停电"], []).tolist() == [False]
    assert near_copies([], ["停电"]).tolist() == []

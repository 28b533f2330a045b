"""The share of a message's words that the model has never learnt anything about."""

from __future__ import annotations

import pytest
from toy import TAXONOMY, toy_model

from petition_nlp.embed.unseen import unseen_shares
from petition_nlp.policy import Policy
from petition_nlp.router import Router
from petition_nlp.text.document import prepare

EMBEDDER = toy_model().embedder


@pytest.mark.parametrize(
    ("text", "share"),
    [("停电，学校", 0.0), ("停电，航线", 0.5), ("航线", 1.0), ("", 0.0), ("123 13800138000 ！", 0.0)],
)
def test_words_that_the_vocabulary_lacks_count(text: str, share: float) -> None:
    assert unseen_shares(EMBEDDER, [prepare(text)]) == [share]


def test_messages_are_counted_each_by_itself() -> None:
    router = Router(toy_model(), TAXONOMY, Policy())
    assert router.unseen(["停电", "", "航线", "停电，航线"]) == [0.0, 0.0, 1.0, 0.5]


def test_a_text_in_the_wrong_encoding_has_no_known_word() -> None:
    garbled = "小区停电，学校门口的红绿灯坏了".encode().decode("gbk", "replace")
    assert unseen_shares(EMBEDDER, [prepare(garbled)])[0] > 0.9

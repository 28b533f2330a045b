"""Disturbed copies of messages."""

import random

import pytest

from petition_nlp.training.noise import Noise

_TEXTS = ("路口的路灯不亮，晚上很黑，请尽快修复。", "小区停水三天，物业不管！", "鹿在路上，露水很重。")


@pytest.fixture(scope="module")
def noise() -> Noise:
    return Noise.of(_TEXTS)


def test_a_character_is_misheard_as_one_of_the_same_sound_that_the_texts_use(noise: Noise) -> None:
    assert set(noise.alike["路"][0]) == {"鹿", "露"}
    assert "黑" not in noise.alike


def test_copies_are_the_same_for_the_same_seed_and_others_for_another(noise: Noise) -> None:
    texts = list(_TEXTS) * 20
    assert noise.copies(texts, seed=1) == noise.copies(texts, seed=1)
    assert noise.copies(texts, seed=1) != noise.copies(texts, seed=2)


def test_some_copies_stay_as_they_are_and_each_disturbance_happens(noise: Noise) -> None:
    text = _TEXTS[0]
    copies = [noise(text, random.Random(number)) for number in range(300)]
    assert text in copies
    assert any("，" not in copy and "。" not in copy for copy in copies)
    assert any(copy.startswith("您好。") for copy in copies)
    assert any(copy.endswith("谢谢你们！") for copy in copies)
    misheard = [copy for copy in copies if text[0] not in copy or "鹿" in copy or "露" in copy]
    assert 10 < len(misheard) < 200


def test_a_copy_keeps_most_of_its_message(noise: Noise) -> None:
    for number in range(200):
        copy = noise(_TEXTS[0], random.Random(number))
        assert sum(char in copy for char in _TEXTS[0]) >= 0.7 * len(_TEXTS[0]) - 4


def test_an_empty_text_and_unknown_characters_pass(noise: Noise) -> None:
    for number in range(50):
        assert isinstance(noise("", random.Random(number)), str)
        assert "龘" in noise("龘", random.Random(number))

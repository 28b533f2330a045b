from __future__ import annotations

from petition_nlp.ledger.examples import Examples, are_alike

DIFFERENT = ("地库漏水", "电梯停运", "车位不够", "树木遮光", "路灯不亮", "垃圾成堆", "门禁失灵", "装修太吵", "噪声扰民")


def offer(examples: Examples, text: str, confidence: float, *, review: bool = False) -> None:
    examples.offer(review, confidence, lambda: text)


def test_the_most_certain_come_first_and_those_for_a_person_last() -> None:
    examples = Examples(3)
    offer(examples, "地库漏水", 0.99, review=True)
    offer(examples, "电梯停运", 0.5)
    offer(examples, "车位不够", 0.8)
    assert examples.texts() == ("车位不够", "电梯停运", "地库漏水")


def test_they_are_different_and_the_better_one_of_two_alike_stays() -> None:
    examples = Examples(3)
    offer(examples, "小区电梯坏了没人修", 0.6)
    offer(examples, "小区电梯又坏了没人修", 0.9)
    offer(examples, "小区的电梯坏了没人修", 0.7)
    offer(examples, "路灯不亮", 0.5)
    assert examples.texts() == ("小区电梯又坏了没人修", "路灯不亮")


def test_a_wording_is_made_only_where_it_can_be_kept() -> None:
    examples, made = Examples(1), []

    def wording(text: str) -> str:
        made.append(text)
        return text

    for number, text in enumerate(DIFFERENT):
        examples.offer(False, 1 - number / 10, lambda text=text: wording(text))
    assert examples.texts() == (DIFFERENT[0],)
    assert made == list(DIFFERENT[:4])


def test_empty_wordings_are_passed_over_and_none_may_be_wanted() -> None:
    examples = Examples(2)
    offer(examples, "", 0.9)
    offer(examples, "路灯不亮", 0.1)
    assert examples.texts() == ("路灯不亮",)
    none = Examples(0)
    offer(none, "路灯不亮", 0.1)
    assert none.texts() == ()


def test_of_equal_ones_the_first_stays() -> None:
    examples = Examples(1)
    for text in DIFFERENT:
        offer(examples, text, 0.5)
    assert examples.texts() == (DIFFERENT[0],)


def test_alike_regards_what_is_said_and_not_the_marks() -> None:
    assert are_alike("电梯坏了，没人修！", "电梯坏了没人修")
    assert not are_alike("电梯坏了", "路灯不亮")

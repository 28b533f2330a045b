"""What in a department's duties speaks of a message."""

from __future__ import annotations

from petition_nlp.duties import duty_for
from petition_nlp.taxonomy import Department

DEPARTMENT = Department(
    "gas",
    "燃气企业",
    duty="负责燃气开户、燃气泄漏抢修和燃气表更换，路灯归市政。",
    typical=("燃气表更换", "燃气泄漏抢修", "路灯损坏"),
)


def test_words_of_the_duty_that_the_message_holds_are_marked() -> None:
    duty = duty_for(DEPARTMENT, "家里燃气泄漏，请来抢修")
    shown = duty.to_dict()
    assert shown["department"] == {"code": "gas", "name": "燃气企业"}
    assert {"泄漏", "抢修"} <= {match["text"] for match in shown["matches"]}
    assert all(shown["text"][match["start"] : match["end"]] == match["text"] for match in shown["matches"])
    assert "路灯" not in {match["text"] for match in shown["matches"]}
    assert duty.typical[0] == "燃气泄漏抢修"
    assert "路灯损坏" not in duty.typical


def test_a_message_about_something_else_marks_nothing() -> None:
    duty = duty_for(DEPARTMENT, "学位怎么摇号")
    assert (duty.matches, duty.typical) == ((), ())

"""Non-acceptance hints: how rules count, what they quote, and what the shipped ones find."""

from __future__ import annotations

import json
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from petition_nlp.acceptance import AcceptanceDetector
from petition_nlp.errors import ConfigError
from petition_nlp.policy import Policy
from petition_nlp.route import Emergency, Message
from petition_nlp.text.normalise import normalise

CASES = Path(__file__).parent / "data" / "acceptance_cases.jsonl"
KINDS = (
    "emergency_line",
    "litigation_arbitration",
    "reconsideration",
    "petition_pending",
    "outside_city",
    "no_concrete_request",
    "commercial_ad",
)


def kind(code: str, **fields: Any) -> dict[str, Any]:
    return {"code": code, "name": "名称", "ground": "依据", "tell": "告知语", "signs": [{6: "法院判决"}], **fields}


def config(**changes: Any) -> dict[str, Any]:
    """A small world of three kinds."""
    kinds = [
        kind("court", clear=8, signs=[{6: "法院判决"}, {3: "案号"}], calm=[{6: "准备"}]),
        kind("urgent", urgent=True, signs=[{6: "报警"}]),
        kind("empty", filler="你好 在吗", left=1, signs=[{6: "挂断"}]),
    ]
    return {"enough": 6, "within": 20, "around": 10, "harmless": "报警器", "kinds": kinds} | changes


def found(message: str | Message, emergency: Emergency | None = None) -> list[tuple[str, str]]:
    hints = AcceptanceDetector.from_config(config()).find(message, emergency)
    return [(hint.code, hint.strength) for hint in hints]


@cache
def shipped() -> AcceptanceDetector:
    return AcceptanceDetector.load()


@cache
def cases(group: str) -> list[dict[str, Any]]:
    rows = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
    return [row for row in rows if row["set"] == group]


@cache
def shipped_policy() -> Policy:
    return Policy.load()


def codes(text: str) -> list[str]:
    emergency = shipped_policy().emergencies.find(normalise(text))
    return [hint.code for hint in shipped().find(text, emergency)]


@pytest.mark.parametrize(
    ("text", "hints"),
    [
        ("法院判决了", [("court", "possible")]),
        ("法院判决，案号也有", [("court", "clear")]),
        ("准备等法院判决", []),
        ("要报警，法院判决了", [("court", "possible"), ("urgent", "clear")]),
        ("报警器又响了", []),
        ("你好，在吗？", [("empty", "possible")]),
        ("你好，停电了", []),
        ("来电挂断", [("empty", "clear")]),
        ("", [("empty", "possible")]),
    ],
)
def test_signs_add_up_to_hints(text: str, hints: list[tuple[str, str]]) -> None:
    assert found(text) == hints


def test_an_emergency_is_an_urgent_hint_with_its_line_and_its_words() -> None:
    (hint,) = AcceptanceDetector.from_config(config()).find("厂房着火了", Emergency("119", "请立即转 119"))
    assert (hint.code, hint.line, hint.tell, hint.strength) == ("urgent", "119", "请立即转 119", "clear")


def test_evidence_is_quoted_from_the_text_as_it_was_sent() -> None:
    text = "　　法 院，法院判决書"
    (hint,) = AcceptanceDetector.from_config(config()).find(Message(text, title="法院判决"))
    assert [(quote.text, text[quote.start : quote.end]) for quote in hint.evidence] == []  # the title told it
    (hint,) = AcceptanceDetector.from_config(config()).find(Message("ＡＢ，法院判決", title="路灯"))
    assert [quote.to_dict() for quote in hint.evidence] == [{"start": 3, "end": 7, "text": "法院判決"}]


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"enough": 0}, "enough"),
        ({"harmless": "法.*院"}, "上限"),
        ({"kind": []}, "kind"),
        ({"kinds": [kind("A b")]}, "code"),
        ({"kinds": [kind("a", ground=" ")]}, "ground"),
        ({"kinds": [kind("a", tell=1)]}, "tell"),
        ({"kinds": [kind("a", urgent=1)]}, "urgent"),
        ({"kinds": [kind("a", signs=[])]}, "signs"),
        ({"kinds": [kind("a", signs=[{6: "<nobody>"}])]}, "nobody"),
        ({"kinds": [kind("a", left=3)]}, "filler"),
        ({"kinds": [kind("a", clear=0)]}, "clear"),
        ({"kinds": [{"code": "a"}]}, "name"),
    ],
)
def test_a_wrong_rule_is_named(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    file = tmp_path / "acceptance.yaml"
    file.write_text(yaml.safe_dump(config(**changes), allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        AcceptanceDetector.load(file)


@pytest.mark.parametrize("content", [b"[1]", b"\xff", b"a: [", b""])
def test_a_file_that_holds_no_rules_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "acceptance.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"acceptance\.yaml"):
        AcceptanceDetector.load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        AcceptanceDetector.load(tmp_path / "none.yaml")


def test_every_shipped_kind_has_a_ground_and_words_for_the_resident() -> None:
    assert tuple(each.code for each in shipped().kinds) == KINDS
    assert all("《" in each.ground and each.tell.endswith("。") for each in shipped().kinds)


def test_shipped_rules_find_what_they_were_made_for() -> None:
    wrong = [case["text"] for case in cases("known") if codes(case["text"]) != [case["kind"]] * bool(case["kind"])]
    assert wrong == []


def test_there_are_cases_of_every_kind_in_both_sets_and_misleading_ones() -> None:
    for group in ("known", "unseen"):
        counts = Counter(case["kind"] for case in cases(group))
        assert all(counts[code] >= 6 for code in KINDS) and counts[None] >= 50
        assert {case["near"] for case in cases(group)} == {*KINDS, None}
    assert not {case["text"] for case in cases("known")} & {case["text"] for case in cases("unseen")}


@pytest.mark.parametrize(
    ("text", "hinted"),
    [
        ("准备起诉物业", False),
        ("物业不退押金，我已经起诉物业了", True),
        ("打了110没人管", False),
        ("我要报警，有人砸门", True),
        ("请问行政复议怎么申请", False),
        ("行政复议决定维持了处罚", True),
        ("停电了", False),
        ("你好，在吗", True),
    ],
)
def test_an_intention_or_a_complaint_about_an_office_is_no_ground(text: str, hinted: bool) -> None:
    assert bool(codes(text)) is hinted

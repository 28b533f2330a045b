"""The detector of sensitive messages: how signs add up, and what the shipped rules find."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from petition_nlp.errors import ConfigError
from petition_nlp.sensitive import SensitiveDetector

CASES = Path(__file__).parent / "data" / "sensitive_cases.jsonl"
KINDS = ("self_harm", "minors", "officials", "groups")


def config(**changes: Any) -> dict[str, Any]:
    """A small world of two kinds."""
    harm = {
        "code": "harm",
        "name": "伤害",
        "restricted": True,
        "signs": [{6: "不想活"}, {3: "天台 楼顶"}, {3: "<person>…联系不上"}],
        "calm": [{5: "讲座"}],
    }
    crowd = {"code": "crowd", "name": "群体", "restricted": False, "signs": [{6: "静坐"}]}
    return {
        "enough": 6,
        "within": 20,
        "around": 10,
        "words": {"person": "老人 孩子"},
        "harmless": "天台广场 楼顶火锅",
        "kinds": [harm, crowd],
    } | changes


def found(text: str, **changes: Any) -> list[str]:
    return [each.code for each in SensitiveDetector.from_config(config(**changes)).find(text)]


@cache
def shipped() -> SensitiveDetector:
    return SensitiveDetector.load()


@cache
def cases() -> list[dict[str, Any]]:
    return [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("不想活了", ["harm"]),  # enough by itself
        ("他在天台", []),
        ("天台，楼顶，天台", []),  # one sign counts once
        ("天台上的孩子联系不上", ["harm"]),  # two signs
        ("天台" + "远近" * 15 + "孩子联系不上", []),  # too far apart
        ("去天台广场的孩子联系不上", []),  # a set phrase is struck out
        ("讲座：不想活怎么办", []),  # calm
        ("讲座。" + "远近" * 10 + "我不想活了", ["harm"]),  # calm is elsewhere
        ("静坐，不想活", ["harm", "crowd"]),  # several kinds, in the order of the file
        ("", []),
    ],
)
def test_signs_add_up_when_they_stand_together(text: str, codes: list[str]) -> None:
    assert found(text) == codes


def test_a_find_says_what_told_and_whether_it_is_restricted() -> None:
    (harm,) = SensitiveDetector.from_config(config()).find("孩子老人联系不上，还在天台")
    assert (harm.name, harm.waits, harm.restricted) == ("伤害", True, True)
    assert harm.evidence == ("孩子老人联系不上", "天台")


@pytest.mark.parametrize(("text", "restricted"), [("天台上的孩子联系不上", False), ("不想活了，在天台", True)])
def test_fewer_points_than_clear_let_a_message_wait_for_a_person_and_restrict_nothing(
    text: str, restricted: bool
) -> None:
    kinds = [config()["kinds"][0] | {"clear": 9}]
    (harm,) = SensitiveDetector.from_config(config(kinds=kinds)).find(text)
    assert (harm.waits, harm.restricted) == (True, restricted)


def test_the_strongest_place_of_a_message_tells() -> None:
    kinds = [config()["kinds"][0] | {"clear": 9}]
    text = "天台上的孩子联系不上。" + "远近" * 15 + "不想活了，在楼顶"
    (harm,) = SensitiveDetector.from_config(config(kinds=kinds)).find(text)
    assert (harm.restricted, harm.evidence) == (True, ("不想活", "楼顶"))


def test_only_the_beginning_of_a_very_long_message_is_read() -> None:
    assert found("好" * 20_000 + "不想活") == []


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"enough": 0}, "enough"),
        ({"harmless": "(天台"}, "harmless"),
        ({"harmless": "天.*台"}, "上限"),
        ({"kind": []}, "kind"),
        ({"kinds": [{"code": "A b", "name": "甲", "restricted": True, "signs": [{6: "甲"}]}]}, "code"),
        ({"kinds": [{"code": "a", "name": "甲", "restricted": 1, "signs": [{6: "甲"}]}]}, "restricted"),
        ({"kinds": [{"code": "a", "name": "甲", "restricted": True, "signs": []}]}, "signs"),
        ({"kinds": [{"code": "a", "name": "甲", "restricted": True, "signs": [{6: "<nobody>"}]}]}, "nobody"),
        ({"kinds": [{"code": "a", "name": "甲", "restricted": True, "clear": 0, "signs": [{6: "甲"}]}]}, "clear"),
        ({"kinds": [{"name": "甲"}]}, "code"),
    ],
)
def test_a_wrong_rule_is_named(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    file = tmp_path / "sensitive.yaml"
    file.write_text(yaml.safe_dump(config(**changes), allow_unicode=True), encoding="utf-8")
    with pytest.raises(ConfigError, match=named):
        SensitiveDetector.load(file)


@pytest.mark.parametrize("content", [b"[1]", b"\xff", b"a: [", b""])
def test_a_file_that_holds_no_rules_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "sensitive.yaml"
    file.write_bytes(content)
    with pytest.raises(ConfigError, match=r"sensitive\.yaml"):
        SensitiveDetector.load(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.yaml"):
        SensitiveDetector.load(tmp_path / "none.yaml")


@pytest.mark.parametrize("kind", KINDS)
def test_shipped_rules_find_what_they_were_made_for(kind: str) -> None:
    texts = [case["text"] for case in cases() if (case["kind"], case["expected"], case["set"]) == (kind, True, "known")]
    hits = sum(kind in {each.code for each in shipped().find(text)} for text in texts)
    assert len(texts) >= 50
    assert hits >= 0.8 * len(texts)


def test_shipped_rules_leave_harmless_messages_alone() -> None:
    texts = [case["text"] for case in cases() if not case["expected"] and case["set"] == "known"]
    alarms = [text for text in texts if shipped().find(text)]
    assert len(texts) >= 250
    assert alarms == []


def test_shipped_kinds_restrict_all_but_group_petitions() -> None:
    assert {kind.code for kind in shipped().kinds} == set(KINDS)
    assert {kind.code for kind in shipped().kinds if kind.restricted} == {"self_harm", "minors", "officials"}

from __future__ import annotations

import copy
import datetime
from collections.abc import Callable
from typing import Any

from petition_nlp.local.compare import Case, diff, replay
from petition_nlp.local.directory import Directory
from petition_nlp.taxonomy import Taxonomy

DAY = datetime.date(2026, 12, 1)


def edited(shipped: dict[str, Any], taxonomy: Taxonomy, edit: Callable[[dict[str, Any]], None]) -> Directory:
    document = copy.deepcopy(shipped)
    edit(document)
    return Directory.from_dict(document, version="2", taxonomy=taxonomy)


def test_a_version_does_not_differ_from_itself(city: Directory) -> None:
    found = diff(city, city)
    assert not found
    assert found.to_dict()["units"] == {"added": [], "removed": [], "changed": []}


def test_added_removed_and_changed_records(city: Directory, shipped: dict[str, Any], taxonomy: Taxonomy) -> None:
    def edit(document: dict[str, Any]) -> None:
        document["units"][0]["contact"] = "000-99999"
        document["services"].pop()
        document["places"].append({"name": "城北区", "kind": "district"})

    found = diff(city, edited(shipped, taxonomy, edit)).to_dict()
    assert found["units"]["changed"] == [
        {"key": "CG", "name": "临江市城市管理局", "fields": {"contact": {"from": "000-10001", "to": "000-99999"}}}
    ]
    assert [record["id"] for record in found["places"]["added"]] == ["城北区"]
    assert [record["name"] for record in found["services"]["removed"]] == ["便民维修站"]


def test_a_rule_that_moved_is_a_change_and_the_others_are_none(
    city: Directory, shipped: dict[str, Any], taxonomy: Taxonomy
) -> None:
    new = edited(shipped, taxonomy, lambda document: document["rules"].append(document["rules"].pop(0)))
    (change,) = diff(city, new).kinds["rules"].changed
    assert (change.key, dict(change.fields)) == ("汛期积水", {"order": (1, 3)})


def test_a_new_rule_in_front_moves_nothing(city: Directory, shipped: dict[str, Any], taxonomy: Taxonomy) -> None:
    rule = {"id": "新", "unit": "SZ", "words": ["井盖"]}
    new = edited(shipped, taxonomy, lambda document: document["rules"].insert(0, rule))
    found = diff(city, new).kinds["rules"]
    assert [record["id"] for record in found.added] == ["新"]
    assert found.changed == ()


def test_replay_names_the_messages_that_go_elsewhere(
    city: Directory, shipped: dict[str, Any], taxonomy: Taxonomy
) -> None:
    rule = {"id": "新", "unit": "SZ", "words": ["井盖"]}
    new = edited(shipped, taxonomy, lambda document: document["rules"].insert(0, rule))
    cases = [
        Case("1", "银杏苑门口井盖响", "urban_management", "government"),
        Case("2", "银杏苑楼顶违建", "urban_management", "government"),
        Case("3", "占道经营", "urban_management", "government", area="城西区"),
    ]
    moved = list(replay(city, new, cases, on=DAY))
    assert [
        (own.case, own.before.unit and own.before.unit.code, own.after.unit and own.after.unit.code) for own in moved
    ] == [("1", "CG-CD", "SZ")]
    assert moved[0].to_dict()["after"]["rule"] == "新"

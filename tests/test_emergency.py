"""The emergency detector: how signs add up, and what the shipped signs find."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from petition_nlp.emergency import EmergencyDetector
from petition_nlp.errors import TaxonomyError
from petition_nlp.policy import Policy
from petition_nlp.text.document import prepare

TUNING = Path(__file__).parents[1] / "data" / "training" / "review_tuning.jsonl"


def config(**changes: Any) -> dict[str, Any]:
    """A small world: fire, a sign of it, and what makes it harmless."""
    return {
        "enough": 6,
        "within": 20,
        "around": 10,
        "words": {"person": "老人 孩子"},
        "harmless": "气死 消防通道",
        "now": "刚才 正在",
        "calm": [
            {"points": 4, "unless_now": True, "words": "去年"},
            {"points": 4, "words": "如果 演习"},
        ],
        "dangers": [
            {
                "name": "火情",
                "line": "119",
                "message": "请转 119",
                "signs": [{10: "救火啊"}, {6: "烧起来"}, {5: "着火"}, {3: "浓烟"}, {3: "<person>…出不来"}, {1: "楼"}],
            },
            {
                "name": "急病",
                "line": "120",
                "message": "请转 120",
                "signs": [{6: "叫不醒"}, {5: "昏倒"}, {3: "死"}, {3: "消防"}],
            },
        ],
    } | changes


def line(text: str, **changes: Any) -> str | None:
    found = EmergencyDetector.from_config(config(**changes)).find(text)
    return found.line if found else None


@pytest.fixture(scope="module")
def policy() -> Policy:
    return Policy.load()


def shipped(policy: Policy, text: str) -> str | None:
    found = policy.emergency(prepare(text).text)
    return found.line if found else None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("烧起来", "119"),  # enough by itself
        ("着火", None),
        ("正在着火", "119"),  # with a sign of now
        ("着火,楼", "119"),  # with a support
        ("浓烟", None),
        ("浓烟,浓烟,浓烟", None),  # one sign counts once
        ("浓烟,老人在屋里出不来", "119"),  # two signs
        ("浓烟" + "," * 30 + "老人出不来", None),  # too far apart
        ("", None),
    ],
)
def test_signs_add_up_when_they_stand_together(text: str, expected: str | None) -> None:
    assert line(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("去年烧起来", None),
        ("去年装的插座,刚才烧起来", "119"),  # now cancels the past
        ("如果烧起来", None),
        ("如果刚才烧起来", None),  # but not what is supposed
        ("去年救火啊", "119"),  # a strong sign overrides
        ("去年的事说完了,另外一件," + "，" * 10 + "烧起来", "119"),  # the past is elsewhere
    ],
)
def test_past_and_supposed_dangers_are_none(text: str, expected: str | None) -> None:
    assert line(text) == expected


def test_set_phrases_are_struck_out_first() -> None:
    assert line("气死,消防通道") is None
    assert line("死,消防") == "120"


def test_the_first_danger_that_has_enough_decides_the_line() -> None:
    assert line("叫不醒,烧起来") == "119"
    assert line("叫不醒,着火") == "120"


def test_the_same_characters_count_once() -> None:
    signs = [{3: "浓烟"}, {3: "浓"}]
    danger = {"name": "火情", "line": "119", "message": "请转 119", "signs": signs}
    assert line("浓烟", dangers=[danger]) is None


def test_a_long_letter_needs_more() -> None:
    letter = "我写信想说很多话" * 20
    assert line("烧起来" + letter, leisure=100) is None
    assert line("烧起来" + letter, leisure=1000) == "119"


def test_no_rules_find_nothing() -> None:
    assert EmergencyDetector().find("着火了") is None
    assert EmergencyDetector.from_config({}).find("着火了") is None


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"now": "刚才 ("}, "now"),
        ({"now": "刚.*才"}, "上限"),
        ({"now": ["刚才"]}, "now"),
        ({"now": "<nobody>在喊"}, "nobody"),
        ({"enough": 0}, "enough"),
        ({"enough": "many"}, "enough"),
        ({"danger": []}, "danger"),
        ({"dangers": [{"name": "火情", "line": "消防", "message": "", "signs": [{6: "火"}]}]}, "火情.line"),
        ({"dangers": [{"name": "火情", "line": "119", "message": "", "signs": []}]}, "火情.signs"),
        ({"dangers": [{"name": "火情", "line": "119", "message": "", "signs": [{0: "火"}]}]}, "火情.signs"),
        ({"dangers": [{"name": "火情", "line": "119", "signs": [{6: "火"}]}]}, "message"),
        ({"calm": [{"points": 3}]}, "words"),
    ],
)
def test_a_wrong_value_is_an_error_that_names_it(changes: dict[str, Any], named: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(yaml.safe_dump({"emergencies": config(**changes)}, allow_unicode=True), encoding="utf-8")
    with pytest.raises(TaxonomyError, match=named):
        Policy.load(file)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("电动车在楼道充电,砰的一声,现在全是黑烟,楼上老人下不来", "119"),
        ("俺爹在窖里拿红薯 下去就没动静了 喊也不应", "119"),
        ("想问医保能不能报,我爸刚才嘴歪了,左手拿不住筷子", "120"),
        ("货车把骑电瓶车的阿姨撞倒了,满脸血,躺着不动", "122"),
        ("他在踹门,我和孩子躲在厕所不敢出声", "110"),
        ("有人坐在天台栏杆外面,谁劝都不下来", "110"),
    ],
)
def test_shipped_signs_find_dangers_and_their_line(policy: Policy, text: str, expected: str) -> None:
    assert shipped(policy, text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "去年着火烧了半间屋,认定书去哪里领",
        "燃气费怎么又涨了",
        "气死了,这物业要了我的命",
        "这是我妈的救命钱",
        "商家打着跳楼价的旗号卖假货",
        "消防通道停满了车",
        "工伤咨询:上个月摔断了腿,怎么认定",
        "事故赔偿款一直没到位",
        "如果发生火灾消防车进不来",
        "厂里烟囱冒黑烟,污染空气",
    ],
)
def test_alarming_words_alone_are_no_emergency(policy: Policy, text: str) -> None:
    assert shipped(policy, text) is None


def test_shipped_signs_hold_on_the_tuning_set(policy: Policy) -> None:
    rows = [json.loads(each) for each in TUNING.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["reason"] == "emergency"]
    dangers = [row for row in rows if row["expected"]]
    found = [shipped(policy, row["text"]) for row in dangers]
    alarms = sum(shipped(policy, row["text"]) is not None for row in rows if not row["expected"])
    assert sum(each is not None for each in found) >= 0.9 * len(dangers)
    assert sum(each == row["line"] for each, row in zip(found, dangers, strict=True)) >= 0.85 * len(dangers)
    assert alarms <= 5


@pytest.mark.parametrize("text", ["着火", "嘴手血", "我爸他在打", "孩子", "，", "a"])
def test_time_grows_with_the_length_only(policy: Policy, text: str) -> None:
    started = time.perf_counter()
    policy.emergency((text * 10_000)[:10_000])
    assert time.perf_counter() - started < 2.0


def test_water_on_the_ground_is_no_injury(policy: Policy) -> None:
    assert shipped(policy, "公交车站旁边的水管爆了,自来水流了一地,两天没人来修") is None
    assert shipped(policy, "老人摔倒,血流了一地") == "120"
    assert shipped(policy, "血水流了一地,人快不行了") == "120"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("家里有煤气味", "119"),
        ("楼道里有煤气味,物业说要等明天", "119"),
        ("我家楼下煤气味好重,不知道是哪家的。小区路灯也坏了好久,顺便反映一下。", "119"),
        ("厨房里一股煤气味,灶已经关了。我想问一下燃气公司的电话是多少,什么时候能上门。", "119"),
        ("楼道里煤气味很重。住户反映多次,物业不处理,要求尽快解决", "119"),
        ("来电反映某小区5栋楼道内有煤气味,存在安全隐患,希望相关部门尽快核实处理", "119"),
        ("我闻到煤气味,请问应该找谁", "119"),
        ("去年家里有煤气味,换过软管", None),
        ("如果家里有煤气味应该怎么办", None),
        ("家里闻到过煤气味,师傅已经处理好了,服务很好", None),
        ("讲座上说厨房有煤气味要先开窗,讲得很好", None),
        ("厨房燃气灶炒菜的味道窜到卧室,要求整改烟道", None),
        ("楼下烧烤摊用液化气,味道很大,油烟扰民", None),
    ],
)
def test_a_smell_of_gas_is_an_emergency_whatever_is_said_after_it(
    policy: Policy, text: str, expected: str | None
) -> None:
    assert shipped(policy, text) == expected

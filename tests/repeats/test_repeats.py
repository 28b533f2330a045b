"""The same matter again: what is read from a message, the clues that find it, the comparison that judges it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from petition_nlp.repeats import Held, Level, Likeness, clues, compare, read
from petition_nlp.repeats.clues import MOST_CLUES, VERSION
from petition_nlp.repeats.places import Reach, house_numbers
from petition_nlp.repeats.rarity import mentions, rarity, subject_weights
from petition_nlp.route import Choice, Message, Prediction

URBAN = Choice("urban_management", "城市管理综合执法部门", 1.0)
HOUSING = Choice("housing", "住房和城乡建设部门", 1.0)


def names(text: str) -> dict[str, tuple[str, Reach]]:
    return {name.text: (name.stem, name.reach) for name in read(Message(text)).names}


def keys(text: str) -> set[str]:
    return {clue.key for clue in clues(read(Message(text)))}


def likeness(new: str, old: str, *, department: Choice = URBAN, held: Held | None = None) -> Likeness:
    one, other = (read(Message(text), department) for text in (new, old))
    return compare(one, other, held or Held())


# Reading.


@pytest.mark.parametrize(
    ("text", "name", "stem", "reach"),
    [
        ("云汀花园的电梯坏了", "云汀花园", "云汀", Reach.SPOT),
        ("枫桥里小区停水", "枫桥里", "枫桥", Reach.SPOT),
        ("栖霞路的路灯不亮", "栖霞路", "栖霞", Reach.BROAD),
        ("请到大埝村看看", "大埝村", "大埝", Reach.BROAD),
        ("举报宏远板材厂夜间偷排", "宏远板材厂", "宏远板材", Reach.SPOT),
        ("禾丰县银杏嘉园垃圾没人收", "银杏嘉园", "银杏", Reach.SPOT),
        ("望岳大道和枣林街路口太暗", "枣林街", "枣林", Reach.BROAD),
        ("38路改线后不方便", "38路", "38路", Reach.SPOT),
    ],
)
def test_names_of_places_and_firms_are_found(text: str, name: str, stem: str, reach: Reach) -> None:
    assert names(text)[name] == (stem, reach)


@pytest.mark.parametrize("text", ["老旧小区没有电梯", "马路上全是坑", "鹭洲区来电", "把车库里的灯修好"])
def test_ordinary_words_and_districts_are_no_places(text: str) -> None:
    assert not [name for name, (_, reach) in names(text).items() if reach > Reach.LOOSE]


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("枫桥里12栋3单元漏水", {"12栋", "3单元"}),
        ("枫桥里十二幢三单元漏水", {"12栋", "3单元"}),
        ("文汇街56号院门口", {"56号"}),
    ],
)
def test_numbers_of_buildings_are_read_however_they_are_written(text: str, numbers: set[str]) -> None:
    assert read(Message(text)).numbers == numbers


@pytest.mark.parametrize("written", ["12栋", "１２栋", "十二栋", "１２幢", "٠١٢号楼"])
def test_a_number_is_the_same_however_it_is_written(written: str) -> None:
    assert house_numbers([written]) == {"12栋"}


def test_a_subject_is_found_by_any_of_its_words_and_the_longest_counts() -> None:
    assert {mention.subject for mention in mentions("昨晚起水龙头一滴水没有")} == {"停水"}
    assert [(mention.subject, mention.start, mention.end) for mention in mentions("垃圾桶")] == [("垃圾", 0, 3)]


def test_what_a_name_holds_is_no_subject() -> None:
    assert "养老" not in "".join(read(Message("康颐养老院的护工打人")).mentions)
    assert "油烟" not in read(Message("老灶火锅店拖欠工资")).mentions


def test_a_rare_pair_weighs_more_than_a_common_one() -> None:
    assert rarity("来电") < rarity("电梯") < rarity("琅霁") == 1.0


def test_every_subject_weighs_something() -> None:
    assert all(0 < weight <= 1 for weight in subject_weights().values())


# Clues.


def test_clues_are_few_distinct_and_the_strongest_first() -> None:
    found = clues(
        read(Message("鹭洲区云汀花园7栋旁边的栖霞路上，飞燕健身房门口的烧烤摊每晚油烟呛人，老灶火锅也是一样。"))
    )
    strengths = [clue.strength for clue in found]
    assert 4 <= len(found) <= MOST_CLUES
    assert len({clue.key for clue in found}) == len(found)
    assert strengths == sorted(strengths, reverse=True)
    assert all(len(clue.key) == 14 and clue.key.startswith(VERSION) and clue.key.isascii() for clue in found)


def test_clues_are_the_same_in_another_process() -> None:
    text = "云汀花园的烧烤摊油烟呛人"
    code = "import sys; from petition_nlp import Message; from petition_nlp.repeats import clues, read\n"
    code += f"print(*(clue.key for clue in clues(read(Message({text!r})))))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [clue.key for clue in clues(read(Message(text)))]


def test_the_keys_of_this_version_do_not_change() -> None:
    """Stored keys would no longer be found; raise `VERSION` if this fails on purpose."""
    assert [clue.key for clue in clues(read(Message("云汀花园停水")))] == [
        *("1b4a36bb2fb0b3", "1n191902a45f16", "1c108ae6a8fc5d", "1cc23fccae8728"),
        *("1c7db41ebc486b", "1c6ab82d2c814d", "1n52816d440885", "1nf52ca2412756"),
    ]


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("云汀花园油烟太大", "云汀花园那家烧烤摊呛死人"),
        ("我们枫桥里没水了", "枫桥里小区从昨晚起停水"),
        ("又是宏远！臭得睡不着", "宏远板材厂夜间偷排废气"),
        ("网上买的手机三天就坏，商家拒绝退货", "再次反映：网上买的手机三天就坏，商家拒绝退货，请处理"),
    ],
)
def test_messages_of_one_matter_share_a_clue(new: str, old: str) -> None:
    assert keys(new) & keys(old)


def test_messages_of_nothing_in_common_share_none() -> None:
    assert not keys("云汀花园油烟太大，请城管处理") & keys("栖霞路的路灯不亮，请市政处理")


@pytest.mark.parametrize("text", ["", "[手机号]", "😡", "12345"])
def test_a_message_without_words_has_no_clues_and_is_like_nothing(text: str) -> None:
    assert keys(text) == set()
    assert likeness(text, text).level is Level.NONE


# Comparison.


def test_the_same_thing_at_the_same_place_is_the_same_matter() -> None:
    found = likeness("云汀花园门口的烧烤摊油烟太大", "请管管云汀花园外面烤串的，烟熏得没法开窗")
    assert found.level is Level.SAME
    assert found.reason == "地点相同：云汀花园；内容相近：油烟；同属城市管理综合执法部门"


@pytest.mark.parametrize(
    ("new", "old"),
    [
        ("云汀花园停水了，什么时候来水", "青柚雅苑停水了，什么时候来水"),
        ("碧岑花园门口的灯太亮", "碧岑广场的灯太亮"),
    ],
)
def test_different_places_are_different_matters_however_alike_the_words(new: str, old: str) -> None:
    found = likeness(new, old)
    assert (found.level, found.score) == (Level.NONE, 0.0)
    assert "地点不同" in found.reason


def test_different_areas_are_different_matters() -> None:
    text = "人民路建设银行门口的井盖松动，车一过就咣当响"
    new, old = (read(Message(text, area=area)) for area in ("城东区", "望川区"))
    assert compare(new, old).level is Level.NONE
    assert compare(new, read(Message(text, area="城东区桥头街道"))).level is Level.SAME


def test_a_district_in_the_text_counts_where_no_area_is_known() -> None:
    assert likeness("鹭洲区人民路的井盖松动", "临江区人民路的井盖松动").level is Level.NONE


def test_different_vehicles_are_different_matters() -> None:
    new, old = "云汀花园有车堵门，车牌闽Z12345，请通知车主挪车", "云汀花园有车堵门，车牌闽Z67890，请通知车主挪车"
    assert "车牌不同" in likeness(new, old).reason
    assert likeness(new, old).level is Level.NONE


def test_another_trouble_at_the_same_place_is_not_the_same() -> None:
    assert likeness("云汀花园电梯坏了", "云汀花园物业费涨价", department=HOUSING).level is not Level.SAME


def test_another_building_counts_against() -> None:
    here, there = (
        likeness(f"云汀花园{number}栋电梯坏了", "云汀花园7栋电梯停运", department=HOUSING) for number in (7, 2)
    )
    assert here.level is Level.SAME
    assert there.level is not Level.SAME
    assert there.score < here.score
    assert "楼栋门牌不同" in there.reason


def test_a_message_sent_again_is_the_same_without_a_place() -> None:
    old = "网上买的手机用了三天就坏，商家拒绝退货，说是人为损坏，平台也不处理。"
    found = likeness(f"上次反映过，{old}到现在没人联系我。", old)
    assert found.level is Level.SAME
    assert "文字几乎相同" in found.reason


def test_one_template_with_other_facts_is_not_sent_again() -> None:
    new = "网上买的冰箱用了三天就不制冷，商家拒绝上门维修，说是运输问题，平台也不处理。"
    assert likeness(new, "网上买的手机用了三天就坏，商家拒绝退货，说是人为损坏，平台也不处理。").level is not Level.SAME


def test_what_happens_to_one_person_is_not_the_same_at_the_same_place() -> None:
    new, old = "在云汀花园坐出租车丢了钱包", "云汀花园打不到出租车，司机拒载"
    assert likeness(new, old).level is not Level.SAME


def test_a_name_of_half_the_city_says_little() -> None:
    new, old = "云汀花园油烟太大", "云汀花园烧烤摊油烟呛人"
    counts = dict.fromkeys(keys(new), 500)
    assert likeness(new, old, held=Held(1000)).level is Level.SAME
    assert likeness(new, old, held=Held(1000, counts)).level is not Level.SAME


def test_the_alternatives_of_a_department_count() -> None:
    text, other = "云汀花园油烟太大", "云汀花园饭店的油烟"
    ecology = Choice("ecology_environment", "生态环境部门", 0.4)
    near = Prediction("ecology_environment", "生态环境部门", 0.5, (Choice("urban_management", URBAN.name, 0.5),))
    far = Prediction("ecology_environment", "生态环境部门", 1.0)
    new = read(Message(text), URBAN)
    assert compare(new, read(Message(other), near)).score > compare(new, read(Message(other), far)).score
    assert ecology.name not in compare(new, read(Message(other), near)).reason


def test_matches_point_into_the_texts_as_they_were_sent() -> None:
    new, old = Message("ＡＢ　云汀花园  的油烟！！", title="油烟"), Message("关于雲汀花園燒烤的油煙")
    found = compare(read(new), read(old))
    place = next(match for match in found.matches if match.kind == "place")
    subject = next(match for match in found.matches if match.kind == "subject")
    assert place.new is not None and new.text[slice(*place.new)] == "云汀花园"
    assert place.old is not None and old.text[slice(*place.old)] == "雲汀花園"
    assert subject.new is None  # the title says it first


def test_personal_data_is_not_quoted() -> None:
    text = "我叫赵小满，电话13800001234，云汀花园7栋201室的油烟太大"
    found = likeness(text, text)
    assert not [part for part in ("赵", "1380", "201", "7栋") if part in found.reason]

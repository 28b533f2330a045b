from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any

import pytest

from petition_nlp.errors import InputError
from petition_nlp.ledger import book as book_module
from petition_nlp.ledger.book import NO_AREA, Book
from petition_nlp.ledger.fields import Decision, Record
from petition_nlp.ledger.lists import Area, Entry
from petition_nlp.ledger.periods import Period
from petition_nlp.taxonomy import Taxonomy

TAXONOMY = Taxonomy.load()


def record(
    text: str = "小区电梯坏了没人修",
    *,
    community: str = "河东社区",
    date: datetime.date | None = datetime.date(2026, 9, 1),
    topic: str = "",
    **decision: Any,
) -> Record:
    plain = {"matter": "community", "department": "housing", "confidence": 0.9, "review": False}
    return Record(community, date, topic, "", text, Decision(**{**plain, "line": "", "reasons": "", **decision}))


def areas(records: Iterable[Record], *, period: Period = Period.ALL, examples: int = 3) -> tuple[Area, ...]:
    book = Book(TAXONOMY, period, examples)
    for each in records:
        book.add(each)
    return book.areas()


def entries(matter: str, *records: Record) -> tuple[Entry, ...]:
    (area,) = areas(records)
    return next(section.entries for section in area.chapters[0].sections if section.matter == matter)


def test_every_message_stands_in_exactly_one_list() -> None:
    codes = ("government", "community", "private", "unclear")
    (area,) = areas([record(matter=code) for code in codes])
    assert [(s.matter, s.title, s.count) for s in area.chapters[0].sections] == [
        ("government", "大事", 1),
        ("community", "小事", 1),
        ("private", "私事", 1),
        ("unclear", "待人工判断", 1),
    ]
    assert area.tally.count == 4


def test_what_is_counted() -> None:
    first, last = datetime.date(2026, 1, 3), datetime.date(2026, 8, 9)
    records = [
        record(date=last, review=True),
        record(date=first, line="119", review=True),
        record(date=None, line="119"),
        record(date=datetime.date(2026, 5, 1)),
    ]
    (entry,) = entries("community", *records)
    tally = entry.tally
    assert (tally.count, tally.review, tally.emergencies, dict(tally.lines)) == (4, 2, 2, {"119": 2})
    assert (tally.first, tally.last) == (first, last)


def test_government_matters_are_told_by_department() -> None:
    found = entries(
        "government",
        record(matter="government", department="housing", topic="甲"),
        record(matter="government", department="housing", topic="甲"),
        record(matter="government", department="housing", topic="乙"),
        record(matter="government", department="traffic_police"),
        record(matter="government", department=""),
    )
    assert [(e.kind, e.party, e.tally.count) for e in found] == [
        ("住房和城乡建设部门", "住房和城乡建设部门", 3),
        ("公安交管部门（交警）", "公安交管部门（交警）", 1),
        ("责任部门待定", "责任部门待定", 1),
    ]
    assert found[0].topics == (("甲", 2), ("乙", 1))
    assert "12345" in found[0].channel


def test_community_matters_are_told_by_line_without_topics() -> None:
    found = entries("community", record(), record(department="landscaping"), record(department="landscaping"))
    assert [(e.kind, e.party, e.level) for e in found] == [
        ("园林绿化部门", "业主委员会、物业服务企业", "小区"),
        ("住房和城乡建设部门", "物业服务企业、业主委员会", "小区"),
    ]
    assert found[1].channel.startswith("先书面报物业服务企业")


def test_community_matters_are_told_by_topic_and_party() -> None:
    found = entries(
        "community",
        record(topic="城乡建设/物业管理/停车", department="traffic_police"),
        record(topic="城乡建设/物业管理/停车"),
        record(topic="城乡建设/物业管理/电梯"),
        record(topic="城乡建设/物业管理/电梯", department="community"),
    )
    assert [(e.kind, e.party, e.level, e.guides) for e in found] == [
        (
            "城乡建设 / 物业管理",
            "物业服务企业、业主委员会",
            "小区",
            ("住房和城乡建设部门", "公安交管部门（交警）"),
        ),
        ("城乡建设 / 物业管理", "社区（村）居民委员会", "社区", ("社区（村）居民委员会",)),
    ]
    assert found[0].topics == ()


def test_private_matters_are_told_by_channel() -> None:
    private = [record(matter="private", department=code) for code in ("housing", "emergency_management", "taxation")]
    found = entries("private", *private, record(matter="private", department="housing"))
    assert [(e.party, e.tally.count) for e in found] == [("房屋当事人双方", 2), ("当事人本人及其家庭", 2)]
    assert found[1].kind == "、".join(TAXONOMY.name("department", c) for c in ("emergency_management", "taxation"))


@pytest.mark.parametrize(
    ("reasons", "kind"),
    [
        ("没有可读的文字，请查看原件或回访", "没有可读的文字"),
        ("文字太短，不足以判断，请向诉求人补充了解", "文字太短"),
        ("不像居民诉求（广告、转发内容、代码、外文等），请人工确认；难分高下", "不像居民诉求"),
        ("", "看不出诉求"),
    ],
)
def test_what_no_class_fits_is_told_by_the_reason(reasons: str, kind: str) -> None:
    (entry,) = entries("unclear", record(matter="unclear", department="", reasons=reasons))
    assert (entry.kind, entry.party) == (kind, "待人工判断")
    assert entry.channel


def test_emergencies_are_counted_and_never_quoted() -> None:
    (entry,) = entries("community", record("楼道着火了", line="119", confidence=0.99), record("电梯坏了", review=True))
    assert entry.examples == ("电梯坏了",)


def test_periods_stand_in_order_and_what_has_no_date_last() -> None:
    days = [datetime.date(2026, 10, 1), None, datetime.date(2025, 12, 31), datetime.date(2026, 9, 30)]
    (area,) = areas([record(date=day) for day in days], period=Period.QUARTER)
    assert [c.period for c in area.chapters] == ["2025年第4季度", "2026年第3季度", "2026年第4季度", "日期不详"]


def test_communities_stand_by_size_and_those_without_a_name_last() -> None:
    names = ["乙", "甲", "", "", "", "甲"]
    assert [area.name for area in areas(record(community=name) for name in names)] == ["甲", "乙", NO_AREA]


def test_communities_that_differ_only_in_what_is_masked_stay_apart() -> None:
    found = areas(record(community=name) for name in ("幸福路8号", "幸福路9号"))
    assert [area.name for area in found] == ["幸福路[门牌号]", "幸福路[门牌号]（2）"]


def test_the_order_of_rows_makes_no_difference_to_the_counts() -> None:
    records = [
        record(f"第{number}件", community=f"{number % 3}社区", department=code, confidence=number / 10)
        for number, code in enumerate(["housing", "landscaping", "community"] * 3)
    ]
    assert areas(records) == areas(reversed(records))


@pytest.mark.parametrize(
    ("limit", "field", "told"),
    [
        ("MAX_AREAS", "community", "超过 2 个社区。--by 指定的列不像社区"),
        ("MAX_TOPICS", "topic", "超过 2 种分类。--topic-column 指定的列不像分类"),
        ("MAX_ENTRIES", "topic", "超过 2 个条目"),
    ],
)
def test_more_than_any_real_list_has_is_refused(
    monkeypatch: pytest.MonkeyPatch, limit: str, field: str, told: str
) -> None:
    monkeypatch.setattr(book_module, limit, 2)
    with pytest.raises(InputError, match=told):
        areas(record(**{field: value}) for value in "甲乙丙")  # type: ignore[arg-type]

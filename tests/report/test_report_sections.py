from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from conftest import make_fact

from petition_nlp.report import Fact
from petition_nlp.report.agreement import agreement, likely_mistakes
from petition_nlp.report.content import Chart, Section, Table
from petition_nlp.report.counts import count_areas
from petition_nlp.report.drift import comparisons, drift
from petition_nlp.report.mistakes import Mistakes, find_mistakes
from petition_nlp.report.periods import month_of
from petition_nlp.report.places import busiest, places
from petition_nlp.report.view import View
from petition_nlp.report.volumes import review, volumes
from petition_nlp.report.words import log_odds_with_prior, rising_words

MakeView = Callable[[Sequence[Fact]], View]
Store = Callable[..., list[Path]]


def _table(section: Section | None, name: str) -> list[tuple[Any, ...]]:
    assert section is not None
    for block in section.blocks:
        table = block.table if isinstance(block, Chart) else block
        if isinstance(table, Table) and table.name == name:
            return [tuple(row) for row in table.rows]
    raise AssertionError(f"no table {name}")


def _on(day: str, count: int, **values: Any) -> list[Fact]:
    return [make_fact(received=datetime.date.fromisoformat(day), **values) for _ in range(count)]


def test_volumes_by_matter_department_and_month(view: MakeView) -> None:
    facts = [*_on("2026-04-30", 3, matter="private", department="gas"), *_on("2026-05-31", 1, department=None)]
    section = volumes(view(facts))
    assert _table(section, "事项类别") == [("私事", 3, 0.75), ("大事", 1, 0.25)]
    assert _table(section, "责任部门") == [("燃气企业", 3, 0.75), ("（不派单）", 1, 0.25)]
    assert _table(section, "各期诉求量") == [("2026-04", 3, 0, 3), ("2026-05", 0, 1, 1)]


def test_emergencies_by_line(view: MakeView) -> None:
    section = volumes(view([make_fact(emergency="119"), make_fact(emergency="119"), make_fact(emergency="110")]))
    assert [row[:2] for row in _table(section, "紧急诉求")] == [("119", 2), ("110", 1)]
    assert any("3 条可能涉及紧急危险" in line for line in section.findings)


def test_review_rate_and_reasons(view: MakeView) -> None:
    facts = [*_on("2026-04-01", 1, reasons=("low_confidence", "close_call")), *_on("2026-05-01", 3)]
    section = review(view(facts))
    assert _table(section, "复核原因") == [("把握不足", 1, 0.25), ("难分高下", 1, 0.25)]
    assert _table(section, "各期复核率") == [("2026-04", 1, 1, 1.0), ("2026-05", 3, 0, 0.0)]


def test_agreement_by_department_and_unmapped_units(view: MakeView) -> None:
    facts = [
        *_on("2026-05-01", 8, department="gas", history="燃气", history_code="gas"),
        *_on("2026-05-01", 2, department="housing", history="燃气", history_code="gas"),
        *_on("2026-05-01", 3, history="网格13800138000中心", history_code=None),
        *_on("2026-05-01", 1, history="", history_code=None),
        *_on("2026-05-01", 1, department=None, history="燃气", history_code="gas"),
    ]
    section = agreement(view(facts))
    assert section is not None
    assert section.tiles[0].value == "80.0%"
    assert "49.0–94.3%" in section.tiles[0].note
    assert _table(section, "各部门一致率")[0][:4] == ("燃气企业", 10, 8, 0.8)
    assert _table(section, "不一致组合") == [("燃气企业", "住房和城乡建设部门", 2, 0.2)]
    assert _table(section, "未能对应的历史单位") == [("网格[手机号]中心", 3)]
    assert "没有历史部门 1 条，历史单位未能对应 3 条，模型未给出部门 1 条" in section.lead[0]


def test_only_sure_rows_are_likely_mistakes(view: MakeView, store: Store) -> None:
    wrong = {"department": "gas", "history": "供水", "history_code": "water_supply"}
    facts = [
        make_fact(**wrong, line=5, confidence=0.91, text="灶台打不着火"),
        make_fact(**wrong, line=6, confidence=0.97, text="煤气表坏了"),
        make_fact(**wrong, line=7, reasons=("low_confidence",)),
        make_fact(line=8),
        make_fact(line=9, department="gas", history="某所", history_code=None),
        make_fact(line=10, department=None, history_code="gas"),
    ]
    mistakes = find_mistakes(store(facts))
    assert mistakes.pairs == {("water_supply", "gas"): 2}
    assert [row.line for row in mistakes.rows] == [6, 5]
    section = likely_mistakes(view(facts), mistakes)
    assert section is not None
    cards = next(block for block in section.blocks if isinstance(block, tuple))
    assert cards[0].title == "供水企业 → 燃气企业"
    assert cards[0].quote == "煤气表坏了"
    assert ("出处", "工单.csv 第 6 行") in cards[0].facts


def test_only_the_surest_mistakes_are_kept(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("petition_nlp.report.mistakes.MOST_ROWS", 2)
    facts = [make_fact(line=n, department="gas", confidence=0.5 + n / 100) for n in range(9)]
    mistakes = find_mistakes(store(facts, part=2))
    assert (mistakes.total, [row.line for row in mistakes.rows]) == (9, [8, 7])
    assert len(mistakes.examples["municipal_works", "gas"]) == 2


def test_without_history_there_is_nothing_to_compare(view: MakeView) -> None:
    found = view([make_fact(history="", history_code=None)])
    assert agreement(found) is None
    assert likely_mistakes(found, Mistakes()) is None


def test_a_department_that_rose_is_found_against_both_periods(view: MakeView) -> None:
    facts = []
    for month in range(1, 13):
        facts += _on(f"2025-{month:02}-28", 50, department="gas") + _on(f"2025-{month:02}-28", 450)
    facts += _on("2026-01-31", 150, department="gas") + _on("2026-01-31", 350)
    found = view(facts)
    assert comparisons(found) == [("与上期相比", 11), ("与去年同期相比", 0)]
    section = drift(found, {})
    for name in ("与上期相比", "与去年同期相比"):
        row = _table(section, f"责任部门变化_{name}")[0]
        assert row[:5] == ("燃气企业", 50, 150, 0.1, 0.3) or row[0] == "市政设施与排水管护单位"
    assert section is not None
    assert any("占比明显上升的有燃气企业（10.0% → 30.0%，+20.0 个百分点）" in line for line in section.findings)


def test_a_steady_mix_has_no_clear_change(view: MakeView) -> None:
    facts = [fact for month in (4, 5) for fact in _on(f"2026-{month:02}-30", 40, department="gas")]
    facts += [fact for month in (4, 5) for fact in _on(f"2026-{month:02}-30", 60)]
    section = drift(view(facts), {})
    assert {row[-1] for row in _table(section, "责任部门变化_与上期相比")} == {"不明显"}
    assert section is not None and not section.findings


def test_one_month_alone_has_no_drift(view: MakeView) -> None:
    assert drift(view(_on("2026-05-30", 9)), {}) is None


def test_rising_words_leave_names_and_stop_words_out(store: Store) -> None:
    before = _on("2026-04-15", 200, text="我家楼下路灯不亮,请尽快处理") + _on("2026-04-15", 200, text="垃圾没有人清运")
    after = _on("2026-05-15", 200, text="我家楼下路灯不亮,请尽快处理") + _on("2026-05-15", 100, text="垃圾没有人清运")
    after += _on(
        "2026-05-15", 100, department="water_supply", text="上海路翠湖花园水管冻裂,请尽快处理,联系人[姓名][手机号]"
    )
    months = [month_of(datetime.date(2026, number, 1)) for number in (4, 5)]
    sizes = {months[0]: 400, months[1]: 400}
    words = rising_words(store(before + after), range(months[0], months[0] + 1), range(months[1], months[1] + 1), sizes)
    found = {word.word: word for word in words}
    assert {"水管", "冻裂"} <= set(found)
    assert not {"上海", "上海路", "翠湖", "手机号", "姓名", "请尽快", "尽快", "处理", "路灯", "垃圾"} & set(found)
    assert found["冻裂"].departments == (("water_supply", 100),)
    assert (found["冻裂"].before, found["冻裂"].after, found["冻裂"].share_after) == (0, 100, 0.25)


def test_a_large_period_is_read_in_part(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("petition_nlp.report.words.MOST_TEXTS", 100)
    month = month_of(datetime.date(2026, 5, 1))
    facts = [make_fact(received=datetime.date(2026, 4, 1), text=f"甲{n}") for n in range(100)]
    facts += [make_fact(text=f"第{n}户停电") for n in range(1000)]
    words = rising_words(store(facts), range(month - 1, month), range(month, month + 1), {month - 1: 100, month: 1000})
    (word,) = [word for word in words if word.word == "停电"]
    assert 60 < word.after < 140
    assert word.share_after == 1.0


def test_the_prior_keeps_rare_words_down() -> None:
    rare = log_odds_with_prior((0, 3), (10_000, 10_000))
    frequent = log_odds_with_prior((100, 300), (10_000, 10_000))
    assert frequent > 5 > 2 > rare > 0


def test_places_by_number_growth_and_department(view: MakeView, store: Store) -> None:
    facts = []
    for day, east in (("2026-04-30", 100), ("2026-05-31", 300)):
        facts += _on(day, east, area="城东区", department="gas") + _on(day, 400, area="临江区")
    facts += _on("2026-05-31", 9, area="")
    found = view(facts)
    section = places(found, count_areas(store(facts), busiest(found)))
    assert _table(section, "区域诉求量")[1] == ("城东区", 400, 400 / 1200, "燃气企业 400")
    assert _table(section, "区域各期诉求量") == [("临江区", 400, 400), ("城东区", 100, 300)]
    growth = _table(section, "区域变化_与上期相比")[0]
    assert (growth[0], growth[3], growth[-1]) == ("城东区", 2.0, "占比明显上升")
    assert section is not None and section.lead == ["9 条未注明区域。"]


def test_without_a_place_column_there_are_no_places(view: MakeView) -> None:
    assert places(view([make_fact(area="")]), {}) is None

"""Rows into the three lists: counts and examples by community, period, matter and kind of matter."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Final

from petition_nlp.archive.columns import as_unique
from petition_nlp.archive.summary import REASON_NAMES
from petition_nlp.errors import InputError
from petition_nlp.ledger.examples import Examples
from petition_nlp.ledger.fields import Record
from petition_nlp.ledger.lists import Area, Chapter, Entry, Section, Tally
from petition_nlp.ledger.periods import UNDATED, Period, PeriodKey
from petition_nlp.ledger.wording import area_label, example, topic_label
from petition_nlp.policy import REASONS
from petition_nlp.taxonomy import UNCLEAR, Party, Taxonomy

MAX_AREAS: Final = 5_000
MAX_TOPICS: Final = 1_000
MAX_ENTRIES: Final = 50_000
NO_AREA: Final = "（未注明）"
NO_DEPARTMENT: Final = "责任部门待定"
UNDECIDED: Final = "待人工判断"

_COMMUNITY: Final = "community"
_PERSON: Final = "person"
_UNREADABLE: Final = ("empty", "very_short", "out_of_domain")
_SHOWN_NAMES: Final = 3


_Key = tuple[str, str, str]
"""What an entry is told by: kind, party, level or channel; the latter two empty where the kind decides them."""

_Tree = defaultdict[str, defaultdict[PeriodKey, defaultdict[str, list[Entry]]]]


@dataclass(slots=True)
class _Group:
    tally: Tally
    examples: Examples
    departments: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)


@dataclass(slots=True)
class Book:
    """Takes in rows one by one; its size depends on the number of entries, not of rows.

    :param examples: how many to keep for each entry.
    """

    taxonomy: Taxonomy
    period: Period
    examples: int
    rows: int = 0
    undated: int = 0
    _groups: dict[tuple[str, PeriodKey, str, _Key], _Group] = field(default_factory=dict)
    _areas: dict[str, None] = field(default_factory=dict)
    _topics: dict[str, str] = field(default_factory=dict)

    def add(self, record: Record) -> None:
        """Count a message and, unless it tells of an emergency, consider it as an example.

        :raises InputError: there are more communities, topics or entries than any real list has.
        """
        decision = record.decision
        topic = self._topic(record.topic)
        period = self.period.key(record.date)
        self._areas.setdefault(record.community)
        _limit(len(self._areas), MAX_AREAS, "个社区", "--by 指定的列不像社区，请换一列，如街道或社区")
        group = self._group((record.community, period, decision.matter, self._key(record, topic)))
        self.rows += 1
        self.undated += period == UNDATED
        group.tally.add(record)
        group.departments[decision.department] += bool(decision.department)
        if topic:
            group.topics[topic] += 1
        if not decision.line:
            wording = partial(example, record.title, record.text)
            group.examples.offer(decision.review, decision.confidence, wording)

    def areas(self) -> tuple[Area, ...]:
        """The lists, the community with most messages first; those without a community last."""
        tree: _Tree = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        for (area, period, matter, key), group in self._groups.items():
            tree[area][period][matter].append(self._entry(matter, key, group))
        labels = _labels(tree)
        found = [self._area(labels[name], periods) for name, periods in tree.items()]
        return tuple(sorted(found, key=lambda area: (area.name == NO_AREA, -area.tally.count, area.name)))

    def matters(self) -> list[tuple[str, str]]:
        """Code and list title of every matter in order, what a person must judge last."""
        named = [(code, matter.name) for code, matter in self.taxonomy.matters.items() if code != UNCLEAR]
        return [*named, (UNCLEAR, UNDECIDED)]

    def _topic(self, text: str) -> str:
        if text not in self._topics:
            self._topics[text] = topic_label(text)
            todo = "--topic-column 指定的列不像分类，请换一列"
            _limit(len(self._topics), MAX_TOPICS, "种分类", todo)
        return self._topics[text]

    def _group(self, key: tuple[str, PeriodKey, str, _Key]) -> _Group:
        group = self._groups.get(key)
        if group is None:
            _limit(len(self._groups) + 1, MAX_ENTRIES, "个条目", "请按更大的区域或更长的时段汇总")
            group = self._groups[key] = _Group(Tally(), Examples(self.examples))
        return group

    def _key(self, record: Record, topic: str) -> _Key:
        decision = record.decision
        party = self._party(decision.matter, decision.department)
        if decision.matter == UNCLEAR:
            return _unclear_reason(decision.reasons), "", ""
        if party and party.kind == _COMMUNITY:
            return topic or self._department(decision.department), party.name, party.level or ""
        if party and party.kind == _PERSON:
            return "", party.name, party.channel
        return self._department(decision.department), "", ""

    def _area(self, label: str, periods: Mapping[PeriodKey, Mapping[str, list[Entry]]]) -> Area:
        chapters = tuple(self._chapter(self.period.label(key), periods[key]) for key in sorted(periods))
        return Area(label, Tally.total(chapter.tally for chapter in chapters), chapters)

    def _chapter(self, label: str, entries: Mapping[str, list[Entry]]) -> Chapter:
        sections = tuple(Section(code, title, _ranked(entries.get(code, []))) for code, title in self.matters())
        tally = Tally.total(entry.tally for section in sections for entry in section.entries)
        return Chapter(label, tally, sections)

    def _entry(self, matter: str, key: _Key, group: _Group) -> Entry:
        kind = key[0]
        by_frequency = sorted(group.departments, key=lambda code: (-group.departments[code], code))
        names = tuple(self._department(code) for code in by_frequency if code)
        party = self._party(matter, by_frequency[0] if by_frequency else "")
        divided = party is not None and party.kind == _COMMUNITY
        if party and party.kind == _PERSON:
            kind = "、".join(names[:_SHOWN_NAMES]) + ("等" if len(names) > _SHOWN_NAMES else "") or NO_DEPARTMENT
        return Entry(
            kind=REASON_NAMES.get(kind, kind) if matter == UNCLEAR else kind,
            party=self._filled(party.name, names) if party else UNDECIDED,
            level=self._level(matter, party),
            channel=self._filled(party.channel, names) if party else REASONS.get(kind, ""),
            guides=names if divided else (),
            topics=() if divided else _most_common(group.topics),
            tally=group.tally,
            examples=group.examples.texts(),
        )

    def _party(self, matter: str, department: str) -> Party | None:
        return self.taxonomy.matters[matter].party(department or None)

    def _department(self, code: str) -> str:
        return self.taxonomy.name("department", code) or NO_DEPARTMENT

    def _level(self, matter: str, party: Party | None) -> str:
        levels = {level["code"]: level["name"] for level in self.taxonomy.matters[matter].levels}
        return levels.get(party.level or "", "") if party else ""

    @staticmethod
    def _filled(text: str, names: tuple[str, ...]) -> str:
        return text.replace("{department}", names[0] if names else NO_DEPARTMENT)


def _ranked(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    return tuple(sorted(entries, key=lambda entry: (-entry.tally.count, entry.kind, entry.party, entry.channel)))


def _most_common(counts: Counter[str]) -> tuple[tuple[str, int], ...]:
    return tuple(sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN_NAMES])


def _labels(areas: Iterable[str]) -> dict[str, str]:
    """A heading for every community; two that differ only in what is masked stay apart."""
    labels: dict[str, str] = {}
    for name in areas:
        labels[name] = as_unique(area_label(name) or NO_AREA, list(labels.values()))
    return labels


def _unclear_reason(reasons: str) -> str:
    """The code of the reason that tells most about a message that no class fits."""
    return next((code for code in _UNREADABLE if REASONS[code] in reasons), "unclear")


def _limit(number: int, most: int, what: str, todo: str) -> None:
    if number > most:
        raise InputError(f"超过 {most:,} {what}", todo=todo)

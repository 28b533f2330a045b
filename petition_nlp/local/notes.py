"""What is odd in a directory that can be used: rules that never fire, names that are easily mistaken."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator

from petition_nlp.local.directory import Directory
from petition_nlp.local.names import says_its_kind
from petition_nlp.local.records import ADMINISTRATIVE, ROAD
from petition_nlp.local.rules import covers

_SHOWN = 10


def notes(directory: Directory) -> list[str]:
    """Remarks for the people who keep the directory, in Chinese."""
    return [*_never_fired(directory), *_short_names(directory), *_shared_names(directory), *_without_unit(directory)]


def _never_fired(directory: Directory) -> Iterator[str]:
    for number, rule in enumerate(directory.rules):
        earlier = next((own for own in directory.rules[:number] if covers(directory.areas, own, rule)), None)
        if earlier is not None:
            yield f"规则「{rule.id}」永远用不到：前面的「{earlier.id}」已经包括它"


def _short_names(directory: Directory) -> Iterator[str]:
    """Names of two characters that do not say what they are stand in many ordinary sentences."""
    short = [
        name
        for area in directory.areas.values()
        for name in (area.name, *area.aliases)
        if len(name) == 2 and not says_its_kind(name)
    ]
    if short:
        yield f"这些名称只有两个字，容易误认，请核对：{_listed(short)}"


def _shared_names(directory: Directory) -> Iterator[str]:
    count = Counter(
        name
        for area in directory.areas.values()
        if area.kind != ROAD
        for name in dict.fromkeys((area.name, *area.aliases))
    )
    shared = [name for name, number in count.items() if number > 1]
    if shared:
        yield f"这些名称有不止一处，诉求里没有写明上级时需要人工确认：{_listed(shared)}"


def _without_unit(directory: Directory) -> Iterator[str]:
    """Departments that have units in some districts but not in every one, and none for the whole city."""
    districts = {area.id: area.name for area in directory.areas.values() if area.kind == ADMINISTRATIVE[0]}
    own: dict[str, set[str | None]] = defaultdict(set)
    for unit in directory.units.values():
        if unit.department:
            own[unit.department].add(unit.area)
    for department, areas in own.items():
        missing = [name for id, name in districts.items() if id not in areas]
        if None not in areas and missing and areas & districts.keys():
            name = directory.taxonomy.name("department", department)
            yield f"{name}在这些区县没有单位，也没有全市的单位：{_listed(missing)}"


def _listed(names: list[str]) -> str:
    more = f" 等 {len(names)} 个" if len(names) > _SHOWN else ""
    return "、".join(names[:_SHOWN]) + more

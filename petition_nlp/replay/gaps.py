"""What rules look at and an archive does not hold: by its stored departments alone they seem to hold nowhere."""

from __future__ import annotations

from collections.abc import Iterator, Set
from typing import Final

from petition_nlp.archive.columns import match_column
from petition_nlp.archive.worker import SourcePlan
from petition_nlp.conditions import Condition
from petition_nlp.replay.moves import MATTER_COLUMN, ROUTE_KEY
from petition_nlp.replay.run import Archive
from petition_nlp.taxonomy_compare import TaxonomyDiff

_HELP: Final = {
    "matter": ("事项类别", "换用 classify 的结果作档案，或加 --reroute 由模型判断"),
    "topic": ("问题分类", "用 --map 指明这一列，或加 --reroute 由模型判断"),
    "area": ("地点", "用 --map 指明这一列，或用 --directory 在正文里认出地点"),
}


def gaps(archive: Archive, diff: TaxonomyDiff, found: Set[str]) -> list[str]:
    """For everything that rules look at and no file of the archive holds, a sentence.

    :param found: what is found out otherwise: ``matter`` and ``topic`` by a model, ``area`` in texts.
    """
    held = found | {name for source in archive.plan.sources for name in _held(source)}
    asked = [name for condition in _conditions(diff) for name in condition.to_dict()]
    return [
        f"有 {asked.count(key)} 条规则要看{name}，档案里没有，不能照它们对照；请{todo}。"
        for key, (name, todo) in _HELP.items()
        if key in asked and key not in held
    ]


def _held(source: SourcePlan) -> Iterator[str]:
    if ROUTE_KEY in source.columns or match_column(source.columns, MATTER_COLUMN):
        yield "matter"
    if source.mapped.topic:
        yield "topic"
    if source.mapped.area:
        yield "area"


def _conditions(diff: TaxonomyDiff) -> Iterator[Condition]:
    for migration in diff.chain.migrations if diff.chain else ():
        yield from (rule.condition for step in migration.steps for rule in step.rules)
        yield from (own.condition for own in migration.reassignments)
    for districts in diff.districts:
        yield from (rule.condition for rule in (districts.rules if districts else ()))

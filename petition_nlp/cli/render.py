"""A route as a block of text for people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from petition_nlp.cli.parser import pad
from petition_nlp.route import Prediction, Responsible, Route

if TYPE_CHECKING:
    from petition_nlp.taxonomy import Taxonomy

_LABEL_WIDTH = 10
_SHOWN_EVIDENCE = 8
_HEAD_NAMES = {"matter": "事项", "department": "部门"}


def level_names(taxonomy: Taxonomy) -> dict[str, str]:
    """The levels of community deliberation by code."""
    return {level["code"]: level["name"] for matter in taxonomy.matters.values() for level in matter.levels}


def render(route: Route, levels: Mapping[str, str], *, heading: str = "") -> str:
    """Who must act first, then why, how sure that is, and whether a person should look.

    :param levels: names of the levels of community deliberation.
    """
    lines = [f"── {heading} ──"] if heading else []
    if route.emergency:
        lines.append(_line("紧急", f"{route.emergency.line}：{route.emergency.message}"))
    lines += _responsible(route.responsible, levels)
    lines += _prediction("事项类别", route.matter)
    lines += _prediction("主管部门", route.department)
    if route.co_departments:
        lines.append(_line("协办", "、".join(f"{c.name} {c.confidence:.0%}" for c in route.co_departments)))
    if route.request_type:
        lines.append(_line("诉求类型", f"{route.request_type.name} {route.request_type.confidence:.0%}"))
    lines += [line for name, label in route.labels.items() for line in _prediction(name, label)]
    lines.append(_line("把握", f"{route.confidence:.0%}（事项与部门都判对的概率）"))
    lines += [_line("规则", rule.message) for rule in route.rules]
    lines += _review(route)
    lines += _evidence(route)
    target = route.policy.get("target_precision")
    aim = f"，目标准确率 {target:.0%}" if isinstance(target, float) else ""
    mapped = f"（由 {route.mapped_from} 换算）" if route.mapped_from else ""
    lines.append(_line("模型", f"{route.model}（{route.profile}），分类目录 {route.taxonomy}{mapped}{aim}"))
    return "\n".join(lines) + "\n"


def _responsible(party: Responsible | None, levels: Mapping[str, str]) -> list[str]:
    if party is None:
        return [_line("责任主体", "无法判断，请人工处理")]
    level = f"（{levels.get(party.level, party.level)}层面议事）" if party.level else ""
    lines = [_line("责任主体", f"{party.name}{level}")]
    return [*lines, _line("办理渠道", party.channel)] if party.channel else lines


def _prediction(label: str, choice: Prediction | None) -> list[str]:
    if choice is None:
        return []
    lines = [_line(label, f"{choice.name} {choice.confidence:.0%}")]
    if choice.alternatives:
        lines.append(_line("  其次", "、".join(f"{c.name} {c.confidence:.0%}" for c in choice.alternatives)))
    return lines


def _review(route: Route) -> list[str]:
    if not route.review.required:
        return [_line("人工复核", "不需要")]
    return [
        _line("人工复核", "需要"),
        *(f"{'':{_LABEL_WIDTH}}· {reason.message}" for reason in route.review.reasons),
    ]


def _evidence(route: Route) -> list[str]:
    lines = []
    for head in dict.fromkeys(span.head for span in route.evidence):
        spans = sorted((s for s in route.evidence if s.head == head), key=lambda span: -span.weight)
        words = "、".join(" ".join(s.text.split()) for s in spans[:_SHOWN_EVIDENCE])
        lines.append(_line("依据", f"{_HEAD_NAMES.get(head, head)}：{words}"))
    return lines


def _line(label: str, text: str) -> str:
    return pad(label, _LABEL_WIDTH) + text

"""What a report is told of a routed row; personal data stays out of it."""

from __future__ import annotations

from petition_nlp.archive.routed import Routed
from petition_nlp.archive.rows import as_text
from petition_nlp.archive.worker import SourcePlan
from petition_nlp.report.facts import Fact, parse_date
from petition_nlp.route import Message
from petition_nlp.text.mask import mask
from petition_nlp.text.normalise import normalise


def fact(plan: SourcePlan, message: Message, routed: Routed) -> Fact:
    """The fact of one row."""
    route, comparison, topic = routed.route, routed.comparison, plan.mapped.topic
    whole = f"{message.title}\n{message.text}" if message.title else message.text
    return Fact(
        source=plan.name,
        line=routed.row.line,
        received=parse_date(message.received or ""),
        area=mask(message.area or ""),
        topic=as_text(routed.row.fields.get(topic)) if topic else "",
        matter=route.matter.code if route.matter else None,
        department=route.department.code if route.department else None,
        request_type=route.request_type.code if route.request_type else None,
        confidence=route.confidence,
        reasons=tuple(dict.fromkeys(reason.code for reason in route.review.reasons)),
        emergency=route.emergency.line if route.emergency else None,
        history=comparison.written if comparison else "",
        history_code=comparison.code if comparison else None,
        text=mask(normalise(whole[:_LONGEST])),
    )


_LONGEST = 2_000
"""Characters of a message that a report reads."""

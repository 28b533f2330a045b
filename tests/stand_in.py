"""A router that needs no model, for tests of files and of the command line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from petition_nlp.route import (
    Choice,
    Emergency,
    Evidence,
    Message,
    Prediction,
    Reason,
    Responsible,
    Review,
    Route,
)
from petition_nlp.taxonomy import Taxonomy


class StandInRouter:
    """Decides by plain words, so that tests of files and commands need no model.

    An empty message is unclear, 「火」 is an emergency, 「漏水」 is for a person, all else is certain.
    """

    taxonomy = Taxonomy.load()
    identity: ClassVar = {
        "model": "standin@1",
        "profile": "fast",
        "taxonomy": "2026.11",
        "target_precision": 0.9,
    }

    def __init__(self) -> None:
        self.seen: list[Message] = []
        self.batches: list[int] = []

    def route(self, messages: Sequence[Message | str]) -> list[Route]:
        self.batches.append(len(messages))
        return [self._route(m if isinstance(m, Message) else Message(m)) for m in messages]

    def for_archives(self) -> StandInRouter:
        return self

    def route_without_evidence(self, messages: Sequence[Message | str]) -> list[Route]:
        return self.route(messages)

    def _route(self, message: Message) -> Route:
        self.seen.append(message)
        if not message.text.strip():
            return _route(matter=Prediction("unclear", "无法判断", 1.0), reasons=(Reason("empty", "没有可读的文字"),))
        alternatives = (Choice("water", "水务部门", 0.12), Choice("housing", "住建部门", 0.03))
        return _route(
            matter=Prediction("government", "大事", 0.94, (Choice("community", "小事", 0.05),)),
            department=Prediction("urban_management", "城市管理部门", 0.81, alternatives),
            responsible=Responsible("department", "城市管理部门", "三级服务中心"),
            confidence=0.79,
            reasons=(Reason("low_confidence", "把握 79%，不够"),) if "漏水" in message.text else (),
            emergency=Emergency("119", "请立即转消防") if "火" in message.text else None,
            evidence=(Evidence(0, 1, message.text[0], 0.42, "department"),),
        )


def _route(
    *,
    matter: Prediction,
    department: Prediction | None = None,
    responsible: Responsible | None = None,
    confidence: float = 0.0,
    reasons: tuple[Reason, ...] = (),
    emergency: Emergency | None = None,
    evidence: tuple[Evidence, ...] = (),
) -> Route:
    return Route(
        matter=matter,
        department=department,
        responsible=responsible,
        candidates=None,
        co_departments=(),
        request_type=None,
        confidence=confidence,
        review=Review(reasons),
        emergency=emergency,
        evidence=evidence,
        model="standin@1",
        taxonomy="2026.11",
        policy={"target_precision": 0.9},
    )

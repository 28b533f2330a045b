"""A router that decides by single words, so that tests of the store know what it says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import SimpleNamespace

import numpy as np

from petition_nlp.embed.ngrams import NgramEmbedder
from petition_nlp.policy import Policy
from petition_nlp.route import Emergency, Message, Prediction, Reason, Responsible, Review, Route
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy

_DEPARTMENTS = {"油烟": "urban_management", "煤气": "gas", "水管": "water_supply", "路灯": "municipal_works"}

_KNOWN = ["路灯", "不亮", "油烟", "烧烤", "水管", "爆裂", "煤气", "电梯", "停运", "噪音", "巷口", "物业"]
EMBEDDER = NgramEmbedder(tuple(_KNOWN), tuple(_KNOWN), np.ones(2 * len(_KNOWN), dtype=np.float32))


@cache
def taxonomy() -> Taxonomy:
    return Taxonomy.load()


class WordRouter:
    """油烟, 煤气, 水管, 路灯 lead to departments, 物业 and 邻居 to 小事 and 私事, 不知 to review, 爆炸 to 119."""

    model = "words@1"
    profile = SimpleNamespace(name="fast")
    policy = Policy()
    encodes = True
    districts = None
    rules = Router.rules
    loaded = SimpleNamespace(profiles={"fast": None}, heads={}, embedder=EMBEDDER, report={})

    @property
    def taxonomy(self) -> Taxonomy:
        return taxonomy()

    def unseen(self, messages: Sequence[Message]) -> list[float]:
        return [0.0 if any(word in message.text for word in _KNOWN) else 1.0 for message in messages]

    def route(self, messages: Sequence[Message]) -> list[Route]:
        return [self._one(message.text) for message in messages]

    def _one(self, text: str) -> Route:
        matter = "community" if "物业" in text else "private" if "邻居" in text else "government"
        department = next((code for word, code in _DEPARTMENTS.items() if word in text), None)
        return Route(
            matter=Prediction(matter, taxonomy().name("matter", matter), 0.9),
            department=department and Prediction(department, taxonomy().name("department", department), 0.8),
            responsible=Responsible("department", "责任单位", "由12345热线转办。"),
            candidates=None,
            co_departments=(),
            request_type=Prediction("投诉", "投诉", 0.7),
            confidence=0.75,
            review=Review((Reason("low_confidence", "把握不足"),) if "不知" in text else ()),
            emergency=Emergency("119", "请立即转 119") if "爆炸" in text else None,
            evidence=(),
            model=self.model,
            taxonomy=taxonomy().version,
            policy={"target_precision": 0.9},
        )

"""Routers whose course a test controls; everything else is tested with the real one."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from types import SimpleNamespace

from petition_nlp.route import Message, Review, Route

GATED = "慢"
"""A message with this text waits until the test opens the gate."""


def some_route() -> Route:
    return Route(
        matter=None,
        department=None,
        responsible=None,
        candidates=None,
        co_departments=(),
        request_type=None,
        confidence=0.0,
        review=Review(),
        emergency=None,
        evidence=(),
        model="double@1",
        taxonomy="2026.11",
        policy={"target_precision": 0.9},
    )


class StubRouter:
    """Answers every message with the same route and notes the sizes of the slices it was given."""

    model = "double@1"
    profile = SimpleNamespace(name="fast")
    taxonomy = SimpleNamespace(version="2026.11")
    encodes = True
    loaded = SimpleNamespace(embedder=None)
    districts = None

    def __init__(self) -> None:
        self.slices: list[int] = []

    def route(self, messages: Sequence[Message]) -> list[Route]:
        self.slices.append(len(messages))
        return [some_route() for _ in messages]


class GatedRouter(StubRouter):
    """Holds slices with a `GATED` message until `gate` opens; ``entered`` tells that one has begun."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = threading.Event()
        self.entered = threading.Event()

    def route(self, messages: Sequence[Message]) -> list[Route]:
        if any(message.text == GATED for message in messages):
            self.entered.set()
            assert self.gate.wait(30), "the test never opened the gate"
        return super().route(messages)


class FailingRouter(StubRouter):
    """Raises an error that quotes the message, as a bug might."""

    def route(self, messages: Sequence[Message]) -> list[Route]:
        raise ValueError(f"cannot handle {messages[0].text}")

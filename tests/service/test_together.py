"""Short requests where no encoder reads: those that come at the same moment are routed in one call."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Sequence

import pytest
from doubles import StubRouter

from petition_nlp.route import Message, Route
from petition_nlp.settings import Settings
from service.engine import FEW, TOGETHER, Engine
from service.problems import Problem

_LAMP = [Message("路灯不亮")]
_FAULTY = [Message("坏")]


class _QuickRouter(StubRouter):
    """Reads without an encoder; notes in which threads, and fails on one message."""

    encodes = False

    def __init__(self) -> None:
        super().__init__()
        self.threads: set[str] = set()

    def route(self, messages: Sequence[Message]) -> list[Route]:
        self.threads.add(threading.current_thread().name)
        if _FAULTY[0] in messages:
            raise ValueError("faulty")
        return super().route(messages)


@pytest.fixture
def router() -> _QuickRouter:
    return _QuickRouter()


def run(router: StubRouter, scenario: Callable[[Engine], Awaitable[None]], **settings: object) -> None:
    async def main() -> None:
        engine = Engine(Settings(**settings), router=router)
        try:
            await scenario(engine)
        finally:
            engine.close()
        assert engine.pending == 0

    asyncio.run(main())


@pytest.mark.parametrize(("requests", "calls"), [(1, [1]), (5, [5]), (TOGETHER + 3, [TOGETHER, 3])])
def test_requests_of_one_moment_share_a_call(router: _QuickRouter, requests: int, calls: list[int]) -> None:
    async def scenario(engine: Engine) -> None:
        answers = await asyncio.gather(*(engine.route(_LAMP) for _ in range(requests)))
        assert [len(routes) for routes in answers] == [1] * requests

    run(router, scenario)
    assert router.slices == calls
    assert router.threads == {threading.current_thread().name}


def test_a_faulty_message_fails_its_own_request_alone(router: _QuickRouter) -> None:
    async def scenario(engine: Engine) -> None:
        requests = (engine.route(own) for own in (_LAMP, _FAULTY, _LAMP))
        first, second, third = await asyncio.gather(*requests, return_exceptions=True)
        assert isinstance(second, ValueError)
        assert isinstance(first, list) and isinstance(third, list)

    run(router, scenario)


def test_a_request_that_was_given_up_is_not_routed(router: _QuickRouter) -> None:
    async def scenario(engine: Engine) -> None:
        given_up = asyncio.ensure_future(engine.route(_LAMP))
        await asyncio.sleep(0)
        given_up.cancel()
        assert len(await engine.route(_LAMP * 2)) == 2

    run(router, scenario)
    assert router.slices == [2]


@pytest.mark.parametrize("messages", [_LAMP * (FEW + 1), [Message("字" * 1000 * FEW)]])
def test_a_long_request_is_routed_in_a_thread(router: _QuickRouter, messages: list[Message]) -> None:
    async def scenario(engine: Engine) -> None:
        await engine.route(messages)

    run(router, scenario)
    assert threading.current_thread().name not in router.threads


def test_too_many_short_requests_are_refused(router: _QuickRouter) -> None:
    async def scenario(engine: Engine) -> None:
        answers = await asyncio.gather(*(engine.route(_LAMP) for _ in range(4)), return_exceptions=True)
        assert [isinstance(answer, Problem) for answer in answers] == [False, False, False, True]

    run(router, scenario, max_pending=3)

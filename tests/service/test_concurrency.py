"""Requests take turns; order is shown by gates that the test opens, not by the clock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
from doubles import GATED, GatedRouter

from petition_nlp.settings import Settings
from service.app import create_app
from service.engine import Engine

Post = Callable[[object], Awaitable[httpx.Response]]


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.01)
    await asyncio.sleep(0.05)


def run(router: GatedRouter, scenario: Callable[[Post, Engine], Awaitable[None]], **settings: object) -> None:
    """Run a scenario against a service with ``router``; requests share one event loop as in production."""

    async def main() -> None:
        made = Settings(access="open", **settings)
        engine = Engine(made, router=router)
        transport = httpx.ASGITransport(create_app(made, engine=engine))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:

            async def post(payload: object) -> httpx.Response:
                return await client.post("/v1/routes", json=payload)

            try:
                await scenario(post, engine)
            finally:
                router.gate.set()
                engine.close()

    asyncio.run(main())


def test_a_single_message_overtakes_a_list_of_a_thousand() -> None:
    router = GatedRouter()
    finished: list[str] = []

    async def scenario(post: Post, engine: Engine) -> None:
        async def send(name: str, payload: object) -> None:
            assert (await post(payload)).status_code == 200
            finished.append(name)

        items = [{"text": GATED}] + [{"text": "路灯不亮"}] * 999
        large = asyncio.create_task(send("list", {"items": items}))
        await until(router.entered.is_set)
        single = asyncio.create_task(send("single", {"text": "路灯不亮"}))
        await until(lambda: engine.pending == 1001)
        router.gate.set()
        await asyncio.gather(large, single)

    run(router, scenario, workers=1)
    assert finished == ["single", "list"]
    assert router.slices[:3] == [64, 1, 64]
    assert sum(router.slices) == 1001


def test_a_stuck_message_leaves_the_other_threads_to_others() -> None:
    router = GatedRouter()

    async def scenario(post: Post, engine: Engine) -> None:
        stuck = asyncio.create_task(post({"text": GATED}))
        await until(router.entered.is_set)
        for _ in range(5):
            assert (await post({"text": "路灯不亮"})).status_code == 200
        assert not stuck.done()
        router.gate.set()
        assert (await stuck).status_code == 200

    run(router, scenario, workers=2)


def test_the_service_says_when_it_is_overloaded_and_recovers() -> None:
    router = GatedRouter()

    async def scenario(post: Post, engine: Engine) -> None:
        stuck = asyncio.create_task(post({"items": [{"text": GATED}] * 3}))
        await until(router.entered.is_set)
        refused = await post({"items": [{"text": "路灯不亮"}] * 2})
        assert (refused.status_code, refused.json()["code"]) == (503, "overloaded")
        assert int(refused.headers["retry-after"]) > 0
        waiting = asyncio.create_task(post({"text": "路灯不亮"}))
        await until(lambda: engine.pending == 4)
        router.gate.set()
        assert {(await stuck).status_code, (await waiting).status_code} == {200}
        assert engine.pending == 0
        assert (await post({"items": [{"text": "路灯不亮"}] * 2})).status_code == 200

    run(router, scenario, workers=1, max_pending=4)


def test_an_idle_service_takes_any_request_within_its_limits() -> None:
    async def scenario(post: Post, engine: Engine) -> None:
        assert (await post({"items": [{"text": "字" * 5000}] * 10})).status_code == 200

    run(GatedRouter(), scenario, max_pending=1)


def test_long_texts_are_routed_in_small_slices() -> None:
    router = GatedRouter()

    async def scenario(post: Post, engine: Engine) -> None:
        lengths = [15_000, 15_000, 5_000, 1, 30_000, 1]
        assert (await post({"items": [{"text": "字" * n} for n in lengths]})).status_code == 200

    run(router, scenario, workers=1)
    assert router.slices == [1, 1, 2, 1, 1]

"""Loads the router in the background and runs it: short requests at once and together, others in a pool of threads."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Thread
from typing import Final

from petition_nlp.acceptance import AcceptanceDetector
from petition_nlp.errors import ModelError, PetitionError
from petition_nlp.route import Message, Route
from petition_nlp.router import Router
from petition_nlp.sensitive import SensitiveDetector
from petition_nlp.settings import Settings
from petition_nlp.taxonomy import Taxonomy
from service import metrics, problems
from service.models.start import InUse, encoder_threads, load, make_ready
from service.petitions.intake import Versions
from service.petitions.precision import Standard

SLICE: Final = 64
"""Messages that one thread takes at a time: long lists give way to others between two slices."""
SLICE_CHARS: Final = 10_000
"""Characters that end a slice early, so that long texts do not hold a thread for seconds."""
FEW: Final = 4
"""Messages of a request that is routed on the event loop, if none needs the encoder: the way into a thread and back
takes as long as routing one of them, and Python's threads would not run at the same time."""
TOGETHER: Final = 32
"""Messages of several such requests that are routed in one call, which takes some milliseconds."""

_log = logging.getLogger(__name__)


class Engine:
    """The router behind the service: not yet loaded, ready, or failed. A loaded one can be changed for another.

    :param router: an already loaded router; without one, `start` loads what `service.models.start` chooses.
    :param digest: of its model, if that is one of the registry.
    :param on_failure: called when the model cannot be loaded.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        router: Router | None = None,
        digest: str | None = None,
        on_failure: Callable[[], None] = lambda: None,
    ) -> None:
        self.failure: PetitionError | None = None
        self._settings = settings
        self._current = None if router is None else InUse(router, digest)
        self._on_failure = on_failure
        self.located: Callable[[Sequence[Message], Taxonomy], Sequence[Message]] = lambda messages, _: messages
        """Finds the places of messages, where rules of districts need them."""
        self._pool = ThreadPoolExecutor(settings.workers, thread_name_prefix="route")
        self._pending = 0
        self._waiting: deque[_Waiting] = deque()

    @property
    def in_use(self) -> InUse:
        """The loaded router, and what goes with it: read once where several things have to belong together.

        :raises Problem: 503 while it loads or after it failed.
        """
        found = self._current
        if found is not None:
            return found
        raise problems.model_unavailable(self.failure) if self.failure else problems.loading()

    @property
    def router(self) -> Router:
        """The loaded router.

        :raises Problem: 503 while it loads or after it failed.
        """
        return self.in_use.router

    @property
    def digest(self) -> str | None:
        """Of the model in use, if it is one of the registry."""
        return None if self._current is None else self._current.digest

    @property
    def ready(self) -> bool:
        """Whether the router is loaded."""
        return self._current is not None

    @property
    def versions(self) -> Versions:
        """What routes are made with.

        :raises Problem: 503 while the router loads or after it failed.
        """
        return self.in_use.versions

    @property
    def standard(self) -> Standard:
        """What the model has to keep where nobody looks.

        :raises Problem: 503 while the router loads or after it failed.
        """
        found = self.in_use
        versions, router = found.versions, found.router
        return Standard(
            versions.model,
            router.profile.name,
            versions.policy,
            router.policy.target_precision,
            self._settings.blind_min_verdicts,
        )

    @cached_property
    def sensitive(self) -> SensitiveDetector:
        """What finds sensitive petitions.

        :raises ConfigError: its rules cannot be used.
        """
        return SensitiveDetector.load(self._settings.sensitive)

    @cached_property
    def acceptance(self) -> AcceptanceDetector:
        """What finds messages that may be none for the hotline.

        :raises ConfigError: its rules cannot be used.
        """
        return AcceptanceDetector.load(self._settings.acceptance)

    @property
    def pending(self) -> int:
        """Weight of the messages that wait or are being routed."""
        return self._pending

    def start(self) -> None:
        """Begin to load the model; returns at once."""
        if self._current is None:
            Thread(target=self._load, name="load-model", daemon=True).start()

    def change_to(self, folder: Path, digest: str) -> None:
        """Load another model beside the one in use, then route with it; it takes a moment: call it in a thread.

        Requests that are being routed end with the model that they began with.

        :raises ModelError: it cannot be loaded; everything stays as it is.
        """
        try:
            router = self.router.with_model(folder, threads=encoder_threads(self._settings))
            make_ready(router)
        except PetitionError:
            raise
        except Exception as error:
            raise ModelError(f"模型未能载入（{type(error).__name__}）", todo="请检查模型文件夹和内存") from error
        self._current = InUse(router, digest)
        _log.info("model changed", extra={"fields": {"model": router.model}})

    def close(self) -> None:
        """Let running slices finish and drop the waiting ones."""
        self._pool.shutdown(wait=False, cancel_futures=True)

    async def route(self, messages: Sequence[Message]) -> list[Route]:
        """Route ``messages``, in order.

        At most one slice per thread of one request is in the pool's queue, so requests take turns. Where no encoder
        reads, requests with few short messages need no thread: those that come at the same moment are routed together.

        :raises Problem: 503 while there is no router, or when too much is waiting.
        """
        router = self.router
        if router.districts is not None:
            messages = self.located(messages, router.taxonomy)
        weight = sum(1 + len(message.text) // 1000 for message in messages)
        if self._pending and self._pending + weight > self._settings.max_pending:
            raise problems.overloaded()
        self._pending += weight
        try:
            if weight <= FEW and not router.encodes:
                return await self._route_together(messages)
            return await self._route_slices(router, messages)
        finally:
            self._pending -= weight

    def _route_together(self, messages: Sequence[Message]) -> asyncio.Future[list[Route]]:
        own = _Waiting(messages, asyncio.get_running_loop().create_future())
        if not self._waiting:
            own.routes.get_loop().call_soon(self._route_waiting)
        self._waiting.append(own)
        return own.routes

    def _route_waiting(self) -> None:
        """Route what waits, as far as it fits in one call."""
        part: list[_Waiting] = []
        size = 0
        while self._waiting and size < TOGETHER:
            part.append(self._waiting.popleft())
            size += len(part[-1].messages)
        if self._waiting:
            part[0].routes.get_loop().call_soon(self._route_waiting)
        _answer([own for own in part if not own.routes.done()], self.router)

    async def _route_slices(self, router: Router, messages: Sequence[Message]) -> list[Route]:
        turn = asyncio.Semaphore(self._settings.workers)
        loop = asyncio.get_running_loop()

        async def run(part: Sequence[Message]) -> list[Route]:
            async with turn:
                return await loop.run_in_executor(self._pool, _route, router, part)

        tasks = [asyncio.ensure_future(run(part)) for part in _slices(messages)]
        try:
            return [route for routes in await asyncio.gather(*tasks) for route in routes]
        finally:
            for task in tasks:
                task.cancel()

    def _load(self) -> None:
        try:
            self._current = load(self._settings)
        except PetitionError as error:
            self._fail(error)

    def _fail(self, error: PetitionError) -> None:
        self.failure = error
        _log.error(str(error))
        self._on_failure()


def _route(router: Router, part: Sequence[Message]) -> list[Route]:
    routes = router.route(part)
    metrics.routed(routes)
    return routes


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A request's messages, and where its routes will be."""

    messages: Sequence[Message]
    routes: asyncio.Future[list[Route]]


def _answer(waiting: Sequence[_Waiting], router: Router) -> None:
    """Route several requests in one call; if that fails, each by itself, so that only the faulty one fails."""
    try:
        routes = iter(_route(router, [message for own in waiting for message in own.messages]))
    except Exception as error:
        if len(waiting) == 1:
            waiting[0].routes.set_exception(error)
            return
        for own in waiting:
            _answer([own], router)
        return
    for own in waiting:
        own.routes.set_result(list(itertools.islice(routes, len(own.messages))))


def _slices(messages: Sequence[Message]) -> Iterator[list[Message]]:
    part: list[Message] = []
    chars = 0
    for message in messages:
        if part and (len(part) == SLICE or chars + len(message.text) > SLICE_CHARS):
            yield part
            part, chars = [], 0
        part.append(message)
        chars += len(message.text)
    if part:
        yield part

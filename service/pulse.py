"""What a serving process does once a second, beside its requests."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

_SECONDS: Final = 1.0


class Pulse:
    """Calls small functions on the event loop, once a second."""

    def __init__(self) -> None:
        self._beats: list[Callable[[], object]] = []

    def on_beat(self, beat: Callable[[], object]) -> None:
        """Call ``beat`` from now on."""
        self._beats.append(beat)

    async def run(self) -> None:
        """Beat until cancelled."""
        while True:
            for beat in self._beats:
                beat()
            await asyncio.sleep(_SECONDS)

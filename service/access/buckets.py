"""Rate limits: a bucket of tokens for each key, filled evenly, in this process."""

from __future__ import annotations

import time
from collections.abc import Callable


class Buckets:
    """Lets each name through so many times a minute; what was saved up may be used at once."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._left: dict[str, tuple[float, float]] = {}

    def wait(self, name: str, rate: int) -> float:
        """Take a token.

        :param rate: tokens that come in a minute, and the most that a bucket holds.
        :return: 0, or the seconds until there is a token; none is taken then.
        """
        now = self._clock()
        left, at = self._left.get(name, (float(rate), now))
        left = min(left + (now - at) * rate / 60, rate)
        if left < 1:
            return (1 - left) * 60 / rate
        self._left[name] = (left - 1, now)
        return 0

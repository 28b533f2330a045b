"""A text that remembers where each of its characters came from."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AlignedText:
    """A derived text with, for each character, the span of the original that it stands for.

    :param text: the derived text, n characters.
    :param starts: n offsets into the original, non-decreasing; a range as long as nothing was replaced.
    :param ends: n offsets, one past the last original character of each.
    """

    text: str
    starts: Sequence[int]
    ends: Sequence[int]

    @classmethod
    def identity(cls, text: str) -> AlignedText:
        """The text itself."""
        return cls(text, range(len(text)), range(1, len(text) + 1))

    def same_length(self, text: str) -> AlignedText:
        """The same alignment under another text of the same length."""
        return self if text == self.text else AlignedText(text, self.starts, self.ends)

    def origin(self, start: int, end: int) -> tuple[int, int]:
        """Span of the original that ``text[start:end]`` came from; ``start < end`` is required."""
        return self.starts[start], max(self.ends[start:end])

    def sub(self, pattern: re.Pattern[str], replacement: Callable[[re.Match[str]], str | None]) -> AlignedText:
        """Replace every match; a replaced span maps to the whole original span. None keeps a match as it is."""
        if not pattern.search(self.text):
            return self
        spans = []
        for match in pattern.finditer(self.text):
            new = replacement(match)
            if new is not None and new != match.group() and match.end() > match.start():
                spans.append((match.start(), match.end(), new))
        return self.replace(spans)

    def replace(self, spans: list[tuple[int, int, str]]) -> AlignedText:
        """Replace disjoint spans, given in rising order as (start, end, new text)."""
        if not spans:
            return self
        pieces: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        done = 0
        for start, end, new in spans:
            pieces += (self.text[done:start], new)
            first, last = self.origin(start, end)
            starts += self.starts[done:start]
            starts += [first] * len(new)
            ends += self.ends[done:start]
            ends += [last] * len(new)
            done = end
        pieces.append(self.text[done:])
        starts += self.starts[done:]
        ends += self.ends[done:]
        return AlignedText("".join(pieces), starts, ends)

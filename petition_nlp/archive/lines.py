"""A text file as physical lines of bounded length."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from petition_nlp.archive.encoding import LOST, Decoding, detect
from petition_nlp.archive.formats import Bytes, Format, open_unpacked, reading

LINE_LIMIT = 16 << 20
"""Characters of a line beyond which it is no message any more."""

TOO_LONG = f"一行超过 {LINE_LIMIT // 1_000_000} 百万字，只保留开头"
_KEPT_OF_LONG = 30_000


class CutLine(str):
    """The beginning of a line that is too long to be kept."""

    __slots__ = ()


class TextFile:
    """A text file whose encoding has been found out and that can be read from the top again and again."""

    def __init__(self, path: Path, form: Format, *, encoding: str | None) -> None:
        self.path, self._form = path, form
        self._bytes: Bytes | None = None
        with reading(path):
            self.decoding: Decoding = detect(self._open_bytes, where=str(path), chosen=encoding)
        self.total = path.stat().st_size

    def lines(self, newline: str) -> Iterator[str]:
        """Every line with its ending; of one longer than `LINE_LIMIT` only a `CutLine`.

        :param newline: as for `open`.
        """
        self.close()
        with reading(self.path):
            self._bytes = Bytes(self.path, self._form.packing)
            text = io.TextIOWrapper(
                self._bytes.stream,
                encoding=self.decoding.encoding,
                errors=LOST,
                newline=newline,
            )
            while line := text.readline(LINE_LIMIT):
                yield line if _is_whole(line) else self._cut(text, line)

    def done(self) -> int:
        """How many bytes of the file on disk have been read."""
        return self._bytes.done() if self._bytes else 0

    def close(self) -> None:
        """Release the file."""
        if self._bytes:
            self._bytes.close()

    @staticmethod
    def _cut(text: io.TextIOWrapper, line: str) -> CutLine:
        head = line[:_KEPT_OF_LONG]
        while line and not _is_whole(line):
            line = text.readline(LINE_LIMIT)
        return CutLine(head)

    def _open_bytes(self) -> BinaryIO:
        return open_unpacked(self.path, self._form.packing)


def _is_whole(line: str) -> bool:
    return len(line) < LINE_LIMIT or line.endswith(("\n", "\r"))

"""JSON Lines: one object a line; fields may differ from line to line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from petition_nlp.archive.formats import Format
from petition_nlp.archive.lines import TOO_LONG, CutLine, TextFile
from petition_nlp.archive.rows import BadRow, Row, Source, mend
from petition_nlp.errors import InputError

_FIELD_LIMIT = 5_000
_SAMPLE_LINES = 1_000


class JsonLinesSource(Source):
    """A file whose first lines have been looked at for the names of its fields."""

    def __init__(self, path: Path, form: Format, *, encoding: str | None) -> None:
        self.path = path
        self._file = TextFile(path, form, encoding=encoding)
        self.total = self._file.total
        self.columns = self._scan(_SAMPLE_LINES)

    def describe(self) -> str:
        """How the file was read."""
        return f"JSON Lines，{self._file.decoding.label}"

    def every_column(self) -> tuple[str, ...]:
        """The names of all fields, for which the whole file is read."""
        return self._scan(None)

    def rows(self) -> Iterator[Row | BadRow]:
        """Every line that holds anything."""
        for number, line in enumerate(self._file.lines(newline="\n"), start=1):
            if isinstance(line, CutLine):
                yield BadRow(number, TOO_LONG, line)
            elif line.strip():
                yield _row(number, line)

    def done(self) -> int:
        """Bytes of the file that have been read."""
        return self._file.done()

    def close(self) -> None:
        """Release the file."""
        self._file.close()

    def _scan(self, limit: int | None) -> tuple[str, ...]:
        names: dict[str, None] = {}
        lines = objects = 0
        for row in islice(self.rows(), limit):
            lines += 1
            if isinstance(row, Row):
                objects += 1
                names.update(dict.fromkeys(row.fields))
            if len(names) > _FIELD_LIMIT:
                raise InputError(
                    f"字段名超过 {_FIELD_LIMIT} 种，像是把内容当成了字段名",
                    where=str(self.path),
                    todo="请让每行有同样的几个字段",
                )
        if lines == 0:
            raise InputError("文件里没有内容", where=str(self.path), todo="请检查导出是否成功")
        if objects == 0:
            raise InputError(
                "没有一行是完整的 JSON 对象",
                where=str(self.path),
                todo="JSON Lines 要求每行一个 {…}；若是一个大数组，可先用 jq -c '.[]' 转换",
            )
        return tuple(names)


def _row(number: int, line: str) -> Row | BadRow:
    line = line.rstrip("\r\n")
    text, flaw = mend(line)
    try:
        fields: Any = json.loads(text)
    except RecursionError:
        return BadRow(number, "JSON 嵌套过深", line)
    except ValueError as error:
        place = f"（第 {error.colno} 个字符处）" if isinstance(error, json.JSONDecodeError) else ""
        return BadRow(number, f"不是有效的 JSON{place}", line)
    if not isinstance(fields, dict):
        return BadRow(number, "不是 JSON 对象", line)
    return Row(number, fields, raw=text.strip(), flaw=flaw)

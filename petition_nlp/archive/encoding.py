"""How a file's bytes are to be read as text.

Order: byte order mark, strict UTF-8, UTF-8 with a few damaged bytes, then GB18030 or Big5, whichever fits
better. A file in Big5 is nearly always valid GB18030 too (and nonsense when read so): waiting for GB18030 to
fail would never find it. The two are told apart by how many of their characters are common ones.
"""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO

from petition_nlp.errors import InputError

OpenBytes = Callable[[], BinaryIO]

LOST = "petition_nlp.lost"
"""Error handler that puts `LOST_MARK` in place of bytes that fit no character."""

LOST_MARK = "\udc80"

_CHUNK = 1 << 20
_WINDOW = 1 << 18
_CHECKED = 64 << 20
"""Bytes, unpacked, that are checked before a run; what does not fit behind them is marked row by row."""
_TOLERATED_DAMAGE = 0.1
_PLAUSIBLE = 0.3
_UTF8_FOR_SURE = 8  # characters in a row that are valid UTF-8 are no accident of another encoding
_CONTROL_SHARE = 0.05

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = (
    (b"PK\x03\x04", "像是 ZIP 或 Excel 文件", "若是 Excel 表格，请把扩展名改为 .xlsx"),
    (b"\xd0\xcf\x11\xe0", "像是旧版 Office 文件", "请用 Excel 或 WPS 另存为 .xlsx 或 CSV"),
    (b"\x1f\x8b", "像是 gzip 压缩文件", "请给文件名加上 .gz"),
    (b"%PDF", "像是 PDF 文件", "请先导出为 CSV、XLSX 或 JSON Lines"),
    (b"\x89PNG", "像是图片", "请先导出为 CSV、XLSX 或 JSON Lines"),
    (b"\xff\xd8\xff", "像是图片", "请先导出为 CSV、XLSX 或 JSON Lines"),
)
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")
# Pairs of bytes by how common their characters are: GB2312 symbols and level 1; Big5 symbols and level 1.
_PAIR = re.compile(rb"[\x81-\xfe][\x30-\x7e\x80-\xfe]", re.DOTALL)
_COMMON_GB = re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")
_COMMON_BIG5 = re.compile(rb"[\xa1-\xa3][\x40-\x7e\xa1-\xfe]|[\xa4-\xc6][\x40-\x7e\xa1-\xfe]")


def _mark_lost(error: UnicodeError) -> tuple[str, int]:
    if isinstance(error, UnicodeDecodeError):
        return LOST_MARK, error.end
    raise error


codecs.register_error(LOST, _mark_lost)


@dataclass(frozen=True, slots=True)
class Decoding:
    """An encoding; bytes that do not fit it become `LOST_MARK`.

    :param damaged: whether there are such bytes in the part that was checked.
    """

    encoding: str
    damaged: bool = False

    @property
    def label(self) -> str:
        """Name for the user."""
        name = {"utf-8": "UTF-8", "utf-8-sig": "UTF-8（带 BOM）", "gb18030": "GB18030", "cp950": "Big5"}
        note = "，有少量损坏的字节" if self.damaged else ""
        return name.get(self.encoding, self.encoding.upper()) + note


def text_encoding(name: str) -> str:
    """The codec for a name that a user gave; GB2312 and GBK are read as their superset GB18030.

    :raises ValueError: if there is no such text encoding.
    """
    try:
        codec = codecs.lookup(name.strip())
    except LookupError:
        raise ValueError(name) from None
    if not codec._is_text_encoding:
        raise ValueError(name)
    same = {"gb2312": "gb18030", "gbk": "gb18030", "big5": "cp950"}
    return same.get(codec.name, codec.name)


def detect(open_bytes: OpenBytes, *, where: str, chosen: str | None = None) -> Decoding:
    """Find out how to decode a file by reading it, or the first 64 MB of a larger one.

    :param open_bytes: opens the file anew at its beginning.
    :param chosen: the user's own choice of encoding; it must fit the whole file.
    :raises InputError: if the file is no text, or no encoding fits, or ``chosen`` does not.
    """
    with open_bytes() as stream:
        head = stream.read(_WINDOW)
    _refuse_binary(head, where)
    mark = next((encoding for mark, encoding in _MARKS if head.startswith(mark)), None)
    if chosen is not None:
        return _check_chosen(open_bytes, chosen, mark, where)
    if mark is not None:
        return _strict_or_damaged(open_bytes, mark)
    return _guess(open_bytes, head, where)


def decode(data: bytes, *, where: str) -> str:
    """Bytes that are all at hand, such as standard input, as text.

    :raises InputError: if they are no text or no encoding fits.
    """
    decoding = detect(lambda: io.BytesIO(data), where=where)
    return data.decode(decoding.encoding, "replace")


def _refuse_binary(head: bytes, where: str) -> None:
    for magic, what, todo in _MAGIC:
        if head.startswith(magic):
            raise InputError(f"不是文本文件，{what}", where=where, todo=todo)
    if any(head.startswith(mark) for mark, _ in _MARKS[1:]):
        return
    controls = len(_CONTROL.findall(head))
    if controls > max(8, len(head) * _CONTROL_SHARE):
        raise InputError("不是文本文件，含有大量控制字符", where=where, todo="请先导出为 CSV、XLSX 或 JSON Lines")


def _check_chosen(open_bytes: OpenBytes, chosen: str, mark: str | None, where: str) -> Decoding:
    encoding = chosen if mark is None else mark
    if _family(encoding) != _family(chosen):
        raise InputError(
            f"文件开头的标记表明它是 {encoding.upper()}，与 --encoding {chosen} 不符",
            where=where,
            todo="请去掉 --encoding",
        )
    fault = _first_fault(open_bytes, encoding)
    if fault is not None:
        raise InputError(
            f"第 {fault.line} 行有字节不符合编码 {chosen}",
            where=where,
            todo="请去掉 --encoding 由程序判断，或换一个编码",
        )
    return Decoding(encoding)


def _family(encoding: str) -> list[str]:
    return codecs.lookup(encoding).name.split("-")[:2]


def _strict_or_damaged(open_bytes: OpenBytes, encoding: str) -> Decoding:
    return Decoding(encoding, damaged=_first_fault(open_bytes, encoding) is not None)


def _guess(open_bytes: OpenBytes, head: bytes, where: str) -> Decoding:
    fault = _first_fault(open_bytes, "utf-8")
    if fault is None:
        return Decoding("utf-8")
    sample = _window(open_bytes, fault.offset)
    if _damage(sample, "utf-8") <= _TOLERATED_DAMAGE:
        return Decoding("utf-8", damaged=True)
    before = sample[: min(fault.offset, _WINDOW // 2)].decode("utf-8", "ignore")
    if sum(character > "\x7f" for character in before) >= _UTF8_FOR_SURE:
        raise InputError(
            f"前后编码不一致：第 {fault.line} 行之前是 UTF-8，之后不是",
            where=where,
            todo="请先统一编码，或拆成几个文件",
        )
    scores = {"gb18030": _share(_COMMON_GB, sample), "cp950": _share(_COMMON_BIG5, sample)}
    ranked = sorted(scores, key=lambda encoding: -scores[encoding])
    plausible = [encoding for encoding in ranked if scores[encoding] >= _PLAUSIBLE]
    for encoding in plausible:
        if _first_fault(open_bytes, encoding) is None:
            return Decoding(encoding)
    for encoding in plausible:
        if _damage(sample, encoding) <= _TOLERATED_DAMAGE and _damage(head, encoding) <= _TOLERATED_DAMAGE:
            return Decoding(encoding, damaged=True)
    raise InputError(
        f"无法判断编码：第 {fault.line} 行起不是 UTF-8，也不像 GB18030 或 Big5",
        where=where,
        todo="若是文本，请用 --encoding 指定编码",
    )


@dataclass(frozen=True, slots=True)
class _Fault:
    """The first byte that an encoding cannot hold, among those that are checked."""

    offset: int
    line: int


def _first_fault(open_bytes: OpenBytes, encoding: str) -> _Fault | None:
    decoder = codecs.getincrementaldecoder(encoding)()
    offset = line = 0
    with open_bytes() as stream:
        for chunk, final in _chunks(stream):
            if offset >= _CHECKED:
                return None
            pending = len(decoder.getstate()[0])
            try:
                decoder.decode(chunk, final)
            except UnicodeDecodeError as error:
                start = max(error.start - pending, 0)
                return _Fault(offset + start, line + chunk.count(b"\n", 0, start) + 1)
            except UnicodeError:  # UTF-16 and UTF-32 decoders name no place for a missing mark
                return _Fault(0, 1)
            offset += len(chunk)
            line += chunk.count(b"\n")
    return None


def _chunks(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    while chunk := stream.read(_CHUNK):
        yield chunk, False
    yield b"", True


def _window(open_bytes: OpenBytes, offset: int) -> bytes:
    with open_bytes() as stream:
        stream.seek(max(offset - _WINDOW // 2, 0))
        return stream.read(_WINDOW)


def _damage(sample: bytes, encoding: str) -> float:
    """Share of the characters beyond ASCII that an encoding cannot read."""
    text = sample.decode(encoding, LOST)
    beyond = sum(1 for character in text if character > "\x7f")
    return text.count(LOST_MARK) / beyond if beyond else 0.0


def _share(common: re.Pattern[bytes], sample: bytes) -> float:
    pairs = _PAIR.findall(sample)
    return sum(1 for pair in pairs if common.match(pair)) / len(pairs) if pairs else 0.0

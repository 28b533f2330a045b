from __future__ import annotations

import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from petition_nlp.archive.encoding import Decoding, decode, detect, text_encoding
from petition_nlp.errors import InputError

SIMPLIFIED = "编号,诉求内容\n1,我们小区楼下烧烤店每天营业到凌晨两点，油烟和噪音让老人孩子没法睡觉\n"
TRADITIONAL = "編號,訴求內容\n1,我們社區樓下燒烤店每天營業到凌晨兩點，油煙和噪音讓老人孩子沒法睡覺\n"


def found(data: bytes, chosen: str | None = None) -> Decoding:
    return detect(lambda: io.BytesIO(data), where="a.csv", chosen=chosen)


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        (SIMPLIFIED, "utf-8", "utf-8"),
        (SIMPLIFIED, "utf-8-sig", "utf-8-sig"),
        (SIMPLIFIED, "gb18030", "gb18030"),
        (SIMPLIFIED, "gbk", "gb18030"),
        (SIMPLIFIED, "utf-16", "utf-16"),
        (TRADITIONAL, "big5", "cp950"),
        (TRADITIONAL, "utf-8", "utf-8"),
        (TRADITIONAL, "gb18030", "gb18030"),
        ("id,text\n1,hello\n", "ascii", "utf-8"),
        ("你好", "gb18030", "gb18030"),
        ("噪音扰民", "gb18030", "gb18030"),
    ],
)
def test_encodings_are_told_apart(text: str, encoding: str, expected: str) -> None:
    assert found(text.encode(encoding)) == Decoding(expected)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_character_split_between_chunks_is_whole(encoding: str) -> None:
    data = b"a" + ("噪" * 1_200_000).encode(encoding)
    assert found(data) == Decoding(encoding)


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_a_few_damaged_bytes_do_not_stop_a_file(encoding: str) -> None:
    data = (SIMPLIFIED * 20).encode(encoding)
    place = data.index("凌晨".encode(encoding)) + 1
    data = data[:place] + b"\xff" + data[place + 1 :]
    assert found(data) == Decoding(encoding, damaged=True)


def test_utf8_cut_off_at_the_end_is_not_taken_for_gb18030() -> None:
    assert found(SIMPLIFIED.encode()[:-2]) == Decoding("utf-8", damaged=True)


def test_parts_in_different_encodings_are_refused_with_the_line() -> None:
    with pytest.raises(InputError, match=r"前后编码不一致：第 41 行"):
        found((SIMPLIFIED * 20).encode() + (SIMPLIFIED * 20).encode("gb18030"))


@pytest.mark.parametrize(
    ("data", "what"),
    [
        (b"PK\x03\x04rest", "Excel"),
        (b"\xd0\xcf\x11\xe0rest", "Office"),
        (b"\x1f\x8b\x08rest", "gz"),
        (b"%PDF-1.7", "PDF"),
        (b"\x89PNG\r\n", "图片"),
        (bytes(range(32)) * 8, "控制字符"),
        (random.Random(1).randbytes(4000), "控制字符|无法判断编码"),
    ],
)
def test_binary_files_are_refused(data: bytes, what: str) -> None:
    with pytest.raises(InputError, match=what):
        found(data)


def test_a_chosen_encoding_must_fit() -> None:
    assert found(SIMPLIFIED.encode("gb18030"), "gb18030") == Decoding("gb18030")
    assert found(SIMPLIFIED.encode("utf-8-sig"), "utf-8") == Decoding("utf-8-sig")
    with pytest.raises(InputError, match=r"第 1 行有字节不符合编码 utf-8"):
        found(SIMPLIFIED.encode("gb18030"), "utf-8")
    with pytest.raises(InputError, match="与 --encoding gb18030 不符"):
        found(SIMPLIFIED.encode("utf-8-sig"), "gb18030")


@pytest.mark.parametrize(
    ("name", "codec"), [("GBK", "gb18030"), ("gb2312", "gb18030"), ("BIG5", "cp950"), ("UTF8", "utf-8")]
)
def test_usual_names_of_encodings(name: str, codec: str) -> None:
    assert text_encoding(name) == codec


@pytest.mark.parametrize("name", ["utf-99", "base64", ""])
def test_names_of_no_text_encoding(name: str) -> None:
    with pytest.raises(ValueError, match=f"^{name}$"):
        text_encoding(name)


@given(st.text(alphabet=st.characters(min_codepoint=0x4E00, max_codepoint=0x9FA5), min_size=1))
def test_any_chinese_in_utf8_is_read_back(text: str) -> None:
    assert decode(text.encode(), where="x") == text

"""Personal data out of a text, typed placeholders in."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import Final, NamedTuple

from petition_nlp.resources import data_path, read_yaml
from petition_nlp.text.aligned import AlignedText

_MAX_PASSES: Final = 10

KINDS: Final = ("手机号", "电话", "身份证号", "车牌", "银行卡号", "邮箱", "QQ号", "微信号", "姓名", "门牌号", "编号")
PLACEHOLDER: Final = re.compile(rf"\[(?:{'|'.join(KINDS)}|名称)\]")

_D: Final = r"[0-9０-９]"
_HAN_NUMBER: Final = r"[0-9０-９*一二三四五六七八九十百零〇两]"
_PROVINCES: Final = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"

_EMAIL: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,4}")
_ID_CARD: Final = re.compile(
    r"(?<![0-9A-Za-z])[1-9]\d{5}[ -]?(?:(?:18|19|20)\d{2}|\*{4})(?:0[1-9]|1[0-2]|\*\*)(?:0[1-9]|[12]\d|3[01]|\*\*)"
    r"[ -]?[\d*]{3}[\dXx*](?![0-9A-Za-z])"
    r"|(?<![0-9A-Za-z])[1-9]\d{7}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}(?![0-9A-Za-z])"
)
_MOBILE: Final = re.compile(
    rf"(?<!{_D})(?:(?:\+|00)?86[- ]?)?[1１](?:[3-9３-９]{_D})(?:[- ]?{_D}{{4}}[- ]?{_D}{{4}}"
    rf"|\*{{4}}{_D}{{4}}|{_D}{{1,4}}\*{{3,7}}{_D}{{0,4}})(?!{_D})"
)
_LANDLINE: Final = re.compile(
    r"(?<!\d)(?:[(（]0\d{2,3}[)）][- ]?|0\d{2,3}[- ]?)\d{7,8}(?:[-转]\d{1,5})?(?!\d)"
    r"|(?<!\d)[48]00[- ]?\d{3}[- ]?\d{4}(?!\d)"
    r"|(?<=电话)[是为:： ]{0,2}[2-8]\d{6,7}(?!\d)|(?<=座机)[是为:： ]{0,2}[2-8]\d{6,7}(?!\d)"
)
_BANK_CARD: Final = re.compile(r"(?<!\d)[3-6]\d{3}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,4})?(?!\d)")
_PLATE: Final = re.compile(
    rf"[{_PROVINCES}][A-HJ-NP-Za-hj-np-z][·•. -]?(?=[A-Za-z*]{{0,5}}[0-9*])[A-HJ-NP-Za-hj-np-z0-9*]{{4,6}}"
    r"(?:[挂学警港澳])?(?![A-Za-z0-9])"
)
_QQ: Final = re.compile(r"(?i)(qq(?:号码?|群)?[是为:： ]{0,2})[1-9]\d{4,11}(?!\d)")
_WECHAT: Final = re.compile(
    r"(?i)((?:微信号?|(?<![a-z])[vw]x|v信|weixin)号?)"
    r"(?:([是为:： ][:： ]{0,2})[a-z0-9][-_a-z0-9]{4,39}|[a-z][-_a-z0-9]{5,39})"
)
_HOUSE: Final = re.compile(
    rf"(?:(?:[A-Za-z]\d{{0,3}}|[A-Za-z]?{_HAN_NUMBER}{{1,4}})(?:栋|幢|号楼)|(?<![A-Za-z])[A-Za-z]座)"
    rf"(?:[A-Za-z]?{_HAN_NUMBER}{{0,3}}单元)?(?:[A-Za-z]?[0-9*]{{2,4}}(?:室|房|号)?(?![0-9*个户人年月日元平米吨斤]))?"
    rf"|{_HAN_NUMBER}{{1,3}}单元(?:[0-9*]{{2,4}}(?:室|房|号)?(?![0-9*个户人年月日元平米吨斤]))?"
    r"|(?<![0-9A-Za-z])[A-Za-z]?[0-9*]{3,4}(?:室|房(?!间|价|租|款|贷|源|补|改|屋|产|东|子|型|卡|交|地))"
    r"|(?<![0-9A-Za-z.-])[A-Za-z]?\d{1,2}-\d{1,2}-[0-9*]{3,4}(?![0-9-])"
    r"|(?<=[路街巷道弄村])(?:[0-9*]{1,5}号(?:院|楼|附[0-9*]{1,3}号)?(?:之[一二三四五六七八九])?)(?![0-9线])"
)
_LONG_NUMBER: Final = re.compile(
    r"(?<![0-9.])(?=[A-Za-z-]{0,6}\d{4})[A-Za-z]{0,6}-?\d{8,30}(?![0-9]|[ 多余]?(?:元|万|块))"
)
_DIGIT: Final = re.compile(r"\d")
_HOUSE_SIGN: Final = re.compile(
    rf"[栋幢座楼元室房号-](?<=(?:{_HAN_NUMBER}|[A-Za-z\d])[栋幢座]|号楼|单元|[0-9*][室房号-])"
)
_CALLED_SIGN: Final = re.compile("[叫姓系]")
_TITLES: Final = ("先生", "女士", "小姐", "某某")
_CALLED: Final = re.compile(r"(我叫|名叫|(?:姓名|联系人)(?:[是为:： ]{1,2}|(?!和)))(?=[一-鿿])")
_TITLED: Final = re.compile(rf"([一-鿿·]{{1,4}}?)(?={'|'.join(_TITLES)})")


def mask(text: str) -> str:
    """Replace personal data by typed placeholders such as ``[手机号]``.

    Mobile and landline numbers, ID numbers, licence plates, bank cards, e-mail, QQ and WeChat accounts,
    names after 我叫/姓名 and before 先生/女士, house numbers, other long numbers. By rule, so some personal
    data can be left; idempotent.
    """
    return mask_aligned(AlignedText.identity(text)).text


def without_placeholders(text: str) -> str:
    """A text of the same length with blanks where placeholders stand."""
    return PLACEHOLDER.sub(lambda found: " " * len(found.group()), text) if "[" in text else text


def mask_aligned(aligned: AlignedText) -> AlignedText:
    """As :func:`mask`, keeping the way back to the original."""
    for _ in range(_MAX_PASSES):  # a placeholder can end a number beside it, and so uncover one
        masked = aligned
        digits = _DIGIT.search(aligned.text) is not None
        for rule in rules():
            if (digits or not rule.digits) and rule.sign.search(masked.text):
                masked = masked.sub(rule.pattern, rule.replacement)
        if _CALLED_SIGN.search(masked.text) or _titled(masked.text):
            masked = _mask_names(masked)
        if masked.text == aligned.text:
            break
        aligned = masked
    return aligned


class Rule(NamedTuple):
    """A kind of data by its pattern.

    :param digits: whether the pattern needs a digit. :param sign: stands wherever it matches, and is quicker to find.
    """

    digits: bool
    sign: re.Pattern[str]
    pattern: re.Pattern[str]
    replacement: Callable[[re.Match[str]], str]


@cache
def rules() -> tuple[Rule, ...]:
    """What is masked, in the order in which it is looked for; names come after."""

    def always(kind: str) -> Callable[[re.Match[str]], str]:
        return lambda match: f"[{kind}]"

    def after_prefix(kind: str) -> Callable[[re.Match[str]], str]:
        return lambda match: "".join(part for part in match.groups() if part) + f"[{kind}]"

    return (
        Rule(False, re.compile("@"), _EMAIL, always("邮箱")),
        Rule(True, re.compile(r"\d{6}"), _ID_CARD, always("身份证号")),
        Rule(True, re.compile(r"[1１][3-9３-９]\d"), _MOBILE, always("手机号")),
        Rule(True, re.compile("[qQ]"), _QQ, after_prefix("QQ号")),
        Rule(False, re.compile("[微xXvV]"), _WECHAT, after_prefix("微信号")),
        Rule(True, re.compile(r"\d\d\d[- ]?\d\d\d"), _LANDLINE, always("电话")),
        Rule(True, re.compile(r"\d{4}[ -]?\d{4}"), _BANK_CARD, always("银行卡号")),
        Rule(False, re.compile("[0-9*]"), _PLATE, always("车牌")),
        Rule(False, _HOUSE_SIGN, _HOUSE, always("门牌号")),
        Rule(True, re.compile(r"\d{8}"), _LONG_NUMBER, always("编号")),
    )


def _titled(text: str) -> bool:
    return any(title in text for title in _TITLES)


def _mask_names(aligned: AlignedText) -> AlignedText:
    text = aligned.text
    spans: list[tuple[int, int, str]] = []
    for match in _CALLED.finditer(text):
        length = _name_length(text[match.end() : match.end() + 4])
        if length:
            spans.append((match.end(), match.end() + length, "[姓名]"))
    for match in _TITLED.finditer(text):
        length = _name_length_before(text[max(0, match.end() - 4) : match.end()])
        start = match.end() - length
        if length and not any(first < match.end() and start < last for first, last, _ in spans):
            spans.append((start, match.end(), "[姓名]"))
    return aligned.replace(sorted(spans))


def _name_length(text: str) -> int:
    """Characters of the name that ``text`` begins with; 0 if it begins with none."""
    names = surnames()
    surname = 2 if text[:2] in names.compound else 1 if text[:1] in names.single else 0
    if not surname:
        return 0
    given = 0
    for char in text[surname : surname + 2]:
        if not "一" <= char <= "鿿" or char in names.not_given:
            break
        given += 1
    return surname + given if given else 0


def _name_length_before(text: str) -> int:
    """Characters of the name that ``text`` ends with, surname alone included; the longest that fits."""
    names = surnames()
    for length in (4, 3, 2, 1):
        part = text[-length:]
        if len(part) < length or not all("一" <= char <= "鿿" for char in part):
            continue
        if length > 2 and part[:2] in names.compound:
            return length
        if length == 2 and part in names.compound:
            return 2
        clean = not any(char in names.not_given for char in part[1:])
        if length == 1:
            return int(part in names.single and part != "和")  # 我和先生: my husband and I
        if length <= 3 and part[0] in names.single and clean and part[0] not in names.words:
            return length
    return 0


class Surnames:
    """Chinese surnames (百家姓 in use today) and the characters that end a name."""

    def __init__(self) -> None:
        raw = read_yaml(data_path("text/surnames.yaml"))
        self.single = frozenset(raw["single"].replace(" ", ""))
        self.compound = frozenset(raw["compound"].split())
        self.words = frozenset(raw["also_words"].replace(" ", ""))
        self.not_given = frozenset(raw["not_given"].replace(" ", ""))


@cache
def surnames() -> Surnames:
    """The surnames of ``data/text/surnames.yaml``."""
    return Surnames()

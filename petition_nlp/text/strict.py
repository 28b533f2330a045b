"""Masking for what leaves the house or stays for good: more than a model needs hidden, and any odd spelling.

A neighbour recognises 「楼上502」 or 「刘大姐」, which a model may read; here they become placeholders too. Better an
ordinary word hidden now and then than a person shown.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from petition_nlp.text.mask import PLACEHOLDER, mask, surnames
from petition_nlp.text.normalise import normalise
from petition_nlp.text.segment import segmenter

_NAME: Final = "[姓名]"
_LONGEST_NAME: Final = 4
_LONGEST_GIVEN: Final = 2
_PERSON_TAGS: Final = frozenset({"nr", "nrt", "nrfg"})
_TITLES: Final = frozenset(
    (
        *(
            "阿姨",
            "大爷",
            "大妈",
            "大娘",
            "大叔",
            "大姐",
            "大哥",
            "大嫂",
            "奶奶",
            "爷爷",
            "婆婆",
            "老汉",
            "同学",
            "老板",
        ),
        *(
            "老师",
            "师傅",
            "经理",
            "主任",
            "书记",
            "医生",
            "律师",
            "队长",
            "站长",
            "所长",
            "局长",
            "科长",
            "处长",
            "校长",
        ),
        *("院长", "村长", "组长", "楼长", "某", "某某", "总", "工", "姐", "哥", "姨", "叔", "婶", "伯", "嫂"),
    )
)
_BEFORE_NAME: Final = re.compile(
    r"(?:业主|住户|邻居|居民|村民|租户|租客|户主|房东|群众|当事人|对方|老板|队长|村长|组长|楼长|主任|书记|经理|网格员|"
    r"保安|司机|老师|医生|干部|同事|老伴|丈夫|妻子|儿子|女儿|叫|名为)$"
)
_PLACE_END: Final = frozenset("里湾园苑路桥村埠山河庄屯坳岭洞区镇街巷垭畈塘坊阁寺庭居府城院楼店厂港湖沟家弄新堡门")
_HOUSE: Final = re.compile(
    r"(?:(?<=楼上|楼下|隔壁|对门|对面|邻居)|(?<=住))[A-Za-z]?\d{3,4}(?![\d元块米年个人吨斤户页号线平路]|天(?!天))"
    r"|(?<![\d.])[A-Za-z]?\d{3,4}(?=的?(?:住户|业主|租户|租客|户主|邻居|家里|家的|人家|那家|那户))"
)
# Digits one by one, as people write a number that a filter must not see: 1 3 8 0…, 一三八零…
_SPELT: Final = re.compile(
    r"(?<![\d一二三四五六七八九])[\d零〇○一二三四五六七八九幺](?:[ .·、-]?[\d零〇○一二三四五六七八九幺]){6,29}"
)
_GROUPS: Final = re.compile(r"[\d .·、-]*\d\d[\d .·、-]*")
_HAN_BESIDE: Final = re.compile(r"(?<=[一-鿿\])”》…])[,;:!?()]|[,;:!?()](?=[一-鿿\[“《])")
_FULL_WIDTH: Final = str.maketrans(",;:!?()", "，；：！？（）")


def mask_strictly(text: str) -> str:
    """A text without personal data as far as rules find it; one without any comes back as it was written.

    What comes back changed is also normalised, so that nothing stays which only another spelling hid.
    """
    read = normalise(text)
    masked = strict_mask(_SPELT.sub(_number, mask(read)))
    if masked == read and mask(text) == text:
        return text
    return full_width(masked)


def strict_mask(text: str) -> str:
    """What `mask` leaves of a normalised text's persons and flats: 刘大姐, 业主王伟, 李桂芳, 楼上502."""
    text = _HOUSE.sub("[门牌号]", text)
    return "".join(word for start, end in _pieces(text) for word in _unnamed(text[start:end]))


def full_width(text: str) -> str:
    """The text with full-width marks beside Chinese characters, as they are written there."""
    return _HAN_BESIDE.sub(lambda match: match[0].translate(_FULL_WIDTH), text)


def _number(match: re.Match[str]) -> str:
    """A date or an amount stays: what `mask` takes for no number of a person."""
    return match[0] if _GROUPS.fullmatch(match[0]) else "[编号]"


def _pieces(text: str) -> list[tuple[int, int]]:
    """The text cut at placeholders, each placeholder a piece of its own."""
    cuts = [0, *(place for match in PLACEHOLDER.finditer(text) for place in match.span()), len(text)]
    return [(start, end) for start, end in pairwise(cuts) if start < end]


def _unnamed(piece: str) -> list[str]:
    """The words of a piece of text, names of persons replaced."""
    if PLACEHOLDER.fullmatch(piece):
        return [piece]
    words: list[str] = []
    tagged: list[tuple[str, str]] = [*segmenter().tag(piece), ("", ""), ("", "")]
    ahead = 0
    for (word, tag), (second, _), (third, _) in zip(tagged, tagged[1:], tagged[2:], strict=False):
        if ahead:
            ahead -= 1
            continue
        before = "".join(words[-2:])
        length = _name_words(word, tag, second, third, before)
        words.append(_NAME if length else word)
        ahead = max(length - 1, 0)
    return words


def _name_words(word: str, tag: str, second: str, third: str, before: str) -> int:
    """How many words from ``word`` on are a name: 刘大姐, 王 before 阿姨, 欧阳 建国 before 老师; 0 for none."""
    if tag in _PERSON_TAGS and _is_name(word, before):
        return 1
    names = surnames()
    if word not in names.compound and (word not in names.single or word in names.words):
        return 0
    if _is_title(second):
        return 1
    given = 0 < len(second) <= _LONGEST_GIVEN and not any(char in names.not_given for char in second)
    return 2 if given and (_is_title(third) or _BEFORE_NAME.search(before)) else 0


def _is_title(word: str) -> bool:
    return len(word) > 1 and word in _TITLES


def _is_name(word: str, before: str) -> bool:
    """Whether a word tagged as a person is one: 刘大姐, 王某, 李桂芳, and 王伟 only behind 业主 and the like."""
    names = surnames()
    given = word[2:] if word[:2] in names.compound else word[1:] if word[0] in names.single else ""
    if given in _TITLES:
        return "某" in given or word[0] not in names.words
    if not given or word[0] in names.words or any(char in names.not_given for char in given):
        return False
    told = _BEFORE_NAME.search(before) is not None
    if len(word) == 2 or word[-1] in _PLACE_END or segmenter().has_word(word):
        return told
    return len(word) <= _LONGEST_NAME

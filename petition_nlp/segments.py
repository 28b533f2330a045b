"""The parts of a message that could be separate matters."""

from __future__ import annotations

import itertools
import re
from typing import Final

from petition_nlp.text.document import Document

# Words that announce a further matter.
_CUE: Final = re.compile(
    "|".join(
        (
            r"另外|此外|除此之外|除了这[个件]|其次|其[二三]|[二三]是|再有|再说|再问|再一[个件]|再就是|两码事|外加|末了|次要的|另一方面",
            r"第[二三四2-4](?:[件个项点桩]|是|[,、:])|另[:,]|另(?:咨询|反映|一[件码个桩]|问)|一个是|[一二][来则]",
            r"还有[啊呀,]|还有(?:那个|一|个|件|点|事|处|桩|样|就是)|还(?:[想要得]|请|麻烦)?(?:问|咨询|反映|投诉|举报)|也[想请]?(?:问|反映|咨询|投诉|举报|麻烦)",
            r"也[想请][^,。]{0,6}[来查看]|同时(?:还|想问|咨询|反映)|并(?:称|反映)|后反映|(?:后|后来|市民|其)又(?:反映|咨询|问)|再(?:反映|举报|投诉|咨询|麻烦)",
            r"一并(?:查|处|登|反|解)|分别(?:处理|派|回复|转)|一起(?:登记|处理|反映)|顺[便带嘴]|捎带|多问一句|补充(?:[一反]|点)|对了|然后呢|最后(?:再|是|一[个件])",
            r"(?:[两三四几俩]|[2-4])(?:[件桩]|个|点|样)?(?:事|问题|请求|诉求|事项|烦心事|情况)|[两三]个都|都立案|报几个|跟这(?:个|件|没关系)",
            r"先(?:说|问|咨询|反映)|(?:事项|诉求|问题|请求)[一1]|以及(?:咨询|反映|投诉|想)|[②③]|[(（]二[)）]|(?:^|[\s,。;:])[（(]?[2二][)）]?[、.．,:]",
        )
    )
)
_SPLIT: Final = re.compile(
    r"[。;!?\n]+"
    r"|(?=另外|此外|还有|顺[便带嘴]|第[二三四2-4](?:[件个项点]|是)|其[次二三]|[二三]是|再一个|再就是|再有|对了|另[:一]|[①-⑨]|(?:后|市民)又反映)"
    r"|(?=一个是|也(?:反映|投诉|举报|咨询)|还[要得]?(?:投诉|举报|反映|咨询)|再(?:反映|举报|投诉|咨询|麻烦)|补充|外加|末了|最后)"
    r"|(?=(?:(?<=[\s,。;:])|^)[（(]?(?:[1-9]|[一二三四五六])[)）]?[、.．])"
)
_CLAUSE: Final = re.compile(r"[,、 ]+|(?=还有|一个是)")
# A unit's answer that was pasted behind the order: it numbers its own steps.
_ANSWER: Final = re.compile(r"20\d\d[-.年]\d{1,2}[-.月]\d{1,2}日? ?\d{1,2}:\d\d|[局委办处所站](?:答复|回复)[:,]")
_SHORTEST: Final = 8
_RUN_TOGETHER: Final = 24
_MAX_PARTS: Final = 12


def segments(document: Document) -> tuple[Document, ...]:
    """Cut a message that announces a further matter (另外, 二是, 2、) into its parts; none for other messages.

    Cuts are at sentence ends, enumerations and cues, or at commas where there are none of these; a part of
    fewer than 8 characters joins the one before it. Matters that are merely run together are not looked for:
    parts of one matter (place, trouble, history) differ as much, and would go to people by the dozen.
    """
    answer = _ANSWER.search(document.text)
    text = document.text[: answer.start()] if answer else document.text
    if not _CUE.search(text):
        return ()
    bounds = _bounds(text)[:_MAX_PARTS]
    return tuple(_part(document, start, end) for start, end in bounds) if len(bounds) > 1 else ()


def _bounds(text: str) -> list[tuple[int, int]]:
    """Spans of the parts: at sentence ends and cues, or at commas and spaces where there are none."""
    bounds = _joined(text, _SPLIT)
    return bounds if len(bounds) > 1 or len(text) < _RUN_TOGETHER else _joined(text, _CLAUSE)


def _joined(text: str, pattern: re.Pattern[str]) -> list[tuple[int, int]]:
    cuts = [0, *(match.end() for match in pattern.finditer(text)), len(text)]
    bounds: list[tuple[int, int]] = []
    for start, end in itertools.pairwise(cuts):
        if start == end:
            continue
        if bounds and min(end - start, bounds[-1][1] - bounds[-1][0]) < _SHORTEST:
            bounds[-1] = (bounds[-1][0], end)
        else:
            bounds.append((start, end))
    return bounds


def _part(document: Document, start: int, end: int) -> Document:
    return Document(document.aligned, document.tokens.between(start, end))

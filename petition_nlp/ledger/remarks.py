"""What workbook and page say alike: heading, emergencies, wordings, and what is to be known about the lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from petition_nlp.ledger.lists import Entry, Tally
from petition_nlp.ledger.periods import Period
from petition_nlp.taxonomy import UNCLEAR

if TYPE_CHECKING:
    from petition_nlp.ledger.job import Ledger

TITLE: Final = "三事清单"
ONLY_EMERGENCIES: Final = "（均为紧急诉求，不列原文）"
_SHOWN_FILES: Final = 8
_BARE: Final = "是"
"""What stands for a line where a table tells of an emergency without one."""


def title(ledger: Ledger) -> str:
    """The heading, with the span of the messages."""
    whole = Tally.total(area.tally for area in ledger.areas)
    return f"{TITLE}（{span(whole)}）" if whole.first else TITLE


def span(tally: Tally) -> str:
    """First and last day; empty if no day is known."""
    if tally.first is None or tally.last is None:
        return ""
    return str(tally.first) if tally.first == tally.last else f"{tally.first} 至 {tally.last}"


def emergencies(tally: Tally) -> str:
    """Emergencies with their lines, as 3（119×2、110×1）; empty for none."""
    lines = "、".join(f"{line}×{count}" for line, count in sorted(tally.lines.items()) if line != _BARE)
    return f"{tally.emergencies}（{lines}）" if lines else str(tally.emergencies or "")


def wordings(entry: Entry) -> list[str]:
    """The examples of an entry, numbered if there are several; what stands in their place where all are emergencies."""
    if entry.tally.emergencies == entry.tally.count:
        return [ONLY_EMERGENCIES]
    several = len(entry.examples) > 1
    return [f"{number}. {text}" if several else text for number, text in enumerate(entry.examples, start=1)]


def remarks(ledger: Ledger) -> list[str]:
    """What a reader must know, a line each."""
    return [*_terms(ledger), *_source(ledger), *_left_out(ledger)]


def _terms(ledger: Ledger) -> list[str]:
    taxonomy = ledger.taxonomy
    matters = [f"{taxonomy.matters[code].name}：{taxonomy.matters[code].definition}" for code, _ in ledger.matters]
    return [
        *matters,
        "分类由程序作出，供议事参考。「待复核」是程序没有把握、须先由人核对的件数，仍按程序的判断列在各清单里。",
        "「紧急」是可能正有危险的诉求，应已立即转接相应专线，不等议事；请先核对是否已经处置，其原文不列入清单。",
        "典型诉求取程序最有把握且彼此不同的几条，个人信息已按规则替换，张贴、公开前请再看一遍。",
        "责任主体、协商层级、建议渠道取自分类目录；议定意见、责任人、完成时限由议事会填写。",
    ]


def _source(ledger: Ledger) -> list[str]:
    more = f" 等 {len(ledger.files)} 个文件" if len(ledger.files) > _SHOWN_FILES else ""
    files = "、".join(ledger.files[:_SHOWN_FILES])
    return [f"来源：{files}{more}，共 {ledger.rows:,} 件，按「{ledger.by}」分组；分类目录 {ledger.taxonomy.version}。"]


def _left_out(ledger: Ledger) -> list[str]:
    lines = []
    if ledger.undated and ledger.period is not Period.ALL:
        lines.append(f"有 {ledger.undated:,} 件日期无法识别，列在「日期不详」下。")
    if ledger.lost:
        lines.append(f"有 {ledger.lost.total():,} 行无法读取或没有分类结果，没有计入。")
    return lines


def list_title(matter: str, name: str) -> str:
    """The name of a matter's list."""
    return name if matter == UNCLEAR else f"{name}清单"


def kind_title(matter: str, *, levelled: bool) -> str:
    """The heading above what the entries of a list are about."""
    if matter == UNCLEAR:
        return "原因"
    return "事项" if levelled else "涉及领域"

"""An inspection as a folder: ``inspect.json``, a page ``inspect.html``, and the rows to look at as ``suspects.csv``."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from petition_nlp.archive.outputs import safe_cell
from petition_nlp.head_names import head_title
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.inspect import FEW_ROWS, MIN_ROWS, Inspection, Suspect
from petition_nlp.training.report import as_json, template, write_folder

JSON_NAME: Final = "inspect.json"
PAGE_NAME: Final = "inspect.html"
SUSPECTS_NAME: Final = "suspects.csv"

_COLUMNS: Final = ("文件", "行号", "目标", "现有标签", "可能应为", "现有标签的概率")
_SHOWN_SUSPECTS: Final = 50
_SHOWN_BROKEN: Final = 5


def write_inspection(inspection: Inspection, folder: Path, taxonomy: Taxonomy) -> None:
    """Write the three files.

    :raises OutputError: the folder cannot be written.
    """
    contents = {
        JSON_NAME: as_json(inspection.report),
        PAGE_NAME: inspection_page(inspection, taxonomy),
        SUSPECTS_NAME: _suspects(inspection, taxonomy),
    }
    write_folder(folder, contents)


def findings(report: Mapping[str, Any]) -> list[tuple[str, int, str]]:
    """What was counted over all rows: (finding, rows, what to do about it)."""
    copies = report["copies"]
    personal = "、".join(f"{kind} {n}" for kind, n in report["personal"]["kinds"].items())
    return [
        ("拆不开的行", len(report["broken"]), _broken(report["broken"])),
        ("没有正文（或只有转办用语）", report["blank"], "训练时跳过"),
        ("正文不足 8 字", report["short"], "多为标题或测试，确认标签是否可靠"),
        ("完全相同的重复", copies["exact"], "保留一条即可；交叉验证已把它们放在同一份"),
        ("近似重复", copies["near"], f"最大的一组 {copies['largest']} 条；测试集里不应有训练集的近似重复"),
        ("含转办用语", report["leaks"], "正文里写着答案，训练时默认去掉（--keep-leaks 可保留）"),
        ("疑似乱码", report["garbled"], "导出或转码出错，请重新导出"),
        ("含控制字符", report["control"], "读取时会去掉"),
        ("含个人信息", report["personal"]["rows"], personal or "按规则查找，可能有遗漏"),
    ]


def _broken(rows: Sequence[Mapping[str, Any]]) -> str:
    if not rows:
        return "列数与表头相符，引号都闭合"
    shown = "、".join(f"{row['file']} 第 {row['line']} 行" for row in rows[:_SHOWN_BROKEN])
    return f"没有读，训练时跳过，请在原表改正：{shown}{'……' if len(rows) > _SHOWN_BROKEN else ''}"


def why_no_suspects(head: Mapping[str, Any]) -> str:
    """Why the probable label errors of a head are not given."""
    return "词语模型判对不足一半，无法判断" if head["figures"] else "标签或行数太少，无法判断"


def inspection_page(inspection: Inspection, taxonomy: Taxonomy) -> str:
    """The inspection as one HTML page without script or external resource."""
    return template("inspect.html").render(
        report=inspection.report,
        findings=findings(inspection.report),
        heads=[_head(name, head, inspection, taxonomy) for name, head in inspection.report["heads"].items()],
        few_rows=FEW_ROWS,
        min_rows=MIN_ROWS,
        suspects_name=SUSPECTS_NAME,
    )


def _head(name: str, head: Mapping[str, Any], inspection: Inspection, taxonomy: Taxonomy) -> dict[str, Any]:
    def named(labels: Mapping[str, int]) -> dict[str, int]:
        return {taxonomy.name(name, label): n for label, n in labels.items()}

    suspects = [suspect for suspect in inspection.suspects if suspect.head == name]
    return {
        "code": name,
        "title": head_title(name),
        "why": why_no_suspects(head),
        **head,
        "rare": named(head["rare"]),
        "dying": named(head["dying"]),
        "new": named(head["new"]),
        "confusable": [
            {**pair, "labels": [taxonomy.name(name, label) for label in pair["labels"]]} for pair in head["confusable"]
        ],
        "shown": [_cells(suspect, taxonomy) for suspect in suspects[:_SHOWN_SUSPECTS]],
    }


def _cells(suspect: Suspect, taxonomy: Taxonomy) -> tuple[str, int, str, str, str, float]:
    head = suspect.head
    label, suggested = taxonomy.name(head, suspect.label), taxonomy.name(head, suspect.suggested)
    title = head_title(head)
    return safe_cell(suspect.file), suspect.row, title, safe_cell(label), safe_cell(suggested), suspect.quality


def _suspects(inspection: Inspection, taxonomy: Taxonomy) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    writer.writerows(_cells(suspect, taxonomy) for suspect in inspection.suspects)
    return "\ufeff" + out.getvalue()  # the mark lets Excel see that it is UTF-8

"""An evaluation as a folder: ``report.json`` and one self-contained page, ``report.html``."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup
from numpy.typing import NDArray

from petition_nlp.archive.summary import REASON_NAMES
from petition_nlp.errors import OutputError
from petition_nlp.head_names import head_title
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.training.charts import reliability_plot, risk_coverage_plot
from petition_nlp.training.metrics import MIN_MACRO_ROWS

JSON_NAME: Final = "report.json"
PAGE_NAME: Final = "report.html"

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
_SHOWN_CONFUSIONS: Final = 10
_SHOWN_LABELS: Final = 24
_SHADES: Final = 10


@dataclass(frozen=True, slots=True)
class Confusion:
    """How often rows of one label were given another.

    :param share: of the true label's rows.
    """

    truth: str
    choice: str
    n: int
    share: float


@dataclass(frozen=True, slots=True)
class HeatCell:
    """One cell of a confusion matrix; ``shade`` from 0 to 10 is its share of the row."""

    n: int
    kind: str
    shade: int


@dataclass(frozen=True, slots=True)
class HeatTable:
    """A confusion matrix for reading: rows are true labels, the most frequent first."""

    names: tuple[str, ...]
    cells: tuple[tuple[HeatCell, ...], ...]
    merged: int


def check_folder(folder: Path) -> None:
    """Refuse a place where no folder can be, before any work is done.

    :raises OutputError: ``folder`` or one of its parents is a file.
    """
    blocking = next((path for path in (folder, *folder.parents) if path.exists() and not path.is_dir()), None)
    if blocking is not None:
        raise OutputError("报告要写到一个文件夹，但这里是一个文件", where=str(blocking), todo="请换一个位置")


def write_report(report: Mapping[str, Any], folder: Path, taxonomy: Taxonomy) -> None:
    """Write ``report.json`` and ``report.html``; other files in the folder stay.

    :raises OutputError: the folder cannot be written.
    """
    write_folder(folder, {JSON_NAME: as_json(report), PAGE_NAME: report_page(report, taxonomy)})


def as_json(report: Mapping[str, Any]) -> str:
    """A report for programs."""
    return json.dumps(report, ensure_ascii=False, indent=1) + "\n"


def write_folder(folder: Path, contents: Mapping[str, str]) -> None:
    """Write files by name, all of them or none; other files in the folder stay.

    :raises OutputError: the folder cannot be written.
    """
    check_folder(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".report.", dir=folder) as draft:
            for name, content in contents.items():
                (Path(draft) / name).write_text(content, encoding="utf-8")
            for name in contents:
                os.replace(Path(draft) / name, folder / name)
    except OSError as error:
        what = f"无法写入报告：{error.strerror or type(error).__name__}"
        raise OutputError(what, where=str(folder), todo="请检查权限和磁盘空间") from error


def report_page(report: Mapping[str, Any], taxonomy: Taxonomy) -> str:
    """The report as one HTML page without script or external resource."""
    return template("report.html").render(
        report=report,
        heads=[_head_view(name, head, taxonomy) for name, head in report["heads"].items()],
        reasons=_reasons(report),
        min_macro_rows=MIN_MACRO_ROWS,
    )


def template(name: str) -> Template:
    """A page's template; anything that a page shows is escaped."""
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(percent=percent, figure=figure, target=target)
    return environment.get_template(name)


def percent(value: float | None) -> str:
    """A share with one decimal; a dash for none."""
    return "—" if value is None else f"{value:.1%}"


def figure(value: float) -> str:
    """A figure with three decimals."""
    return f"{value:.3f}"


def target(value: str) -> str:
    """A target precision, as the report's keys write it, in percent."""
    return f"{float(value) * 100:.4g}%"


def top_confusions(
    matrix: Sequence[Sequence[int]], labels: Sequence[str], *, limit: int = _SHOWN_CONFUSIONS
) -> list[Confusion]:
    """The most frequent mistakes, the largest first.

    :param matrix: (labels, labels) counts, rows by true label.
    """
    found = [
        Confusion(labels[truth], labels[choice], n, n / sum(row))
        for truth, row in enumerate(matrix)
        for choice, n in enumerate(row)
        if n and truth != choice
    ]
    return sorted(found, key=lambda confusion: (-confusion.n, -confusion.share))[:limit]


def heat_table(matrix: Sequence[Sequence[int]], labels: Sequence[str], *, limit: int = _SHOWN_LABELS) -> HeatTable:
    """The confusion matrix of the labels that occur; beyond ``limit`` the rarest become one."""
    counts = np.array(matrix, dtype=np.int64).reshape(len(labels), len(labels))
    rows, columns = counts.sum(axis=1), counts.sum(axis=0)
    order = [int(index) for index in np.lexsort((-columns, -rows)) if rows[index] or columns[index]]
    kept, rest = (order, []) if len(order) <= limit else (order[: limit - 1], order[limit - 1 :])
    names = [labels[index] for index in kept]
    table = counts[np.ix_(kept, kept)]
    if rest:
        names.append(f"其余 {len(rest)} 类")
        table = _with_rest(counts, kept, rest)
    return HeatTable(tuple(names), tuple(_heat_row(position, row) for position, row in enumerate(table)), len(rest))


def _with_rest(counts: NDArray[np.int64], kept: list[int], rest: list[int]) -> NDArray[np.int64]:
    groups = [[index] for index in kept] + [rest]
    return np.array([[counts[np.ix_(row, column)].sum() for column in groups] for row in groups])


def _heat_row(position: int, row: NDArray[np.int64]) -> tuple[HeatCell, ...]:
    total = max(int(row.sum()), 1)
    return tuple(
        HeatCell(int(n), "hit" if column == position else "miss", int(np.ceil(n / total * _SHADES)))
        for column, n in enumerate(row)
    )


def _head_view(name: str, head: Mapping[str, Any], taxonomy: Taxonomy) -> dict[str, Any]:
    """What the template shows of one head."""
    labels = [taxonomy.name(name, row["label"]) for row in head["per_label"]]
    risks = sorted(round(1 - float(target), 4) for target in head["coverage_at"])
    calibration = [(point["confidence"], point["accuracy"]) for point in head["reliability"]]
    coverage = [(point["coverage"], point["risk"]) for point in head["risk_coverage"]]
    return {
        "code": name,
        "title": head_title(name),
        "figures": head,
        "labels": sorted(
            ({**row, "name": label} for row, label in zip(head["per_label"], labels, strict=True)),
            key=lambda row: -row["n"],
        ),
        "unknown": {taxonomy.name(name, label): n for label, n in head["unknown_labels"].items()},
        "left": {taxonomy.name(name, label): n for label, n in head["left_to_people"].items()},
        "confusions": top_confusions(head["confusion"], labels),
        "heat": heat_table(head["confusion"], labels),
        "reliability": Markup(reliability_plot(calibration)),
        "risk_coverage": Markup(risk_coverage_plot(coverage, risks=risks)),
    }


def _reasons(report: Mapping[str, Any]) -> list[tuple[str, int, float]]:
    policy = report["policy"]
    if not policy or not policy["n"]:
        return []
    return [(REASON_NAMES.get(code, code), n, n / policy["n"]) for code, n in policy["reasons"].items()]

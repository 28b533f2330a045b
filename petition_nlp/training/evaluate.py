"""How good a model is on labelled files."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from petition_nlp.archive.columns import normalise_name
from petition_nlp.classify.head import Labelled
from petition_nlp.errors import InputError
from petition_nlp.router import Router
from petition_nlp.text.document import prepare
from petition_nlp.training.automatic import Decision, policy_report
from petition_nlp.training.corpus import Columns, Corpus, column_names, counts, joined, read_corpus
from petition_nlp.training.intervals import head_intervals
from petition_nlp.training.metrics import head_metrics
from petition_nlp.training.report import check_folder, write_report

FloatArray = NDArray[np.float32]

_USUAL_COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "matter": ("事项类别",),
    "department": ("责任部门", "承办部门", "承办单位", "主办单位"),
    "co_department": ("协办部门", "协办单位"),
    "request_type": ("诉求类型",),
}
_TARGET_PRECISIONS: Final = (0.90, 0.95)
_BATCH: Final = 256
_MAX_SLICES: Final = 50
_MAX_UNKNOWN: Final = 50
_LABEL_LENGTH: Final = 40


def evaluate(
    model: Path | None,
    data: Sequence[Path],
    *,
    targets: Mapping[str, str] | None = None,
    text_column: str | None = None,
    title_column: str | None = None,
    by: str | None = None,
    report: Path | None = None,
    target_precision: float | None = None,
    profile: str | None = None,
    taxonomy: Path | None = None,
) -> dict[str, Any]:
    """Measure a model on labelled files.

    :param model: model folder; default: the committed model.
    :param data: labelled files, JSON Lines, CSV or Parquet.
    :param targets: head → column; default: every head of the model whose column a file has.
    :param by: column by which results are also reported apart.
    :param report: folder to write ``report.json`` and ``report.html`` to.
    :param target_precision: a further precision to solve the policy's threshold for.
    :param profile: the model's profile to measure; default: its best.
    :param taxonomy: folder of the taxonomy to measure in; default: the shipped one.
    :return: the report; it holds counts and label names, never a text of the data.
    :raises PetitionError: the model or the data cannot be used, or the report cannot be written.
    """
    if report is not None:
        check_folder(report)
    router = Router.load(model, target_precision=target_precision, profile=profile, taxonomy=taxonomy)
    corpus = _read(data, router, targets or {}, Columns({}, text=text_column, title=title_column, by=by))
    result = _Evaluation(router, corpus).result([path.name for path in data])
    if report is not None:
        write_report(result, report, router.taxonomy)
    return result


def _read(paths: Sequence[Path], router: Router, targets: Mapping[str, str], columns: Columns) -> Corpus:
    """All files as one corpus; each may name its label columns differently."""
    unknown = [head for head in targets if head not in router.heads]
    if unknown:
        known = "、".join(router.heads)
        raise InputError(f"模型 {router.model} 没有目标 {'、'.join(unknown)}", todo=f"可检验的目标：{known}")
    parts = [_read_file(path, router, targets, columns) for path in paths]
    corpus = joined(parts, heads=router.heads)
    where = "、".join(map(str, paths))
    for head in targets:
        _check_labels(head, counts(corpus.labels.get(head, ())), router.heads[head], where)
    slices = set(corpus.slices)
    if len(slices) > _MAX_SLICES or any(len(value) > _LABEL_LENGTH for value in slices):
        what = f"列「{columns.by}」有 {len(slices)} 个不同的值，或有很长的值，不适合分组"
        raise InputError(what, where=where, todo="请换一列")
    return corpus


def _check_labels(name: str, found: Counter[str], head: Labelled, where: str) -> None:
    """Refuse a column that the user chose but that cannot be the head's labels."""
    todo = "请检查 --target 目标=列名"
    if not found:
        raise InputError(f"目标 {name} 没有一行有标签", where=where, todo=todo)
    if not set(found) & set(head.labels):
        raise InputError(f"目标 {name} 的 {len(found)} 种标签，模型一个也不认识", where=where, todo=todo)


def _read_file(path: Path, router: Router, targets: Mapping[str, str], columns: Columns) -> Corpus:
    names = column_names(path)
    chosen = dict(targets) or label_columns(router.heads, names)
    if not chosen:
        wanted = "、".join("/".join((head, *_USUAL_COLUMNS.get(head, ()))) for head in router.heads)
        raise InputError(
            f"没有模型认识的标签列（需要 {wanted} 之一）",
            where=str(path),
            todo="请用 --target 目标=列名 指明",
        )
    if columns.by and columns.by not in names:
        raise InputError(f"没有列「{columns.by}」", where=str(path), todo="请检查 --by 的列名")
    own = Columns(chosen, text=columns.text, title=columns.title, by=columns.by)
    return read_corpus([path], own, router.taxonomy)


def label_columns(heads: Iterable[str], names: Sequence[str]) -> dict[str, str]:
    """Head → column for every head whose own or usual column name stands in the file."""
    present = {normalise_name(name): name for name in reversed(names)}
    found = {}
    for head in heads:
        usual = (normalise_name(name) for name in (head, *_USUAL_COLUMNS.get(head, ())))
        column = next((present[name] for name in usual if name in present), None)
        if column is not None:
            found[head] = column
    return found


@dataclass(frozen=True)
class _Evaluation:
    router: Router
    corpus: Corpus

    def result(self, data: list[str]) -> dict[str, Any]:
        columns, corpus = self.router.heads, self.corpus
        heads = {
            name: _head_report(columns[name], table, corpus.labels[name], corpus.slices)
            for name, table in self._probabilities().items()
        }
        return {
            "model": self.router.model,
            "profile": self.router.profile.name,
            "taxonomy": self.router.taxonomy.version,
            "data": data,
            "n": len(corpus),
            "broken": len(corpus.broken),
            "leaks": corpus.leaks,
            "heads": heads,
            "policy": self._policy() if "department" in heads else None,
        }

    def _probabilities(self) -> dict[str, FloatArray]:
        """(n, labels) for every head that has labels, with the model's own pipeline."""
        limit = self.router.policy.max_chars
        tables: dict[str, list[FloatArray]] = {name: [] for name in self.corpus.labels}
        for rows in _batches(range(len(self.corpus)), "判断"):
            scored = self.router.predictor.predict([prepare(self.corpus.texts[row][:limit]) for row in rows])
            for name, parts in tables.items():
                parts.append(scored.probabilities[name])
        return {name: np.concatenate(parts) for name, parts in tables.items()}

    def _policy(self) -> dict[str, Any] | None:
        """What the policy lets through without a person; None without calibration rows."""
        if self.router.gate is None:
            return None
        own = self.router.policy.target_precision
        targets = sorted({*_TARGET_PRECISIONS, own})
        gates = {target: gate for target in targets if (gate := self.router.gate_at(target)) is not None}
        return {"target_precision": own, **policy_report(self._decisions(), gates)}

    def _decisions(self) -> list[Decision]:
        """What the router decides for every row with a department."""
        texts, departments = self.corpus.texts, self.corpus.labels["department"]
        matters = self.corpus.labels.get("matter", (None,) * len(texts))
        labelled = [row for row, department in enumerate(departments) if department is not None]
        return [
            Decision.of(route, self.router.policy, department=str(departments[row]), matter=matters[row])
            for rows in _batches(labelled, "分拨")
            for row, route in zip(rows, self.router.route([texts[row] for row in rows]), strict=True)
        ]


def _batches(rows: Sequence[int], what: str) -> Iterator[Sequence[int]]:
    """Row numbers in batches, with a progress bar on a terminal."""
    with tqdm(total=len(rows), desc=what, unit="条", file=sys.stderr, disable=not sys.stderr.isatty()) as bar:
        for start in range(0, len(rows), _BATCH):
            yield rows[start : start + _BATCH]
            bar.update(min(_BATCH, len(rows) - start))


def _head_report(
    head: Labelled, probabilities: FloatArray, labels: Sequence[str | None], slices: Sequence[str]
) -> dict[str, Any]:
    """Figures of one head on the rows that have a label which a router is meant to suggest."""
    suggested = [position for position, label in enumerate(head.labels) if label not in head.leave]
    names = [head.labels[position] for position in suggested]
    index = {label: position for position, label in enumerate(names)}
    rows = np.array([label is not None and label not in head.leave for label in labels])
    truth = np.array([index.get(label or "", -1) for label in labels], dtype=np.int64)
    table = probabilities[:, suggested]
    report = _measured(table, truth, names, rows)
    report["labels"] = {row["label"]: row["n"] for row in report["per_label"]}
    report["unknown_labels"] = _unknown(label for label in labels if label not in head.labels)
    report["left_to_people"] = dict(counts([label for label in labels if label in head.leave]))
    values = np.array(slices)
    parts = {value: rows & (values == value) for value in sorted({*slices} - {""})}
    report["by"] = {value: _measured(table, truth, names, part) for value, part in parts.items() if part.any()}
    return report


def _measured(
    probabilities: FloatArray, truth: NDArray[np.int64], names: Sequence[str], rows: NDArray[np.bool_]
) -> dict[str, Any]:
    metrics = head_metrics(probabilities[rows], truth[rows], names)
    return {**metrics, "intervals": head_intervals(probabilities[rows], truth[rows])}


def _unknown(labels: Iterable[str | None]) -> dict[str, int]:
    """Labels that the head does not have, the most frequent first; cut short, as they may be anything."""
    present = (label for label in labels if label is not None)
    found = Counter(label if len(label) <= _LABEL_LENGTH else f"{label[:_LABEL_LENGTH]}…" for label in present)
    named = dict(found.most_common(_MAX_UNKNOWN))
    rest = found.total() - sum(named.values())
    return {**named, "…": rest} if rest else named

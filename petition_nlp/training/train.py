"""Corpus → model folder."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from petition_nlp.artifact import CalibrationRows, JointCalibration, Model, check_target, save_model
from petition_nlp.classify.head import Calibration, LinearHead
from petition_nlp.embed.ngrams import NgramEmbedder, SparseMatrix
from petition_nlp.errors import InputError
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.document import Document, prepare
from petition_nlp.training.calibrate import fit_calibration, fit_joint
from petition_nlp.training.card import CardFacts, model_card
from petition_nlp.training.corpus import Columns, Corpus, counts, read_corpus
from petition_nlp.training.fit import BALANCE, LinearTrainer, build_vocabulary, take, topic_basis
from petition_nlp.training.groups import near_duplicate_groups
from petition_nlp.training.metrics import head_metrics

FloatArray = NDArray[np.float32]
_MIN_CALIBRATION_ROWS: Final = 50


@dataclass(frozen=True)
class TrainOptions:
    """What to train on and how.

    :param data: labelled files; :param out: model folder to write.
    :param targets: head → column.
    :param calib: files that calibrate the finished model and solve its thresholds; without them the held-out
        folds of ``data`` do.
    :param leave: head → label values that stand for orders left to people: learnt, never suggested.
    :param balance: head → how much its classes count the same, see `LinearTrainer.fit`.
    :param min_rows: labels with fewer rows are named and left out.
    :param card_notes: Markdown that goes into the model card (origin, limits).
    """

    data: Sequence[Path]
    out: Path
    targets: Mapping[str, str]
    calib: Sequence[Path] = ()
    text_column: str | None = None
    title_column: str | None = None
    by: str | None = None
    weight_column: str | None = None
    leave: Mapping[str, Sequence[str]] = field(default_factory=dict)
    balance: Mapping[str, float] = field(default_factory=dict)
    keep_leaks: bool = False
    min_rows: int = 5
    folds: int = 5
    seed: int = 0
    name: str = "model"
    version: str = ""
    card_notes: str = ""
    overwrite: bool = False
    quiet: bool = False


@dataclass(frozen=True)
class HeadData:
    """One head's rows: indices into the corpus and label indices."""

    name: str
    labels: tuple[str, ...]
    rows: NDArray[np.int64]
    truth: NDArray[np.int64]
    leave: frozenset[str]
    left_out: Mapping[str, int]


def train(options: TrainOptions) -> dict[str, Any]:
    """Train, calibrate, measure, and write a model folder.

    The figures in the report come from grouped cross-validation: near copies never stand on both sides.

    :return: the training report, as written to ``report.json``.
    :raises PetitionError: the data cannot be used or the folder cannot be written.
    """
    import sklearn.svm  # noqa: F401  (only libraries that are loaded can be limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):  # the number of cores must not change the result
        return _Training(options).run()


class _Training:
    def __init__(self, options: TrainOptions) -> None:
        self.options = options
        self.taxonomy = Taxonomy.load()
        self.trainer = LinearTrainer(seed=options.seed)
        self._bar: tqdm[Any] | None = None

    def run(self) -> dict[str, Any]:
        options = self.options
        check_target(options.out, overwrite=options.overwrite)
        corpus = self._read(options.data)
        heads = [self._head(name, corpus) for name in options.targets]
        calib = self._read(options.calib) if options.calib else None
        steps = 3 + len(heads) * (options.folds + 1)
        with tqdm(total=steps, desc="训练", unit="步", disable=options.quiet, file=sys.stderr) as self._bar:
            documents = self._prepare(corpus.texts)
            groups = near_duplicate_groups(corpus.texts, seed=options.seed)
            self._step("分组")
            embedder = build_vocabulary(documents)
            matrix = embedder.transform(documents)
            self.trainer = LinearTrainer(seed=options.seed, basis=topic_basis(matrix, seed=options.seed))
            self._step("词表")
            finished = [self._fit_head(head, corpus, matrix, groups) for head in heads]
            model, report = self._finish(corpus, embedder, finished, groups, calib)
        save_model(model, options.out, overwrite=options.overwrite)
        return report

    def _read(self, paths: Sequence[Path]) -> Corpus:
        options = self.options
        columns = Columns(
            options.targets,
            text=options.text_column,
            title=options.title_column,
            by=options.by,
            weight=options.weight_column,
        )
        return read_corpus(paths, columns, self.taxonomy, keep_leaks=options.keep_leaks)

    def _head(self, name: str, corpus: Corpus) -> HeadData:
        seen = counts(corpus.labels[name])
        leave = frozenset(self.taxonomy.resolve(name, label) for label in self.options.leave.get(name, ()))
        kept = tuple(sorted(label for label, count in seen.items() if count >= self.options.min_rows))
        if leave - seen.keys():
            what = f"留给人工的标签 {'、'.join(sorted(leave - seen.keys()))} 在目标 {name} 中没有出现"
            raise InputError(what, where="、".join(map(str, self.options.data)), todo="请检查 --leave 的写法")
        if len(set(kept) - leave) < 2:
            raise InputError(
                f"目标 {name} 只有 {len(kept)} 个标签有至少 {self.options.min_rows} 行",
                where="、".join(map(str, self.options.data)),
                todo="至少需要两个标签；请检查列名，或用 --min-rows 放宽",
            )
        index = {label: position for position, label in enumerate(kept)}
        rows = [row for row, label in enumerate(corpus.labels[name]) if label in index]
        truth = [index[str(corpus.labels[name][row])] for row in rows]
        left_out = {label: count for label, count in sorted(seen.items()) if label not in index}
        return HeadData(name, kept, np.array(rows), np.array(truth), leave & set(kept), left_out)

    def _prepare(self, texts: Sequence[str]) -> list[Document]:
        documents = [prepare(text) for text in texts]
        self._step("分词")
        return documents

    def _fit_head(self, data: HeadData, corpus: Corpus, matrix: SparseMatrix, groups: NDArray[np.int64]) -> _FittedHead:
        own = take(matrix, data.rows)
        weights = np.array(corpus.weights, dtype=np.float32)[data.rows]
        scores = np.zeros((len(data.rows), len(data.labels)), dtype=np.float32)
        fit = partial(self.trainer.fit, classes=len(data.labels))
        balanced = partial(fit, balance=self.options.balance.get(data.name, BALANCE))
        folds = self._folds(data, groups)
        for train_rows, test_rows in folds:
            part = balanced(take(own, train_rows), data.truth[train_rows], weights[train_rows])
            scores[test_rows] = take(own, test_rows).dot(part.weights) + part.bias
            self._step(f"{data.name} 交叉验证")
        train_rows, test_rows = folds[0]
        plain = fit(take(own, train_rows), data.truth[train_rows], weights[train_rows], balance=0.0)
        unbalanced = take(own, test_rows).dot(plain.weights) + plain.bias
        effect = _balance_effect(data, test_rows, unbalanced, scores[test_rows])
        whole = balanced(own, data.truth, weights)
        self._step(f"{data.name} 训练")
        calibration = fit_calibration(scores, data.truth, weights)
        head = LinearHead(data.name, data.labels, whole.weights, whole.bias, calibration, data.leave)
        return _FittedHead(data, head, scores, effect)

    def _folds(self, data: HeadData, groups: NDArray[np.int64]) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        from sklearn.model_selection import StratifiedGroupKFold

        distinct = len(np.unique(groups[data.rows]))
        largest = int(np.bincount(data.truth).max())
        if min(distinct, largest) < self.options.folds:
            raise InputError(
                f"目标 {data.name} 不够分成 {self.options.folds} 份：互不相近 {distinct} 组，最大的标签 {largest} 行",
                where="、".join(map(str, self.options.data)),
                todo="请增加数据，或用 --folds 减少折数",
            )
        splitter = StratifiedGroupKFold(self.options.folds, shuffle=True, random_state=self.options.seed)
        blank = np.zeros(len(data.truth))
        return list(splitter.split(blank, data.truth, groups[data.rows]))

    def _finish(
        self,
        corpus: Corpus,
        embedder: NgramEmbedder,
        finished: list[_FittedHead],
        groups: NDArray[np.int64],
        calib: Corpus | None,
    ) -> tuple[Model, dict[str, Any]]:
        heads: dict[str, LinearHead] = {}
        held_out: dict[str, _HeldOut] = {}
        matrix = embedder.transform([prepare(text) for text in calib.texts]) if calib else None
        for fitted in finished:
            name = fitted.head.name
            held = _calib_scores(fitted, calib, matrix) if calib and matrix else None
            if held is None:
                held = _HeldOut(False, fitted.data.rows, fitted.data.truth, fitted.scores)
            calibration = fit_calibration(held.scores, held.truth)
            heads[name] = _with_calibration(fitted.head, calibration)
            held_out[name] = held
        report = self._report(corpus, finished, groups, calib)
        card = model_card(CardFacts(self.options.name, self._version(), self.taxonomy, report, self.options.card_notes))
        model = Model(
            name=self.options.name,
            version=self._version(),
            taxonomy=self.taxonomy.version,
            embedder=embedder,
            heads=heads,
            calibration_rows={name: _calibration_rows(heads[name], held) for name, held in held_out.items()},
            joint=_joint(heads, held_out),
            report=report,
            card=card,
        )
        return model, report

    def _version(self) -> str:
        return self.options.version or date.today().strftime("%Y.%m")

    def _report(
        self, corpus: Corpus, finished: list[_FittedHead], groups: NDArray[np.int64], calib: Corpus | None
    ) -> dict[str, Any]:
        return {
            "method": "grouped cross-validation",
            "folds": self.options.folds,
            "seed": self.options.seed,
            "rows": len(corpus),
            "groups": len(np.unique(groups)),
            "calibration_rows": len(calib) if calib else None,
            "leaks": {"rows": corpus.leaks, "kept": self.options.keep_leaks},
            "heads": {fitted.head.name: _head_report(fitted, corpus) for fitted in finished},
        }

    def _step(self, what: str) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(what)
            self._bar.update()


@dataclass(frozen=True)
class _FittedHead:
    data: HeadData
    head: LinearHead
    scores: FloatArray  # out of fold, one row per row of data
    balance_effect: Mapping[str, Any]


@dataclass(frozen=True)
class _HeldOut:
    """Rows that calibrate a head: their number in the training or calibration rows, label index and scores."""

    calib: bool
    rows: NDArray[np.int64]
    truth: NDArray[np.int64]
    scores: FloatArray


def _balance_effect(
    data: HeadData, rows: NDArray[np.int64], unbalanced: FloatArray, balanced: FloatArray
) -> dict[str, Any]:
    """What weighing the classes does, on one held-out fold."""
    sizes = np.bincount(data.truth, minlength=len(data.labels))

    def figures(scores: FloatArray) -> dict[str, float]:
        metrics = head_metrics(scores, data.truth[rows], data.labels)
        return {figure: metrics[figure] for figure in ("accuracy", "macro_f1")}

    return {
        "largest_label": int(sizes.max()),
        "smallest_label": int(sizes.min()),
        "without_balance": figures(unbalanced),
        "with_balance": figures(balanced),
    }


def _calib_scores(fitted: _FittedHead, calib: Corpus, matrix: SparseMatrix) -> _HeldOut | None:
    index = {label: position for position, label in enumerate(fitted.head.labels)}
    found = [(row, index[label]) for row, label in enumerate(calib.labels[fitted.head.name]) if label in index]
    if len(found) < _MIN_CALIBRATION_ROWS or len({label for _, label in found}) < 2:
        return None  # too few, or of one label only: the folds know more
    rows, truth = np.array(found).T
    return _HeldOut(True, rows, truth, fitted.head.scores(take(matrix, rows)))


def _with_calibration(head: LinearHead, calibration: Calibration) -> LinearHead:
    return LinearHead(head.name, head.labels, head.weights, head.bias, calibration, head.leave)


def _decisions(head: LinearHead, held: _HeldOut) -> tuple[FloatArray, NDArray[np.bool_]]:
    """Confidence of the first suggestion and whether it was right, for held-out rows."""
    probabilities = head.calibration.probabilities(held.scores)
    probabilities[:, [position for position, label in enumerate(head.labels) if label in head.leave]] = 0.0
    choice = probabilities.argmax(axis=1)
    return probabilities.max(axis=1), choice == held.truth


def _calibration_rows(head: LinearHead, held: _HeldOut) -> CalibrationRows:
    return CalibrationRows(*_decisions(head, held))


def _joint(heads: Mapping[str, LinearHead], held_out: Mapping[str, _HeldOut]) -> JointCalibration | None:
    if not {"matter", "department"} <= set(heads):
        return None
    matter, department = held_out["matter"], held_out["department"]
    if matter.calib != department.calib:  # their row numbers are of different files
        return None
    shared, first, second = np.intersect1d(matter.rows, department.rows, return_indices=True)
    if len(shared) < _MIN_CALIBRATION_ROWS:
        return None
    matter_confidence, matter_right = _decisions(heads["matter"], matter)
    department_confidence, department_right = _decisions(heads["department"], department)
    both_right = matter_right[first] & department_right[second]
    if both_right.all() or not both_right.any():
        return None
    return fit_joint(matter_confidence[first], department_confidence[second], both_right)


def _head_report(fitted: _FittedHead, corpus: Corpus) -> dict[str, Any]:
    head, data = fitted.head, fitted.data
    probabilities = head.calibration.probabilities(fitted.scores)
    suggested = [position for position, label in enumerate(head.labels) if label not in head.leave]
    measured = np.isin(data.truth, suggested)
    report = _measured(probabilities, data.truth, head.labels, suggested, measured)
    report["labels"] = {label: int((data.truth == position).sum()) for position, label in enumerate(head.labels)}
    report["left_out"] = dict(data.left_out)
    report["left_to_people"] = sorted(head.leave)
    report["balance"] = dict(fitted.balance_effect)
    slices = np.array(corpus.slices)[data.rows]
    report["by"] = {
        value: _measured(probabilities, data.truth, head.labels, suggested, measured & (slices == value))
        for value in sorted(set(slices) - {""})
    }
    return report


def _measured(
    probabilities: FloatArray,
    truth: NDArray[np.int64],
    labels: Sequence[str],
    suggested: Sequence[int],
    rows: NDArray[np.bool_],
) -> dict[str, Any]:
    position = {old: new for new, old in enumerate(suggested)}
    names = [labels[old] for old in suggested]
    metrics = head_metrics(
        probabilities[rows][:, suggested], np.array([position[t] for t in truth[rows]], dtype=np.int64), names
    )
    return metrics

"""Corpus → model folder."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from petition_nlp.artifact import Model, as_stored, check_target, load_model, save_model
from petition_nlp.classify.head import Calibration, EncoderLayer, LinearHead
from petition_nlp.embed.encoder import TransformerEncoder, encoder_text
from petition_nlp.embed.ngrams import NgramEmbedder, SparseMatrix
from petition_nlp.errors import InputError
from petition_nlp.policy import Policy, held_otherwise
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.document import Document, prepare
from petition_nlp.training.adapt import adapt
from petition_nlp.training.card import CardFacts, model_card
from petition_nlp.training.corpus import Columns, Corpus, counts, read_corpus
from petition_nlp.training.fit import (
    BALANCE,
    MIN_DOCUMENTS,
    LinearFit,
    LinearTrainer,
    build_vocabulary,
    topic_basis,
)
from petition_nlp.training.groups import near_duplicate_groups
from petition_nlp.training.heads import FittedEncoder, FittedHead, FloatArray, HeadData, Indices, Learnt
from petition_nlp.training.metrics import head_metrics
from petition_nlp.training.noise import Noise
from petition_nlp.training.profiles import HeldOut, build_profiles, calibrated

_UNCALIBRATED = Calibration(1.0, 1.0)


@dataclass(frozen=True)
class TrainOptions:
    """What to train on and how.

    :param data: labelled files; :param out: model folder to write.
    :param targets: head → column.
    :param group_column: rows with the same value stand in the same fold, as near copies do.
    :param calib: files that calibrate the finished model and solve its thresholds; without them the held-out
        folds of ``data`` do.
    :param leave: head → label values that stand for orders left to people: learnt, never suggested.
    :param balance: head → how much its classes count the same, see `LinearTrainer.fit`.
    :param min_rows: labels with fewer rows are named and left out.
    :param start: folder of a model to adapt instead of learning from nothing; its encoder and vocabulary stay.
    :param encoder: folder or hub name of a transformer to fine-tune beside the linear heads; None leaves it out.
    :param auxiliary: name → column of further labels that help the encoder and are no heads of the model.
    :param encoder_epochs: passes of the fine-tuning.
    :param encoder_folds: how many of the folds the encoder is cross-validated on, all by default; the figures are of
        the rows in these folds.
    :param work: folder for the encoder's checkpoints.
    :param noise: learn from a disturbed copy of each message too (see `petition_nlp.training.noise`).
    :param card_notes: Markdown that goes into the model card (origin, limits).
    :param date_column: day of a message; default: by its usual names. The report tells from when to when they are.
    :param taxonomy: folder of the taxonomy whose codes are learnt; None: the shipped one.
    :param policy: file of the rules under which the thresholds are solved on ``calib``; None: the shipped ones.
    """

    data: Sequence[Path]
    out: Path
    targets: Mapping[str, str]
    calib: Sequence[Path] = ()
    text_column: str | None = None
    title_column: str | None = None
    date_column: str | None = None
    by: str | None = None
    weight_column: str | None = None
    group_column: str | None = None
    leave: Mapping[str, Sequence[str]] = field(default_factory=dict)
    balance: Mapping[str, float] = field(default_factory=dict)
    keep_leaks: bool = False
    min_rows: int = 5
    start: Path | None = None
    encoder: str | None = None
    auxiliary: Mapping[str, str] = field(default_factory=dict)
    encoder_epochs: int = 4
    encoder_folds: int | None = None
    work: Path | None = None
    noise: bool = True
    folds: int = 5
    seed: int = 0
    name: str = "model"
    version: str = ""
    card_notes: str = ""
    taxonomy: Path | None = None
    policy: Path | None = None
    overwrite: bool = False
    quiet: bool = False


def train(options: TrainOptions) -> dict[str, Any]:
    """Train, calibrate, measure, and write a model folder.

    The figures in the report come from grouped cross-validation: near copies never stand on both sides.

    :return: the training report, as written to ``report.json``.
    :raises PetitionError: the data cannot be used or the folder cannot be written.
    """
    with _one_core():
        training = _Training(options)
        corpus, calib = training.read()
        return training.run(corpus, calib)


def train_on(
    options: TrainOptions,
    corpus: Corpus,
    calib: Corpus | None,
    facts: Mapping[str, Any] | None = None,
    *,
    calibrates: NDArray[np.bool_] | None = None,
) -> dict[str, Any]:
    """As `train`, on rows that have been read already.

    :param calib: rows that calibrate the finished model. :param facts: what else the report says.
    :param calibrates: which rows of the corpus calibrate in the folds, where ``calib`` does not; None: all.
    """
    training = _Training(options, facts or {}, calibrates)
    with _one_core():
        return training.run(corpus, calib)


def load_start(folder: Path, taxonomy: Taxonomy) -> Model:
    """A model to adapt.

    :raises ModelError: it cannot be used. :raises InputError: it was trained for an earlier taxonomy.
    """
    model = load_model(folder, taxonomy=taxonomy.version, migrations=taxonomy.migrations)
    if model.chain is not None:
        what = f"模型 {model.id} 按分类版本 {model.chain.old} 训练，不能适应到 {taxonomy.version}"
        raise InputError(what, where=str(folder), todo="请不用 --start，从头训练；数据里的旧代码会换成新的")
    return model


@contextmanager
def _one_core() -> Iterator[None]:
    """The number of cores must not change the result."""
    import sklearn.svm  # noqa: F401  (only libraries that are loaded can be limited)
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        yield


class _Training:
    def __init__(
        self,
        options: TrainOptions,
        facts: Mapping[str, Any] = MappingProxyType({}),
        calibrates: NDArray[np.bool_] | None = None,
    ) -> None:
        self.options = options
        self._calibrates = calibrates
        self.taxonomy = Taxonomy.load(options.taxonomy)
        self._policy = Policy.load(options.policy)
        self._facts = facts
        self._bar: tqdm[Any] | None = None
        self._noise: Noise | None = None
        check_target(options.out, overwrite=options.overwrite)
        if both := options.targets.keys() & options.auxiliary.keys():
            raise InputError(f"{'、'.join(sorted(both))} 既是目标又是辅助标签", todo="请从 --auxiliary 中去掉或改名")
        self._start = None if options.start is None else self._load_start(options.start)

    def read(self) -> tuple[Corpus, Corpus | None]:
        """The rows to learn from, and those that calibrate the model."""
        options = self.options
        corpus = self._read(options.data, {**options.targets, **options.auxiliary}, group=options.group_column)
        for name in options.targets:
            self._head(name, corpus)  # says what is wrong with it before anything else is read
        return corpus, self._read(options.calib, options.targets) if options.calib else None

    def run(self, corpus: Corpus, calib: Corpus | None) -> dict[str, Any]:
        options = self.options
        heads = [self._head(name, corpus) for name in options.targets]
        steps = 2 + len(heads) if self._start else 3 + len(heads) * (options.folds + 1)
        steps += (self._measured_folds() + 1) * options.encoder_epochs if options.encoder else 0
        with tqdm(total=steps, desc="训练", unit="步", disable=options.quiet, file=sys.stderr) as self._bar:
            documents = [prepare(text) for text in corpus.texts]
            self._noise = Noise.of(corpus.texts) if options.noise and not self._start else None
            self._step("分词")
            groups = near_duplicate_groups(corpus.texts, corpus.groups, seed=options.seed)
            self._step("分组")
            folds = self._folds(heads, groups)
            model, report = self._fit(corpus, documents, heads, folds, calib)
        report |= {"groups": len(np.unique(groups)), **self._facts}
        card = model_card(CardFacts(options.name, self._version(), self.taxonomy, report, options.card_notes))
        save_model(replace(model, report=report, card=card), options.out, overwrite=options.overwrite)
        return report

    def _load_start(self, folder: Path) -> Model:
        options = self.options
        barred = {
            "--encoder": options.encoder,
            "--encoder-folds": options.encoder_folds,
            "--auxiliary": options.auxiliary,
            "--work": options.work,
        }
        for flag, value in barred.items():
            if value:
                raise InputError(f"--start 与 {flag} 不能同时使用", todo=f"适应已有模型时沿用它的编码器，请去掉 {flag}")
        return load_start(folder, self.taxonomy)

    def _read(self, paths: Sequence[Path], targets: Mapping[str, str], group: str | None = None) -> Corpus:
        options = self.options
        columns = Columns(
            targets,
            text=options.text_column,
            title=options.title_column,
            by=options.by,
            weight=options.weight_column,
            group=group,
            day=options.date_column if paths is options.data else None,
        )
        return read_corpus(paths, columns, self.taxonomy, keep_leaks=options.keep_leaks)

    def _head(self, name: str, corpus: Corpus) -> HeadData:
        seen = counts(corpus.labels[name])
        known = self._start.heads.get(name) if self._start else None
        old, old_leave = (set(known.labels), known.leave) if known else (set(), frozenset())
        leave = frozenset(self.taxonomy.resolve(name, label) for label in self.options.leave.get(name, ())) | old_leave
        learnt = {label for label, count in seen.items() if count >= self.options.min_rows}
        kept = tuple(sorted(learnt | old))
        if missing := leave - seen.keys() - old:
            what = f"留给人工的标签 {'、'.join(sorted(missing))} 在目标 {name} 中没有出现"
            raise InputError(what, where="、".join(map(str, self.options.data)), todo="请检查 --leave 的写法")
        if not learnt or len(set(kept) - leave) < 2:
            raise InputError(
                f"目标 {name} 只有 {len(learnt)} 个标签有至少 {self.options.min_rows} 行",
                where="、".join(map(str, self.options.data)),
                todo="至少需要两个标签；请检查列名，或用 --min-rows 放宽",
            )
        left_out = {label: count for label, count in sorted(seen.items()) if label not in kept}
        return HeadData(name, kept, _indices(corpus, name, kept), leave & set(kept), left_out)

    def _folds(self, heads: Sequence[HeadData], groups: Indices) -> Indices:
        """The fold of each row: whole groups, labels spread evenly; the same for every head."""
        from sklearn.model_selection import StratifiedGroupKFold

        count = self.options.folds
        for head in heads:
            own = head.truth >= 0
            distinct, largest = len(np.unique(groups[own])), int(np.bincount(head.truth[own]).max())
            if min(distinct, largest) < count:
                raise InputError(
                    f"目标 {head.name} 不够分成 {count} 份：互不相近 {distinct} 组，最大的标签 {largest} 行",
                    where="、".join(map(str, self.options.data)),
                    todo="请增加数据，或用 --folds 减少折数",
                )
        splitter = StratifiedGroupKFold(count, shuffle=True, random_state=self.options.seed)
        folds = np.zeros(len(groups), dtype=np.int64)
        strata = _strata(heads)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of labels with fewer rows than folds: they cannot stand in every fold
            for number, (_, rows) in enumerate(splitter.split(strata, strata, groups)):
                folds[rows] = number
        return folds

    def _disturbed(self, corpus: Corpus, number: int) -> list[Document]:
        """A copy of every message as noise leaves it; another one for every number."""
        assert self._noise is not None
        seed = self.options.seed * 1000 + number
        return [prepare(text) for text in self._noise.copies(corpus.texts, seed=seed)]

    def _fit(
        self, corpus: Corpus, documents: list[Document], heads: Sequence[HeadData], folds: Indices, calib: Corpus | None
    ) -> tuple[Model, dict[str, Any]]:
        options = self.options
        weights = np.array(corpus.weights, dtype=np.float32)
        if self._start:
            learnt = adapt(
                self._start,
                documents,
                heads,
                weights,
                folds,
                balance=options.balance,
                seed=options.seed,
                step=self._step,
            )
        else:
            learnt = self._learn(corpus, documents, heads, folds)
        embedder, fitted, encoded = learnt.embedder, learnt.heads, learnt.encoded
        scores = {own.head.name: own.scores for own in fitted}
        truth = {head.name: head.truth for head in heads}
        rough = {own.head.name: _with_layer(own.head, encoded) for own in fitted}
        measured = folds < self._measured_folds()
        held = HeldOut(scores, truth, encoded.logits if encoded else None).part(measured)
        weights = weights[measured]
        known = None if self._calibrates is None else held.part(self._calibrates[measured])
        if calib:
            known = _calibration_set(calib, rough, embedder, encoded)
        on_folds = {name: calibrated(head, held, weights) for name, head in rough.items()}
        gate = "department" if "department" in rough else "matter"
        finished = {
            name: calibrated(head, source, rows=~source.solves if name == gate else None)
            for name, head in rough.items()
            for source in [known if known and known.knows(name) else held]
        }
        model = Model(
            name=options.name,
            version=self._version(),
            taxonomy=self.taxonomy.version,
            embedder=embedder,
            heads=finished,
            profiles=build_profiles(finished, held, known),
            encoder=encoded.encoder if encoded else None,
        )
        if self._start:
            model = _with_further_heads(model, self._start)
        if calib and known:
            model = self._with_held(model, calib, known)
        return model, self._report(corpus, fitted, on_folds, held, measured, calib)

    def _learn(self, corpus: Corpus, documents: list[Document], heads: Sequence[HeadData], folds: Indices) -> Learnt:
        """Everything from the corpus alone."""
        embedder = build_vocabulary(documents)
        matrix = embedder.transform(documents)
        disturbed = embedder.transform(documents + self._disturbed(corpus, 0)) if self._noise else matrix
        trainer = LinearTrainer(seed=self.options.seed, basis=topic_basis(matrix, seed=self.options.seed))
        self._step("词表")
        data = _Rows(disturbed, np.array(corpus.weights, dtype=np.float32))
        fitted = tuple(self._fit_head(head, trainer, data, folds) for head in heads)
        encoded = self._fit_encoder(corpus, documents, heads, folds) if self.options.encoder else None
        return Learnt(embedder, fitted, encoded)

    def _with_held(self, model: Model, calib: Corpus, known: HeldOut) -> Model:
        """Mark the calibration rows that the policy holds back for another reason than the confidence."""
        name = "department" if "department" in model.heads else "matter"
        if name not in model.heads or not known.knows(name):
            return model
        policy = self._policy
        labelled = known.truth[name] >= 0
        profiles = {}
        for profile in model.profiles.values():
            routes = Router(model, self.taxonomy, policy, profile.name).route(calib.texts)
            held = np.array([held_otherwise(route, policy) for route in routes])[labelled]
            rows = {**profile.calibration_rows, name: replace(profile.calibration_rows[name], held=held)}
            profiles[profile.name] = replace(profile, calibration_rows=rows)
        return replace(model, profiles=profiles)

    def _fit_head(self, data: HeadData, trainer: LinearTrainer, rows: _Rows, folds: Indices) -> FittedHead:
        """Weights learnt from all rows, and scores of all rows by weights learnt from the other folds."""
        scores = np.zeros((len(data.truth), len(data.labels)), dtype=np.float32)
        balance = self.options.balance.get(data.name, BALANCE)
        labelled = data.truth >= 0

        def fit(own: Indices, balance: float = balance) -> LinearFit:
            return rows.fit(trainer, own, data.truth, len(data.labels), balance=balance)

        for fold in range(self.options.folds):
            unseen = np.flatnonzero(folds == fold)
            part = fit(np.flatnonzero(labelled & (folds != fold)))
            scores[unseen] = rows.matrix.take(unseen).dot(part.weights) + part.bias
            self._step(f"{data.name} 交叉验证")
        unseen = np.flatnonzero(labelled & (folds == 0))
        plain = fit(np.flatnonzero(labelled & (folds != 0)), 0.0)
        unbalanced = rows.matrix.take(unseen).dot(plain.weights) + plain.bias
        effect = _balance_effect(data, unseen, unbalanced, scores[unseen])
        whole = fit(np.flatnonzero(labelled))
        self._step(f"{data.name} 训练")
        head = LinearHead(data.name, data.labels, as_stored(whole.weights), whole.bias, _UNCALIBRATED, data.leave)
        return FittedHead(data, head, scores, effect)

    def _fit_encoder(
        self, corpus: Corpus, documents: Sequence[Document], heads: Sequence[HeadData], folds: Indices
    ) -> FittedEncoder:
        """The encoder learnt from all rows, and logits of rows by encoders learnt from the other folds."""
        from petition_nlp.training.encoder import EncoderOptions, EncoderTrainer, auxiliary, head_target

        options = self.options
        trainer = EncoderTrainer(
            EncoderOptions(str(options.encoder), epochs=options.encoder_epochs, seed=options.seed, work=options.work),
            on_epoch=lambda: self._step("编码器"),
        )
        texts = [encoder_text(document) for document in documents]
        trainer.prepare(texts, min_documents=MIN_DOCUMENTS)
        ids = trainer.ids(texts)
        passes = [ids] * options.encoder_epochs
        if self._noise:
            copies = (self._disturbed(corpus, epoch) for epoch in range(options.encoder_epochs))
            passes = [trainer.ids([encoder_text(document) for document in own]) for own in copies]
        weights = np.array(corpus.weights, dtype=np.float32)
        targets = {head.name: head_target(head.truth, len(head.labels)) for head in heads}
        for name in options.auxiliary:
            labels = sorted(label for label, n in counts(corpus.labels[name]).items() if n >= options.min_rows)
            targets[f"auxiliary:{name}"] = auxiliary(_indices(corpus, name, labels), len(labels))
        logits = {head.name: np.zeros((len(ids), len(head.labels)), dtype=np.float32) for head in heads}
        for fold in range(self._measured_folds()):
            unseen = np.flatnonzero(folds == fold)
            part = trainer.fit(passes, targets, weights, np.flatnonzero(folds != fold))
            found = part.logits([ids[row] for row in unseen])
            for name, table in logits.items():
                table[unseen] = found[name]
        whole = trainer.fit(passes, targets, weights, np.arange(len(ids)))
        encoder = TransformerEncoder(whole.export(), trainer.tokenizer)
        return FittedEncoder(encoder, {name: whole.layers[name] for name in logits}, logits)

    def _version(self) -> str:
        return self.options.version or date.today().strftime("%Y.%m")

    def _report(
        self,
        corpus: Corpus,
        fitted: Sequence[FittedHead],
        heads: Mapping[str, LinearHead],
        held: HeldOut,
        measured: NDArray[np.bool_],
        calib: Corpus | None,
    ) -> dict[str, Any]:
        fast, best = held.tables(heads)
        slices, groups = np.array(corpus.slices)[measured], np.array(corpus.groups)[measured]
        reports = {}
        for own in fitted:
            name = own.head.name
            truth = own.data.truth[measured]
            reports[name] = _head_report(own, best[name], truth, slices)
            reports[name]["groups"] = _group_figures(best[name], truth, groups)
            if held.logits is not None:
                figures = _head_figures(own.data, fast[name], truth, slices)
                reports[name]["fast"] = {key: figures[key] for key in ("n", *_CHIEF)}
                reports[name]["fast"]["by"] = {
                    value: {key: part[key] for key in ("n", *_CHIEF)} for value, part in figures["by"].items()
                }
        return {
            "method": "grouped cross-validation",
            "folds": self.options.folds,
            "measured_folds": self._measured_folds(),
            "seed": self.options.seed,
            "rows": len(corpus),
            "broken": len(corpus.broken),
            "period": _period(corpus.days),
            "start": self._start.id if self._start else None,
            "noise": self._noise is not None,
            "encoder": self._encoder_facts(),
            "calibration_rows": len(calib) if calib else None,
            "leaks": {"rows": corpus.leaks, "kept": self.options.keep_leaks},
            "heads": reports,
        }

    def _measured_folds(self) -> int:
        options = self.options
        return min(options.encoder_folds or options.folds, options.folds) if options.encoder else options.folds

    def _encoder_facts(self) -> dict[str, Any] | None:
        if self._start:
            return dict(facts) if (facts := self._start.report.get("encoder")) else None
        if self.options.encoder is None:
            return None
        return {
            "source": Path(self.options.encoder).name,
            "epochs": self.options.encoder_epochs,
            "auxiliary": sorted(self.options.auxiliary),
        }

    def _step(self, what: str) -> None:
        if self._bar is not None:
            self._bar.set_postfix_str(what)
            self._bar.update()


_CHIEF = ("accuracy", "macro_f1", "macro_labels", "top3", "ece", "ece_perfect", "coverage_at")


@dataclass(frozen=True)
class _Rows:
    """What the linear heads learn from.

    :param matrix: n-grams of n messages, and after them of a disturbed copy of each if there are copies.
    :param weights: n sample weights; a message and its copy share one.
    """

    matrix: SparseMatrix
    weights: FloatArray

    def fit(self, trainer: LinearTrainer, rows: Indices, truth: Indices, classes: int, *, balance: float) -> LinearFit:
        """Fit one head to some of the n messages."""
        copies = len(self.matrix) // len(self.weights)
        own = np.concatenate([rows + copy * len(self.weights) for copy in range(copies)])
        weights = np.tile(self.weights[rows] / np.float32(copies), copies)
        return trainer.fit(self.matrix.take(own), np.tile(truth[rows], copies), weights, classes, balance=balance)


def _period(days: Sequence[date | None]) -> dict[str, Any] | None:
    """From when to when messages are; None where none has a date."""
    known = [day for day in days if day is not None]
    if not known:
        return None
    return {"first": min(known).isoformat(), "last": max(known).isoformat(), "undated": len(days) - len(known)}


def _indices(corpus: Corpus, name: str, labels: Sequence[str]) -> Indices:
    index = {label: position for position, label in enumerate(labels)}
    return np.array([-1 if label is None else index.get(label, -1) for label in corpus.labels[name]], dtype=np.int64)


def _strata(heads: Sequence[HeadData]) -> Indices:
    """One number per row: its label of the head with the most labels that it has a label of."""
    strata = np.zeros(len(heads[0].truth), dtype=np.int64)
    offset = 1
    for head in sorted(heads, key=lambda head: len(head.labels)):
        strata[head.truth >= 0] = head.truth[head.truth >= 0] + offset
        offset += len(head.labels)
    return strata


def _with_layer(head: LinearHead, encoded: FittedEncoder | None) -> LinearHead:
    if encoded is None:
        return head
    weights, bias = encoded.layers[head.name]
    return replace(head, encoder=EncoderLayer(weights, bias, 1.0, _UNCALIBRATED))


def _with_further_heads(model: Model, start: Model) -> Model:
    """The model with those heads of its start that it was not trained for, as they were."""
    kept = {name: head for name, head in start.heads.items() if name not in model.heads}
    profiles = {}
    for name, profile in model.profiles.items():
        rows = start.profiles[name].calibration_rows
        own = {head: rows[head] for head in kept if head in rows}
        profiles[name] = replace(profile, calibration_rows={**profile.calibration_rows, **own})
    return replace(model, heads={**model.heads, **kept}, profiles=profiles)


def _calibration_set(
    calib: Corpus, heads: Mapping[str, LinearHead], embedder: NgramEmbedder, encoded: FittedEncoder | None
) -> HeldOut:
    """Scores of the calibration rows by the finished, quantised model."""
    documents = [prepare(text) for text in calib.texts]
    matrix = embedder.transform(documents)
    scores = {name: head.scores(matrix) for name, head in heads.items()}
    truth = {name: _indices(calib, name, head.labels) for name, head in heads.items()}
    if encoded is None:
        return HeldOut(scores, truth)
    vectors = encoded.encoder.transform(documents)
    layers = {name: head.encoder for name, head in heads.items() if head.encoder is not None}
    return HeldOut(scores, truth, {name: layer.logits(vectors) for name, layer in layers.items()})


def _balance_effect(data: HeadData, rows: Indices, unbalanced: FloatArray, balanced: FloatArray) -> dict[str, Any]:
    """What weighing the classes does, on one held-out fold."""
    sizes = np.bincount(data.truth[data.truth >= 0], minlength=len(data.labels))

    def figures(scores: FloatArray) -> dict[str, float]:
        metrics = head_metrics(scores, data.truth[rows], data.labels)
        return {figure: metrics[figure] for figure in ("accuracy", "macro_f1")}

    return {
        "largest_label": int(sizes.max()),
        "smallest_label": int(sizes.min()),
        "without_balance": figures(unbalanced),
        "with_balance": figures(balanced),
    }


def _head_report(
    fitted: FittedHead, probabilities: FloatArray, truth: Indices, slices: NDArray[np.str_]
) -> dict[str, Any]:
    data = fitted.data
    report = _head_figures(data, probabilities, truth, slices)
    report["labels"] = {label: int((data.truth == position).sum()) for position, label in enumerate(data.labels)}
    report["left_out"] = dict(data.left_out)
    report["left_to_people"] = sorted(data.leave)
    report["balance"] = fitted.balance_effect
    return report


def _group_figures(probabilities: FloatArray, truth: Indices, groups: NDArray[np.str_]) -> dict[str, Any] | None:
    """How many rows of named groups (contrast sets, cases) are right, and in how many groups all of them."""
    known = (truth >= 0) & (groups != "")
    if not known.any():
        return None
    right = probabilities[known].argmax(axis=1) == truth[known]
    names, places = np.unique(groups[known], return_inverse=True)
    wrong = np.unique(places[~right])
    return {
        "n": int(known.sum()),
        "accuracy": round(float(right.mean()), 4),
        "groups": len(names),
        "all_right": round(1 - len(wrong) / len(names), 4),
    }


def _head_figures(
    data: HeadData, probabilities: FloatArray, truth: Indices, slices: NDArray[np.str_]
) -> dict[str, Any]:
    """Figures on the rows whose label is meant to be suggested, all and by slice."""
    suggested = [position for position, label in enumerate(data.labels) if label not in data.leave]
    known = np.isin(truth, suggested)
    parts = {str(value): known & (slices == value) for value in np.unique(slices) if value}

    def figures(rows: NDArray[np.bool_]) -> dict[str, Any]:
        return _measured(probabilities[rows], truth[rows], data.labels, suggested)

    return {**figures(known), "by": {value: figures(rows) for value, rows in parts.items() if rows.any()}}


def _measured(
    probabilities: FloatArray, truth: Indices, labels: Sequence[str], suggested: Sequence[int]
) -> dict[str, Any]:
    position = {old: new for new, old in enumerate(suggested)}
    names = [labels[old] for old in suggested]
    return head_metrics(
        probabilities[:, suggested], np.array([position[label] for label in truth], dtype=np.int64), names
    )

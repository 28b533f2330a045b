"""Which linear model: grouped cross-validation on the hotline's training orders and what was added to them.

Shows, on the same folds, a plain word + character TF-IDF support vector machine as scikit-learn's tutorials build
it (jieba's words 1–2, characters 1–3, names and all) against ours (names, numbers and addresses masked; n-grams of
at least five messages): the support vector machine alone, the naive-Bayes-scaled one alone, their sum, the sum
that also sees topics, and the same learnt from all training files of the default model, as
``models/train_default.sh`` learns it. Near copies never stand on both sides; every vocabulary and topic is built
on the training side only. Rows are hotline orders with a department; a second table gives paired bootstrap
differences (near-duplicate groups drawn), a third the matter head, learnt from all training files, on real
messages, with the lawyers' forum apart.

    python benchmarks/linear.py [--shared FOLDER] [--folds 5] [--seed 0]

Needs the real data and the extra ``train``; takes some ten minutes of one core.
"""

from __future__ import annotations

import functools
import logging
import subprocess
import sys
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from common import ROOT, Row, parser, read_real, save, table
from numpy.typing import NDArray

from petition_nlp.embed.ngrams import SparseMatrix
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.document import Document, prepare
from petition_nlp.training import fit
from petition_nlp.training.corpus import Columns, Corpus, counts, read_corpus
from petition_nlp.training.fit import BALANCE, LinearTrainer, build_vocabulary, topic_basis
from petition_nlp.training.groups import near_duplicate_groups
from petition_nlp.training.metrics import MIN_MACRO_ROWS

Rows = NDArray[np.int64]
Scores = NDArray[np.float32]
Learn = Callable[["Head", Rows, Rows], Scores]
MakeTrainer = Callable[[SparseMatrix], LinearTrainer]

PLAIN, BALANCED = "plain TF-IDF SVM", "plain TF-IDF SVM, classes balanced"
SVM, NB_SVM, SUM = "ours: SVM alone", "ours: NB-SVM alone", "ours: the sum"
TOPICS, ALL = "ours: the sum with topics", "ours: all training files"
PAIRS = (
    (SUM, SVM),
    (SUM, NB_SVM),
    (SUM, PLAIN),
    (TOPICS, SUM),
    (TOPICS, PLAIN),
    (TOPICS, BALANCED),
    (ALL, TOPICS),
    (ALL, PLAIN),
    (ALL, BALANCED),
)
LEFT_TO_PEOPLE = "other"
MATTERS = ("government", "community", "private")
MATTER_BALANCE = 1.0  # as in models/train_default.sh
MIN_ROWS = 5
RESAMPLES = 1000
FIGURES = ("accuracy", "macro_f1", "top3")


@dataclass(frozen=True)
class Head:
    """The n rows that have a label of one head."""

    texts: Sequence[str]
    documents: Sequence[Document]
    source: NDArray[np.str_]
    groups: Rows
    labels: tuple[str, ...]
    truth: Rows


@dataclass(frozen=True)
class PartTrainer(LinearTrainer):
    """One of the two machines that `LinearTrainer` adds up, told by its regularisation."""

    part: float = fit._SVM_C

    def _svm(self, rows: Any, *arguments: Any, c: float, boost: float) -> tuple[Any, float]:
        if c != self.part:
            return np.zeros(rows.shape[1], np.float32), 0.0
        return super()._svm(rows, *arguments, c=c, boost=boost)


def training_corpus(shared: Path) -> Corpus:
    """All training files of the default model as one corpus, dispatch phrases stripped."""
    read_real(shared / "haikou12345.train.jsonl")
    with tempfile.TemporaryDirectory(prefix="petition-nlp-") as folder:
        script = ROOT / "models" / "prepare_default.py"
        subprocess.run([sys.executable, script, shared.resolve(), folder], check=True, cwd=ROOT)
        columns = Columns({"department": "department", "matter": "matter"}, by="source")
        return read_corpus([Path(folder) / "train.jsonl"], columns, Taxonomy.load())


def head_of(name: str, corpus: Corpus, documents: Sequence[Document], groups: Rows) -> Head:
    """The rows of a head, labels with fewer than `MIN_ROWS` rows left out as in training."""
    found = counts(corpus.labels[name])
    labels = tuple(sorted(label for label, count in found.items() if count >= MIN_ROWS))
    index = {label: position for position, label in enumerate(labels)}
    rows = [row for row, label in enumerate(corpus.labels[name]) if label in index]
    return Head(
        texts=[corpus.texts[row] for row in rows],
        documents=[documents[row] for row in rows],
        source=np.array([corpus.slices[row] for row in rows]),
        groups=groups[rows],
        labels=labels,
        truth=np.array([index[str(corpus.labels[name][row])] for row in rows]),
    )


def splits(head: Head, folds: int, seed: int) -> list[tuple[Rows, Rows]]:
    from sklearn.model_selection import StratifiedGroupKFold

    splitter = StratifiedGroupKFold(folds, shuffle=True, random_state=seed)
    return list(splitter.split(np.zeros(len(head.truth)), head.truth, head.groups))


def learn_plain(class_weight: str | None, cut: Callable[[str], list[str]], seed: int) -> Learn:
    """scikit-learn's own vectorizers and machine on the text as it stands."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    def learn(head: Head, train: Rows, test: Rows) -> Scores:
        words = TfidfVectorizer(tokenizer=cut, token_pattern=None, ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        chars = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
        machine = LinearSVC(class_weight=class_weight, random_state=seed)
        pipeline = make_pipeline(make_union(words, chars), machine)
        pipeline.fit([head.texts[row] for row in train], head.truth[train])
        scores = np.full((len(test), len(head.labels)), -np.inf, np.float32)
        scores[:, machine.classes_] = pipeline.decision_function([head.texts[row] for row in test])
        return scores

    return learn


def learn_ours(make: MakeTrainer, *, balance: float = BALANCE) -> Learn:
    """Our vocabulary and trainer, on masked documents; ``balance`` as in `LinearTrainer.fit`."""

    def learn(head: Head, train: Rows, test: Rows) -> Scores:
        embedder = build_vocabulary([head.documents[row] for row in train])
        matrix = embedder.transform([head.documents[row] for row in train])
        weights = np.ones(len(train), np.float32)
        fitted = make(matrix).fit(matrix, head.truth[train], weights, len(head.labels), balance=balance)
        return embedder.transform([head.documents[row] for row in test]).dot(fitted.weights) + fitted.bias

    return learn


def with_topics(seed: int) -> MakeTrainer:
    """The trainer of ``petition-nlp train``."""
    return lambda matrix: LinearTrainer(seed=seed, basis=topic_basis(matrix, seed=seed))


def held_out_scores(head: Head, folds: Sequence[tuple[Rows, Rows]], learn: Learn, own: NDArray[np.bool_]) -> Scores:
    """Scores of every row by a model that learnt from the ``own`` rows of the other folds."""
    scores = np.zeros((len(head.truth), len(head.labels)), np.float32)
    for train, test in folds:
        scores[test] = learn(head, train[own[train]], test)
    return scores


@dataclass(frozen=True)
class Answers:
    """A variant's answers for the measured rows."""

    truth: Rows
    choice: Rows
    in_first_three: NDArray[np.bool_]
    counted: Rows  # labels that count for macro-F1

    @classmethod
    def of(cls, head: Head, scores: Scores, rows: NDArray[np.bool_], counted: Sequence[str] | None = None) -> Answers:
        truth, scores = head.truth[rows], scores[rows].copy()
        if LEFT_TO_PEOPLE in head.labels:
            scores[:, head.labels.index(LEFT_TO_PEOPLE)] = -np.inf
        order = np.argsort(-scores, axis=1, kind="stable")[:, :3]
        frequent = np.flatnonzero(np.bincount(truth) >= MIN_MACRO_ROWS)
        labels = np.array([head.labels.index(label) for label in counted]) if counted else frequent
        return cls(truth, order[:, 0], (order == truth[:, None]).any(axis=1), labels)

    def figures(self, weights: NDArray[np.float64] | None = None) -> NDArray[np.float64]:
        """The figures named in `FIGURES`, with each row counted ``weights`` times."""
        weights = np.ones(len(self.truth)) if weights is None else weights
        right = self.truth == self.choice
        size = max(self.truth.max(), self.choice.max(), self.counted.max()) + 1
        hits, there, said = (
            np.bincount(of, weights=weight, minlength=size)[self.counted]
            for of, weight in ((self.truth, weights * right), (self.truth, weights), (self.choice, weights))
        )
        f1 = 2 * hits / np.maximum(there + said, 1e-9)
        shares = (weights @ right / weights.sum(), f1.mean(), weights @ self.in_first_three / weights.sum())
        return np.array(shares)


def differences(first: Answers, second: Answers, groups: Rows, seed: int) -> Row:
    """Figures of the first less those of the second, with the 95 % interval over resampled groups of rows."""
    generator = np.random.default_rng(seed)
    _, group = np.unique(groups, return_inverse=True)
    size = int(group.max()) + 1
    drawn = []
    for _ in range(RESAMPLES):
        weights = np.bincount(generator.integers(size, size=size), minlength=size)[group].astype(np.float64)
        drawn.append(first.figures(weights) - second.figures(weights))
    low, high = np.quantile(drawn, (0.025, 0.975), axis=0)
    middle = first.figures() - second.figures()
    return {
        name: {"difference": _round(middle[i]), "interval": [_round(low[i]), _round(high[i])]}
        for i, name in enumerate(FIGURES)
    }


def plain_variants(seed: int) -> dict[str, Learn]:
    """The plain machine as it comes, and with balanced classes; both read the same words."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    cut = functools.cache(jieba.lcut)
    return {PLAIN: learn_plain(None, cut, seed), BALANCED: learn_plain("balanced", cut, seed)}


def department(head: Head, folds: int, seed: int) -> tuple[Row, Row]:
    """Figures of every variant and differences between them, on the hotline orders."""
    parts = splits(head, folds, seed)
    orders = (head.source == "hotline") & (head.truth != head.labels.index(LEFT_TO_PEOPLE))
    everything = np.ones(len(head.truth), bool)
    variants: dict[str, tuple[Learn, NDArray[np.bool_]]] = {
        **{name: (learn, orders) for name, learn in plain_variants(seed).items()},
        SVM: (learn_ours(lambda _: PartTrainer(seed=seed, part=fit._SVM_C)), orders),
        NB_SVM: (learn_ours(lambda _: PartTrainer(seed=seed, part=fit._NB_C)), orders),
        SUM: (learn_ours(lambda _: LinearTrainer(seed=seed)), orders),
        TOPICS: (learn_ours(with_topics(seed)), orders),
        ALL: (learn_ours(with_topics(seed)), everything),
    }
    scores = {name: held_out_scores(head, parts, learn, own) for name, (learn, own) in variants.items()}
    answers = {name: Answers.of(head, own, orders) for name, own in scores.items()}
    pairs = {f"{a} − {b}": differences(answers[a], answers[b], head.groups[orders], seed) for a, b in PAIRS}
    return {name: _figures(own) for name, own in answers.items()}, pairs


def matter(head: Head, folds: int, seed: int) -> Row:
    """Figures of the trained model for the matter, learnt from all files, on real messages."""
    everything = np.ones(len(head.truth), bool)
    learn = learn_ours(with_topics(seed), balance=MATTER_BALANCE)
    scores = held_out_scores(head, splits(head, folds, seed), learn, everything)
    measured = {
        "hotline and letters": np.isin(head.source, ("hotline", "letters")),
        "hotline": head.source == "hotline",
        "letters": head.source == "letters",
        "legal": head.source == "legal",
    }
    return {name: _matter_figures(head, scores, rows) for name, rows in measured.items()}


def _matter_figures(head: Head, scores: Scores, rows: NDArray[np.bool_]) -> Row:
    there = [label for label in MATTERS if (head.truth[rows] == head.labels.index(label)).sum() >= MIN_MACRO_ROWS]
    figures = _figures(Answers.of(head, scores, rows, there))
    del figures["top3"]
    per_matter = {label: _f1(head, scores, rows, label) for label in there}
    return {**figures, "f1": per_matter}


def _f1(head: Head, scores: Scores, rows: NDArray[np.bool_], label: str) -> float:
    return _round(Answers.of(head, scores, rows, [label]).figures()[FIGURES.index("macro_f1")])


def _figures(answers: Answers) -> Row:
    accuracy, macro_f1, top3 = map(_round, answers.figures())
    labels = len(answers.counted)
    return {"n": len(answers.truth), "accuracy": accuracy, "macro_f1": macro_f1, "macro_labels": labels, "top3": top3}


def _round(value: float) -> float:
    return round(float(value), 4)


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--folds", type=int, default=5, help="(default: %(default)s)")
    options.add_argument("--seed", type=int, default=0, help="of the folds, solvers and resamples")
    chosen = options.parse_args()
    warnings.filterwarnings("ignore", message="The least populated class")
    corpus = training_corpus(chosen.shared)
    documents = [prepare(text) for text in corpus.texts]
    groups = near_duplicate_groups(corpus.texts, seed=chosen.seed)
    variants, pairs = department(head_of("department", corpus, documents, groups), chosen.folds, chosen.seed)
    matters = matter(head_of("matter", corpus, documents, groups), chosen.folds, chosen.seed)
    _print(variants, pairs, matters)
    figures = {
        "method": "grouped cross-validation",
        "folds": chosen.folds,
        "seed": chosen.seed,
        "rows": len(corpus),
        "department": {"variants": variants, "differences": pairs},
        "matter": matters,
    }
    save("linear", figures, folder=chosen.results, libraries=["scikit-learn", "scipy", "jieba", "datasketch"])


def _print(variants: Row, pairs: Row, matters: Row) -> None:
    n, labels = (next(iter(variants.values()))[key] for key in ("n", "macro_labels"))
    header = (f"department, {n:,} hotline orders", "accuracy", f"macro-F1 ({labels} departments)", "top-3")
    print(table(header, [(name, *(f"{row[key]:.4f}" for key in FIGURES)) for name, row in variants.items()]))
    columns = ("difference [95 % interval]", "accuracy", "macro-F1", "top-3")
    print(table(columns, [(name, *(_difference(row[key]) for key in FIGURES)) for name, row in pairs.items()]))
    heading = ("matter, all training files", "rows", "accuracy", "macro-F1 without unclear", "F1 of each")
    print(table(heading, [_matter_line(name, row) for name, row in matters.items()]))


def _difference(row: Mapping[str, Any]) -> str:
    low, high = row["interval"]
    return f"{row['difference']:+.4f} [{low:+.4f}, {high:+.4f}]"


def _matter_line(name: str, row: Row) -> tuple[object, ...]:
    each = ", ".join(f"{label} {f1:.3f}" for label, f1 in row["f1"].items())
    return (name, f"{row['n']:,}", f"{row['accuracy']:.4f}", f"{row['macro_f1']:.4f}", each)


if __name__ == "__main__":
    main()

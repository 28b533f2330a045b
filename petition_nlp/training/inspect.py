"""Is labelled data fit to train on? Copies, leaks, probable label errors, labels that come and go, personal data."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.gate import MIN_LABEL_ROWS
from petition_nlp.embed.ngrams import SparseMatrix
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.document import prepare
from petition_nlp.text.mask import KINDS, mask
from petition_nlp.training.calibrate import fit_calibration
from petition_nlp.training.corpus import Columns, Corpus, counts, read_corpus
from petition_nlp.training.fit import LinearTrainer, build_vocabulary, topic_basis
from petition_nlp.training.groups import near_duplicate_groups
from petition_nlp.training.metrics import head_metrics

FloatArray = NDArray[np.float32]
Indices = NDArray[np.int64]

MIN_ROWS: Final = 5
FEW_ROWS: Final = MIN_LABEL_ROWS
"""Labels with fewer rows among the calibration rows are never dispatched automatically."""

_FOLDS: Final = 5
_WEAK: Final = 0.5  # a model that is wrong more often cannot tell whose error it is
_RECENT: Final = 0.25  # of the rows, the latest ones
_YEARS: Final = range(1990, 2100)
_LIVING: Final = 10  # rows in one part of the time, and none in the other, tell that a label came or went
_SHORT: Final = 8
_GARBLED: Final = re.compile(r"\ufffd|锟斤拷|烫烫烫|[ÃÂ][\x80-\xbf]|ï¼|â€|\?{4,}")
_CONTROL: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_DATE: Final = re.compile(r"(\d{4})\D{0,2}(\d{1,2})\D{0,2}(\d{1,2})?")


@dataclass(frozen=True)
class InspectOptions:
    """What to look at.

    :param targets: head → column. :param date_column: when a message came in, to see labels come and go.
    """

    data: Sequence[Path]
    targets: Mapping[str, str]
    text_column: str | None = None
    title_column: str | None = None
    date_column: str | None = None
    seed: int = 0


@dataclass(frozen=True)
class Suspect:
    """A row whose label is probably wrong.

    :param quality: the probability of the label that it has, by a model that has not seen it.
    """

    file: str
    row: int
    head: str
    label: str
    suggested: str
    quality: float


@dataclass(frozen=True)
class Inspection:
    """What was found: counts and label names, and which rows to look at; never a text of the data."""

    report: Mapping[str, Any]
    suspects: tuple[Suspect, ...]


def inspect(options: InspectOptions) -> Inspection:
    """Look at labelled files as they would be trained on.

    Probable label errors by confident learning (Northcutt, Jiang and Chuang, "Confident Learning", JAIR 2021;
    `cleanlab`) on probabilities from grouped cross-validation of the linear model.

    :raises InputError: a file cannot be read, a column is missing, or no row has a text and a label.
    """
    taxonomy = Taxonomy.load()
    columns = Columns(options.targets, text=options.text_column, title=options.title_column, by=options.date_column)
    corpus = read_corpus(options.data, columns, taxonomy)
    groups = near_duplicate_groups(corpus.texts, seed=options.seed)
    model = _Held(corpus, groups, options.seed)
    suspects: list[Suspect] = []
    heads = {}
    for name in options.targets:
        heads[name], found = _head(name, corpus, groups, model, taxonomy)
        suspects += found
    report = {
        "data": [path.name for path in options.data],
        "rows": len(corpus),
        "blank": corpus.blank,
        "broken": [{"file": row.path.name, "line": row.line, "reason": row.reason} for row in corpus.broken],
        "short": sum(len(text) < _SHORT for text in corpus.texts),
        "leaks": corpus.leaks,
        "garbled": sum(bool(_GARBLED.search(text)) for text in corpus.texts),
        "control": sum(bool(_CONTROL.search(text)) for text in corpus.texts),
        "personal": _personal(corpus.texts),
        "copies": _copies(corpus.texts, groups),
        "dates": _dates(corpus.slices) if options.date_column else None,
        "heads": heads,
    }
    return Inspection(report, tuple(sorted(suspects, key=lambda suspect: (suspect.head, suspect.quality))))


def _personal(texts: Sequence[str]) -> dict[str, Any]:
    """Messages with personal data that masking finds, and how many with each kind, the most frequent first."""
    kinds = Counter[str]()
    rows = 0
    for text in texts:
        masked = mask(text)
        found = [kind for kind in KINDS if masked.count(f"[{kind}]") > text.count(f"[{kind}]")]
        kinds.update(found)
        rows += bool(found)
    return {"rows": rows, "kinds": dict(kinds.most_common())}


def _copies(texts: Sequence[str], groups: Indices) -> dict[str, int]:
    sizes = np.unique(groups, return_counts=True)[1]
    return {
        "exact": len(texts) - len(set(texts)),
        "near": len(texts) - len(sizes),
        "largest": int(sizes.max()),
    }


def _months(dates: Sequence[str]) -> Indices:
    """Months since year 0; -1 for what is no date."""
    found = [_DATE.search(value) for value in dates]
    return np.array([_month(match) if match else -1 for match in found], dtype=np.int64)


def _month(match: re.Match[str]) -> int:
    year, month = int(match[1]), int(match[2])
    return year * 12 + month if year in _YEARS and 1 <= month <= 12 else -1


def _dates(values: Sequence[str]) -> dict[str, Any]:
    months = _months(values)
    known = months[months >= 0]
    if not len(known):
        return {"first": None, "last": None, "unreadable": len(values)}
    first, last = (f"{(int(m) - 1) // 12}-{(int(m) - 1) % 12 + 1:02d}" for m in (known.min(), known.max()))
    return {"first": first, "last": last, "unreadable": int((months < 0).sum())}


def _head(
    name: str, corpus: Corpus, groups: Indices, model: _Held, taxonomy: Taxonomy
) -> tuple[dict[str, Any], list[Suspect]]:
    column = corpus.labels[name]
    seen = counts(column)
    kept = sorted(label for label, count in seen.items() if count >= MIN_ROWS)
    report: dict[str, Any] = {
        "labelled": seen.total(),
        "labels": len(seen),
        "rare": {
            label: seen[label] for label in sorted(seen, key=lambda own: (seen[own], own)) if seen[label] < FEW_ROWS
        },
        "unknown": _unknown(name, seen, taxonomy),
        "contradictions": _contradictions(column, groups),
        **_living(column, corpus.slices),
        "figures": None,
        "confusable": [],
        "suspects": None,
    }
    if len(kept) < 2:
        return report, []
    index = {label: position for position, label in enumerate(kept)}
    truth = np.array([index.get(label, -1) if label else -1 for label in column], dtype=np.int64)
    rows = np.flatnonzero(truth >= 0)
    if len(np.unique(groups[rows])) < _FOLDS:
        return report, []
    table = model.probabilities(rows, truth[rows], len(kept))
    metrics = head_metrics(table, truth[rows], kept)
    report |= {
        "figures": {key: metrics[key] for key in ("accuracy", "macro_f1", "top3")},
        "confusable": _confusable(metrics["confusion"], kept),
    }
    if metrics["accuracy"] < _WEAK:
        return report, []
    suspects = _suspects(name, corpus, rows, truth[rows], table, kept)
    return report | {"suspects": len(suspects)}, suspects


def _unknown(name: str, seen: Counter[str], taxonomy: Taxonomy) -> dict[str, int]:
    """Labels that the taxonomy of this head does not have, the most frequent first."""
    if not taxonomy.knows(name):
        return {}
    return {label: n for label, n in seen.most_common() if taxonomy.name(name, label) == label}


def _contradictions(column: Sequence[str | None], groups: Indices) -> dict[str, int]:
    """Near copies with different labels: no classifier can be right on all of them.

    ``rows`` stand in such groups; ``lost`` of them at least are wrong for anyone who gives copies one label.
    """
    members: dict[int, Counter[str]] = defaultdict(Counter)
    for group, label in zip(groups.tolist(), column, strict=True):
        if label is not None:
            members[group][label] += 1
    mixed = [own for own in members.values() if len(own) > 1]
    several = sum(own.total() for own in members.values() if own.total() > 1)
    return {
        "groups": len(mixed),
        "rows": sum(own.total() for own in mixed),
        "lost": sum(own.total() - max(own.values()) for own in mixed),
        "copied_rows": several,
    }


def _living(column: Sequence[str | None], dates: Sequence[str]) -> dict[str, dict[str, int]]:
    """Labels that are no longer used in the latest quarter of the rows, and labels that are new in it."""
    months = _months(dates)
    known = months >= 0
    if not known.any() or months[known].min() == months[known].max():
        return {"dying": {}, "new": {}}
    border = max(int(np.quantile(months[known], 1 - _RECENT)), int(months[known].min()) + 1)
    before, recent = Counter[str](), Counter[str]()
    for label, month in zip(column, months.tolist(), strict=True):
        if label is not None and month >= 0:
            (recent if month >= border else before)[label] += 1
    return {
        "dying": {label: n for label, n in before.most_common() if n >= _LIVING and not recent[label]},
        "new": {label: n for label, n in recent.most_common() if n >= _LIVING and not before[label]},
    }


def _confusable(matrix: Sequence[Sequence[int]], labels: Sequence[str], *, limit: int = 15) -> list[dict[str, Any]]:
    """Pairs of labels that are most often taken for each other, both ways together."""
    table = np.array(matrix, dtype=np.int64)
    sizes = table.sum(axis=1)
    pairs = [
        (int(table[a, b] + table[b, a]), a, b)
        for a in range(len(labels))
        for b in range(a)
        if table[a, b] + table[b, a]
    ]
    return [
        {"labels": [labels[b], labels[a]], "n": n, "share": round(n / int(sizes[a] + sizes[b]), 4)}
        for n, a, b in sorted(pairs, reverse=True)[:limit]
    ]


def _suspects(
    name: str, corpus: Corpus, rows: Indices, truth: Indices, table: FloatArray, labels: Sequence[str]
) -> list[Suspect]:
    from cleanlab.filter import find_label_issues  # type: ignore[import-untyped]

    ranked = find_label_issues(truth, table.astype(np.float64), return_indices_ranked_by="self_confidence", n_jobs=1)
    found = []
    for position in ranked.tolist():
        path, row = corpus.places[rows[position]]
        best = int(table[position].argmax())
        own = int(truth[position])
        found.append(Suspect(path.name, row, name, labels[own], labels[best], round(float(table[position, own]), 4)))
    return found


@dataclass(frozen=True)
class _Held:
    """Probabilities of rows by models that have seen neither them nor near copies of them."""

    corpus: Corpus
    groups: Indices
    seed: int

    @cached_property
    def _matrix(self) -> SparseMatrix:
        documents = [prepare(text) for text in self.corpus.texts]
        return build_vocabulary(documents).transform(documents)

    @cached_property
    def _trainer(self) -> LinearTrainer:
        return LinearTrainer(seed=self.seed, basis=topic_basis(self._matrix, seed=self.seed))

    def probabilities(self, rows: Indices, truth: Indices, classes: int) -> FloatArray:
        """(len(rows), classes), calibrated."""
        import warnings

        from sklearn.model_selection import StratifiedGroupKFold

        scores = np.zeros((len(rows), classes), dtype=np.float32)
        splitter = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=self.seed)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of labels with fewer rows than folds
            folds = list(splitter.split(rows, truth, self.groups[rows]))
        for seen, unseen in folds:
            weights = np.ones(len(seen), dtype=np.float32)
            fit = self._trainer.fit(self._matrix.take(rows[seen]), truth[seen], weights, classes)
            scores[unseen] = self._matrix.take(rows[unseen]).dot(fit.weights) + fit.bias
        return fit_calibration(scores, truth).probabilities(scores)

"""petition-nlp beside its peers, on the same real messages in one run.

Department (real dispatch): learnt from the hotline's training orders, measured on its dev orders. Matter: learnt from
the readings and the invented messages of the shared folder, measured on the readings of dev. Compared are

- baisitong2, an installable system with keyword rules; its seven offices stand for generous sets of codes, and it is
  right if the code is in the set;
- fastText (floret) on jieba words;
- the usual scikit-learn recipe: word and character TF-IDF, linear support vector machine;
- the shared encoder, frozen, with logistic regression;
- SetFit, 8 messages a label (`--few-shot` only: hours on two cores);
- the profiles of the committed model, which learnt from more messages than the peers (see its card).

    python benchmarks/quality.py [--few-shot] [--model FOLDER] [--shared FOLDER] [--encoder FOLDER]

Needs the real data, the extra ``dev`` and benchmarks/requirements.txt; a peer that is not installed is left out and
named. Takes about twenty minutes. Intervals and differences to the profile best are 95 % (bootstrap over messages,
paired).
"""

from __future__ import annotations

import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np
from common import ROOT, Row, parser, read_real, save, table
from numpy.typing import NDArray
from peers import FastText, Ranking, Recipe, ranked

from petition_nlp.classify.head import ranking
from petition_nlp.router import Router
from petition_nlp.text.document import prepare

MIN_ROWS = 10
SHOTS = 8
_DRAWS = 1000
_OFFICES = {
    "综合执法局": ("urban_management", "sanitation", "ecology_environment", "landscaping"),
    "公安分局": ("public_security",),
    "住建局": ("housing", "municipal_works"),
    "民政局": ("civil_affairs", "human_resources", "medical_insurance"),
    "街道办事处": ("subdistrict",),
    "交警大队": ("traffic_police", "transport"),
    "12345热线中心": ("government_service",),
}


@dataclass(frozen=True)
class Task:
    """Messages to learn from and to be measured on, with one label each."""

    train: Sequence[tuple[str, str]]
    test: Sequence[tuple[str, str]]

    @property
    def texts(self) -> list[str]:
        return [text for text, _ in self.train]

    @property
    def labels(self) -> list[str]:
        return [label for _, label in self.train]


@dataclass(frozen=True)
class Peer:
    """Something to compare with: what it is called, the packages it needs, and how it ranks labels."""

    name: str
    packages: tuple[str, ...]
    rank: Callable[[Task, Sequence[str]], Ranking]


def tasks(shared: Path) -> dict[str, Task]:
    orders = {part: read_real(shared / f"haikou12345.{part}.jsonl") for part in ("train", "dev")}
    readings = {part: read_real(shared / f"matters.{part}.jsonl") for part in ("train", "dev")}
    further = [
        row for name in ("legal_questions.train", "invented", "contrast") for row in read_real(shared / f"{name}.jsonl")
    ]
    department = {
        part: [(row["text"], row["department"]) for row in own if row["department"]] for part, own in orders.items()
    }
    matter = {part: [(row["text"], row["matter"]) for row in own] for part, own in readings.items()}
    return {
        "department": Task(department["train"], department["dev"]),
        "matter": Task(matter["train"] + [(row["text"], row["matter"]) for row in further], matter["dev"]),
    }


def rules(task: Task, texts: Sequence[str]) -> Ranking:
    """baisitong2's offline engine; every code that its first office stands for."""
    from baisitong2.services.analyzer import RuleAnalyzer
    from baisitong2.services.dispatcher import match_department

    analyzer = RuleAnalyzer()
    return [list(_OFFICES[match_department(analyzer.analyze(text)["categories"])[0]]) for text in texts]


def learnt(kind: type[FastText] | type[Recipe]) -> Callable[[Task, Sequence[str]], Ranking]:
    """A peer that learns from the task's messages."""

    def rank(task: Task, texts: Sequence[str]) -> Ranking:
        with tempfile.TemporaryDirectory() as folder:
            model = kind.fit(task.train, Path(folder))
        return model.rank(texts)

    return rank


def frozen(folder: Path) -> Callable[[Task, Sequence[str]], Ranking]:
    def rank(task: Task, texts: Sequence[str]) -> Ranking:
        from sentence_transformers import SentenceTransformer
        from sklearn.linear_model import LogisticRegression

        encoder = SentenceTransformer(modules=_modules(folder))
        first, second = (
            encoder.encode([f"query: {text}" for text in own], batch_size=64) for own in (task.texts, texts)
        )
        model = LogisticRegression(C=30.0, max_iter=1000).fit(first, task.labels)
        return ranked(model.decision_function(second), model.classes_)

    return rank


def few_shot(folder: Path) -> Callable[[Task, Sequence[str]], Ranking]:
    def rank(task: Task, texts: Sequence[str]) -> Ranking:
        from datasets import Dataset
        from sentence_transformers import SentenceTransformer
        from setfit import SetFitModel, Trainer, TrainingArguments
        from sklearn.linear_model import LogisticRegression

        draw = np.random.default_rng(0)
        kept = []
        for label in sorted(set(task.labels)):
            own = [row for row in task.train if row[1] == label]
            kept += [own[index] for index in draw.permutation(len(own))[:SHOTS]]
        model = SetFitModel(SentenceTransformer(modules=_modules(folder)), LogisticRegression(max_iter=1000))
        data = Dataset.from_dict({"text": [text for text, _ in kept], "label": [label for _, label in kept]})
        with tempfile.TemporaryDirectory() as out:
            options = {"batch_size": 16, "num_epochs": 1, "num_iterations": 10, "seed": 0, "report_to": "none"}
            Trainer(model=model, args=TrainingArguments(output_dir=out, **options), train_dataset=data).train()
        return ranked(model.predict_proba(list(texts), as_numpy=True), model.model_head.classes_)

    return rank


def _modules(folder: Path) -> list[object]:
    from sentence_transformers.models import Pooling, Transformer

    body = Transformer(str(folder), max_seq_length=128)
    return [body, Pooling(body.get_embedding_dimension(), "mean")]


def profile(model: Path, name: str, head: str) -> Callable[[Task, Sequence[str]], Ranking]:
    def rank(task: Task, texts: Sequence[str]) -> Ranking:
        router = Router.load(model, profile=name)
        known = router.loaded.heads[head]
        scored = router.predictor.predict([prepare(text) for text in texts]).probabilities[head]
        return [[known.labels[index] for index in ranking(known, row)] for row in scored]

    return rank


def measure(peer: Peer, task: Task) -> tuple[Row, NDArray[np.bool_]]:
    """Figures of one peer, and which test messages it was right on."""
    start = time.perf_counter()
    ranking = peer.rank(task, [text for text, _ in task.test])
    seconds = time.perf_counter() - start
    truth = [label for _, label in task.test]
    generous = peer.rank is rules
    right = np.array([label in (own if generous else own[:1]) for own, label in zip(ranking, truth, strict=True)])
    figures = {
        "versions": {package: version(package) for package in peer.packages},
        "accuracy": round(float(right.mean()), 4),
        "interval": _interval(right),
        "macro_f1": None if generous else _macro_f1([own[0] for own in ranking], truth),
        "top3": None
        if generous
        else round(float(np.mean([t in own[:3] for own, t in zip(ranking, truth, strict=True)])), 4),
        "seconds": round(seconds, 1),
    }
    return figures, right


def _macro_f1(said: Sequence[str], truth: Sequence[str]) -> float:
    counts, claims = Counter(truth), Counter(said)
    hits = Counter(label for label, own in zip(truth, said, strict=True) if label == own)
    return round(
        float(np.mean([2 * hits[label] / (n + claims[label]) for label, n in counts.items() if n >= MIN_ROWS])), 4
    )


def _interval(values: NDArray[np.float64] | NDArray[np.bool_]) -> list[float]:
    draw = np.random.default_rng(0)
    means = [values[draw.integers(0, len(values), len(values))].mean() for _ in range(_DRAWS)]
    return [round(float(bound), 4) for bound in np.percentile(means, [2.5, 97.5])]


def main() -> None:
    options = parser(__doc__, model=True)
    options.add_argument("--encoder", type=Path, default=ROOT.parent / "shared" / "models" / "e5-small-zh")
    options.add_argument("--few-shot", action="store_true", help="with SetFit, which takes hours on two cores")
    chosen = options.parse_args()
    found: Row = {}
    for head, task in tasks(chosen.shared).items():
        print(f"{head}: {len(task.train):,} to learn from, {len(task.test):,} to measure")
        found[head] = _compare(head, task, chosen.model, chosen.encoder, few=chosen.few_shot)
        _print(head, found[head])
    save("quality", {"tasks": found}, folder=chosen.results, model=chosen.model)


def _compare(head: str, task: Task, model: Path, encoder: Path, *, few: bool) -> Row:
    peers = [
        Peer("fastText on jieba words", FastText.packages, learnt(FastText)),
        Peer("word + character TF-IDF, linear SVM", Recipe.packages, learnt(Recipe)),
        Peer("frozen encoder + logistic regression", ("sentence-transformers",), frozen(encoder)),
        *(
            Peer(f"petition-nlp, {name}", ("petition-nlp",), profile(model, name, head))
            for name in ("fast", "balanced", "best")
        ),
    ]
    if head == "department":
        peers.insert(0, Peer("keyword rules (baisitong2)", ("baisitong2",), rules))
    if few:
        peers.append(Peer(f"SetFit, {SHOTS} messages a label", ("setfit",), few_shot(encoder)))
    rows: Row = {}
    rights = {}
    for peer in peers:
        try:
            rows[peer.name], rights[peer.name] = measure(peer, task)
        except (ImportError, PackageNotFoundError) as error:
            print(f"left out: {peer.name} ({error})")
    best = rights["petition-nlp, best"].astype(np.float64)
    for name, right in rights.items():
        rows[name]["less_than_best"] = _interval(best - right)
    return {"train": len(task.train), "test": len(task.test), "peers": rows}


def _print(head: str, own: Row) -> None:
    header = (head, "version", "accuracy", "macro-F1", "top-3", "best is better by", "seconds")
    print(table(header, [_line(name, figures) for name, figures in own["peers"].items()]))


def _line(name: str, own: Row) -> tuple[object, ...]:
    low, high = own["interval"]
    less = own["less_than_best"]
    rest = ("–" if own[key] is None else f"{own[key]:.3f}" for key in ("macro_f1", "top3"))
    versions = ", ".join(own["versions"].values())
    gap = f"{less[0] * 100:+.1f} to {less[1] * 100:+.1f}"
    return (name, versions, f"{own['accuracy']:.3f} [{low:.3f}, {high:.3f}]", *rest, gap, own["seconds"])


if __name__ == "__main__":
    main()

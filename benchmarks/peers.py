"""Peers of the product that learn from labelled messages: fastText, and the usual scikit-learn recipe.

``quality.py`` compares their accuracy, ``archive.py`` also their speed on a file: as a script this module reads a
Parquet file, gives every row a 责任部门 and writes it beside the columns that were there, as ``petition-nlp classify``
does.

    python benchmarks/peers.py NAME MODEL IN.parquet OUT.parquet
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

LABEL = "责任部门"
_TITLE, _TEXT = "诉求标题", "诉求内容"
_BATCH = 5000
_TOP = 3

Labelled = Sequence[tuple[str, str]]
Ranking = list[list[str]]
"""For each message its labels, the most probable first."""


class Peer(Protocol):
    """Something that has learnt to rank labels."""

    def rank(self, texts: Sequence[str]) -> Ranking:
        """The labels of each text."""

    def save(self, path: Path) -> None:
        """Write what was learnt."""


class FastText:
    """fastText (floret) on jieba words."""

    packages = ("floret", "jieba")

    def __init__(self, model: Any) -> None:
        self._model = model

    @classmethod
    def fit(cls, rows: Labelled, folder: Path) -> FastText:
        """Learn; the library wants its rows as a file, which goes into ``folder``."""
        import floret

        path = folder / "train.txt"
        path.write_text("".join(f"__label__{label} {_spaced(text)}\n" for text, label in rows), encoding="utf-8")
        options = {"epoch": 25, "lr": 0.5, "wordNgrams": 2, "dim": 100, "minCount": 2, "thread": 1, "verbose": 0}
        return cls(floret.train_supervised(str(path), **options))

    @classmethod
    def load(cls, path: Path) -> FastText:
        """What `save` wrote."""
        import floret

        return cls(floret.load_model(str(path)))

    def save(self, path: Path) -> None:
        """Write the library's own file."""
        self._model.save_model(str(path))

    def rank(self, texts: Sequence[str]) -> Ranking:
        """The three most probable labels of each text."""
        found = [self._model.f.predict(_spaced(text) + "\n", _TOP, 0.0, "strict") for text in texts]
        return [[label.removeprefix("__label__") for _, label in own] for own in found]


class Recipe:
    """Word and character TF-IDF with a linear support vector machine."""

    packages = ("scikit-learn", "jieba")

    def __init__(self, model: Any) -> None:
        self._model = model

    @classmethod
    def fit(cls, rows: Labelled, folder: Path) -> Recipe:
        """Learn; nothing is written to ``folder``."""
        from sklearn.feature_extraction.text import TfidfVectorizer
        from sklearn.pipeline import make_pipeline, make_union
        from sklearn.svm import LinearSVC

        words = TfidfVectorizer(tokenizer=cut, token_pattern=None, ngram_range=(1, 2), min_df=2, sublinear_tf=True)
        chars = TfidfVectorizer(analyzer="char", ngram_range=(1, 3), min_df=2, sublinear_tf=True)
        model = make_pipeline(make_union(words, chars), LinearSVC(C=0.5, random_state=0))
        return cls(model.fit([text for text, _ in rows], [label for _, label in rows]))

    @classmethod
    def load(cls, path: Path) -> Recipe:
        """What `save` wrote."""
        import joblib

        return cls(joblib.load(path))

    def save(self, path: Path) -> None:
        """Write the pipeline with joblib."""
        import joblib

        joblib.dump(self._model, path)

    def rank(self, texts: Sequence[str]) -> Ranking:
        """All labels of each text."""
        return ranked(self._model.decision_function(texts), self._model.classes_)


PEERS: dict[str, type[FastText] | type[Recipe]] = {"fasttext": FastText, "recipe": Recipe}


def cut(text: str) -> list[str]:
    """jieba's words; a function of this module, so that a saved pipeline can name it."""
    import jieba

    return list(jieba.lcut(text))


def _spaced(text: str) -> str:
    return " ".join(cut(" ".join(text.split())))


def ranked(scores: NDArray[np.float64], labels: Sequence[str]) -> Ranking:
    """The labels of each row of scores, the highest first."""
    return [[str(labels[index]) for index in row] for row in np.argsort(-scores, axis=1)]


def classify(peer: Peer, source: Path, target: Path) -> None:
    """Give every row of a Parquet file the label that the peer puts first; title and text are read together."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(source) as file:
        schema = file.schema_arrow.append(pa.field(LABEL, pa.string()))
        with pq.ParquetWriter(target, schema, compression="zstd") as writer:
            for batch in file.iter_batches(_BATCH):
                labels = [own[0] for own in peer.rank(_messages(batch))]
                rows = pa.Table.from_batches([batch]).append_column(LABEL, [labels])
                writer.write_table(rows)


def _messages(batch: Any) -> list[str]:
    texts = batch.column(_TEXT).to_pylist()
    if _TITLE not in batch.schema.names:
        return [text or "" for text in texts]
    titles = batch.column(_TITLE).to_pylist()
    return [f"{title} {text or ''}" if title else text or "" for title, text in zip(titles, texts, strict=True)]


def main() -> None:
    name, model, source, target = sys.argv[1:]
    classify(PEERS[name].load(Path(model)), Path(source), Path(target))


if __name__ == "__main__":
    main()

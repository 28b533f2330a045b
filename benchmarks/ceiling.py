"""How good can a router of these orders become? Signs of a ceiling, on the hotline's training orders.

- Copies: orders of nearly the same text that went to different departments. Whoever gives them one department is wrong
  on at least the stated share of all orders that have a copy.
- Label noise: share of orders whose department is probably wrong by confident learning (cleanlab), beside the accuracy
  of the cross-validation that it is judged by.
- Learning curve: accuracy on the dev orders after learning from an eighth, a quarter, half and all of the orders, by
  the linear model; the last doubling says what more orders of the same kind would give.
- Time: learnt up to the end of April, measured on May and June, beside a random split of the same sizes.

    python benchmarks/ceiling.py [--shared FOLDER]

Needs the real data and the extra ``train``; takes about ten minutes.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from common import Row, parser, read_real, save, table
from numpy.typing import NDArray

from petition_nlp.embed.ngrams import NgramEmbedder
from petition_nlp.text.document import Document, prepare
from petition_nlp.training.fit import LinearTrainer, build_vocabulary, topic_basis
from petition_nlp.training.inspect import InspectOptions, inspect
from petition_nlp.training.intervals import share_interval

SHARES = (0.125, 0.25, 0.5, 1.0)
BORDER = "201805"


def accuracy(learn: Sequence[Row], measure: Sequence[Row], documents: dict[str, Document]) -> tuple[float, int]:
    """Share of right departments by a linear model, and of how many."""
    labels = sorted({row["department"] for row in learn})
    own = [documents[row["id"]] for row in learn]
    embedder: NgramEmbedder = build_vocabulary(own)
    matrix = embedder.transform(own)
    truth: NDArray[np.int64] = np.array([labels.index(row["department"]) for row in learn])
    trainer = LinearTrainer(basis=topic_basis(matrix, seed=0))
    fitted = trainer.fit(matrix, truth, np.ones(len(truth), dtype=np.float32), len(labels))
    scores = embedder.transform([documents[row["id"]] for row in measure]).dot(fitted.weights) + fitted.bias
    right = sum(labels[choice] == row["department"] for choice, row in zip(scores.argmax(axis=1), measure, strict=True))
    return right / len(measure), len(measure)


def curve(orders: Sequence[Row], dev: Sequence[Row], documents: dict[str, Document]) -> list[Row]:
    order = np.random.default_rng(0).permutation(len(orders))
    found = []
    for share in SHARES:
        learn = [orders[index] for index in order[: round(share * len(orders))]]
        value, n = accuracy(learn, dev, documents)
        found.append(
            {"orders": len(learn), "accuracy": round(value, 4), "interval": share_interval(round(value * n), n)}
        )
    return found


def time_split(orders: Sequence[Row], documents: dict[str, Document]) -> Row:
    """The later months, and as many orders drawn from all months; both learnt from equally many others."""
    early = [row for row in orders if row["received"] < BORDER]
    late = [row for row in orders if row["received"] >= BORDER]
    mixed = [orders[index] for index in np.random.default_rng(0).permutation(len(orders))]
    found = {}
    for name, learn, measure in (("later", early, late), ("random", mixed[: len(early)], mixed[len(early) :])):
        value, n = accuracy(learn, measure, documents)
        found[name] = {
            "learnt": len(learn),
            "n": n,
            "accuracy": round(value, 4),
            "interval": share_interval(round(value * n), n),
        }
    return found


def main() -> None:
    chosen = parser(__doc__).parse_args()
    path = chosen.shared / "haikou12345.train.jsonl"
    orders = [row for row in read_real(path) if row["department"]]
    dev = [row for row in read_real(chosen.shared / "haikou12345.dev.jsonl") if row["department"]]
    documents = {row["id"]: prepare(row["text"]) for row in (*orders, *dev)}
    head = inspect(InspectOptions([path], {"department": "department"})).report["heads"]["department"]
    copies = head["contradictions"]
    found = {
        "copies": {**copies, "lost_share": round(copies["lost"] / copies["copied_rows"], 4)},
        "suspects": {"n": head["suspects"], "of": head["labelled"], "accuracy": head["figures"]["accuracy"]},
        "curve": curve(orders, dev, documents),
        "time": time_split(orders, documents),
    }
    _print(found)
    save("ceiling", found, folder=chosen.results, libraries=("scikit-learn", "cleanlab"))


def _print(found: Row) -> None:
    copies, suspects = found["copies"], found["suspects"]
    print(
        f"{copies['copied_rows']:,} orders have a near copy; {copies['lost']} of them ({copies['lost_share']:.1%}) "
        "are wrong for anyone who gives copies one department.\n"
        f"{suspects['n']:,} of {suspects['of']:,} departments ({suspects['n'] / suspects['of']:.1%}) are suspect; "
        f"accuracy in cross-validation {suspects['accuracy']:.3f}.\n"
    )
    print(table(("learnt from", "accuracy on dev"), [(f"{own['orders']:,}", _cell(own)) for own in found["curve"]]))
    rows = [(name, f"{own['learnt']:,}", f"{own['n']:,}", _cell(own)) for name, own in found["time"].items()]
    print(table(("measured on", "learnt from", "orders", "accuracy"), rows))


def _cell(own: Row) -> str:
    low, high = own["interval"]
    return f"{own['accuracy']:.3f} [{low:.3f}, {high:.3f}]"


if __name__ == "__main__":
    main()

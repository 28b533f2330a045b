"""First-level topics of letters (7 classes), trained and measured through the product's own commands.

Trains on wenzheng.train as a city would train any column of its own (``petition-nlp train --target topic7``), measures
on wenzheng.dev (``petition-nlp evaluate``). With ``--encoder`` the transformer is fine-tuned beside the linear head.

    python benchmarks/topics.py [--shared FOLDER] [--encoder FOLDER_OR_HUB_NAME]

Needs the real data and the extra ``train``; some minutes, with an encoder about half an hour of two cores.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path

from common import Row, parser, read_real, save, table

from petition_nlp.training.evaluate import evaluate
from petition_nlp.training.train import TrainOptions, train

FIGURES = ("n", "accuracy", "macro_f1", "ece")


def measure(training: Path, dev: Path, encoder: str | None) -> Row:
    """Train in a folder that is deleted, and measure."""
    with tempfile.TemporaryDirectory() as folder:
        out, start = Path(folder) / "topics", time.perf_counter()
        train(TrainOptions([training], out, {"topic7": "topic7"}, encoder=encoder, encoder_folds=1, quiet=True))
        minutes = round((time.perf_counter() - start) / 60, 1)
        head = evaluate(out, [dev])["heads"]["topic7"]
    return {**{name: head[name] for name in FIGURES}, "intervals": head["intervals"], "minutes": minutes}


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--encoder", help="also train with this encoder")
    chosen = options.parse_args()
    training, dev = chosen.shared / "wenzheng.train.jsonl", chosen.shared / "wenzheng.dev.jsonl"
    read_real(dev)
    figures = {"linear": measure(training, dev, None)}
    if chosen.encoder:
        figures["with encoder"] = measure(training, dev, chosen.encoder)
    lines = [(name, *(own[column] for column in (*FIGURES, "minutes"))) for name, own in figures.items()]
    print(table(("topic7 on wenzheng.dev", "rows", "accuracy", "macro-F1", "ECE", "minutes"), lines))
    save("topics", figures, folder=chosen.results)


if __name__ == "__main__":
    main()

"""How many labelled orders a new city needs: adapted from a model that is there, and learnt from nothing.

The hotline of the shared data plays the new city. The start is learnt from everything else (letters from other
provinces, questions to lawyers, invented messages), so it has never seen an order of that city nor how it dispatches.
For 0, 50, 200, 1,000 and 5,000 orders drawn from its training file: department on its dev orders, real dispatch, by
`train --start`, by `train` alone, and by the start as it is. Few orders are drawn three times and averaged.

    python benchmarks/few_shot.py [--start FOLDER] [--shared FOLDER]

`--start` takes a model that was trained so already (one with an encoder, say); without it a linear one is trained here.
None of them learns from disturbed copies. Needs the real data and the extra ``train``; takes a quarter of an hour.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from common import ROOT, Row, parser, read_real, save, table

from petition_nlp.errors import InputError
from petition_nlp.training.evaluate import evaluate
from petition_nlp.training.train import TrainOptions, train

sys.path.insert(0, str(ROOT / "models"))
from prepare_default import training

SIZES = (50, 200, 1_000, 5_000)
DRAWS = {50: 3, 200: 3}
_TARGETS = {"department": "department"}


def write(path: Path, rows: Sequence[Row]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def options(data: Path, out: Path, start: Path | None = None) -> TrainOptions:
    return TrainOptions(
        [data], out, _TARGETS, start=start, folds=2, min_rows=3, noise=False, quiet=True, overwrite=True
    )


def learnt_elsewhere(shared: Path, folder: Path) -> Path:
    """A linear model of everything but the hotline."""
    rows = [row for row in training(shared) if row["source"] != "hotline" and row.get("department")]
    train(options(write(folder / "elsewhere.jsonl", rows), folder / "start"))
    return folder / "start"


def measure(model: Path, dev: Path) -> Row:
    """Figures of the department on the dev orders; labels that a model lacks count as wrong."""
    found = evaluate(model, [dev], targets=_TARGETS)["heads"]["department"]
    return {name: found[name] for name in ("accuracy", "macro_f1", "top3")}


def mean(figures: Sequence[Row]) -> Row | None:
    if not figures:
        return None
    return {name: round(float(np.mean([own[name] for own in figures])), 4) for name in figures[0]}


def main() -> None:
    parsed = parser(__doc__)
    parsed.add_argument("--start", type=Path, help="a model folder that was trained without the hotline")
    chosen = parsed.parse_args()
    orders = [row for row in read_real(chosen.shared / "haikou12345.train.jsonl") if row["department"]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        dev = [row for row in read_real(chosen.shared / "haikou12345.dev.jsonl") if row["department"]]
        unseen = write(folder / "dev.jsonl", dev)
        start = chosen.start or learnt_elsewhere(chosen.shared, folder)
        found: list[Row] = [{"orders": 0, "adapted": measure(start, unseen), "alone": None}]
        for size in SIZES:
            found.append(_at(size, orders, start, unseen, folder))
            print(f"{size:,} orders: {found[-1]}", flush=True)
    rows = [(f"{own['orders']:,}", *_cells(own["adapted"]), *_cells(own["alone"])) for own in found]
    columns = ("accuracy", "macro-F1", "top-3")
    header = ("labelled orders", *(f"adapted, {c}" for c in columns), *(f"alone, {c}" for c in columns))
    print(table(header, rows))
    save(
        "few_shot",
        {"test": len(dev), "start": str(chosen.start) if chosen.start else "linear", "sizes": found},
        folder=chosen.results,
    )


def _at(size: int, orders: Sequence[Row], start: Path, unseen: Path, folder: Path) -> Row:
    adapted, alone = [], []
    for seed in range(DRAWS.get(size, 1)):
        picked = np.random.default_rng(seed).permutation(len(orders))[:size]
        few = write(folder / "few.jsonl", [orders[index] for index in picked])
        train(options(few, folder / "adapted", start))
        adapted.append(measure(folder / "adapted", unseen))
        try:
            train(options(few, folder / "alone"))
        except InputError as error:  # too few of every label to learn from nothing
            print(f"{size} orders alone: {error}")
        else:
            alone.append(measure(folder / "alone", unseen))
    return {"orders": size, "adapted": mean(adapted), "alone": mean(alone)}


def _cells(own: Row | None) -> list[str]:
    return ["–"] * 3 if own is None else [f"{own[name]:.3f}" for name in ("accuracy", "macro_f1", "top3")]


if __name__ == "__main__":
    main()

"""The hotline's months as a stream: a model learnt from the first of them, and what it says of those that follow."""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import numpy as np
from common import Row, read_real
from numpy.typing import NDArray

from petition_nlp.router import Router
from petition_nlp.training.train import TrainOptions, train

OTHER = "other"
"""Stands for the units that the directory has no department for: such orders are left to people."""
FIRST_YEAR = 2018


@dataclass(frozen=True)
class Orders:
    """Orders in the order in which they came in, with what the model says of them.

    :param right: whether the department is the one that the order was really dispatched to.
    """

    days: Sequence[date]
    texts: Sequence[str]
    departments: Sequence[str]
    said: Sequence[str]
    confidence: NDArray[np.float64]
    review: Sequence[Sequence[str]]
    unseen: NDArray[np.float64]
    right: NDArray[np.bool_]


def read_orders(shared: Path, first: str, last: str, *splits: str) -> list[Row]:
    """Orders of some months, first and last as ``201803``, oldest first."""
    rows = [row for split in splits for row in read_real(shared / f"haikou12345.{split}.jsonl")]
    kept = [row for row in rows if first <= row["received"][:6] <= last]
    return sorted((row | {"department": row["department"] or OTHER} for row in kept), key=lambda row: row["received"])


def learn(shared: Path, folder: Path, last: str, *, without: Collection[str] = ()) -> Router:
    """A linear model of the months until ``last``; orders of some departments can be kept from it.

    :param folder: keeps the files; real text, so a temporary one.
    """
    files = []
    for split in ("train", "calib"):
        rows = read_orders(shared, "201712", last, split)
        path = folder / f"{split}.jsonl"
        lines = [json.dumps(row, ensure_ascii=False) for row in rows if row["department"] not in without]
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        files.append(path)
    train(
        TrainOptions(
            files[:1],
            folder / "model",
            {"department": "department"},
            calib=files[1:],
            leave={"department": [OTHER]},
            folds=2,
            noise=False,
            quiet=True,
            overwrite=True,
        )
    )
    return Router.load(folder / "model")


def routed(router: Router, rows: Sequence[Row]) -> Orders:
    """What the model says of orders."""
    texts = [row["text"] for row in rows]
    routes = router.route_without_evidence(texts)
    said = [route.department.code if route.department else "" for route in routes]
    departments = [row["department"] for row in rows]
    return Orders(
        [datetime.strptime(row["received"], "%Y%m%d").date() for row in rows],
        texts,
        departments,
        said,
        np.array([route.department.confidence if route.department else 0.0 for route in routes]),
        [[reason.code for reason in route.review.reasons] for route in routes],
        np.array(router.unseen(texts)),
        np.array([own == true for own, true in zip(said, departments, strict=True)]),
    )

"""A simulated half-year: does a city's routing become better from what its people decide, and never worse?

The hotline's orders in their order of time. A model learns the first 2,000, and routes the month that follows; then it
is retrained on what the city would know by then, and so on: what people reviewed, wrong ones that a unit sent
back (70 %), the blind sample (2 % of what went out by itself), and nothing else of the automatic ones. The months are
lived three times over: without retraining, with every candidate taken (no gate), and with the gate of
`petition-nlp retrain`. All of it again with a month in which labels are wrong: a team that sends one
department's orders to another, and an export whose labels slipped by a row.

    python benchmarks/learning.py [--shared FOLDER] [--seeds N]

Linear model only, without disturbed copies, which would double the time. Needs the real data and the extra ``train``;
takes a quarter of an hour for a seed.
"""

from __future__ import annotations

import hashlib
import json
import random
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from common import Row, parser, percent, save, table
from hotline import OTHER, read_orders
from learning_city import (
    Label,
    Lived,
    Order,
    People,
    Poison,
    Said,
    counted,
    mistaken_team,
    replay,
    shifted_export,
)

from petition_nlp.report.statistics import wilson
from petition_nlp.router import Router
from petition_nlp.training.retrain import RetrainOptions, retrain
from petition_nlp.training.train import TrainOptions, train
from petition_nlp.training.verdict import GATE_FILE

START, FROZEN = 2000, 1600
"""Orders that the first model learns, and of the same days those that are put aside for the gate. Of these only those
count that the directory has a department for: of the first days' a quarter has none, of later ones 3 %."""
TARGET = 0.90
POISONED = "201803"
POISONS: Mapping[str, Mapping[str, Poison]] = {
    "nothing": {},
    "team": {POISONED: mistaken_team("public_security", "traffic_police")},
    "export": {POISONED: shifted_export},
}
ARMS = ("never", "ungated", "gated")


@dataclass(frozen=True)
class Stream:
    """The hotline's time in order.

    :param dev: orders of the whole time that nothing learns from, to measure models by themselves.
    """

    start: Sequence[Order]
    frozen: Sequence[Order]
    months: Mapping[str, Sequence[Order]]
    dev: Sequence[Order]

    @classmethod
    def read(cls, shared: Path, seed: int) -> Stream:
        orders = [_order(row) for row in read_orders(shared, "201712", "201806", "train", "calib")]
        first, rest = orders[: START + FROZEN], orders[START + FROZEN :]
        frozen = set(random.Random(seed).sample(range(len(first)), FROZEN))
        months: dict[str, list[Order]] = {}
        for order in rest:
            months.setdefault(f"{order.day:%Y%m}", []).append(order)
        return cls(
            [order for row, order in enumerate(first) if row not in frozen],
            [first[row] for row in sorted(frozen) if first[row].department != OTHER],
            months,
            [_order(row) for row in read_orders(shared, "201712", "201806", "dev") if row["department"] != OTHER],
        )


@dataclass
class Retrainings:
    """Trains with `petition_nlp.training.retrain`, the same only once.

    :param gated: whether a candidate has to pass. :param verdicts: month → what the gate said.
    :param routers: shared by all arms, as are the candidates.
    """

    stream: Stream
    folder: Path
    gated: bool
    routers: dict[Path, Router] = field(default_factory=dict)
    verdicts: dict[str, Row] = field(default_factory=dict)

    def first(self) -> Path:
        """The model of the start."""
        out = self.folder / "start"
        if not out.exists():
            _write(self.folder / "history.jsonl", map(_past, self.stream.start))
            _write(self.folder / "frozen.jsonl", map(_past, self.stream.frozen))
            train(
                TrainOptions(
                    [self.folder / "history.jsonl"],
                    out,
                    {"department": "department"},
                    leave={"department": [OTHER]},
                    noise=False,
                    quiet=True,
                    name="city",
                    version="start",
                )
            )
        return out

    def said(self, model: Path, orders: Sequence[Order]) -> list[Said]:
        if model not in self.routers:
            self.routers[model] = Router.load(model, target_precision=TARGET)
        routes = self.routers[model].route_without_evidence([order.text for order in orders])
        return [
            Said(route.department.code if route.department else "", automatic=not route.review.reasons)
            for route in routes
        ]

    def next(self, model: Path, labels: Sequence[Label], blind: Sequence[Label], name: str) -> Path:
        """The candidate, if it passes or nobody asks."""
        rows, judged = [list(map(_decided, part)) for part in (labels, blind)]
        key = hashlib.sha256(json.dumps([model.name, rows, judged]).encode()).hexdigest()[:12]
        out = self.folder / f"{name}-{key}"
        if not (out / GATE_FILE).exists():
            self._retrain(model, out, rows, judged)
        self.verdicts[name] = json.loads((out / GATE_FILE).read_text(encoding="utf-8"))
        return out if self.verdicts[name]["verdict"] == "yes" or not self.gated else model

    def _retrain(self, model: Path, out: Path, labels: list[Row], blind: list[Row]) -> None:
        _write(out.with_suffix(".jsonl"), labels)
        _write(out.with_suffix(".blind.jsonl"), blind)
        retrain(
            RetrainOptions(
                current=model,
                out=out,
                frozen=self.folder / "frozen.jsonl",
                history=[self.folder / "history.jsonl"],
                labels=[out.with_suffix(".jsonl")],
                blind=out.with_suffix(".blind.jsonl") if blind else None,
                noise=False,
                folds=3,
                target_precision=TARGET,
                version=out.name,
                overwrite=True,
                quiet=True,
            )
        )


@dataclass(frozen=True)
class Never:
    """The first model for ever."""

    by: Retrainings

    def said(self, model: Path, orders: Sequence[Order]) -> list[Said]:
        return self.by.said(model, orders)

    def next(self, model: Path, labels: Sequence[Label], blind: Sequence[Label], name: str) -> Path:
        return model


def lived(stream: Stream, folder: Path, seed: int) -> Row:
    """Every poison and arm of one seed."""
    routers, dev = dict[Path, Router](), dict[Path, float]()
    found: Row = {}
    for poison, wrong in POISONS.items():
        found[poison] = {}
        for arm in ARMS:
            by = Retrainings(stream, folder, arm == "gated", routers)
            learner = Never(by) if arm == "never" else by
            months = replay(stream.months, learner, by.first(), People(seed), poison=wrong, other=OTHER)
            for model in {own.model for own in months} - dev.keys():
                said = by.said(model, stream.dev)
                dev[model] = counted("dev", stream.dev, said, [], OTHER).accuracy
            found[poison][arm] = [_figures(own, dev, by.verdicts.get(own.month.name)) for own in months]
            print(f"{poison} goes wrong, {arm}\n\n{_table(found[poison][arm])}", flush=True)
    return found


def _figures(own: Lived[Path], dev: Mapping[Path, float], verdict: Row | None) -> Row:
    month = own.month
    return {
        "month": month.name,
        "orders": month.orders,
        "accuracy": round(month.accuracy, 4),
        "people": round(month.review, 4),
        "automatic": month.automatic,
        "precision": None if month.precision is None else round(month.precision, 4),
        "interval": wilson(month.precise, month.automatic),
        "labels": dict(month.labels),
        "dev": round(dev[own.model], 4),
        "candidate": verdict and _said_of(verdict),
    }


def _said_of(verdict: Row) -> Row:
    """What is kept of a ``gate.json``."""
    checks = {check["name"]: check for check in verdict["checks"]}
    return {
        "verdict": verdict["verdict"],
        "failed": [name for name, check in checks.items() if not check["passed"]],
        "fallen": checks["departments"]["figures"]["fallen"],
        "rows": verdict["training"]["rows"],
        "uses": verdict["frozen_uses"]["used"],
        **{name: checks[name]["figures"] for name in ("frozen.department", "better", "review", "precision")},
    }


def _table(rows: Sequence[Row]) -> str:
    header = ("month", "orders", "department", "people", "precision", "of", "on dev", "candidate")
    return table(header, map(_line, rows))


def _line(row: Row) -> tuple[object, ...]:
    shares = [percent(row[name]) for name in ("accuracy", "people", "precision")]
    candidate = row["candidate"]
    told = candidate and " ".join([candidate["verdict"], *candidate["failed"]])
    return (row["month"], row["orders"], *shares, row["automatic"], percent(row["dev"]), told or "–")


def _order(row: Row) -> Order:
    day = datetime.strptime(row["received"], "%Y%m%d").date()
    return Order(row["id"], row["text"], row["department"], day)


def _past(order: Order) -> Row:
    return {"id": order.id, "text": order.text, "department": order.department, "received": order.day.isoformat()}


def _decided(own: Label) -> Row:
    fields = {"department": own.department, "strength": own.strength, "decided": own.decided.isoformat()}
    return {"id": own.order.id, "text": own.order.text, **fields}


def _write(path: Path, rows: Iterable[Row]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--seeds", type=int, default=1, help="how often all is lived through (default: %(default)s)")
    options.add_argument("--work", type=Path, help="folder that keeps models and labels, to go on later: real text!")
    chosen = options.parse_args()
    seeds = {}
    for seed in range(chosen.seeds):
        with tempfile.TemporaryDirectory() as temporary:
            folder = (chosen.work or Path(temporary)) / str(seed)
            folder.mkdir(parents=True, exist_ok=True)
            seeds[str(seed)] = lived(Stream.read(chosen.shared, seed), folder, seed)
    facts = {"start": START, "frozen": FROZEN, "target": TARGET, "poisoned": POISONED}
    save("learning", {**facts, "seeds": seeds}, folder=chosen.results, libraries=("scikit-learn",))


if __name__ == "__main__":
    main()

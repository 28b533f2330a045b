"""What each profile of a model costs and gives: fast, balanced and best, side by side on messages never trained on.

For each profile: department against the real dispatch (hotline's dev orders) and against the readers (letters of
matters.dev), the matter's F1 on real messages read by the guideline, the share of the dev orders that goes through
without a person at target precision 0.90 and 0.95 with how many of those were right (orders for units without a code
count as wrong), calibration errors, and milliseconds a message with all cores. Intervals are 95 % (bootstrap over
messages, Wilson for shares). dev is enriched with 小事 and 私事, hence harder than the hotline's stream.

    python benchmarks/profiles.py [--model FOLDER] [--shared FOLDER]

Needs the real data; takes a minute or two.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from common import Row, parser, percent, read_real, save, table

from petition_nlp.artifact import load_model
from petition_nlp.router import Router
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.document import prepare
from petition_nlp.training.intervals import head_intervals, share_interval
from petition_nlp.training.metrics import head_metrics

TARGETS = (0.90, 0.95)
MATTERS = ("government", "community", "private")
_BATCH = 512


def figures(router: Router, head: str, rows: Sequence[Row]) -> Row:
    """A head's figures on the rows that have a label which it may suggest."""
    known = router.loaded.heads[head]
    labels = [label for label in known.labels if label not in known.leave]
    keep = [known.labels.index(label) for label in labels]
    own = [row for row in rows if row[head] in labels]
    scored = router.predictor.predict([prepare(row["text"]) for row in own])
    probabilities = scored.probabilities[head][:, keep]
    truth = np.array([labels.index(row[head]) for row in own])
    found = head_metrics(probabilities, truth, labels)
    chief = {name: found[name] for name in ("n", "accuracy", "macro_f1", "macro_labels", "top3", "ece", "ece_perfect")}
    f1 = {row["label"]: row["f1"] for row in found["per_label"] if row["n"]}
    return {**chief, "intervals": head_intervals(probabilities, truth), "f1": f1}


def automatic(model: Path, profile: str, orders: Sequence[Row], target: float) -> Row:
    """What goes through without a person at a target precision."""
    router = Router.load(model, profile=profile, target_precision=target)
    routes = router.route([order["text"] for order in orders])
    through = [
        (route, order)
        for route, order in zip(routes, orders, strict=True)
        if not route.review.required and order["unit"]
    ]
    right = sum(
        route.department is not None and route.department.code == order["department"] for route, order in through
    )
    dispatched = sum(bool(order["unit"]) for order in orders)
    return {
        "share": round(len(through) / dispatched, 4),
        "share_interval": share_interval(len(through), dispatched),
        "precision": round(right / len(through), 4) if through else None,
        "precision_interval": share_interval(right, len(through)),
        "proven": sorted(router.gate.floors) if router.gate else [],
    }


def milliseconds(router: Router, texts: Sequence[str]) -> float:
    """Of the clock, a message, in batches of 512."""
    router.route(texts[:8])
    start = time.perf_counter()
    for first in range(0, len(texts), _BATCH):
        router.route(texts[first : first + _BATCH])
    return round((time.perf_counter() - start) / len(texts) * 1000, 2)


def measure(model: Path, profile: str, orders: Sequence[Row], readings: Sequence[Row]) -> Row:
    """All figures of one profile."""
    router = Router.load(model, profile=profile)
    letters = [row for row in readings if row["id"] not in {order["id"] for order in orders}]
    return {
        "department": figures(router, "department", orders),
        "department_letters": figures(router, "department", letters),
        "matter": figures(router, "matter", [row for row in readings if row["matter"] in MATTERS]),
        "automatic": {f"{target:.2f}": automatic(model, profile, orders, target) for target in TARGETS},
        "milliseconds": milliseconds(router, [order["text"] for order in orders]),
    }


def main() -> None:
    chosen = parser(__doc__, model=True).parse_args()
    orders, readings = (read_real(chosen.shared / name) for name in ("haikou12345.dev.jsonl", "matters.dev.jsonl"))
    model = load_model(chosen.model, taxonomy=Taxonomy.load().version)
    found = {profile: measure(chosen.model, profile, orders, readings) for profile in model.profiles}
    _print(found)
    save("profiles", {"profiles": found}, folder=chosen.results, model=chosen.model, libraries=("onnxruntime",))


def _print(found: Row) -> None:
    columns = ("accuracy", "macro-F1", "top-3", "ECE (perfect)")
    for head, title in (
        ("department", "department, real dispatch"),
        ("department_letters", "department, letters against readers"),
        ("matter", "matter, real messages"),
    ):
        print(table((title, "rows", *columns), [_line(profile, own[head]) for profile, own in found.items()]))
    print(
        table(
            ("matter, F1", *MATTERS, "mean of the three"),
            [(profile, *_f1(own["matter"])) for profile, own in found.items()],
        )
    )
    header = ("without a person", *(f"{part} at {target:.2f}" for target in TARGETS for part in ("share", "right")))
    print(table((*header, "ms a message"), [_automatic(profile, own) for profile, own in found.items()]))


def _line(profile: str, own: Row) -> tuple[Any, ...]:
    cells = [
        f"{own[name]:.3f} [{own['intervals'][name][0]:.3f}, {own['intervals'][name][1]:.3f}]"
        for name in ("accuracy", "macro_f1", "top3")
    ]
    return (profile, own["n"], *cells, f"{own['ece']:.3f} ({own['ece_perfect']:.3f})")


def _f1(own: Row) -> list[str]:
    each = [own["f1"].get(label, 0.0) for label in MATTERS]
    return [f"{value:.3f}" for value in (*each, float(np.mean(each)))]


def _automatic(profile: str, own: Row) -> tuple[Any, ...]:
    cells = [
        percent(part[name], part[f"{name}_interval"])
        for part in own["automatic"].values()
        for name in ("share", "precision")
    ]
    return (profile, *cells, own["milliseconds"])


if __name__ == "__main__":
    main()

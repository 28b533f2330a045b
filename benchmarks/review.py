"""What goes to people: review reasons, the share routed without a person, and how often that was right.

Measured on the hotline's dev orders: how often each review reason fires, and all of them but low confidence
together (target: at most 3 %); then, for target precisions of 0.90 and 0.95, the share of orders that need no
review, how often their department was the real dispatch, and how many of the orders for units without a code
(nobody the router could name) go through all the same; last, the share with an emergency line.

The calibration orders (haikou12345.calib) are not measured here and must not be: the thresholds were solved on
them, so any figure on them would flatter. Their one use is the threshold, which the model folder carries.
Dev is enriched with 小事 and 私事 and is so somewhat harder than the stream.

    python benchmarks/review.py [--model FOLDER] [--shared FOLDER]

Needs the real data.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from common import Row, parser, percent, read_real, save, table

from petition_nlp.route import Route
from petition_nlp.router import Router
from petition_nlp.training.intervals import share_interval

TARGETS = (0.90, 0.95)
CONFIDENCE = frozenset({"low_confidence", "no_threshold"})
MOST_OTHER = 0.03


def share(part: int, whole: int) -> Row:
    """A count, what it is of, its share and Wilson's 95 % interval."""
    value = round(part / whole, 4) if whole else None
    return {"count": part, "of": whole, "share": value, "interval": share_interval(part, whole)}


def reasons(routes: Sequence[Route]) -> Row:
    """Share of the orders for each review reason, and for any other than low confidence."""
    own = [{reason.code for reason in route.review.reasons} for route in routes]
    found = Counter(code for codes in own for code in codes)
    other = sum(bool(codes - CONFIDENCE) for codes in own)
    return {
        "each": {code: share(count, len(routes)) for code, count in found.most_common()},
        "other_than_low_confidence": share(other, len(routes)),
    }


def automatic(routes: Sequence[Route], orders: Sequence[Row]) -> Row:
    """What goes through without a person, and what of it was right."""
    pairs = list(zip(routes, orders, strict=True))
    through = [(route, order) for route, order in pairs if not route.review.required]
    known = [(route, order) for route, order in through if order["department"]]
    right = sum(route.department is not None and route.department.code == order["department"] for route, order in known)
    uncoded = [route for route, order in pairs if order["unit"] and not order["department"]]
    dispatched = [order for _, order in through if order["department"] or order["unit"]]
    return {
        "through": share(len(through), len(pairs)),
        "precision": share(right, len(known)),
        "precision_with_uncoded_as_wrong": share(right, len(dispatched)),
        "uncoded_through": share(sum(not route.review.required for route in uncoded), len(uncoded)),
    }


def at_target(model: Path, target: float, orders: Sequence[Row]) -> tuple[Row, list[Route]]:
    """Figures at one target precision, and the routes."""
    router = Router.load(model, target_precision=target)
    routes = router.route([order["text"] for order in orders])
    gate = router.gate
    solved = round(gate.threshold, 4) if gate is not None and math.isfinite(gate.threshold) else None
    return {"threshold": solved, **automatic(routes, orders)}, routes


def main() -> None:
    chosen = parser(__doc__, model=True).parse_args()
    orders = read_real(chosen.shared / "haikou12345.dev.jsonl")
    runs = {f"{target:.2f}": at_target(chosen.model, target, orders) for target in TARGETS}
    routes = runs[f"{TARGETS[0]:.2f}"][1]
    figures = {
        "n": len(orders),
        "reasons_at": TARGETS[0],
        "reasons": reasons(routes),
        "targets": {target: own for target, (own, _) in runs.items()},
        "emergency": share(sum(route.emergency is not None for route in routes), len(routes)),
    }
    _print(figures)
    save("review", figures, folder=chosen.results, model=chosen.model)


def _print(figures: Row) -> None:
    each, other = figures["reasons"]["each"], figures["reasons"]["other_than_low_confidence"]
    rows = [*each.items(), (f"**all but low confidence** (target ≤ {MOST_OTHER:.0%})", other)]
    print(
        table(
            (f"review reason, {figures['n']:,} dev orders", "orders", "share"),
            [(name, own["count"], _share(own)) for name, own in rows],
        )
    )
    shares = ("without a person", "right department", "… uncoded as wrong", "uncoded let through")
    header = ("target precision", "threshold", *shares)
    print(table(header, [_line(target, own) for target, own in figures["targets"].items()]))
    print(f"emergency line named: {_share(figures['emergency'])} of {figures['n']:,} orders\n")


def _line(target: str, own: Row) -> tuple[object, ...]:
    shares = ("through", "precision", "precision_with_uncoded_as_wrong", "uncoded_through")
    return (target, own["threshold"], *(_share(own[name]) for name in shares))


def _share(own: Row) -> str:
    return percent(own["share"], own["interval"])


if __name__ == "__main__":
    main()

"""What goes to people: review reasons, the share routed without a person, and how often that was right.

Measured on the hotline's dev orders: how often each review reason fires, and all of them but low confidence
together (target: at most 3 %); then, for target precisions of 0.90 and 0.95, the share of orders that need no
review, how often their department was the real dispatch, and how many of the orders for units without a code
(nobody the router could name) go through all the same; how often the candidates hold the right department; last, the
share with an emergency line, and how many of the invented emergencies that nobody tunes on
(tests/data/more_review_cases.jsonl, half of them quiet, half harmless though alarming) get one.

The calibration orders (haikou12345.calib) are not measured here and must not be: the thresholds were solved on
them, so any figure on them would flatter. Their one use is the threshold, which the model folder carries.
Dev is enriched with 小事 and 私事 and is so somewhat harder than the stream.

    python benchmarks/review.py [--model FOLDER] [--shared FOLDER]

Needs the real data.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from common import ROOT, Row, parser, percent, read_real, save, table
from scipy.stats import beta

from petition_nlp.route import Route
from petition_nlp.router import Router
from petition_nlp.training.intervals import share_interval

TARGETS = (0.90, 0.95)
CONFIDENCE = frozenset({"low_confidence", "no_threshold"})
MOST_OTHER = 0.03
BLIND = ROOT / "tests" / "data" / "more_review_cases.jsonl"


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
    both = [(route, order) for route, order in known if order.get("matter")]
    joint = sum(
        route.department is not None
        and route.matter is not None
        and (route.matter.code, route.department.code) == (order["matter"], order["department"])
        for route, order in both
    )
    right = sum(route.department is not None and route.department.code == order["department"] for route, order in known)
    uncoded = [route for route, order in pairs if order["unit"] and not order["department"]]
    dispatched = [order for _, order in through if order["department"] or order["unit"]]
    return {
        "through": share(len(through), len(pairs)),
        "precision": share(right, len(known)),
        "joint_precision": share(joint, len(both)),
        "precision_with_uncoded_as_wrong": share(right, len(dispatched)),
        "uncoded_through": share(sum(not route.review.required for route in uncoded), len(uncoded)),
    }


def candidates(routes: Sequence[Route], orders: Sequence[Row]) -> Row:
    """How often the candidates hold the right department, and how many they are."""
    pairs = [(route.candidates, order["department"]) for route, order in zip(routes, orders, strict=True)]
    sets = [([choice.code for choice in own.departments], right) for own, right in pairs if own is not None and right]
    return {
        "wanted": next(own.coverage for own, _ in pairs if own is not None),
        "held": share(sum(right in codes for codes, right in sets), len(sets)),
        "mean_size": round(sum(len(codes) for codes, _ in sets) / len(sets), 2),
        "single": share(sum(len(codes) == 1 for codes, _ in sets), len(sets)),
    }


def blind_emergencies(router: Router) -> Row:
    """Recall with its one-sided 95 % lower bound (Clopper–Pearson), and false alarms, on cases nobody tunes on."""
    cases = [json.loads(line) for line in BLIND.read_text(encoding="utf-8").splitlines()]
    own = [case for case in cases if case["reason"] == "emergency"]
    routes = router.route([case["text"] for case in own])
    raised = [(route.emergency is not None, case["expected"]) for route, case in zip(routes, own, strict=True)]
    found, real = sum(up for up, expected in raised if expected), sum(expected for _, expected in raised)
    alarms = sum(up for up, expected in raised if not expected)
    return {
        "recall": share(found, real),
        "recall_at_least": round(float(beta.ppf(0.05, found, real - found + 1)), 4),
        "false_alarms": share(alarms, len(raised) - real),
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
    read = {row["id"]: row["matter"] for row in read_real(chosen.shared / "matters.dev.jsonl")}
    orders = [
        {**order, "matter": read.get(order["id"])} for order in read_real(chosen.shared / "haikou12345.dev.jsonl")
    ]
    runs = {f"{target:.2f}": at_target(chosen.model, target, orders) for target in TARGETS}
    routes = runs[f"{TARGETS[0]:.2f}"][1]
    figures = {
        "n": len(orders),
        "reasons_at": TARGETS[0],
        "reasons": reasons(routes),
        "targets": {target: own for target, (own, _) in runs.items()},
        "candidates": candidates(routes, orders),
        "blind_emergencies": blind_emergencies(Router.load(chosen.model)),
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
    shares = ("without a person", "right department", "… and matter", "… uncoded as wrong", "uncoded let through")
    header = ("target precision", "threshold", *shares)
    print(table(header, [_line(target, own) for target, own in figures["targets"].items()]))
    sets = figures["candidates"]
    print(
        f"candidates at {sets['wanted']:.0%}: right department among them {_share(sets['held'])}, "
        f"{sets['mean_size']} departments on average, one alone {_share(sets['single'])}\n"
    )
    blind = figures["blind_emergencies"]
    print(
        f"blind emergencies: recall {_share(blind['recall'])}, at least {blind['recall_at_least']:.1%}; "
        f"false alarms {_share(blind['false_alarms'])}"
    )
    print(f"emergency line named: {_share(figures['emergency'])} of {figures['n']:,} orders\n")


def _line(target: str, own: Row) -> tuple[object, ...]:
    shares = ("through", "precision", "joint_precision", "precision_with_uncoded_as_wrong", "uncoded_through")
    return (target, own["threshold"], *(_share(own[name]) for name in shares))


def _share(own: Row) -> str:
    return percent(own["share"], own["interval"])


if __name__ == "__main__":
    main()

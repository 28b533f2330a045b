"""How soon blind reviews see that the model has become worse, and how often they stop it falsely.

Verdicts of an office that judges some orders a week are drawn at random. The service's rule is looked at after every
verdict: the evidence of `petition_nlp.fall`, whose guarantee does not wear off by looking. Beside it, for
comparison, the rule that one would write first: stop when the upper end of the usual 95 % interval (Wilson) of all
verdicts lies below the target.

    python benchmarks/blind.py [--runs N]
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from common import Row, parser, percent, save, table
from numpy.typing import NDArray

from petition_nlp.fall import LIMIT, WORSE, evidence
from petition_nlp.report.statistics import wilson

TARGET = 0.90
A_WEEK = 40
WEEKS = 52
MONTH = 4
"""Weeks after which a month begins: thirteen in a year, the most that there can be."""
LEAST = 30
HALF_A_YEAR = 26
YEARS_AFTER = 3
Z95 = 1.959964
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]


def verdicts(precision: Sequence[float], runs: int, random: np.random.Generator) -> Bools:
    """(runs, verdicts) which of them say that the model was right, its precision changing as given."""
    return random.random((runs, len(precision))) < np.asarray(precision)


def by_evidence(right: Bools) -> Bools:
    """Where the service's rule would stop."""
    begins = np.arange(right.shape[1]) % (MONTH * A_WEEK) == 0
    total = np.zeros(right.shape)
    for times, weight in WORSE:
        worse = TARGET / (TARGET + times * (1 - TARGET))
        steps = np.where(right, np.log(worse / TARGET), np.log((1 - worse) / (1 - TARGET)))
        until = np.cumsum(steps, axis=1)
        before = until - steps
        with np.errstate(over="ignore"):  # beyond all limits is enough
            total += weight * np.exp(until) * np.cumsum(np.where(begins, np.exp(-before), 0.0), axis=1)
    return total >= LIMIT


def by_interval(right: Bools) -> Bools:
    """Where Wilson's upper end lies below the target."""
    n = np.arange(1, right.shape[1] + 1)
    share, spread = np.cumsum(right, axis=1) / n, Z95**2 / n
    half = Z95 * np.sqrt(share * (1 - share) / n + spread / n / 4)
    return (share + spread / 2 + half) / (1 + spread) < TARGET


def stopped_at(stops: Bools) -> NDArray[np.int64]:
    """The number of verdicts after which each run stops, one more than there are if it never does."""
    counted = stops.copy()
    counted[:, : LEAST - 1] = False
    return np.where(counted.any(axis=1), counted.argmax(axis=1) + 1, counted.shape[1] + 1)


RULES = {"evidence": by_evidence, "interval": by_interval}


def falsely(precision: float, runs: int, random: np.random.Generator) -> Row:
    """Shares of runs that stop within a year though nothing has changed, by either rule."""
    right = verdicts([precision] * (WEEKS * A_WEEK), runs, random)
    row: Row = {"precision": precision, "runs": runs}
    for name, rule in RULES.items():
        count = int((stopped_at(rule(right)) <= right.shape[1]).sum())
        row[name] = {"share": count / runs, "interval": [round(end, 4) for end in wilson(count, runs)]}
    return row


def delay(weeks_before: int, after: float, runs: int, random: np.random.Generator) -> Row:
    """Weeks from a fall from 0.95 until the rules stop, among the runs that have not stopped before."""
    path = [0.95] * (weeks_before * A_WEEK) + [after] * (YEARS_AFTER * WEEKS * A_WEEK)
    right = verdicts(path, runs, random)
    row: Row = {"weeks_before": weeks_before, "after": after}
    for name, rule in RULES.items():
        weeks = (stopped_at(rule(right)) - weeks_before * A_WEEK) / A_WEEK
        weeks = weeks[weeks > 0]
        row[name] = {"median": round(float(np.median(weeks)), 1), "90 %": round(float(np.quantile(weeks, 0.9)), 1)}
    return row


def check(random: np.random.Generator) -> None:
    """Make sure that what is simulated is what the service does."""
    [right] = verdicts([0.8] * (3 * MONTH * A_WEEK), 1, random)
    stops = by_evidence(right[None, :])[0]
    for end in range(1, len(right) + 1):
        months = [right[start : min(start + MONTH * A_WEEK, end)] for start in range(0, end, MONTH * A_WEEK)]
        counts = [(int(month.sum()), int((~month).sum())) for month in months]
        assert (evidence(counts, TARGET) >= LIMIT) == stops[end - 1]


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--runs", type=int, default=5000, help="simulated years for each row (default: %(default)s)")
    chosen = options.parse_args()
    random = np.random.default_rng(20261130)
    check(random)
    false = [falsely(precision, chosen.runs, random) for precision in (0.90, 0.91, 0.92, 0.95)]
    falls = [
        delay(before, after, chosen.runs // 5, random) for before in (0, HALF_A_YEAR) for after in (0.85, 0.80, 0.70)
    ]
    print(f"False stops within a year, {A_WEEK} verdicts a week, target {TARGET}\n")
    header = ("true precision", "evidence (the service)", "Wilson, looked at after each verdict")
    rows = [[row["precision"], *(percent(**row[rule]) for rule in RULES)] for row in false]
    print(table(header, rows))
    print("Weeks from a fall from 0.95 until the stop: median (90 % within)\n")
    header = ("weeks before the fall, precision after it", "evidence (the service)", "Wilson")
    rows = [
        [f"{row['weeks_before']}, {row['after']}", *(f"{row[rule]['median']} ({row[rule]['90 %']})" for rule in RULES)]
        for row in falls
    ]
    print(table(header, rows))
    save("blind", {"a_week": A_WEEK, "target": TARGET, "false": false, "falls": falls}, folder=chosen.results)


if __name__ == "__main__":
    main()

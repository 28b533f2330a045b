"""Whether the gate of `petition-nlp retrain` keeps its promise, and what it lets pass.

Pairs of models with known differences are drawn at random: which messages each of them gets right, of forty
departments of unequal size. Of the messages 5 % come several times, and their copies are right or wrong together. The
matters are as often right with the candidate as with the current model, though not the same ones; a model sends half of
its right answers on without a person, and no wrong ones. Each pair goes through `petition_nlp.training.gate.compare`
with the default options, as a first use of the frozen set.

    python benchmarks/gate.py [--runs N] [--processes N]
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import cache

import numpy as np
from common import Row, parser, percent, save, table
from numpy.typing import NDArray

from petition_nlp.report.statistics import wilson
from petition_nlp.router import Router
from petition_nlp.training.answers import Answers, Sample
from petition_nlp.training.gate import GateOptions, compare

ROWS = (300, 1200, 3000)
DEPARTMENTS = 40
RIGHT = 0.75
MATTER_RIGHT, MATTER_DIFFER = 0.90, 0.04
SURE, SURE_DIFFER = 0.50, 0.15
COPIED = 0.05
FALLEN = 3
"""The department that loses in one case: the fourth in size, of 5.7 % of the messages."""
SIZES = 1 / np.arange(1, DEPARTMENTS + 1) ** 0.9
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Case:
    """How a candidate differs from the current model.

    :param better: by how much more of the departments are right. :param differ: share of messages on which only one is.
    :param lost: share of the right answers for one department that the candidate loses.
    """

    name: str
    better: float
    differ: float
    lost: float = 0.0


CASES = (
    Case("4 points worse", -0.04, 0.10),
    Case("2 points worse", -0.02, 0.083),
    Case("equal", 0.0, 0.083),
    Case("1 point better", 0.01, 0.083),
    Case("3 points better", 0.03, 0.10),
    Case("5 points better", 0.05, 0.12),
    Case("3 points better, one department loses 20 %", 0.03, 0.10, lost=0.20),
)


def drawn(case: Case, rows: int, departments: tuple[str, ...], random: np.random.Generator) -> Sample:
    """A frozen set as both models answer it."""
    groups = _copies(rows, random)
    messages = int(groups.max()) + 1
    department = random.choice(DEPARTMENTS, p=SIZES / SIZES.sum(), size=messages)
    current, candidate = _pair(messages, RIGHT, case.better, case.differ, random)
    if case.lost:
        candidate = np.where(department == FALLEN, current & (random.random(messages) >= case.lost), candidate)
    matters = _pair(messages, MATTER_RIGHT, 0.0, MATTER_DIFFER, random)
    sure = _pair(messages, SURE, 0.0, SURE_DIFFER, random)
    first, second = (
        Answers({"department": right[groups], "matter": matter[groups]}, (certain & right)[groups])
        for right, matter, certain in zip((current, candidate), matters, sure, strict=True)
    )
    labels = {"department": [departments[own] for own in department[groups]], "matter": ["-"] * rows}
    return Sample("frozen", labels, {name: frozenset() for name in labels}, groups, first, second)


def _copies(rows: int, random: np.random.Generator) -> NDArray[np.int64]:
    """The number of each row's message: most messages stand alone."""
    sizes = np.where(random.random(rows) < COPIED, random.geometric(0.4, size=rows) + 1, 1)
    return np.repeat(np.arange(rows), sizes)[:rows]


def _pair(n: int, right: float, better: float, differ: float, random: np.random.Generator) -> tuple[Flags, Flags]:
    """Which of n messages two models get right."""
    gains, loses = (differ + better) / 2, (differ - better) / 2
    both, neither = right - loses, 1 - right - gains
    kind = random.choice(4, p=(both, loses, gains, neither), size=n)
    return kind <= 1, (kind == 0) | (kind == 2)


@cache
def _router() -> Router:
    return Router.load()


def said(place: int, rows: int, run: int) -> tuple[bool, list[str]]:
    """Whether one candidate passes, and which checks stop it."""
    router = _router()
    departments = tuple(router.loaded.heads["department"].labels[:DEPARTMENTS])
    sample = drawn(CASES[place], rows, departments, np.random.default_rng((place, rows, run)))
    found = compare(router, router, [sample], GateOptions(), uses=1)
    return found.promote, [check.name for check in found.checks if not check.passed]


def counted(place: int, rows: int, runs: int, pool: ProcessPoolExecutor) -> Row:
    """How many candidates of a case pass, and what stops the others."""
    found = list(pool.map(said, [place] * runs, [rows] * runs, range(runs), chunksize=10))
    passed = sum(promote for promote, _ in found)
    stopped = Counter(name for _, failed in found for name in failed)
    alone = Counter(failed[0] for _, failed in found if len(failed) == 1)
    return {
        "case": CASES[place].name,
        "rows": rows,
        "passed": passed,
        "interval": [round(end, 4) for end in wilson(passed, runs)],
        "stopped": dict(stopped.most_common()),
        "stopped_alone": dict(alone.most_common()),
    }


def measured(runs: int, processes: int) -> Iterator[Row]:
    """All cases with all sizes of the frozen set."""
    with ProcessPoolExecutor(processes) as pool:
        for rows in ROWS:
            for place in range(len(CASES)):
                found = counted(place, rows, runs, pool)
                print(f"{rows} rows, {found['case']}: {found['passed']} of {runs} pass", flush=True)
                yield found


def main() -> None:
    options = parser(__doc__)
    options.add_argument("--runs", type=int, default=400, help="candidates of each case (default: %(default)s)")
    options.add_argument("--processes", type=int, default=2, help="at a time (default: %(default)s)")
    chosen = options.parse_args()
    found = list(measured(chosen.runs, chosen.processes))
    checks = sorted({name for row in found for name in row["stopped"]})
    lines = [
        [f"{row['rows']:,}, {row['case']}", percent(row["passed"] / chosen.runs, row["interval"])]
        + [percent(row["stopped"].get(name, 0) / chosen.runs) for name in checks]
        for row in found
    ]
    print(table(("rows, candidate", "passes", *checks), lines))
    given = GateOptions()
    promised = {"level": given.level(1), "margin": given.margin, "error": given.error, "uses": given.planned_uses}
    save("gate", {"runs": chosen.runs, "promised": promised, "cases": found}, folder=chosen.results)


if __name__ == "__main__":
    main()

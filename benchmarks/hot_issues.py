"""Hot issues: are differently worded reports of one matter gathered, and nothing else? And how fast.

Twenty invented issues of seven reports each (``tests/report/hot_issues.jsonl``) are hidden among the invented sample
orders, spread over 25 days. Departments are what the default model says, mistakes included. Thresholds are chosen on
ten of the issues and half of the orders and measured on the rest, twice: as they are, and among 5,000 further orders
that are put together from clauses of the sample orders and invented places. A pair of reports is right if both belong
to one planted issue; pairs of two unplanted orders are not counted, since nobody says which belong together. All issues
were seen while the method was built, so the figures of the second half are not those of a blind test.

    python benchmarks/hot_issues.py

Needs no real data; some minutes of one core.
"""

from __future__ import annotations

import itertools
import json
import random
import resource
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass

from common import ROOT, Row, parser, percent, sample_rows, save, table

from petition_nlp.report.issues.links import Thresholds
from petition_nlp.report.issues.tracker import Report, Tracker, gather
from petition_nlp.report.statistics import wilson
from petition_nlp.router import Router
from petition_nlp.text.mask import mask
from petition_nlp.text.normalise import normalise

ISSUES = ROOT / "tests" / "report" / "hot_issues.jsonl"
DAYS = 25
GRID = {
    "topic": (0.05, 0.1, 0.2),
    "topic_apart": (0.5, 0.65, 0.8),
    "plain": (0.8, 1.0, 1.2),
    "plain_apart": (1.4, 1.8),
    "group": (0.35, 0.5, 0.65),
}
MONTH = 35_000
CROWD = 5_000
PLACES = ["".join(pair) for pair in itertools.product("安平长宁云锦桂松梧桐金银玉翠石青", "湖桥溪山林泉岭台")]


@dataclass(frozen=True)
class Part:
    """Reports by day, and the planted issue of each, empty for an order of the background."""

    reports: list[Report]
    issues: list[str]


def read(router: Router, seed: int) -> Part:
    """Planted reports and sample orders on random days."""
    rng = random.Random(seed)
    planted = [json.loads(line) for line in ISSUES.read_text(encoding="utf-8").splitlines()]
    areas = sorted({row["area"] for row in planted})
    rows = [(row["day"], row["area"], row["issue"], row["text"]) for row in planted]
    rows += [(rng.randrange(DAYS), row["所属区域"] or rng.choice(areas), "", row["诉求内容"]) for row in sample_rows()]
    rows.sort(key=lambda row: row[0])
    routes = router.route([text for *_, text in rows])
    reports = [
        Report(day, area, route.department.code if route.department else "", False, "", line, mask(normalise(text)))
        for line, ((day, area, _, text), route) in enumerate(zip(rows, routes, strict=True))
    ]
    return Part(reports, [issue for _, _, issue, _ in rows])


def halves(part: Part) -> tuple[Part, Part]:
    """Every second issue and every second order of the background, and the others."""
    names = sorted(set(part.issues) - {""})
    first = [names.index(issue) % 2 == 0 if issue else number % 2 == 0 for number, issue in enumerate(part.issues)]
    return _kept(part, first), _kept(part, [not chosen for chosen in first])


def _kept(part: Part, chosen: Sequence[bool]) -> Part:
    return Part(list(itertools.compress(part.reports, chosen)), list(itertools.compress(part.issues, chosen)))


def crowded(part: Part, size: int) -> Part:
    """The same reports among others, up to ``size`` in all."""
    rng = random.Random(3)
    orders = [report for report, issue in zip(part.reports, part.issues, strict=True) if not issue]
    clauses = [clause for order in orders for clause in order.text.replace("。", ",").split(",") if clause]
    areas = sorted({report.area for report in part.reports})
    rows = list(zip(part.reports, part.issues, strict=True))
    while len(rows) < size:
        place = rng.choice(PLACES) + rng.choice(("小区", "路", "村", "花园"))
        text = place + ",".join(rng.sample(clauses, 4))
        department = rng.choice(orders).department
        rows.append((Report(rng.randrange(DAYS), rng.choice(areas), department, False, "", len(rows), text), ""))
    rows.sort(key=lambda row: row[0].day)
    return Part([report for report, _ in rows], [issue for _, issue in rows])


def clusters(part: Part, thresholds: Thresholds) -> dict[int, list[int]]:
    """Positions of the reports of each issue that was found."""
    found: dict[int, list[int]] = {}
    for position, label in enumerate(gather(part.reports, thresholds)):
        if label >= 0:
            found.setdefault(label, []).append(position)
    return found


def score(part: Part, thresholds: Thresholds) -> Row:
    """Precision and recall of pairs, and planted issues of which at least five reports are together."""
    right = wrong = whole = 0
    groups = clusters(part, thresholds)
    for members in groups.values():
        names = Counter(part.issues[member] for member in members)
        same = sum(_pairs(n) for name, n in names.items() if name)
        right += same
        wrong += _pairs(len(members)) - same - _pairs(names[""])
        whole += any(name and n >= 5 for name, n in names.items())
    possible = sum(_pairs(n) for name, n in Counter(part.issues).items() if name)
    precision, recall = right / max(right + wrong, 1), right / possible
    return {
        "reports": len(part.reports),
        "pairs": possible,
        "precision": round(precision, 4),
        "precision interval": [round(end, 4) for end in wilson(right, right + wrong)],
        "recall": round(recall, 4),
        "f1": round(2 * precision * recall / max(precision + recall, 1e-9), 4),
        "issues": len(set(part.issues) - {""}),
        "issues with 5 of 7 reports together": whole,
    }


def _pairs(n: int) -> int:
    return n * (n - 1) // 2


def choices() -> Iterator[Thresholds]:
    for values in itertools.product(*GRID.values()):
        yield Thresholds(**dict(zip(GRID, values, strict=True)))


def choose(part: Part) -> Thresholds:
    """The thresholds with the best mean F1 of both arrangements."""
    parts = (part, crowded(part, CROWD))
    return max(choices(), key=lambda one: sum(score(each, one)["f1"] for each in parts))


def both(part: Part, thresholds: Thresholds) -> Row:
    return {"as it is": score(part, thresholds), "in a crowd": score(crowded(part, CROWD), thresholds)}


def speed(part: Part) -> Row:
    """A month of a large city."""
    made = crowded(part, MONTH).reports
    tracker, start = Tracker(), time.perf_counter()
    found = 0
    for at in range(0, len(made), 5_000):
        found += len(tracker.add(made[at : at + 5_000]))
    found += len(tracker.close())
    seconds = time.perf_counter() - start
    return {
        "reports": len(made),
        "seconds": round(seconds, 1),
        "reports a second": round(len(made) / seconds),
        "issues": found,
        "peak MB of the whole script": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024,
    }


def main() -> None:
    options = parser(__doc__, model=True)
    chosen_options = options.parse_args()
    whole = read(Router.load(chosen_options.model, profile="fast"), seed=1)
    first, second = halves(whole)
    best = choose(first)
    figures = {
        "shipped": asdict(Thresholds()),
        "chosen here": asdict(best),
        "chosen on": both(first, best),
        "measured on": both(second, best),
        "shipped, measured on": both(second, Thresholds()),
        "speed": speed(whole),
    }
    lines = [
        (
            f"{name}, {arrangement}",
            percent(own["precision"], own["precision interval"]),
            percent(own["recall"]),
            percent(own["f1"]),
            f"{own['issues with 5 of 7 reports together']}/{own['issues']}",
        )
        for name in ("chosen on", "measured on", "shipped, measured on")
        for arrangement, own in figures[name].items()
    ]
    print(table(("part", "precision", "recall", "F1", "issues found"), lines))
    print(json.dumps({key: figures[key] for key in ("shipped", "chosen here", "speed")}, indent=1))
    save("hot_issues", figures, folder=chosen_options.results, model=chosen_options.model)


if __name__ == "__main__":
    main()

"""The same matter again: are likely earlier messages found, and are they the same matter? And how fast.

Invented matters in two to four wordings each (``tests/repeats/matters.yaml``), in families that are easily confused:
one place with several troubles, one trouble at several places, one operator's template. Weights and limits are chosen
on the first half, among the sample orders as further messages, and reported on the second, and on the twenty issues of
``tests/report/hot_issues.jsonl``. Departments are what the default model says, mistakes included. Author of method and
messages are the same, so the figures are not those of a blind test.

False alarms are counted in streams of 30 days in which no matter is known to come twice: the sample orders, and 10,000
messages put together from their clauses and invented places. With the real data, the share of a hotline's orders for
which an earlier one is named is given too; nobody has said which of them are right.

    python benchmarks/repeats.py

A minute or two; the real data are not needed.
"""

from __future__ import annotations

import datetime
import heapq
import itertools
import json
import random
import time
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import yaml
from archive_text import places, read_material
from common import ROOT, Row, parser, percent, sample_rows, save, table
from sklearn.linear_model import LogisticRegression

from petition_nlp.repeats import Held, Level, Statement, clues, compare, read
from petition_nlp.repeats.likeness import SHIPPED, Weights, features
from petition_nlp.repeats.signs import signs
from petition_nlp.report.statistics import wilson
from petition_nlp.route import Choice, Message
from petition_nlp.router import Router

MATTERS = ROOT / "tests" / "repeats" / "matters.yaml"
ISSUES = ROOT / "tests" / "report" / "hot_issues.jsonl"
CANDIDATES = 50
DAYS = 30
STREAM = 10_000
WANTED, WANTED_SIMILAR = 0.97, 0.75
"""Precision of ``same`` to be reached where the limit is chosen; a lower one for ``similar``."""


@dataclass(frozen=True)
class Told:
    """A message and the matter that it tells of, empty for one of the background."""

    matter: str
    statement: Statement


def told(rows: Sequence[tuple[str, Message]], router: Router) -> list[Told]:
    routes = router.route([message for _, message in rows])
    return [
        Told(matter, read(message, route.department)) for (matter, message), route in zip(rows, routes, strict=True)
    ]


def matters(half: str) -> Iterator[tuple[str, Message]]:
    """The messages of a half, each with the name of its matter."""
    families = yaml.safe_load(MATTERS.read_text(encoding="utf-8"))[half]
    for family in families:
        for number, matter in enumerate(family["matters"]):
            own = matter if isinstance(matter, dict) else {"texts": matter}
            for text in own["texts"]:
                yield f"{family['family']} {number}", Message(text, area=own.get("area", family["area"]))


def hot_issues() -> Iterator[tuple[str, Message]]:
    for line in ISSUES.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["issue"], Message(row["text"], area=row["area"])


def background() -> Iterator[tuple[str, Message]]:
    for row in sample_rows():
        yield "", Message(row["诉求内容"], title=row["诉求标题"], area=row["所属区域"])


def pairs(part: Sequence[Told]) -> Iterator[tuple[Told, Told]]:
    """Every pair, the later message first; none of two messages of the background, which nobody has judged."""
    return ((new, old) for old, new in itertools.combinations(part, 2) if new.matter or old.matter)


def fit(part: Sequence[Told]) -> Weights:
    """Weights by logistic regression, then the lowest limits that reach the wanted precision."""
    judged = [(signs(new.statement, old.statement, Held()), new.matter == old.matter) for new, old in pairs(part)]
    judged = [(found, same) for found, same in judged if not found.forbidden]
    rows = np.array([list(features(found).values()) for found, _ in judged], dtype=float)
    model = LogisticRegression(C=1.0, max_iter=2000).fit(rows, [same for _, same in judged])
    names = features(judged[0][0]).keys()
    chosen = dict(zip(names, np.round(model.coef_[0], 2).tolist(), strict=True))
    weights = Weights(base=round(float(model.intercept_[0]), 2), **chosen, same=0.0, similar=0.0)
    scored = [
        (compare(new.statement, old.statement, weights=weights), new.matter == old.matter) for new, old in pairs(part)
    ]
    same = _limit([(each.score, right) for each, right in scored if each.level is Level.SAME], WANTED)
    similar = _limit([(each.score, right) for each, right in scored], WANTED_SIMILAR)
    return replace(weights, same=same, similar=similar)


def _limit(scored: list[tuple[float, bool]], wanted: float) -> float:
    """The lowest score from which on the precision is as wanted."""
    best, right = 1.0, 0
    for number, (score, same) in enumerate(sorted(scored, reverse=True), start=1):
        right += same
        if right >= wanted * number:
            best = score
    return round(best - 0.005, 2)


def quality(part: Sequence[Told], weights: Weights) -> Row:
    """Precision and recall over all pairs, of ``same`` alone and of both levels together."""
    found: Counter[tuple[Level, bool]] = Counter()
    for new, old in pairs(part):
        found[compare(new.statement, old.statement, weights=weights).level, new.matter == old.matter] += 1
    possible = sum(count for (_, right), count in found.items() if right)
    figures: Row = {"messages": len(part), "pairs of one matter": possible}
    for name, levels in (("same", (Level.SAME,)), ("same or similar", (Level.SAME, Level.SIMILAR))):
        right, wrong = (sum(found[level, each] for level in levels) for each in (True, False))
        figures[name] = {
            "right": right,
            "wrong": wrong,
            "precision": round(right / max(right + wrong, 1), 4),
            "precision interval": [round(end, 4) for end in wilson(right, right + wrong)],
            "recall": round(right / possible, 4),
            "recall interval": [round(end, 4) for end in wilson(right, possible)],
        }
    return figures


class Index:
    """What a service's table of clues does."""

    def __init__(self) -> None:
        self._holders: defaultdict[str, list[int]] = defaultdict(list)
        self._keys: list[list[str]] = []

    def add(self, number: int, statement: Statement) -> None:
        self._keys.append([clue.key for clue in clues(statement)])
        for key in self._keys[-1]:
            self._holders[key].append(number)

    def held(self, statement: Statement, numbers: Iterable[int], since: int = 0) -> Held:
        """How many messages from a number on hold the keys of a message or of its candidates."""
        keys = {clue.key for clue in clues(statement)}.union(*(self._keys[number] for number in numbers))
        counts = {key: len(self._holders[key]) - bisect_left(self._holders[key], since) for key in keys}
        return Held(len(self._keys) - since, counts)

    def candidates(self, statement: Statement, since: int = 0) -> list[int]:
        """The messages that share most, from a number on."""
        strength: Counter[int] = Counter()
        for clue in clues(statement):
            for number in self._holders.get(clue.key, ()):
                if number >= since:
                    strength[number] += clue.strength
        return heapq.nlargest(CANDIDATES, strength, key=lambda number: (strength[number], number))


def candidate_recall(part: Sequence[Told], crowd: Sequence[Statement]) -> Row:
    """The share of pairs of one matter whose older message is among the candidates of the newer one."""
    index = Index()
    for number, each in enumerate([*crowd, *(one.statement for one in part)]):
        index.add(number, each)
    found = possible = named = reached = 0
    for position, new in enumerate(part):
        older = {len(crowd) + at for at in range(position) if part[at].matter == new.matter}
        candidates = set(index.candidates(new.statement))
        found, possible = found + len(older & candidates), possible + len(older)
        named, reached = named + bool(older), reached + bool(older & candidates)
    return {
        "other messages": len(crowd),
        "pairs": round(found / possible, 4),
        "messages of a known matter with at least one of it": round(reached / named, 4),
    }


def alarms(stream: Sequence[tuple[int, Statement]]) -> Row:
    """How many messages of a stream by day get an earlier one of the last 30 days named."""
    index, reached = Index(), Counter[Level]()
    candidates = 0
    days = [day for day, _ in stream]
    first = 0
    for number, (day, statement) in enumerate(stream):
        while days[first] < day - DAYS:
            first += 1
        found = index.candidates(statement, first)
        candidates += len(found)
        held = index.held(statement, found, first)
        levels = {compare(statement, stream[other][1], held).level for other in found}
        reached[Level.SAME] += Level.SAME in levels
        reached[Level.SIMILAR] += Level.SIMILAR in levels and Level.SAME not in levels
        index.add(number, statement)
    return {
        "messages": len(stream),
        "candidates a message": round(candidates / len(stream), 1),
        "same, of 1,000 messages": round(1000 * reached[Level.SAME] / len(stream), 1),
        "only similar, of 1,000 messages": round(1000 * reached[Level.SIMILAR] / len(stream), 1),
    }


def sample_stream(orders: Sequence[Told]) -> list[tuple[int, Statement]]:
    rng = random.Random(1)
    return sorted(((rng.randrange(DAYS), each.statement) for each in orders), key=lambda row: row[0])


def made_stream(size: int) -> list[tuple[int, Statement]]:
    """Messages from clauses of one department each, at invented places; departments are those of the clauses."""
    draw, numbers = random.Random(2), np.random.default_rng(2)
    pools = read_material().varied(draw)
    chosen = draw.choices(pools, [pool.weight for pool in pools], k=size)
    lengths = np.exp(numbers.normal(4.1, 0.5, size)).astype(int)
    compounds, communities = places(size, numbers)
    texts: dict[int, str] = {}
    for pool in pools:
        own = [number for number, each in enumerate(chosen) if each is pool]
        texts.update(zip(own, pool.bodies(lengths[own], numbers), strict=True))
    made = [
        read(Message(compounds[at] + texts[at], area=communities[at]), Choice(chosen[at].unit, chosen[at].unit, 1.0))
        for at in range(size)
    ]
    return [(at * DAYS // size, statement) for at, statement in enumerate(made)]


def hotline_stream(shared: Path, router: Router) -> list[tuple[int, Statement]]:
    """The real hotline's orders by day, as far as they are dated."""
    lines = itertools.chain.from_iterable(
        (shared / f"haikou12345.{part}.jsonl").read_text(encoding="utf-8").splitlines()
        for part in ("train", "calib", "dev")
    )
    rows = [row for row in map(json.loads, lines) if row.get("received")]
    rows.sort(key=lambda row: row["received"])
    made = told([("", Message(row["text"])) for row in rows], router)
    first = datetime.date.fromisoformat(rows[0]["received"][:10])
    return [
        ((datetime.date.fromisoformat(row["received"][:10]) - first).days, each.statement)
        for row, each in zip(rows, made, strict=True)
    ]


def speed(orders: Iterable[tuple[str, Message]]) -> Row:
    """Processor time for one message against 50 candidates, which are read afresh or have been read before."""
    messages = [message for _, message in orders]
    rounds = [messages[at : at + CANDIDATES + 1] for at in range(0, len(messages) - CANDIDATES, CANDIDATES + 1)] * 5
    afresh, known = [], []
    for new, *others in rounds:
        start = time.process_time()
        statement = read(new)
        clues(statement)
        before = time.process_time()
        old = [read(each) for each in others]
        between = time.process_time()
        for each in old:
            compare(statement, each)
        end = time.process_time()
        afresh.append(1000 * (end - start))
        known.append(1000 * (end - between + before - start))
    return {
        "candidates": CANDIDATES,
        "mean characters": round(float(np.mean([len(message.text) for message in messages]))),
        "median ms, candidates read afresh": round(float(np.median(afresh)), 2),
        "median ms, candidates read before": round(float(np.median(known)), 2),
        "95th percentile ms, read before": round(float(np.percentile(known, 95)), 2),
    }


def main() -> None:
    options = parser(__doc__, model=True).parse_args()
    router = Router.load(options.model, profile="fast")
    orders = told(list(background()), router)
    parts = {
        "chosen on": told(list(matters("choosing")), router),
        "reported on": told(list(matters("reporting")), router),
        "hot issues": told(list(hot_issues()), router),
    }
    chosen = fit([*parts["chosen on"], *orders[::2]])
    made = made_stream(STREAM)
    figures: Row = {
        "shipped": asdict(SHIPPED),
        "chosen here": asdict(chosen),
        "shipped, pairs": {name: quality([*part, *orders[1::2]], SHIPPED) for name, part in parts.items()},
        "chosen here, pairs": {name: quality([*part, *orders[1::2]], chosen) for name, part in parts.items()},
        "candidates": {name: candidate_recall(part, [each for _, each in made]) for name, part in parts.items()},
        "streams": {"sample orders": alarms(sample_stream(orders)), "put together": alarms(made)},
        "speed": speed(background()),
    }
    if options.shared.is_dir():
        figures["streams"]["a real hotline"] = alarms(hotline_stream(options.shared, router))
    print(_table(figures))
    print(json.dumps({key: figures[key] for key in ("chosen here", "candidates", "streams", "speed")}, indent=1))
    save("repeats", figures, folder=options.results, model=options.model, libraries=("scikit-learn",))


def _table(figures: Row) -> str:
    lines = [
        (
            f"{kind} {name}: {level}",
            percent(own[level]["precision"], own[level]["precision interval"]),
            percent(own[level]["recall"], own[level]["recall interval"]),
            f"{own[level]['right']}/{own['pairs of one matter']}",
            own[level]["wrong"],
        )
        for kind in ("shipped", "chosen here")
        for name, own in figures[f"{kind}, pairs"].items()
        for level in ("same", "same or similar")
    ]
    return table(("part", "precision", "recall", "right", "wrong"), lines)


if __name__ == "__main__":
    main()

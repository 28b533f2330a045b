"""Is the evidence real: does deleting the marked words change the choice more than deleting others?

For each of the hotline's dev orders and for each head, the three strongest spans are deleted from the text as it
was sent, and the chosen label's probability is taken again from the head. The same is done with three random
spans of the same lengths that overlap neither each other nor the deleted ones (drawn from the text that is left
without those); 10 seeded draws, their mean. Shown is the share of orders in which the evidence lowers the
probability more (target: at least 80 %), with Wilson's 95 % interval. Orders without evidence, and those whose
evidence is more than half of the text, so that nothing as long is left to delete, are counted apart.

    python benchmarks/evidence.py [--model FOLDER] [--shared FOLDER] [--draws 10] [--seed 0]

Needs the real data.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from common import Row, parser, percent, read_real, save, table
from numpy.typing import NDArray

from petition_nlp.route import Route
from petition_nlp.router import Router
from petition_nlp.text.document import prepare
from petition_nlp.training.intervals import share_interval

HEADS = ("department", "matter")
SPANS = 3
TARGET = 0.8

Span = tuple[int, int]


@dataclass(frozen=True)
class Case:
    """One order, the label chosen for it, and its text without the evidence and without random spans."""

    text: str
    label: str
    without_evidence: str
    without_random: Sequence[str]


def strongest(route: Route, head: str) -> list[Span]:
    """The strongest spans of a head; a route names them in falling order."""
    return [(span.start, span.end) for span in route.evidence if span.head == head][:SPANS]


def case_of(text: str, label: str, spans: Sequence[Span], generator: random.Random, draws: int) -> Case | None:
    """An order with its deletions; None if its evidence is more than half of it."""
    evidence = {place for start, end in spans for place in range(start, end)}
    rest = [place for place in range(len(text)) if place not in evidence]
    if len(evidence) > len(rest):
        return None
    lengths = [end - start for start, end in spans]
    drawn = [_random_places(rest, lengths, generator) for _ in range(draws)]
    return Case(text, label, _without(text, evidence), [_without(text, places) for places in drawn])


def _random_places(rest: Sequence[int], lengths: Sequence[int], generator: random.Random) -> set[int]:
    """Places of random spans, one after the other with random gaps between, all placements equally likely."""
    slack = len(rest) - sum(lengths)
    bars = sorted(generator.sample(range(slack + len(lengths)), len(lengths)))
    gaps = [bar - number for number, bar in enumerate(bars)]  # characters before each span that are kept
    places: set[int] = set()
    for gap, length in zip(gaps, generator.sample(lengths, len(lengths)), strict=True):
        start = gap + len(places)
        places.update(rest[start : start + length])
    return places


def _without(text: str, places: set[int]) -> str:
    return "".join(char for place, char in enumerate(text) if place not in places)


def probabilities(router: Router, name: str, texts: Sequence[str], labels: Sequence[str]) -> NDArray[np.float32]:
    """Probability of each text's label."""
    head = router.loaded.heads[name]
    table = router.predictor.predict([prepare(text) for text in texts]).probabilities[name]
    return table[np.arange(len(texts)), [head.labels.index(label) for label in labels]]


def drops(router: Router, name: str, cases: Sequence[Case]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """How much the evidence lowers each case's probability, and how much the random spans do in the mean."""
    labels = [case.label for case in cases]
    whole = probabilities(router, name, [case.text for case in cases], labels)
    evidence = probabilities(router, name, [case.without_evidence for case in cases], labels)
    draws = zip(*(case.without_random for case in cases), strict=True)
    rounds = [probabilities(router, name, texts, labels) for texts in draws]
    return whole - evidence, whole - np.mean(rounds, axis=0)


def faithfulness(
    router: Router, name: str, orders: Sequence[tuple[str, Route]], *, generator: random.Random, draws: int
) -> Row:
    """Figures of one head, for texts and their routes."""
    found = [(text, getattr(route, name), strongest(route, name)) for text, route in orders]
    with_evidence = [(text, prediction.code, spans) for text, prediction, spans in found if prediction and spans]
    tried = [case_of(*order, generator, draws) for order in with_evidence]
    cases = [case for case in tried if case]
    by_evidence, by_chance = drops(router, name, cases)
    more = int((by_evidence > by_chance).sum())
    return {
        "n": len(cases),
        "without_evidence": len(orders) - len(with_evidence),
        "over_half_is_evidence": len(tried) - len(cases),
        "evidence_drops_more": more,
        "share": round(more / len(cases), 4),
        "interval": share_interval(more, len(cases)),
        "mean_drop_evidence": round(float(by_evidence.mean()), 4),
        "mean_drop_random": round(float(by_chance.mean()), 4),
    }


def main() -> None:
    options = parser(__doc__, model=True)
    options.add_argument("--draws", type=int, default=10, help="of random spans, per order (default: %(default)s)")
    options.add_argument("--seed", type=int, default=0, help="(default: %(default)s)")
    chosen = options.parse_args()
    texts = [row["text"] for row in read_real(chosen.shared / "haikou12345.dev.jsonl")]
    router = Router.load(chosen.model)
    texts = [text[: router.policy.max_chars] for text in texts]
    orders = list(zip(texts, router.route(texts), strict=True))
    heads = {
        name: faithfulness(router, name, orders, generator=random.Random(chosen.seed), draws=chosen.draws)
        for name in HEADS
    }
    drops = ("mean drop, evidence", "mean drop, random")
    header = ("head", "orders", "evidence lowers it more", *drops, "no evidence", "evidence over half")
    print(table(header, [_line(name, row) for name, row in heads.items()]))
    print(f"target: at least {TARGET:.0%} of the orders\n")
    figures = {"draws": chosen.draws, "seed": chosen.seed, "spans": SPANS, "target": TARGET, "heads": heads}
    save("evidence", figures, folder=chosen.results, model=chosen.model)


def _line(name: str, row: Row) -> tuple[object, ...]:
    means = (f"{row['mean_drop_evidence']:.3f}", f"{row['mean_drop_random']:.3f}")
    return (
        name,
        row["n"],
        percent(row["share"], row["interval"]),
        *means,
        row["without_evidence"],
        row["over_half_is_evidence"],
    )


if __name__ == "__main__":
    main()

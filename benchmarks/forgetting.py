"""Should recent orders weigh more, and how fast should old ones be forgotten?

The hotline's orders in their order of time: learnt up to the end of a month, measured on the month after, for several
half-lives of a row's weight, by the linear model without topics and disturbed copies, which take most of the time.

    python benchmarks/forgetting.py [--shared FOLDER]

Needs the real data and the extra ``train``; takes a few minutes.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

import numpy as np
from common import Row, parser, read_real, save, table
from numpy.typing import NDArray

from petition_nlp.text.document import Document, prepare
from petition_nlp.training.bootstrap import Pairs, paired_difference
from petition_nlp.training.fit import LinearTrainer, build_vocabulary
from petition_nlp.training.groups import near_duplicate_groups

HALF_LIVES = (None, 365, 180, 90, 45, 20)
MONTHS = ("201803", "201804", "201805", "201806")

Flags = NDArray[np.bool_]


def right(
    learn: Sequence[Row], measure: Sequence[Row], documents: dict[str, Document], weights: NDArray[np.float32]
) -> Flags:
    """Which orders a linear model gives the right department."""
    labels = sorted({row["department"] for row in learn})
    own = [documents[row["id"]] for row in learn]
    embedder = build_vocabulary(own)
    matrix = embedder.transform(own)
    truth = np.array([labels.index(row["department"]) for row in learn])
    fitted = LinearTrainer().fit(matrix, truth, weights, len(labels))
    scores = embedder.transform([documents[row["id"]] for row in measure]).dot(fitted.weights) + fitted.bias
    return np.array(
        [labels[choice] == row["department"] for choice, row in zip(scores.argmax(axis=1), measure, strict=True)]
    )


def weights(orders: Sequence[Row], half_life: float | None) -> NDArray[np.float32]:
    """Weights that fall with age, with a mean of 1."""
    days = [_day(row) for row in orders]
    ages = np.array([(max(days) - day).days for day in days], dtype=np.float64)
    found = np.ones(len(ages)) if half_life is None else 0.5 ** (ages / half_life)
    return (found / found.mean()).astype(np.float32)


def main() -> None:
    chosen = parser(__doc__).parse_args()
    orders = [row for row in read_real(chosen.shared / "haikou12345.train.jsonl") if row["department"]]
    documents = {row["id"]: prepare(row["text"]) for row in orders}
    measured: dict[str, list[Flags]] = {str(half_life): [] for half_life in HALF_LIVES}
    sizes = []
    for month in MONTHS:
        learn = [row for row in orders if row["received"] < month]
        measure = [row for row in orders if row["received"].startswith(month)]
        sizes.append({"month": month, "learnt": len(learn), "n": len(measure)})
        for half_life in HALF_LIVES:
            measured[str(half_life)].append(right(learn, measure, documents, weights(learn, half_life)))
        print(month, {name: round(float(found[-1].mean()), 4) for name, found in measured.items()}, flush=True)
    groups = near_duplicate_groups([row["text"] for month in MONTHS for row in orders if row["received"][:6] == month])
    plain = np.concatenate(measured["None"]).astype(np.float64)
    found = {}
    for name, parts in measured.items():
        pairs = Pairs(plain, np.concatenate(parts).astype(np.float64), groups)
        difference = paired_difference([pairs], level=0.975)
        found[name] = {"by_month": [round(float(part.mean()), 4) for part in parts], "all": difference.to_dict()}
    print(table(("half-life in days", *MONTHS, "gain over none"), [_line(name, own) for name, own in found.items()]))
    save("forgetting", {"months": sizes, "half_lives": found}, folder=chosen.results, libraries=("scikit-learn",))


def _day(row: Row) -> date:
    return datetime.strptime(row["received"][:8], "%Y%m%d").date()


def _line(name: str, own: Row) -> tuple[str, ...]:
    gain = own["all"]
    told = f"{gain['difference'] * 100:+.1f} [{gain['low'] * 100:+.1f}, {gain['high'] * 100:+.1f}]"
    return (name, *(f"{share:.3f}" for share in own["by_month"]), told)


if __name__ == "__main__":
    main()

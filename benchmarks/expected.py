"""Which estimate of the accuracy, made from confidence alone, is closest to the true one on months to come.

A linear model learns the hotline's orders of the first two months and is calibrated on others of them. For every week
after that, four estimates are compared with the share of departments that are those of the real dispatch:

- AC, average confidence, and DoC, difference of confidences: the source's accuracy plus how much the average
  confidence moved (Guillory et al., ICCV 2021);
- ATC, average thresholded confidence: the share above the confidence that parts the source by its accuracy (Garg et
  al., ICLR 2022);
- CBPE, confidence-based performance estimation, as NannyML's documentation describes it: average confidence,
  calibrated anew on the source by isotonic regression.

    python benchmarks/expected.py [--shared FOLDER]

Needs the real data and the extra ``train``; takes a minute.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from common import Row, parser, save, table
from hotline import Orders, learn, read_orders, routed
from numpy.typing import NDArray

from petition_nlp.router import Router

SOURCE, STREAM = ("201712", "201802"), ("201803", "201806")
LEAST = 100

Floats = NDArray[np.float64]
Estimate = Callable[[Floats], float]


def estimates(source: Orders) -> dict[str, Estimate]:
    """Confidences to accuracy, by name."""
    from sklearn.isotonic import IsotonicRegression

    accuracy, sure = float(source.right.mean()), float(source.confidence.mean())
    threshold = float(np.quantile(source.confidence, 1 - accuracy))
    again = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(source.confidence, source.right)
    return {
        "AC": lambda found: float(found.mean()),
        "DoC": lambda found: accuracy + float(found.mean()) - sure,
        "ATC": lambda found: float((found >= threshold).mean()),
        "CBPE": lambda found: float(again.predict(found).mean()),
    }


def weeks(orders: Orders) -> Iterator[NDArray[np.bool_]]:
    """The orders of each week that has enough."""
    number = np.array([day.toordinal() // 7 for day in orders.days])
    for week in np.unique(number):
        if (number == week).sum() >= LEAST:
            yield number == week


def months(orders: Orders) -> Iterator[tuple[str, NDArray[np.bool_]]]:
    """The orders of each month, with its name."""
    names = np.array([day.strftime("%Y-%m") for day in orders.days])
    for name in np.unique(names):
        yield str(name), names == name


def by_month(stream: Orders, ways: dict[str, Estimate]) -> list[Row]:
    """Orders, true accuracy and estimates of each month."""
    return [
        {
            "month": name,
            "orders": int(own.sum()),
            "true": round(float(stream.right[own].mean()), 4),
            **{way: round(estimate(stream.confidence[own]), 4) for way, estimate in ways.items()},
        }
        for name, own in months(stream)
    ]


def errors(stream: Orders, ways: dict[str, Estimate]) -> Row:
    """Mean absolute difference of a week's estimate from its true accuracy, and what chance alone adds to any."""
    found = list(weeks(stream))
    truth = np.array([stream.right[own].mean() for own in found])
    away = {way: [estimate(stream.confidence[own]) for own in found] - truth for way, estimate in ways.items()}
    chance = [np.sqrt(share * (1 - share) / own.sum() * 2 / np.pi) for share, own in zip(truth, found, strict=True)]
    return {
        "weeks": len(found),
        **{way: round(float(np.abs(gaps).mean()), 4) for way, gaps in away.items()},
        "chance": round(float(np.mean(chance)), 4),
    }


def main() -> None:
    options = parser(__doc__)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        router: Router = learn(chosen.shared, Path(folder), SOURCE[1])
        source = routed(router, read_orders(chosen.shared, *SOURCE, "calib", "dev"))
        stream = routed(router, read_orders(chosen.shared, *STREAM, "train", "calib", "dev"))
    ways = estimates(source)
    rows, away = by_month(stream, ways), errors(stream, ways)
    header = ("month", "orders", "true", *ways)
    print(f"Source: {len(source.right):,} orders, accuracy {source.right.mean():.3f}\n")
    print(table(header, [[row["month"], row["orders"], *(f"{row[name]:.3f}" for name in header[2:])] for row in rows]))
    print(f"Mean distance from the true accuracy of a week, {away['weeks']} weeks; {away['chance']:.3f} is chance\n")
    print(table(("", *ways), [["mean distance", *(f"{away[way]:.3f}" for way in ways)]]))
    record = {"source": len(source.right), "source_accuracy": round(float(source.right.mean()), 4)}
    save("expected", {**record, "months": rows, "weeks": away}, folder=chosen.results, libraries=("scikit-learn",))


if __name__ == "__main__":
    main()

"""Calibrators and thresholds side by side on the committed model's profile best.

Calibrators, each fitted on a third of the calibration orders and measured on the rest and on the dev orders: one
temperature, the product's two slopes, one isotonic curve a label (scaled to sum to 1), and Dirichlet calibration (a
softmax regression on the log-probabilities, off-diagonal weights held near zero; Kull et al., NeurIPS 2019). Figures:
accuracy, log loss, calibration error beside the value of a perfectly calibrated model of that size.

Thresholds for 90 % and 95 % right departments, solved on that rest: the product's fixed-sequence learn-then-test,
and MAPIE's, on the same confidences; what passes on dev, and how much of it is right. Orders of units without a code
count as wrong.

    python benchmarks/calibration.py [--model FOLDER] [--shared FOLDER]

Needs the real data, the extra ``train`` and benchmarks/requirements.txt; takes about two minutes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from common import Row, parser, percent, read_real, save, table
from mapie.risk_control import BinaryClassificationController
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.isotonic import IsotonicRegression

from petition_nlp.classify.threshold import solve_threshold
from petition_nlp.router import Router
from petition_nlp.text.document import prepare
from petition_nlp.training.adapt import fit_change
from petition_nlp.training.calibrate import fit_fused, fit_weights
from petition_nlp.training.intervals import share_interval
from petition_nlp.training.metrics import head_metrics

FloatArray = NDArray[np.float32]

TARGETS = (0.90, 0.95)
_FLOOR = 1e-6
_FIRST = 150  # rows that the first test is made on, as in the product
_DIRICHLET_VARIANCE = 0.01


@dataclass(frozen=True)
class Scores:
    """n messages with a label: scores of the n-grams, logits of the encoder, label indices (k labels)."""

    ngrams: FloatArray
    logits: FloatArray
    truth: NDArray[np.int64]

    def part(self, rows: NDArray[np.bool_]) -> Scores:
        return Scores(self.ngrams[rows], self.logits[rows], self.truth[rows])


Calibrator = Callable[[Scores], FloatArray]


def read(router: Router, head: str, rows: list[Row]) -> Scores:
    """Orders that have a label of the head; a unit without a code has the label that is left to people."""
    known = router.loaded.heads[head]
    left = next(iter(known.leave), None)
    labelled = [(row["text"], row[head] or (left if row.get("unit") else None)) for row in rows]
    kept = [(text, label) for text, label in labelled if label in known.labels]
    documents = [prepare(text) for text, _ in kept]
    assert router.loaded.encoder is not None
    assert known.encoder is not None
    vectors = router.loaded.encoder.transform(documents)
    logits = vectors @ known.encoder.weights + known.encoder.bias
    truth = np.array([known.labels.index(label) for _, label in kept])
    return Scores(known.scores(router.loaded.embedder.transform(documents)), logits, truth)


def temperature(fit: Scores) -> Calibrator:
    first, second = fit_weights([fit.ngrams, fit.logits], [1.0, 1.0], fit.truth, None)
    return lambda rows: softmax(first * rows.ngrams + second * rows.logits, axis=1)


def two_slopes(fit: Scores) -> Calibrator:
    calibration, share = fit_fused(fit.ngrams, fit.logits, fit.truth)
    return lambda rows: calibration.probabilities(rows.ngrams, np.float32(share) * rows.logits)


def isotonic(fit: Scores) -> Calibrator:
    before = two_slopes(fit)
    table_ = before(fit)
    curves = [
        IsotonicRegression(out_of_bounds="clip", y_min=_FLOOR).fit(table_[:, label], fit.truth == label)
        for label in range(table_.shape[1])
    ]

    def apply(rows: Scores) -> FloatArray:
        found = np.stack([curve.predict(own) for curve, own in zip(curves, before(rows).T, strict=True)], axis=1)
        return np.asarray(found / found.sum(axis=1, keepdims=True), dtype=np.float32)

    return apply


def dirichlet(fit: Scores) -> Calibrator:
    from scipy.sparse import csr_matrix

    before = two_slopes(fit)

    def logs(rows: Scores) -> FloatArray:
        return np.asarray(np.log(np.maximum(before(rows), _FLOOR)), dtype=np.float32)

    own = logs(fit)
    ones = np.ones(len(own), dtype=np.float32)
    weights, bias = fit_change(csr_matrix(own), own, fit.truth, ones, strength=_DIRICHLET_VARIANCE)
    return lambda rows: softmax(logs(rows) @ (np.eye(len(bias)) + weights) + bias, axis=1)


CALIBRATORS: Mapping[str, Callable[[Scores], Calibrator]] = {
    "one temperature": temperature,
    "two slopes (the product's)": two_slopes,
    "isotonic": isotonic,
    "Dirichlet": dirichlet,
}


def figures(probabilities: FloatArray, truth: NDArray[np.int64], labels: tuple[str, ...]) -> Row:
    found = head_metrics(probabilities.astype(np.float32), truth, labels)
    loss = -log_softmax(np.log(np.maximum(probabilities, _FLOOR)), axis=1)[np.arange(len(truth)), truth].mean()
    return {
        **{name: found[name] for name in ("n", "accuracy", "ece", "ece_perfect")},
        "log_loss": round(float(loss), 4),
    }


def by_mapie(confidence: FloatArray, right: NDArray[np.bool_], target: float) -> float | None:
    """The threshold of MAPIE's fixed-sequence learn-then-test, from the strictest down; None if there is none."""
    grid = np.unique(np.quantile(confidence, np.linspace(0, 1 - _FIRST / len(confidence), 191)))[::-1]
    controller = BinaryClassificationController(
        lambda rows: np.stack([1 - rows[:, 0], rows[:, 0]], axis=1),
        risk="precision",
        target_level=target,
        confidence_level=0.95,
        list_predict_params=grid,
        fwer_method="fixed_sequence",
    )
    controller.calibrate(confidence[:, None].astype(np.float64), right.astype(int))
    valid = np.asarray(controller.valid_predict_params)
    return float(valid.min()) if len(valid) else None


def thresholds(solve: tuple[FloatArray, NDArray[np.bool_]], unseen: tuple[FloatArray, NDArray[np.bool_]]) -> Row:
    """Both thresholds at each target, and what they let through of the unseen orders."""
    found: Row = {}
    for target in TARGETS:
        solved = {
            "learn-then-test (the product's)": solve_threshold(*solve, target=target),
            "MAPIE": by_mapie(*solve, target),
        }
        found[f"{target:.2f}"] = {name: _passing(threshold, *unseen) for name, threshold in solved.items()}
    return found


def _passing(threshold: float | None, confidence: FloatArray, right: NDArray[np.bool_]) -> Row:
    passes = confidence >= (np.inf if threshold is None else threshold)
    return {
        "threshold": None if threshold is None or np.isinf(threshold) else round(threshold, 4),
        "share": round(float(passes.mean()), 4),
        "precision": round(float(right[passes].mean()), 4) if passes.any() else None,
        "interval": share_interval(int(right[passes].sum()), int(passes.sum())),
    }


def _decided(
    router: Router, head: str, probabilities: FloatArray, truth: NDArray[np.int64]
) -> tuple[FloatArray, NDArray[np.bool_]]:
    known = router.loaded.heads[head]
    suggested = probabilities.copy()
    suggested[:, [place for place, label in enumerate(known.labels) if label in known.leave]] = 0.0
    return suggested.max(axis=1).astype(np.float32), suggested.argmax(axis=1) == truth


def main() -> None:
    chosen = parser(__doc__, model=True).parse_args()
    router = Router.load(chosen.model, profile="best")
    files = {"department": "haikou12345", "matter": "matters"}
    record: Row = {"heads": {}}
    for head, name in files.items():
        calib = read(router, head, read_real(chosen.shared / f"{name}.calib.jsonl"))
        dev = read(router, head, read_real(chosen.shared / f"{name}.dev.jsonl"))
        solves = np.arange(len(calib.truth)) % 3 != 0
        fit, rest = calib.part(~solves), calib.part(solves)
        labels = router.loaded.heads[head].labels
        rows: Row = {}
        for kind, make in CALIBRATORS.items():
            apply = make(fit)
            rows[kind] = {
                "rest": figures(apply(rest), rest.truth, labels),
                "dev": figures(apply(dev), dev.truth, labels),
            }
        record["heads"][head] = rows
        print(table((head, *_HEADER), [_line(kind, own) for kind, own in rows.items()]))
        if head == "department":
            apply = two_slopes(fit)
            pairs = [_decided(router, head, apply(part), part.truth) for part in (rest, dev)]
            record["thresholds"] = thresholds(*pairs)
    header = ("target", "by", "threshold", "passes", "right")
    lines = [
        (target, *_threshold(kind, own)) for target, rows in record["thresholds"].items() for kind, own in rows.items()
    ]
    print(table(header, lines))
    save("calibration", record, folder=chosen.results, model=chosen.model, libraries=("scikit-learn", "mapie"))


_HEADER = tuple(f"{name}, {part}" for part in ("rest", "dev") for name in ("accuracy", "log loss", "ECE (perfect)"))


def _line(kind: str, own: Row) -> tuple[object, ...]:
    cells: list[str] = []
    for part in ("rest", "dev"):
        figure = own[part]
        cells += [
            f"{figure['accuracy']:.3f}",
            f"{figure['log_loss']:.3f}",
            f"{figure['ece']:.3f} ({figure['ece_perfect']:.3f})",
        ]
    return (kind, *cells)


def _threshold(kind: str, own: Row) -> tuple[object, ...]:
    return (kind, own["threshold"], percent(own["share"]), percent(own["precision"], own["interval"]))


if __name__ == "__main__":
    main()

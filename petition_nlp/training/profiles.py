"""Held-out scores → calibrated heads and the profiles that use them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from petition_nlp.classify.head import LinearHead
from petition_nlp.classify.predict import sureness
from petition_nlp.classify.profile import ALWAYS, NEVER, CalibrationRows, JointCalibration, Profile
from petition_nlp.profiles import BALANCED, BEST, FAST
from petition_nlp.training.calibrate import fit_calibration, fit_fused, fit_joint

FloatArray = NDArray[np.float32]

MIN_ROWS: Final = 50
"""A head with fewer labelled calibration rows is calibrated on the folds."""

BALANCED_SHARE: Final = 0.1
"""Share of the calibration rows, the least sure ones, that the encoder reads in the profile balanced."""


@dataclass(frozen=True)
class HeldOut:
    """n messages that the heads were not fitted on.

    :param scores: head → (n, k) of the n-grams. :param truth: head → n label indices, -1 without a label.
    :param logits: head → (n, k) of the encoder; None without one.
    """

    scores: Mapping[str, FloatArray]
    truth: Mapping[str, NDArray[np.int64]]
    logits: Mapping[str, FloatArray] | None = None

    @property
    def solves(self) -> NDArray[np.bool_]:
        """Two of three messages solve the thresholds; for a calibrator's three parameters the rest is enough."""
        rows = len(next(iter(self.truth.values())))
        return np.asarray(np.arange(rows) % 3 != 0)

    def part(self, rows: NDArray[np.bool_]) -> HeldOut:
        """Some of the messages."""
        return HeldOut(
            {name: table[rows] for name, table in self.scores.items()},
            {name: own[rows] for name, own in self.truth.items()},
            None if self.logits is None else {name: table[rows] for name, table in self.logits.items()},
        )

    def knows(self, name: str) -> bool:
        """Whether there are enough labels of a head, and of more than one kind, to calibrate it."""
        truth = self.truth[name]
        return int((truth >= 0).sum()) >= MIN_ROWS and len(np.unique(truth[truth >= 0])) > 1

    def tables(self, heads: Mapping[str, LinearHead]) -> tuple[dict[str, FloatArray], dict[str, FloatArray]]:
        """Probabilities of every head by the n-grams alone and with the encoder (the same without one)."""
        fast = {name: head.calibration.probabilities(self.scores[name]) for name, head in heads.items()}
        return fast, {name: self._fused(head) for name, head in heads.items()}

    def _fused(self, head: LinearHead) -> FloatArray:
        scores = self.scores[head.name]
        if head.encoder is None or self.logits is None:
            return head.calibration.probabilities(scores)
        logits = np.float32(head.encoder.share) * self.logits[head.name]
        return head.encoder.calibration.probabilities(scores, logits)


def calibrated(
    head: LinearHead, held: HeldOut, weights: FloatArray | None = None, *, rows: NDArray[np.bool_] | None = None
) -> LinearHead:
    """The head with its slopes, and its encoder's share, fitted to held-out labels.

    :param weights: n sample weights. :param rows: which messages to fit on; default: all.
    """
    known = held.truth[head.name] >= 0
    if rows is not None:
        known &= rows
    scores, truth = held.scores[head.name][known], held.truth[head.name][known]
    own = None if weights is None else weights[known]
    alone = replace(head, calibration=fit_calibration(scores, truth, own))
    if head.encoder is None or held.logits is None:
        return alone
    fused, share = fit_fused(scores, held.logits[head.name][known], truth, own)
    return replace(alone, encoder=replace(head.encoder, share=share, calibration=fused))


def build_profiles(heads: Mapping[str, LinearHead], folds: HeldOut, calib: HeldOut | None) -> dict[str, Profile]:
    """The profiles that the model can offer, each with its own held-out decisions.

    :param heads: calibrated. :param calib: rows that nothing was learnt from, for the heads that it knows.
    """
    sources = {name: calib if calib is not None and calib.knows(name) else folds for name in heads}
    cuts = {FAST: NEVER}
    if any(head.encoder for head in heads.values()):
        first, _ = (calib or folds).tables(heads)
        cuts |= {BALANCED: float(np.quantile(sureness(first), BALANCED_SHARE)), BEST: ALWAYS}
    return {name: _profile(name, cut, heads, sources) for name, cut in cuts.items()}


def _profile(name: str, cut: float, heads: Mapping[str, LinearHead], sources: Mapping[str, HeldOut]) -> Profile:
    tables = {id(source): cascade(source, heads, cut) for source in sources.values()}
    decisions = {
        head: _decisions(heads[head], tables[id(source)][head], source.truth[head]) for head, source in sources.items()
    }
    rows = {
        head: CalibrationRows(
            confidence=own.confidence[own.known],
            correct=own.right[own.known],
            choice=own.choice[own.known],
            truth=own.truth[own.known],
            solves=sources[head].solves[own.known],
            held=np.zeros(int(own.known.sum()), dtype=bool),
        )
        for head, own in decisions.items()
    }
    return Profile(name, cut, rows, _joint(decisions, sources))


def cascade(held: HeldOut, heads: Mapping[str, LinearHead], cut: float) -> dict[str, FloatArray]:
    """Probabilities of every head where the encoder reads what the n-grams are less sure of than ``cut``."""
    fast, fused = held.tables(heads)
    encoded = (sureness(fast) < cut)[:, None]
    return {name: np.where(encoded, fused[name], fast[name]) for name in heads}


@dataclass(frozen=True)
class _Decisions:
    """First suggestions for n messages: their confidence, whether right, and which messages have a label.

    :param truth: probability of the true label; NaN where it is never suggested or not known.
    """

    confidence: FloatArray
    truth: FloatArray
    choice: NDArray[np.int64]
    right: NDArray[np.bool_]
    known: NDArray[np.bool_]


def _decisions(head: LinearHead, table: FloatArray, truth: NDArray[np.int64]) -> _Decisions:
    suggested = table.copy()
    suggested[:, _left_to_people(head)] = 0.0
    choice = suggested.argmax(axis=1)
    of_truth = suggested[np.arange(len(truth)), truth]
    of_truth[(truth < 0) | np.isin(truth, _left_to_people(head))] = np.nan
    return _Decisions(suggested.max(axis=1), of_truth, choice, choice == truth, truth >= 0)


def _left_to_people(head: LinearHead) -> Sequence[int]:
    """Positions of the labels that are learnt and never suggested."""
    return [position for position, label in enumerate(head.labels) if label in head.leave]


def _joint(decisions: Mapping[str, _Decisions], sources: Mapping[str, HeldOut]) -> JointCalibration | None:
    """None where too few rows have both labels, or they are of different files."""
    if not {"matter", "department"} <= set(decisions) or sources["matter"] is not sources["department"]:
        return None
    first, second = decisions["matter"], decisions["department"]
    both = first.known & second.known
    right = first.right[both] & second.right[both]
    if both.sum() < MIN_ROWS or right.all() or not right.any():
        return None
    return fit_joint(first.confidence[both], second.confidence[both], right)

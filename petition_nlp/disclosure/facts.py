"""The figures of a record: what the model folder holds, and what follows from it alone."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from petition_nlp.classify.gate import Gate
from petition_nlp.decide import DEPARTMENT, MATTER
from petition_nlp.errors import ModelError
from petition_nlp.profiles import BEST, FAST
from petition_nlp.report.statistics import wilson
from petition_nlp.router import Router
from petition_nlp.settings import Settings

_REPORTED: Final = ("rows", "groups", "leaks", "calibration_rows", "folds", "measured_folds")
"""What a training report holds beside its heads."""


@dataclass(frozen=True, slots=True)
class Deployment:
    """The settings that say how people watch a model, and how long petitions stay."""

    blind_share: float
    blind_min_verdicts: int
    mask_after_days: int | None
    delete_after_days: int | None

    @classmethod
    def of(cls, settings: Settings) -> Deployment:
        """Those of the settings."""
        return cls(
            settings.blind_share, settings.blind_min_verdicts, settings.mask_after_days, settings.delete_after_days
        )


@dataclass(frozen=True, slots=True)
class Share:
    """A share of ``n`` rows with Wilson's 95 % interval."""

    value: float
    n: int
    low: float
    high: float

    @classmethod
    def of(cls, value: float, n: int) -> Share:
        """A share that is known to some digits."""
        return cls(value, n, *wilson(round(value * n), n))


@dataclass(frozen=True)
class LabelFacts:
    """How well one label of the deciding head is known.

    :param rows: measured ones; :param calibrated: calibration rows that were given it.
    :param passes: whether it can be dispatched without a person.
    """

    code: str
    name: str
    rows: int
    precision: Share
    recall: Share
    calibrated: int
    passes: bool


@dataclass(frozen=True)
class Passing:
    """What the gate lets through of the calibration rows.

    :param share: of all of them; :param precision: of those that pass.
    """

    threshold: float
    share: Share
    precision: Share | None


@dataclass(frozen=True)
class Facts:
    """A model's figures.

    :param deciding: the head whose confidence decides whether a person looks.
    :param passing: None without calibration rows or without a threshold.
    :param profile: that is in use; the report is of the best, and has the chief figures of `FAST` beside it.
    """

    report: Mapping[str, Any]
    profile: str
    deciding: str
    labels: Sequence[LabelFacts]
    passing: Passing | None

    @property
    def heads(self) -> Mapping[str, Mapping[str, Any]]:
        """The measured heads of the training report."""
        heads: Mapping[str, Mapping[str, Any]] = self.report["heads"]
        return heads

    def figures(self, name: str) -> Mapping[str, Any]:
        """A measured head's chief figures, those of the profile in use if there are any."""
        head = self.heads[name]
        own: Mapping[str, Any] = head.get(self.profile, head)
        return own

    @property
    def measured(self) -> str:
        """The profile that the chief figures are of."""
        only = self.report.get("encoder") is None or self.profile == FAST
        return FAST if only else BEST


def facts_of(router: Router) -> Facts:
    """The figures of a router's model, under its policy and profile.

    :raises ModelError: the folder holds no training report, or one of another make.
    """
    report = router.loaded.report
    if not _is_whole(report):
        todo = "请用 petition-nlp train 训练的模型"
        raise ModelError(f"模型 {router.model} 里没有训练报告", where="report.json", todo=todo)
    deciding = DEPARTMENT if DEPARTMENT in router.loaded.heads else MATTER
    return Facts(report, router.profile.name, deciding, _labels(router, deciding), _passing(router, deciding))


def _is_whole(report: Mapping[str, Any]) -> bool:
    heads = report.get("heads")
    if not heads or any(name not in report for name in _REPORTED):
        return False
    return all("per_label" in head for head in heads.values())


def accuracy(head: Mapping[str, Any]) -> Share:
    """A measured head's accuracy."""
    return Share.of(head["accuracy"], head["n"])


def _labels(router: Router, deciding: str) -> list[LabelFacts]:
    measured = router.loaded.report["heads"].get(deciding, {"per_label": (), "labels": {}})
    floors = _floors(router.gate)
    calibrated, columns = _calibrated(router, deciding), _columns(router, deciding)
    return [
        LabelFacts(
            code=row["label"],
            name=router.taxonomy.name(deciding, row["label"]),
            rows=row["n"],
            precision=Share.of(row["precision"], _chosen(row)),
            recall=Share.of(row["recall"], row["n"]),
            calibrated=calibrated.get(column, 0),
            passes=column in floors,
        )
        for row in sorted(measured["per_label"], key=lambda row: -row["n"])
        for column in [columns.get(row["label"], row["label"])]
    ]


def _floors(gate: Gate | None) -> Mapping[str, float]:
    return gate.floors if gate is not None and math.isfinite(gate.threshold) else {}


def _columns(router: Router, head: str) -> Mapping[str, str]:
    """For each label that the model learnt, the code that it is read as."""
    labels, read = router.loaded.heads[head].labels, router.heads[head].labels
    mapped = router.loaded.maps.get(head)
    return {label: label if mapped is None else read[mapped.columns[n]] for n, label in enumerate(labels)}


def _chosen(row: Mapping[str, Any]) -> int:
    """How many rows a label was given to: those found, divided by the share of them that was right."""
    return round(row["recall"] * row["n"] / row["precision"]) if row["precision"] else 0


def _calibrated(router: Router, deciding: str) -> dict[str, int]:
    rows = router.profile.calibration_rows.get(deciding)
    if rows is None:
        return {}
    labels = router.heads[deciding].labels
    return dict(zip(labels, np.bincount(rows.choice, minlength=len(labels)).tolist(), strict=True))


def _passing(router: Router, deciding: str) -> Passing | None:
    rows, gate = router.profile.calibration_rows.get(deciding), router.gate
    if rows is None or gate is None or not math.isfinite(gate.threshold):
        return None
    labels = router.heads[deciding].labels
    floors = np.array([max(gate.threshold, gate.floors.get(label, math.inf)) for label in labels])
    through = ~rows.held & (rows.confidence >= floors[rows.choice])
    n, right = int(through.sum()), int(rows.correct[through].sum())
    return Passing(
        threshold=gate.threshold,
        share=Share(n / len(through), len(through), *wilson(n, len(through))),
        precision=Share(right / n, n, *wilson(right, n)) if n else None,
    )

"""What came out of a retraining: whether the candidate may take over, and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from petition_nlp.training.gate import Comparison

GATE_FILE: Final = "gate.json"
"""Lies in the candidate's folder."""

_FORMAT: Final = 1


@dataclass(frozen=True)
class Verdict:
    """Whether the candidate may be promoted, and everything that speaks for and against it.

    :param current, candidate: name and version. :param uses: of the frozen set, this one included.
    :param digests: SHA-256 of the ``model.json`` of ``candidate`` and ``current``, and of the ``frozen`` file.
    :param rules: what both models were judged under: ``policy`` as ``GET /v1/models`` tells it, ``target_precision``,
        ``taxonomy``, ``districts`` and ``profile``.
    :param training: what the candidate learnt from. :param samples: rows of each sample.
    """

    current: str
    candidate: str
    folder: Path
    comparison: Comparison
    uses: int
    planned_uses: int
    digests: Mapping[str, str]
    rules: Mapping[str, Any]
    training: Mapping[str, Any]
    samples: Mapping[str, int]

    @property
    def promote(self) -> bool:
        """Whether the candidate is better, and worse nowhere."""
        return self.comparison.promote

    @property
    def reasons(self) -> list[str]:
        """What speaks against it; or for it, where nothing does."""
        return [check.text for check in self.comparison.checks if check.passed == self.promote]

    def figures(self, check: str) -> Mapping[str, Any]:
        """The figures of one check, such as ``frozen.department``; empty without it."""
        return next((own.figures for own in self.comparison.checks if own.name == check), {})

    def to_dict(self) -> dict[str, Any]:
        """All of it but the folder."""
        return {
            "format": _FORMAT,
            "verdict": "yes" if self.promote else "no",
            "reasons": self.reasons,
            "warnings": list(self.comparison.warnings),
            "current": self.current,
            "candidate": self.candidate,
            "digest": dict(self.digests),
            "rules": dict(self.rules),
            "frozen_uses": {"used": self.uses, "planned": self.planned_uses},
            "rows": dict(self.samples),
            "training": dict(self.training),
            "checks": [check.to_dict() for check in self.comparison.checks],
            "departments": [own.to_dict() for own in self.comparison.departments],
        }

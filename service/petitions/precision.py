"""Live precision (现场准确率): how often the model is right where nobody looks, by what people said blindly."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from petition_nlp.report.statistics import wilson
from petition_nlp.taxonomy import Taxonomy
from service.store.tables import BlindVerdict

WORSE: Final = ((1.5, 0.7), (4.0, 0.3))
"""How many times the odds of an error may have grown, each with its weight: what the evidence is for."""
LIMIT: Final = 260.0
"""Evidence that stops automatic routing: 13 months begin in a year at most, and 13 / 260 is 5 %."""
_MOST_LOG: Final = 700.0


@dataclass(frozen=True, slots=True)
class Standard:
    """What the model in use has to keep.

    :param target: the policy's precision; :param least: verdicts below which nothing stops by itself.
    """

    model: str
    policy: str
    target: float
    least: int


@dataclass(frozen=True, slots=True)
class Tally:
    """How many verdicts there are, and how many say that the model was right."""

    verdicts: int
    right: int

    def to_dict(self) -> dict[str, Any]:
        """With the share and Wilson's 95 % interval; None of nothing."""
        counts = {"verdicts": self.verdicts, "right": self.right}
        if not self.verdicts:
            return {**counts, "precision": None, "low": None, "high": None}
        low, high = wilson(self.right, self.verdicts)
        shares = {"precision": self.right / self.verdicts, "low": low, "high": high}
        return {**counts, **{name: round(share, 4) for name, share in shares.items()}}


@dataclass(frozen=True, slots=True)
class LivePrecision:
    """The verdicts on one model and policy since automatic routing was last resumed.

    :param seen: further verdicts, of people who had seen the suggestion.
    :param months: in their order, as ``2026-11``; :param departments: by the department that was suggested.
    """

    standard: Standard
    since: datetime | None
    seen: int
    months: Mapping[str, Tally]
    departments: Mapping[str, Tally]

    @property
    def whole(self) -> Tally:
        """All of them."""
        return _sum(self.months.values())

    @property
    def evidence(self) -> float:
        """How strongly the verdicts speak against the target; see `evidence`."""
        return evidence(list(self.months.values()), self.standard.target)

    def fails(self) -> bool:
        """Whether they show that the target is missed."""
        return self.whole.verdicts >= self.standard.least and self.evidence >= LIMIT

    def to_dict(self, taxonomy: Taxonomy) -> dict[str, Any]:
        """As `service.petitions.schemas.LivePrecisionOut` describes it."""
        ordered = sorted(self.departments.items(), key=lambda item: (-item[1].verdicts, item[0]))
        named = [(code, taxonomy.name("department", code), tally) for code, tally in ordered]
        return {
            **self.figures(),
            "by_month": [{"month": month, **tally.to_dict()} for month, tally in self.months.items()],
            "by_department": [{"code": code, "name": name, **tally.to_dict()} for code, name, tally in named],
        }

    def figures(self) -> dict[str, Any]:
        """What it says as a whole."""
        return {
            "model": self.standard.model,
            "policy": self.standard.policy,
            "target_precision": self.standard.target,
            **self.whole.to_dict(),
            "seen": self.seen,
            "evidence": round(self.evidence, 2),
            "evidence_limit": LIMIT,
            "least_verdicts": self.standard.least,
        }


def live_precision(session: Session, standard: Standard, since: datetime | None) -> LivePrecision:
    """Count the verdicts.

    :param since: petitions that were stored earlier do not count.
    """
    conditions = [BlindVerdict.model == standard.model, BlindVerdict.policy == standard.policy]
    if since is not None:
        conditions.append(BlindVerdict.drawn >= since)
    labels = (BlindVerdict.month, BlindVerdict.suggested_department, BlindVerdict.seen)
    right = func.sum(cast(BlindVerdict.right, Integer))
    query = select(*labels, func.count(), right).where(*conditions).group_by(*labels).order_by(BlindVerdict.month)
    months: defaultdict[str, list[Tally]] = defaultdict(list)
    departments: defaultdict[str, list[Tally]] = defaultdict(list)
    seen = 0
    for month, department, had_seen, count, good in session.execute(query):
        if had_seen:
            seen += count
            continue
        months[month].append(Tally(count, good))
        if department is not None:
            departments[department].append(Tally(count, good))
    return LivePrecision(
        standard,
        since,
        seen,
        {month: _sum(tallies) for month, tallies in months.items()},
        {department: _sum(tallies) for department, tallies in departments.items()},
    )


def evidence(months: Sequence[Tally], target: float) -> float:
    """How strongly verdicts speak for a precision below the target.

    It is the sum, over every month as the beginning of a fall, of a likelihood ratio: a precision that is worse, by a
    mixture of `WORSE`, against the target. While the true precision is at least the target, each of these has a mean of
    at most 1 however often one looks, and so the sum reaches ``LIMIT`` in a year with a probability of at most
    13 / LIMIT (Ville's inequality for an e-detector: Shin, Ramdas & Rinaldo 2024, arXiv:2203.03532).

    :param months: oldest first.
    """
    total, right, wrong = 0.0, 0, 0
    for tally in reversed(months):
        right += tally.right
        wrong += tally.verdicts - tally.right
        total += _ratio(right, wrong, target)
    return total


def _ratio(right: int, wrong: int, target: float) -> float:
    total = 0.0
    for times, weight in WORSE:
        worse = target / (target + times * (1 - target))
        log = right * math.log(worse / target) + wrong * math.log((1 - worse) / (1 - target))
        total += weight * math.exp(min(log, _MOST_LOG))
    return total


def _sum(tallies: Iterable[Tally]) -> Tally:
    counted = list(tallies)
    return Tally(sum(tally.verdicts for tally in counted), sum(tally.right for tally in counted))

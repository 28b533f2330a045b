"""Live precision (现场准确率): how often the model is right where nobody looks, by what people said blindly."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Integer, cast, func, select
from sqlalchemy.orm import Session

from petition_nlp import fall
from petition_nlp.report.statistics import wilson
from petition_nlp.taxonomy import Taxonomy
from service.store.tables import BlindVerdict


@dataclass(frozen=True, slots=True)
class Standard:
    """What the model in use has to keep.

    :param target: the policy's precision; :param least: verdicts below which nothing stops by itself.
    """

    model: str
    profile: str
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
        """How strongly the verdicts speak against the target; see `petition_nlp.fall`."""
        counts = [(tally.right, tally.verdicts - tally.right) for tally in self.months.values()]
        return fall.evidence(counts, self.standard.target)

    def fails(self) -> bool:
        """Whether they show that the target is missed."""
        return self.whole.verdicts >= self.standard.least and self.evidence >= fall.LIMIT

    def to_dict(self, taxonomy: Taxonomy) -> dict[str, Any]:
        """As `service.petitions.schemas.LivePrecisionOut` describes it."""
        folded: defaultdict[str, list[Tally]] = defaultdict(list)
        for code, tally in self.departments.items():
            folded[taxonomy.current("department", code)].append(tally)
        departments = {code: _sum(tallies) for code, tallies in folded.items()}
        ordered = sorted(departments.items(), key=lambda item: (-item[1].verdicts, item[0]))
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
            "profile": self.standard.profile,
            "policy": self.standard.policy,
            "target_precision": self.standard.target,
            **self.whole.to_dict(),
            "seen": self.seen,
            "evidence": round(self.evidence, 2),
            "evidence_limit": fall.LIMIT,
            "least_verdicts": self.standard.least,
        }


def live_precision(session: Session, standard: Standard, since: datetime | None) -> LivePrecision:
    """Count the verdicts.

    :param since: petitions that were stored earlier do not count.
    """
    made_with = ("model", "profile", "policy")
    conditions = [getattr(BlindVerdict, name) == getattr(standard, name) for name in made_with]
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


def _sum(tallies: Iterable[Tally]) -> Tally:
    counted = list(tallies)
    return Tally(sum(tally.verdicts for tally in counted), sum(tally.right for tally in counted))

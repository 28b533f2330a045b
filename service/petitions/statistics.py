"""Counts and shares of the stored petitions, as a supervisor reads them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, cast, func, select
from sqlalchemy.orm import Session

from petition_nlp.taxonomy import Taxonomy
from service.access.principal import Principal
from service.petitions.lateness import overdue
from service.petitions.queries import visible
from service.petitions.states import OPEN, STATUS_NAMES, Status
from service.store.tables import Entry, Petition


@dataclass(frozen=True, slots=True)
class Span:
    """Petitions received from one moment on and before another."""

    start: datetime
    end: datetime

    def conditions(self, caller: Principal) -> list[ColumnElement[bool]]:
        """As SQL, for what the caller may see."""
        return [Petition.received >= self.start, Petition.received < self.end, *visible(caller)]


def statistics(session: Session, caller: Principal, span: Span, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.petitions.schemas.StatsOut` describes it. Shares are None where there is nothing to divide by."""
    conditions = span.conditions(caller)
    groups = _groups(session, conditions, taxonomy)
    counts = {name: sum(group[name] for group in groups) for name in ("petitions", *_conditions())}

    def department(code: str) -> str:
        return taxonomy.name("department", code)

    return {
        "petitions": counts["petitions"],
        "open": counts["open"],
        "overdue": counts["overdue"],
        "emergencies": counts["emergencies"],
        "hard": counts["hard"],
        "review_share": _share(counts["to_people"], counts["petitions"]),
        "first_dispatch_precision": _share(counts["dispatched"] - counts["redirected"], counts["dispatched"]),
        "return_share": _share(counts["returned"], counts["dispatched"]),
        "satisfied_share": _share(counts["satisfied"], counts["rated"]),
        "by_status": _by(groups, "status", lambda code: STATUS_NAMES[Status(code)]),
        "by_matter": _by(groups, "matter", lambda code: taxonomy.name("matter", code)),
        "by_department": _by(groups, "department", department),
        "corrections": _corrections(session, conditions, taxonomy),
    }


def _conditions() -> dict[str, ColumnElement[bool]]:
    """What is counted."""
    return {
        "open": Petition.status.in_(OPEN),
        "overdue": overdue(),
        "emergencies": Petition.emergency.is_not(None),
        "hard": Petition.hard.is_(True),
        "to_people": Petition.asked_review.is_(True),
        "dispatched": (Petition.status != Status.PENDING) | Petition.redirected,
        "redirected": Petition.redirected.is_(True),
        "returned": Petition.returns > 0,
        "rated": Petition.satisfied.is_not(None),
        "satisfied": Petition.satisfied.is_(True),
    }


def _groups(session: Session, conditions: list[ColumnElement[bool]], taxonomy: Taxonomy) -> Sequence[Mapping[str, Any]]:
    """Counts by status, matter and department: one pass over the petitions gives all sums."""
    labels = (Petition.status, Petition.matter, Petition.department)
    # An aggregate is null where every row's condition is: due dates may be missing.
    sums = [func.coalesce(func.sum(cast(found, Integer)), 0).label(name) for name, found in _conditions().items()]
    query = select(*labels, func.count().label("petitions"), *sums).where(*conditions).group_by(*labels)
    found: list[dict[str, Any]] = [dict(row._mapping) for row in session.execute(query)]
    for group in found:
        for head in ("matter", "department"):
            group[head] = group[head] and taxonomy.current(head, group[head])
    return found


def _by(groups: Sequence[Mapping[str, Any]], label: str, name: Callable[[str], str]) -> list[dict[str, Any]]:
    counts: Counter[str] = Counter()
    for group in groups:
        if group[label] is not None:
            counts[group[label]] += group["petitions"]
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [{"code": code, "name": name(code), "count": count} for code, count in ordered]


def _corrections(session: Session, conditions: list[ColumnElement[bool]], taxonomy: Taxonomy) -> list[dict[str, Any]]:
    """How often people and returns moved a petition from one department to another."""
    before, after = (Entry.changes["department"][side].as_string() for side in (0, 1))
    query = (
        select(before, after, func.count())
        .join(Petition, Petition.id == Entry.petition)
        .where(*conditions, Entry.action.in_(("corrected", "returned")), before.is_not(None), after.is_not(None))
        .group_by(before, after)
        .order_by(func.count().desc(), before, after)
    )
    moves: Counter[tuple[str, str]] = Counter()
    for old, new, count in session.execute(query):
        pair = (taxonomy.current("department", old), taxonomy.current("department", new))
        if pair[0] != pair[1] or old == new:
            moves[pair] += count
    named = {code: {"code": code, "name": taxonomy.name("department", code)} for pair in moves for code in pair}
    ordered = sorted(moves.items(), key=lambda item: (-item[1], item[0]))
    return [{"from": named[old], "to": named[new], "count": count} for (old, new), count in ordered]


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None

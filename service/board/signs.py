"""Early signs of group incidents (群体性苗头), as a caller may see them.

`service.board.issues` keeps which petitions belong together. All else is counted here, from those that the caller may
see: nothing of a deleted, masked or restricted petition stays in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, Final

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from petition_nlp.report.issues.heat import PEAK_DAYS, is_burst, is_crowd
from petition_nlp.report.issues.links import MOST_DAYS
from petition_nlp.report.issues.tracker import MIN_REPORTS
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.strict import mask_strictly
from service.access.principal import Principal, Scope
from service.board.days import today
from service.board.issues import INQUIRY, TASK, Member
from service.moments import CHINA, moment_json
from service.petitions.queries import visible
from service.store.tables import BoardIssue, PeriodicTask, Petition

LEVEL_NAMES: Final = ("热点", "关注", "重点关注")

_SHOWN: Final = 30
_LISTED: Final = 50
_AT_ONCE: Final = 500
_READ: Final = 600
_EXCERPT: Final = 120
_COLUMNS: Final = (
    Petition.id,
    Petition.received,
    Petition.matter,
    Petition.department,
    Petition.district,
    Petition.street,
    Petition.community,
    Petition.request_type,
)

_Known = Mapping[str, Row[Any]]


def signs(session: Session, caller: Principal, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.board.schemas.SignsOut` describes it."""
    issues = session.scalars(select(BoardIssue)).all()
    known = _known(session, caller, [row[0] for issue in issues for row in issue.members["rows"]])
    found = [(issue, members) for issue in issues if len(members := _members(issue, known)) >= MIN_REPORTS]
    told = [(_told(issue, members, known, taxonomy), issue, members) for issue, members in found]
    told.sort(key=lambda each: (-each[0]["level"], -each[0]["recent"], -each[0]["count"], each[0]["first"]))
    told = told[:_SHOWN]
    if caller.may(Scope.PETITIONS_READ):
        _add_petitions(session, told, known)
    return {
        "as_of": moment_json(session.scalar(select(PeriodicTask.succeeded).where(PeriodicTask.name == TASK))),
        "days": MOST_DAYS,
        "items": [item for item, _, _ in told],
    }


def _known(session: Session, caller: Principal, ids: Sequence[str]) -> _Known:
    """What there is to count of those petitions that the caller may see."""
    found: dict[str, Row[Any]] = {}
    for start in range(0, len(ids), _AT_ONCE):
        query = select(*_COLUMNS).where(Petition.id.in_(ids[start : start + _AT_ONCE]), *visible(caller))
        found |= {row.id: row for row in session.execute(query)}
    return found


def _members(issue: BoardIssue, known: _Known) -> list[Member]:
    return [Member(*row) for row in issue.members["rows"] if row[0] in known]


def _told(issue: BoardIssue, members: Sequence[Member], known: _Known, taxonomy: Taxonomy) -> dict[str, Any]:
    rows = [known[member.petition] for member in members]
    days = Counter(row.received.astimezone(CHINA).date() for row in rows)
    peak = max(_sum(days, day) for day in days)
    wordings = len({member.wording for member in members})
    crowd = sum(member.crowd for member in members)
    asked = 2 * sum(row.request_type == INQUIRY for row in rows) > len(rows)
    burst, grouped = is_burst(peak, issue.usual, wordings), is_crowd(crowd, len(members))
    level = 0 if asked else burst + grouped
    last = today()
    return {
        "level": level,
        "level_name": LEVEL_NAMES[level],
        "burst": burst,
        "crowd": grouped,
        "count": len(members),
        "wordings": wordings,
        "first": moment_json(min(row.received for row in rows)),
        "last": moment_json(max(row.received for row in rows)),
        "recent": _sum(days, last - timedelta(days=PEAK_DAYS - 1)),
        "before": _sum(days, last - timedelta(days=2 * PEAK_DAYS - 1)),
        "peak": peak,
        "usual": round(issue.usual, 2),
        "matter": _named(taxonomy, "matter", [row.matter for row in rows]),
        "department": _named(taxonomy, "department", [row.department for row in rows]),
        **{place: _commonest([getattr(row, place) for row in rows]) for place in ("district", "street", "community")},
        "sample": None,
        "petitions": [],
    }


def _sum(days: Mapping[date, int], first: date) -> int:
    return sum(days.get(first + timedelta(days=step), 0) for step in range(PEAK_DAYS))


def _add_petitions(
    session: Session, told: Sequence[tuple[dict[str, Any], BoardIssue, Sequence[Member]]], known: _Known
) -> None:
    """Add numbers and the most typical text, masked: for those who may read petitions."""
    chosen = [
        next((petition for petition in issue.samples if petition in known), members[0].petition)
        for _, issue, members in told
    ]
    query = select(Petition.id, Petition.title, Petition.text).where(Petition.id.in_(chosen))
    texts = {row.id: f"{row.title or ''} {row.text}" for row in session.execute(query)}
    for (item, _, members), petition in zip(told, chosen, strict=True):
        item["sample"] = {"petition": petition, "excerpt": _excerpt(texts[petition])}
        item["petitions"] = [member.petition for member in members[:_LISTED]]


def _excerpt(text: str) -> str:
    text = " ".join(mask_strictly(text[:_READ]).split())
    return text if len(text) <= _EXCERPT else f"{text[: _EXCERPT - 1]}…"


def _commonest(values: Iterable[str | None]) -> str | None:
    found = Counter(value for value in values if value is not None).most_common(1)
    return found[0][0] if found else None


def _named(taxonomy: Taxonomy, head: str, codes: Iterable[str | None]) -> dict[str, str] | None:
    code = _commonest(None if code is None else taxonomy.current(head, code) for code in codes)
    return None if code is None else {"code": code, "name": taxonomy.name(head, code)}

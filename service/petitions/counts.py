"""How many petitions a filter finds, by status and by what the list of three matters tells apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import ColumnElement, Integer, cast, func, select
from sqlalchemy.orm import Session

from petition_nlp.taxonomy import Taxonomy
from service.access.principal import Principal
from service.petitions.kinds import DELIBERATION_NAMES, KIND_NAMES, REFERRAL_NAMES
from service.petitions.lateness import overdue
from service.petitions.queries import Filter, visible
from service.petitions.states import OPEN, STATUS_NAMES
from service.store.tables import Petition

_GROUPS: Final = {
    "status": Petition.status,
    "matter": Petition.matter,
    "kind": Petition.kind,
    "deliberation": Petition.deliberation_state,
    "referral": Petition.referral_kind,
}
_SUMS: Final[Mapping[str, ColumnElement[bool]]] = {
    "hard": Petition.hard.is_(True),
    "urged": Petition.urges > 0,
    "unanswered": Petition.unanswered.is_(True),
}
"""What is counted in the same pass; what is overdue is quicker found by itself among what is open."""


def counts(session: Session, caller: Principal, wanted: Filter, taxonomy: Taxonomy) -> dict[str, Any]:
    """As `service.petitions.list_schemas.CountsOut` describes it. Codes that nothing has are counted as 0.

    What is stored under a retired matter counts under the one that all of it became.
    """
    conditions = [*wanted.conditions(), *visible(caller)]
    sums = [func.sum(cast(found, Integer)).label(name) for name, found in _SUMS.items()]
    labels = [column.label(f"by_{name}") for name, column in _GROUPS.items()]
    query = select(*labels, func.count().label("petitions"), *sums).group_by(*_GROUPS.values()).where(*conditions)
    rows = [dict(row._mapping) for row in session.execute(query)]
    for row in rows:
        row["by_matter"] = row["by_matter"] and taxonomy.current("matter", row["by_matter"])
    late = session.scalar(select(func.count()).select_from(Petition).where(*conditions, overdue()))
    former = sorted({row["by_matter"] for row in rows if row["by_matter"]} - taxonomy.matters.keys())
    matters = {code: taxonomy.name("matter", code) for code in (*taxonomy.matters, *former)}
    return {
        **{name: sum(row[name] for row in rows) for name in ("petitions", *_SUMS)},
        "open": sum(row["petitions"] for row in rows if row["by_status"] in OPEN),
        "overdue": late or 0,
        "by_status": _by(rows, "by_status", STATUS_NAMES),
        "by_matter": _by(rows, "by_matter", matters),
        "by_kind": _by(rows, "by_kind", KIND_NAMES),
        "by_deliberation": _by(rows, "by_deliberation", DELIBERATION_NAMES),
        "by_referral": _by(rows, "by_referral", REFERRAL_NAMES),
    }


def _by(rows: Sequence[Mapping[Any, Any]], label: str, names: Mapping[Any, str]) -> list[dict[str, Any]]:
    found: Counter[str] = Counter()
    for row in rows:
        if row[label] is not None:
            found[row[label]] += row["petitions"]
    order = [*(str(code) for code in names), *sorted(found.keys() - names.keys())]
    return [{"code": code, "name": names.get(code, code), "count": found[code]} for code in order]

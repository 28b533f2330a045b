"""Labels of many petitions as JSON Lines to train from: streamed, personal data always masked."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, exists, or_, select
from sqlalchemy.orm import Session

from petition_nlp.strengths import STRENGTH_NAMES, WEIGHTS, Strength
from petition_nlp.text.strict import mask_strictly
from service.access.audit import audit, audit_reading
from service.access.principal import Principal
from service.moments import moment_json
from service.petitions.kinds import Kind
from service.petitions.queries import visible
from service.petitions.schemas import Moment
from service.petitions.training_labels import ACTIONS, DECIDING, Label, label_of
from service.store.database import Database
from service.store.tables import BlindVerdict, Entry, Petition

_BATCH: Final = 200
_NOBODY: Final = "-"
"""Co-department where a person decided that none helps; a model learns it and never suggests it."""


class LabelFilter(BaseModel):
    """Which labels are wanted; the fields are query parameters of the API."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    since: Moment | None = Field(default=None, description="作出结论的时间不早于")
    until: Moment | None = Field(default=None, description="作出结论的时间早于")
    strength: list[Strength] = Field(
        default=[], description=f"结论的种类：{'、'.join(f'{own} {STRENGTH_NAMES[own]}' for own in Strength)}，可重复"
    )
    blind: bool = Field(default=False, description="是否只要盲审过的诉求；结论仍取最强的一种")
    sensitive: bool = Field(default=False, description="是否包括敏感诉求")

    def conditions(self, caller: Principal) -> list[ColumnElement[bool]]:
        """Petitions that may have such a label, as SQL."""
        own = Entry.petition == Petition.id
        decided = exists().where(own, Entry.action.in_(DECIDING))
        found = [Petition.kind == Kind.PETITION, *visible(caller)]
        found.append(or_(decided, exists().where(BlindVerdict.petition == Petition.id)))
        if self.blind:
            found.append(exists().where(BlindVerdict.petition == Petition.id, BlindVerdict.seen.is_(False)))
        if not self.sensitive:
            found.append(Petition.restricted.is_(False))
        if self.since is not None:
            judged = exists().where(BlindVerdict.petition == Petition.id, BlindVerdict.at >= self.since)
            found.append(or_(exists().where(own, Entry.at >= self.since), judged))
        return found

    def takes(self, petition: Petition, label: Label) -> bool:
        """Whether a label is wanted."""
        if petition.sensitive and not self.sensitive:
            return False
        if self.strength and label.strength not in self.strength:
            return False
        after = self.since is None or label.decided >= self.since
        return after and (self.until is None or label.decided < self.until)


def note_labels(database: Database, caller: Principal, wanted: LabelFilter) -> None:
    """Note in the audit log that labels are about to be exported; without this nothing is."""
    with database.write() as session:
        audit(session, caller, "labels_exported", filter=wanted.model_dump(mode="json", exclude_defaults=True))


def label_lines(database: Database, caller: Principal, wanted: LabelFilter) -> Iterator[str]:
    """The file, piece by piece, a line for each petition, oldest first; each batch is read in a session of its own."""
    after = ""
    while True:
        with database.read() as session:
            petitions = _batch(session, caller, wanted, after)
            found = _labelled(session, petitions)
        kept = [(petition, label) for petition, label in found if wanted.takes(petition, label)]
        audit_reading(database, caller, [petition for petition, _ in kept], "labels")
        if kept:
            rows = (label_row(petition, label) for petition, label in kept)
            yield "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows)
        if len(petitions) < _BATCH:
            return
        after = petitions[-1].id


def label_row(petition: Petition, label: Label) -> dict[str, Any]:
    """One line: the message as it may leave the office, and what was decided; null where nobody decided."""
    helpers = label.values.get("co_departments")
    return {
        "id": petition.id,
        "title": None if petition.title is None else mask_strictly(petition.title),
        "text": mask_strictly(petition.text),
        "area": None if petition.area is None else mask_strictly(petition.area),
        "matter": label.values.get("matter"),
        "department": label.values.get("department"),
        "co_department": None if helpers is None else next(iter(helpers), _NOBODY),
        "co_departments": helpers,
        "request_type": label.values.get("request_type"),
        "strength": label.strength,
        "weight": WEIGHTS[label.strength],
        "decided": moment_json(label.decided),
        "received": moment_json(petition.received),
        "channel": mask_strictly(petition.channel),
        "model": petition.model,
    }


def _batch(session: Session, caller: Principal, wanted: LabelFilter, after: str) -> Sequence[Petition]:
    query = select(Petition).where(*wanted.conditions(caller), Petition.id > after)
    return session.scalars(query.order_by(Petition.id).limit(_BATCH)).all()


def _labelled(session: Session, petitions: Sequence[Petition]) -> list[tuple[Petition, Label]]:
    ids = [petition.id for petition in petitions]
    entries: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in session.scalars(
        select(Entry).where(Entry.petition.in_(ids), Entry.action.in_(ACTIONS)).order_by(Entry.id)
    ):
        entries[entry.petition].append(entry)
    verdicts = session.scalars(select(BlindVerdict).where(BlindVerdict.petition.in_(ids)))
    blind = {verdict.petition: verdict for verdict in verdicts}
    found = ((petition, label_of(petition, entries[petition.id], blind.get(petition.id))) for petition in petitions)
    return [(petition, label) for petition, label in found if label is not None]

"""What a clerk wants to know of a message beside its route: hints, alike past cases, likely repeats, the duty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import lazyload

from petition_nlp.acceptance import Hint
from petition_nlp.duties import Duty, duty_for
from petition_nlp.route import Message, Route, code_of
from petition_nlp.taxonomy import Taxonomy
from petition_nlp.text.strict import mask_strictly
from service.access.audit import audit_reading
from service.access.principal import Principal, Scope
from service.directory import Directories
from service.engine import Engine
from service.moments import moment_json
from service.petitions.queries import visible
from service.petitions.repeats import RepeatFinder
from service.petitions.similar import Similar, SimilarCases
from service.petitions.states import STATUS_NAMES, Status
from service.store.database import Database
from service.store.tables import Petition

_READ: Final = 1_000
"""Characters of a text that are masked for its excerpt."""
_EXCERPT: Final = 120


@dataclass(frozen=True, slots=True)
class LikelyRepeat:
    """An open petition that is likely about the same matter, with an estimated probability and why."""

    petition: Petition
    score: float
    reason: str


@dataclass(frozen=True, slots=True)
class Advice:
    """Beside a route.

    :param similar: past cases that people decided on; :param repeats: open petitions. Both None for callers who may
        not read petitions.
    :param duty: of the suggested department.
    """

    acceptance: Sequence[Hint]
    similar: Sequence[Similar] | None
    repeats: Sequence[LikelyRepeat] | None
    duty: Duty | None

    def to_dict(self, taxonomy: Taxonomy) -> dict[str, Any]:
        """The JSON form that `service.api.advice_schemas.AdviceOut` describes; texts are masked."""
        return {
            "acceptance": [hint.to_dict() for hint in self.acceptance],
            "similar": None if self.similar is None else [_case_json(each, taxonomy) for each in self.similar],
            "repeats": None if self.repeats is None else [_repeat_json(each, taxonomy) for each in self.repeats],
            "duty": self.duty and self.duty.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class Adviser:
    """Gives advice from the parts of the running app; stores nothing."""

    engine: Engine
    database: Database
    directories: Directories
    repeats: RepeatFinder
    similar: SimilarCases

    def advise(self, caller: Principal, message: Message, route: Route, besides: str | None = None) -> Advice:
        """Advice on a message and its route. It takes some ten milliseconds: call it in a thread.

        :param besides: the message's own petition, if it is stored already.
        """
        taxonomy = self.engine.router.taxonomy
        department = taxonomy.departments.get(code_of(route.department) or "")
        reads = caller.may(Scope.PETITIONS_READ)
        advice = Advice(
            acceptance=self.engine.acceptance.find(message, route.emergency),
            similar=self._similar(caller, message, besides) if reads else None,
            repeats=self._repeats(caller, message, route, besides) if reads else None,
            duty=None if department is None else duty_for(department, message.whole),
        )
        cases = [similar.petition for similar in advice.similar or ()]
        shown = {row.id: row for row in (*cases, *(repeat.petition for repeat in advice.repeats or ()))}
        audit_reading(self.database, caller, shown.values(), "advice")
        return advice

    def _similar(self, caller: Principal, message: Message, besides: str | None) -> list[Similar]:
        found = self.similar.find(caller, message, besides)
        return [similar for similar in found if not similar.petition.blind]

    def _repeats(self, caller: Principal, message: Message, route: Route, besides: str | None) -> list[LikelyRepeat]:
        taxonomy = self.engine.router.taxonomy
        place = self.directories.in_use(taxonomy).find_place(message.whole, area=message.area)
        district = place.district.name if place.district else None
        found = self.repeats.look(message, route.department, district, taxonomy).found
        wanted = {repeat.petition: repeat.likeness for repeat in found if repeat.petition != besides}
        if not wanted:
            return []
        with self.database.read() as session:
            query = select(Petition).where(Petition.id.in_(wanted), *visible(caller))
            rows = session.scalars(query.options(lazyload(Petition.suggestion))).all()
        repeats = [LikelyRepeat(row, wanted[row.id].score, wanted[row.id].reason) for row in rows]
        return sorted(repeats, key=lambda repeat: -repeat.score)


def excerpt(text: str) -> str:
    """The beginning of a text without personal data."""
    masked = " ".join(mask_strictly(text[:_READ]).split())
    return masked if len(masked) <= _EXCERPT else f"{masked[:_EXCERPT]}…"


def _case_json(similar: Similar, taxonomy: Taxonomy) -> dict[str, Any]:
    outcome = similar.petition.outcome
    return {
        **_petition_json(similar.petition, taxonomy),
        "outcome": None if outcome is None else mask_strictly(outcome),
        "similarity": round(similar.similarity, 4),
    }


def _repeat_json(repeat: LikelyRepeat, taxonomy: Taxonomy) -> dict[str, Any]:
    return {
        **_petition_json(repeat.petition, taxonomy),
        "score": round(repeat.score, 4),
        "reason": None if repeat.petition.blind else mask_strictly(repeat.reason),
        "blind": repeat.petition.blind,
    }


def _petition_json(petition: Petition, taxonomy: Taxonomy) -> dict[str, Any]:
    """A petition in short; of one that waits for a blind review nothing that was suggested, to whomever it is shown."""
    untold = petition.blind
    return {
        "petition": petition.id,
        "received": moment_json(petition.received),
        "excerpt": excerpt(f"{petition.title}：{petition.text}" if petition.title else petition.text),
        "matter": None if untold else _named(taxonomy, "matter", petition.matter),
        "department": None if untold else _named(taxonomy, "department", petition.department),
        "unit": None if untold or not petition.unit else {"code": petition.unit, "name": petition.unit_name},
        "status": petition.status,
        "status_name": STATUS_NAMES[Status(petition.status)],
    }


def _named(taxonomy: Taxonomy, head: str, code: str | None) -> dict[str, str] | None:
    return None if code is None else {"code": code, "name": taxonomy.name(head, code)}

"""Petitions without personal data: in answers that leave the office, and for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from petition_nlp.archive.columns import is_personal
from petition_nlp.archive.masking import HIDDEN
from petition_nlp.text.strict import mask_strictly
from service.access.principal import Principal, Scope
from service.moments import moment_json
from service.petitions.history import note
from service.store.tables import Clue, Link, Petition, Reply
from service.store.tables.base import now

_TEXTS: Final = ("title", "text", "area", "outcome")
_FURTHER_TEXTS: Final = ("deliberation_outcome", "referral_to", "referral_result")


def masked(shown: Mapping[str, Any], caller: Principal) -> dict[str, Any]:
    """A petition's JSON form as it may leave the office: as it is for callers with the scope ``personal``.

    For others texts are masked strictly, and what quotes the text is left out: evidence and the place found in it.
    """
    if caller.may(Scope.PERSONAL):
        return dict(shown)
    return {
        **shown,
        **{name: _masked_text(shown[name]) for name in _TEXTS},
        "extra": masked_value(shown["extra"]),
        "resources": masked_resources(shown["resources"]),
        "deliberation": _masked_part(shown["deliberation"], "outcome"),
        "referral": _masked_part(shown["referral"], "to", "result"),
        "place": None,
        "route": {**shown["route"], "evidence": []},
        "same_matter": [{**link, "reason": mask_strictly(link["reason"])} for link in shown["same_matter"]],
    }


def mask_petition(session: Session, petition: Petition, caller: Principal, why: str | None = None) -> None:
    """Take the personal data out of a stored petition, for good. Its number, place columns and decisions stay."""
    for name in (*_TEXTS, *_FURTHER_TEXTS):
        setattr(petition, name, _masked_text(getattr(petition, name)))
    petition.extra = masked_value(petition.extra)
    petition.resources = masked_resources(petition.resources)
    petition.place = None
    petition.suggestion.route = {**petition.suggestion.route, "evidence": []}
    petition.masked = now()
    petition.version += 1
    own = or_(Link.petition == petition.id, Link.other == petition.id)
    for link in session.scalars(select(Link).where(own)):
        link.reason = mask_strictly(link.reason)
    session.execute(delete(Clue).where(Clue.petition == petition.id))
    session.execute(delete(Reply).where(Reply.petition == petition.id))
    note(session, petition, caller, "masked", {"masked": [None, moment_json(petition.masked)]}, why=why)


def masked_value(value: Any) -> Any:
    """Any JSON value without personal data; what stands under a name such as 联系电话 is hidden whole."""
    match value:
        case dict():
            return {name: _masked_field(name, part) for name, part in value.items()}
        case list():
            return [masked_value(part) for part in value]
        case str():
            return mask_strictly(value)
        case bool() | None:
            return value
        case _:  # a number can be a telephone's
            hidden = mask_strictly(str(value))
            return value if hidden == str(value) else hidden


def masked_resources(resources: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """Resources of a wish or project without the names of donors, who may be people."""
    found: dict[str, Any] | None = masked_value(resources)
    pledged = found and found["pledged"]
    if found is None or not pledged:
        return found
    return {**found, "pledged": {**pledged, "donors": [HIDDEN for _ in pledged["donors"]]}}


def _masked_part(part: Mapping[str, Any] | None, *names: str) -> dict[str, Any] | None:
    return None if part is None else {**part, **{name: _masked_text(part[name]) for name in names}}


def _masked_field(name: str, value: Any) -> Any:
    if value in (None, ""):
        return value
    return HIDDEN if is_personal(name) else masked_value(value)


def _masked_text(text: str | None) -> str | None:
    return None if text is None else mask_strictly(text)

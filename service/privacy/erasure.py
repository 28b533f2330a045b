"""A resident's petitions masked or deleted because somebody asked for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_nlp.text.strict import mask_strictly
from service import problems
from service.access.audit import audit
from service.access.principal import Principal
from service.petitions.queries import visible
from service.privacy.masking import mask_petition
from service.privacy.removal import delete_petitions
from service.store.tables import Petition

Action = Literal["mask", "delete"]


def unknown(session: Session, ids: Sequence[str]) -> list[str]:
    """Those of some numbers that no petition has."""
    known = set(session.scalars(select(Petition.id).where(Petition.id.in_(ids))))
    return [each for each in ids if each not in known]


def erase(session: Session, caller: Principal, ids: Sequence[str], action: Action, reason: str) -> int:
    """Mask or delete petitions, all or none, and note it; there is no way back.

    :return: how many.
    :raises Problem: 404, the caller may not see one of them, or there is none of that number.
    """
    wanted = set(ids)
    found = session.scalars(select(Petition).where(Petition.id.in_(wanted), *visible(caller)).with_for_update()).all()
    if len(found) < len(wanted):
        raise problems.no_such("诉求")
    why = mask_strictly(reason)
    audit(session, caller, f"privacy_{action}", why=why, petitions=sorted(wanted))
    if action == "delete":
        delete_petitions(session, found)
    else:
        for petition in found:
            mask_petition(session, petition, caller, why)
    return len(found)

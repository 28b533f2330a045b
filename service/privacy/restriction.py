"""Petitions that only callers with the scope ``restricted`` see."""

from __future__ import annotations

from sqlalchemy import delete
from sqlalchemy.orm import Session

from service import problems
from service.access.principal import Principal
from service.petitions.history import change
from service.store.tables import Petition, Reply


def restrict(session: Session, petition: Petition, caller: Principal, restricted: bool, why: str) -> None:
    """Restrict a petition, or lift the restriction. Answers that were kept for repetition go: others may own them.

    :raises Problem: 409, it is as wanted already.
    """
    if petition.restricted == restricted:
        raise problems.not_possible("这件诉求已经是敏感诉求。" if restricted else "这件诉求不是敏感诉求。")
    if restricted:
        session.execute(delete(Reply).where(Reply.petition == petition.id))
    change(session, petition, caller, "restricted" if restricted else "unrestricted", why=why, restricted=restricted)

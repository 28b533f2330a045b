"""Petitions that no unit wants (疑难), and whose unit a manager has decided for good (定责)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from service import problems
from service.access.principal import SCOPE_MEANINGS, Principal, Scope
from service.store.tables import Petition

_UNITS: Final = 2
"""Different units that have sent a petition back make it hard."""
_WHOSE: Final = frozenset({"unit", "department", "matter"})


def after_return(petition: Petition) -> dict[str, Any]:
    """The columns that change when the unit that has a petition sends it back."""
    sender = _sender(petition)
    if sender is None or sender in petition.returned_by:
        return {}
    returned_by = [*petition.returned_by, sender]
    return {"returned_by": returned_by, **({"hard": True} if len(returned_by) >= _UNITS else {})}


def require_open_to(petition: Petition, caller: Principal) -> None:
    """Let only managers take a petition from the unit that a manager has decided on.

    :raises Problem: 403.
    """
    if petition.final:
        require_manager(caller)


def require_manager(caller: Principal) -> None:
    """Let only managers through.

    :raises Problem: 403.
    """
    if not caller.may(Scope.SUPERVISE):
        raise problems.forbidden(Scope.SUPERVISE, SCOPE_MEANINGS[Scope.SUPERVISE])


def moves(values: Mapping[str, Any]) -> bool:
    """Whether a correction says whose a petition is."""
    return not _WHOSE.isdisjoint(values)


def _sender(petition: Petition) -> str | None:
    if petition.unit is not None:
        return f"unit:{petition.unit}"
    return None if petition.department is None else f"department:{petition.department}"

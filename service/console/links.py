"""Where a petition can be seen."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from fastapi import Request
from sqlalchemy import select
from starlette.routing import Route

from service.access.principal import Principal, Scope
from service.petitions.queries import visible
from service.store.database import Database
from service.store.tables import Petition

_PETITION: Final = "/matters/{petition}"


def petition_addresses(
    request: Request, database: Database, caller: Principal, petitions: Collection[str]
) -> dict[str, str]:
    """The addresses of those petitions that are still there and that the caller may see, by their numbers."""
    if not petitions or not caller.may(Scope.PETITIONS_READ) or not _has_page(request):
        return {}
    query = select(Petition.id).where(Petition.id.in_(petitions), *visible(caller))
    with database.read() as session:
        return {petition: _PETITION.format(petition=petition) for petition in session.scalars(query)}


def _has_page(request: Request) -> bool:
    return any(isinstance(route, Route) and route.path == _PETITION for route in request.app.routes)

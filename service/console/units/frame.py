"""What all parts of the page share: its router, its callers, its tabs and the version that is shown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Final

from fastapi import Depends

from petition_nlp.local.directory import Directory
from petition_nlp.taxonomy import Taxonomy
from service import directory as store
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.console.pages import Page, PageRouter
from service.console.texts import units as texts
from service.store.database import Database
from service.store.tables import DirectoryVersion

PAGE: Final = Page("units", "/units", Scope.DIRECTORY_READ, texts, place=60)
router: Final = PageRouter(PAGE)

Reader = Annotated[Principal, Depends(needs(Scope.DIRECTORY_READ))]
Editor = Annotated[Principal, Depends(needs(Scope.DIRECTORY_WRITE))]

TABS: Final = (
    ("units", "/units"),
    ("rules", "/units/rules"),
    ("places", "/units/places"),
    ("services", "/units/services"),
    ("try", "/units/try"),
    ("versions", "/units/versions"),
    ("import", "/units/import"),
)


def frame(caller: Principal, database: Database, directory: Directory, tab: str) -> dict[str, Any]:
    """What every part of the page shows around itself."""
    with database.read() as session:
        newest = store.newest(session)
        version = int(directory.version)
        row = store.get(session, version) if version else None
        return {
            "tab": tab,
            "tab_name": texts.TABS[tab],
            "path": dict(TABS)[tab],
            "tabs": _tabs(caller),
            "row": row and head(row),
            "newest": newest,
            "may_edit": caller.may(Scope.DIRECTORY_WRITE),
        }


def head(row: DirectoryVersion) -> dict[str, Any]:
    """Who made a version, when and why."""
    return {"version": row.version, "at": row.at, "by": row.actor_name, "why": row.why}


def department_options(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    """Departments by code and name."""
    return [(code, department.name) for code, department in taxonomy.departments.items()]


def matter_options(taxonomy: Taxonomy) -> list[tuple[str, str]]:
    """Matters by code and name."""
    return [(code, matter.name) for code, matter in taxonomy.matters.items()]


def _tabs(caller: Principal) -> Sequence[tuple[str, str, str]]:
    shown = TABS if caller.may(Scope.DIRECTORY_WRITE) else TABS[:-1]
    return [(tab, path, texts.TABS[tab]) for tab, path in shown]

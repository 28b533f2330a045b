"""The city's own directory in the store: versions, the one in use, and what it says of a message."""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from threading import Lock, Thread
from typing import Any, Final

from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session, defer

from petition_nlp.local.assign import Assignment
from petition_nlp.local.deadlines import Deadlines
from petition_nlp.local.directory import Directory
from petition_nlp.local.place import Place
from petition_nlp.local.problems import DirectoryError
from petition_nlp.local.retired import without_retired
from petition_nlp.local.services import ServiceMatch, with_services
from petition_nlp.route import Message, Route, code_of
from petition_nlp.taxonomy import Taxonomy
from service import problems
from service.access.audit import audit
from service.access.principal import Principal
from service.moments import CHINA
from service.problems import Problem
from service.store.database import Database
from service.store.paging import Page, page_of
from service.store.tables import DirectoryVersion
from service.store.tables.base import now

EMPTY: Final[Mapping[str, Any]] = {"units": [], "rules": [], "places": [], "services": []}
_FRESH_SECONDS: Final = 5.0

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Local:
    """What the directory says of one message.

    :param directory: its version, 0 for none.
    """

    place: Place
    assignment: Assignment
    services: Sequence[ServiceMatch]
    directory: int

    @property
    def district(self) -> str | None:
        """Name of the district that was found."""
        found = self.place.district
        return found.name if found else None


class Directories:
    """The directory in use, kept in memory; a new version is seen within some seconds in every process.

    :param deadlines: the city's rule for deadlines.
    """

    def __init__(self, database: Database, deadlines: Deadlines) -> None:
        self.deadlines = deadlines
        self._database = database
        self._lock = Lock()
        self._found: tuple[int, Directory] | None = None
        self._fits = True
        self._looked = -_FRESH_SECONDS

    def in_use(self, taxonomy: Taxonomy) -> Directory:
        """The newest version; while the database does not answer, the last one that was seen."""
        with self._lock:
            if self._stale() or self._found is None:
                self._looked = time.monotonic()
                self._look(taxonomy)
            return self._found[1] if self._found else _read(0, EMPTY, taxonomy)

    def newest(self, taxonomy: Taxonomy) -> Directory:
        """The newest version, looked for now: for pages that show what was changed a moment ago."""
        with self._lock:
            self._looked = time.monotonic()
            self._look(taxonomy)
            return self._found[1] if self._found else _read(0, EMPTY, taxonomy)

    def version(self, session: Session, version: int, taxonomy: Taxonomy) -> Directory:
        """One version, from memory if it is the one in use.

        :raises Problem: 404.
        :raises DirectoryError: it does not fit the taxonomy.
        """
        found = self._found
        return found[1] if found and found[0] == version and self._fits else load(session, version, taxonomy)

    def usable(self, session: Session, version: int, taxonomy: Taxonomy) -> Directory:
        """One version as it is in use, or would be.

        :raises Problem: 404.
        """
        found = self._found
        return found[1] if found and found[0] == version else _usable(session, version, taxonomy)[0]

    def readable(self, session: Session, version: int, taxonomy: Taxonomy) -> Directory:
        """One version, empty where the present taxonomy does not fit it: so that it can be replaced."""
        try:
            return self.version(session, version, taxonomy)
        except DirectoryError:
            return _read(version, EMPTY, taxonomy)

    def adopt(self, directory: Directory) -> None:
        """Take over a version that this process has just written."""
        version = int(directory.version)
        with self._lock:
            if self._found is None or self._found[0] < version:
                self._found, self._fits = (version, directory), True

    def at_hand(self, taxonomy: Taxonomy) -> Directory | None:
        """The last version that was seen, without waiting; a thread looks for a newer one if that is due."""
        if self._stale():
            self._looked = time.monotonic()
            Thread(target=self._look, args=(taxonomy,), name="directory", daemon=True).start()
        return self._found[1] if self._found else None

    def located(self, messages: Sequence[Message], taxonomy: Taxonomy) -> Sequence[Message]:
        """The same with all that the gazetteer makes of their places in their fields for it."""
        directory = self.at_hand(taxonomy)
        return messages if directory is None else [directory.gazetteer.locate(message) for message in messages]

    def localised(self, messages: Sequence[Message], routes: list[Route], taxonomy: Taxonomy) -> list[Route]:
        """Routes whose channels name the services that can help (供需对接)."""
        directory = self.at_hand(taxonomy)
        if directory is None or not directory.services:
            return routes
        return [_served(directory, message, route) for message, route in zip(messages, routes, strict=True)]

    def look_up(self, message: Message, matter: str | None, department: str | None, taxonomy: Taxonomy) -> Local:
        """Where a message is about, which unit it goes to, and which services can help."""
        directory = self.in_use(taxonomy)
        place = directory.find_place(message.whole, area=message.area)
        assignment = directory.assign(
            department=department,
            matter=matter,
            place=place,
            text=message.whole,
            on=now().astimezone(CHINA).date(),
        )
        services = directory.match_services(matter=matter, department=department, place=place, text=message.whole)
        return Local(place, assignment, services, int(directory.version))

    def _stale(self) -> bool:
        return time.monotonic() - self._looked >= _FRESH_SECONDS

    def _look(self, taxonomy: Taxonomy) -> None:
        try:
            with self._database.read() as session:
                version = newest(session)
                if self._found is None or self._found[0] != version:
                    found, self._fits = _usable(session, version, taxonomy)
                    self._found = (version, found)
        except (Problem, DBAPIError, DirectoryError) as error:
            # Without the store, or with a version that cannot be read, the last one that could be stays in use.
            _log.warning("directory not looked at", extra={"fields": {"error": type(error).__name__}})


def newest(session: Session) -> int:
    """The version in use, 0 where there is none yet."""
    return session.scalar(select(func.max(DirectoryVersion.version))) or 0


def load(session: Session, version: int, taxonomy: Taxonomy) -> Directory:
    """One version.

    :raises Problem: 404.
    """
    return _read(version, document(session, version), taxonomy)


def document(session: Session, version: int) -> Mapping[str, Any]:
    """One version as it was written; version 0 is empty.

    :raises Problem: 404.
    """
    if version == 0:
        return EMPTY
    return get(session, version).document


def places(session: Session) -> Sequence[Mapping[str, Any]]:
    """The places of the version in use, as they were written: they can be read whatever the taxonomy."""
    found: Sequence[Mapping[str, Any]] = document(session, newest(session))["places"]
    return found


def get(session: Session, version: int) -> DirectoryVersion:
    """The row of one version.

    :raises Problem: 404.
    """
    found = session.get(DirectoryVersion, version)
    if found is None:
        raise problems.no_such("目录版本")
    return found


def versions(session: Session, *, cursor: int | None, limit: int) -> Page[DirectoryVersion, int]:
    """One page of the versions, without their documents."""
    query = select(DirectoryVersion).options(defer(DirectoryVersion.document))
    return page_of(session, query, DirectoryVersion.version, cursor=cursor, limit=limit)


def lock(session: Session) -> None:
    """Keep others from writing a version until the end of the transaction."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE directory_version IN SHARE ROW EXCLUSIVE MODE"))


def put(session: Session, caller: Principal, directory: Directory, *, why: str) -> DirectoryVersion:
    """Make a directory the newest version."""
    row = DirectoryVersion(
        version=newest(session) + 1,
        actor=caller.id,
        actor_name=caller.name,
        why=why,
        document=directory.to_dict(),
    )
    session.add(row)
    sizes = {kind: len(row.document[kind]) for kind in EMPTY}
    audit(session, caller, "directory_changed", f"directory:{row.version}", why, **sizes)
    session.flush()
    return row


def _served(directory: Directory, message: Message, route: Route) -> Route:
    if route.responsible is None:
        return route
    place = directory.find_place(message.whole, area=message.area)
    matches = directory.match_services(
        matter=code_of(route.matter), department=code_of(route.department), place=place, text=message.whole
    )
    return replace(route, responsible=with_services(route.responsible, matches)) if matches else route


def _usable(session: Session, version: int, taxonomy: Taxonomy) -> tuple[Directory, bool]:
    """A version, and whether it fits the taxonomy; if not, all of it that does not belong to codes that are gone."""
    try:
        return load(session, version, taxonomy), True
    except DirectoryError as error:
        _log.warning("directory read in part", extra={"fields": {"version": version, "problems": len(error.problems)}})
        return _read(version, without_retired(document(session, version), taxonomy), taxonomy), False


def _read(version: int, content: Mapping[str, Any], taxonomy: Taxonomy) -> Directory:
    return Directory.from_dict(content, version=str(version), taxonomy=taxonomy)

"""Trying the directory on a message: what it finds, and every rule that leads there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.concurrency import run_in_threadpool

from petition_nlp.local.assign import Assignment
from petition_nlp.local.directory import Directory
from petition_nlp.local.place import Place
from petition_nlp.local.records import Area
from petition_nlp.local.services import ServiceMatch
from petition_nlp.route import Message, code_of
from service import directory as store
from service.api.directory_schemas import CaseIn
from service.engine import Engine
from service.moments import CHINA
from service.petitions.labels import known_code
from service.store.database import Database
from service.store.tables.base import now


@dataclass(frozen=True, slots=True)
class Reading:
    """What one reading of the place leads to."""

    areas: tuple[Area, ...]
    assignment: Assignment


@dataclass(frozen=True, slots=True)
class Trial:
    """What a version of the directory says of a message.

    :param readings: one for each place that it could be about; a place that is certain has one.
    """

    directory: Directory
    matter: str | None
    department: str | None
    place: Place
    assignment: Assignment
    readings: Sequence[Reading]
    services: Sequence[ServiceMatch]


async def try_out(engine: Engine, database: Database, directories: store.Directories, case: CaseIn) -> Trial:
    """Try a version on a message; the model decides on matter and department where the caller has not.

    :raises Problem: there is no such version, matter or department.
    """
    taxonomy = engine.router.taxonomy
    [route] = await engine.route([Message(case.text, title=case.title, area=case.area)])
    matter = known_code(taxonomy, "matter", case.matter, "matter") or code_of(route.matter)
    department = known_code(taxonomy, "department", case.department, "department") or code_of(route.department)

    def look() -> Trial:
        with database.read() as session:
            version = store.newest(session) if case.version is None else case.version
            directory = directories.usable(session, version, taxonomy)
        return _tried(directory, case, matter, department)

    return await run_in_threadpool(look)


def _tried(directory: Directory, case: CaseIn, matter: str | None, department: str | None) -> Trial:
    text = Message(case.text, title=case.title).whole
    day = case.on or now().astimezone(CHINA).date()
    place = directory.find_place(text, area=case.area)

    def assign(of: Place) -> Assignment:
        return directory.assign(department=department, matter=matter, place=of, text=text, on=day)

    return Trial(
        directory,
        matter,
        department,
        place,
        assign(place),
        [Reading(areas, assign(Place(areas, place.source))) for areas in place.readings],
        directory.match_services(matter=matter, department=department, place=place, text=text),
    )

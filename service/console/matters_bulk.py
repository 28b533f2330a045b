"""What is done with several entries of the list at once."""

from __future__ import annotations

import json

from fastapi import Request
from sqlalchemy.orm import Session

from service.api.writing import Answer, write
from service.console.matters_forms import BulkForm
from service.console.matters_shown import Desk, title_of
from service.console.texts import matters as texts
from service.petitions import affairs, changes, queries
from service.petitions.affair_schemas import UrgeIn
from service.petitions.kinds import Asked
from service.petitions.schemas import StatusIn
from service.petitions.states import Status
from service.problems import Problem
from service.store.tables import Petition

Skipped = list[tuple[str, str, str]]


async def do_all(request: Request, desk: Desk, wanted: BulkForm) -> tuple[int, Skipped]:
    """Do one thing with several entries in one transaction.

    :return: with how many it was done; number, title and reason of those with which it was not.
    """

    def work(session: Session) -> Answer:
        skipped: Skipped = []
        for number, version in wanted.entries():
            _try(session, desk, wanted, number, version, skipped)
        return Answer({"skipped": skipped})

    answer = await write(request, desk.caller, work)
    told: Skipped = [tuple(one) for one in json.loads(bytes(answer.body))["skipped"]]
    return len(wanted.chosen) - len(told), told


def _try(session: Session, desk: Desk, wanted: BulkForm, number: str, version: int, skipped: Skipped) -> None:
    found = queries.get(session, desk.caller, number, lock=True)
    title = title_of(found.title, found.text)
    if found.version != version:
        skipped.append((number, title, texts.PAGE["bulk_changed"]))
        return
    try:
        _act(session, desk, wanted, found)
    except Problem as problem:  # raised before anything of this entry is changed
        why = "；".join(error.message for error in problem.errors)
        skipped.append((number, title, why or problem.detail))


def _act(session: Session, desk: Desk, wanted: BulkForm, found: Petition) -> None:
    if wanted.action == "urge":
        affairs.ask_unit(session, found, desk.caller, UrgeIn(kind=Asked.URGE, why=wanted.why or texts.PAGE["urge"]))
    elif wanted.action == "assigned" and found.status == Status.PENDING:
        changes.accept(session, found, desk.caller, wanted.why, desk.rules.taxonomy)
    else:
        changes.move(session, found, desk.caller, StatusIn(status=Status(wanted.action), why=wanted.why))

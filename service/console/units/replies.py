"""What changes of the directory are answered with: done, or refused because somebody else was faster."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any

from fastapi import Request, Response

from petition_nlp.local.problems import DirectoryError
from petition_nlp.taxonomy import Taxonomy
from service import directory as store
from service.console.shell import fragment
from service.console.units.changes import changes
from service.console.units.frame import head
from service.problems import Problem
from service.store.database import Database

_CONFLICT = 412


def done(request: Request, answer: Response, notice: str, known: Collection[str] = ()) -> Response:
    """A new version is in force: what is odd in it comes along, and the page renews its list.

    :param known: remarks that were true before.
    """
    told: dict[str, Any] = json.loads(bytes(answer.body))
    version = told["version"]
    remarks = [remark for remark in told["notes"] if remark not in known]
    shown = fragment(request, "units/remarks.html", remarks=remarks, version=version)
    events = {"notice": {"text": notice.format(version=version)}, "directory-changed": {"version": version}}
    shown.headers["HX-Trigger"] = json.dumps(events)
    shown.headers.update({"HX-Retarget": "#remarks", "HX-Reswap": "innerHTML"})
    return shown


def in_conflict(request: Request, database: Database, taxonomy: Taxonomy, problem: Problem, seen: int) -> Response:
    """Who changed the directory meanwhile, and what; whoever has read it may go on.

    :param seen: the version that the caller has changed.
    :raises Problem: every other one.
    """
    if problem.status != _CONFLICT:
        raise problem
    with database.read() as session:
        newest = store.newest(session)
        try:
            parts = changes(store.load(session, seen, taxonomy), store.load(session, newest, taxonomy))
        except DirectoryError:
            parts = []
        row = head(store.get(session, newest))
    shown = fragment(request, "units/conflict.html", row=row, seen=seen, parts=parts)
    shown.status_code = _CONFLICT
    shown.headers.update({"HX-Retarget": "#edit-problem", "HX-Reswap": "innerHTML"})
    return shown

"""A new version of the directory in the place of the last one, for the API and the pages alike."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

from fastapi import Request, Response
from sqlalchemy.orm import Session

from petition_nlp.local.compare import diff
from petition_nlp.local.directory import Directory
from petition_nlp.local.notes import notes
from petition_nlp.local.problems import DirectoryError
from petition_nlp.taxonomy import Taxonomy
from service import directory as store
from service import problems
from service.access.principal import Principal
from service.api.writing import Answer, check_unchanged, etag, write


async def replace(
    request: Request,
    caller: Principal,
    directories: store.Directories,
    taxonomy: Taxonomy,
    new: Directory,
    why: str,
    *,
    seen: int | None = None,
) -> Response:
    """Put ``new`` in force, and answer with what it changes.

    :param seen: the version that the caller has changed; default: the one in ``If-Match``, if there is one.
    :raises Problem: 412, another version has come meanwhile.
    """

    written: list[int] = []

    def work(session: Session) -> Answer:
        store.lock(session)
        version = store.newest(session)
        if seen is None:
            check_unchanged(request, version)
        elif seen != version:
            raise problems.changed_meanwhile(etag(version))
        old = directories.readable(session, version, taxonomy)
        row = store.put(session, caller, new, why=why)
        written.append(row.version)
        return Answer(compared(old, new, row.version), headers={"ETag": etag(row.version)})

    answer = await write(request, caller, work)
    if written:
        directories.adopt(dataclasses.replace(new, version=str(written[-1])))
    return answer


def compared(old: Directory, new: Directory, version: int | None) -> dict[str, Any]:
    """What a new directory changes and what is odd in it.

    :param version: None if it was not saved.
    """
    return {"version": version, "changes": diff(old, new).to_dict(), "notes": notes(new)}


def checked(read: Callable[[], Directory]) -> Directory:
    """What ``read`` gives.

    :raises Problem: names every mistake.
    """
    try:
        return read()
    except DirectoryError as error:
        raise problems.bad_directory(error) from None

"""Where a resident's data is: petitions and history, scanned in batches, since no index knows every spelling."""

from __future__ import annotations

import hashlib
import json
import os
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session, lazyload

from service.access.audit import audit
from service.access.principal import Principal, Scope
from service.petitions.queries import visible
from service.privacy.spelling import folded, folded_phone
from service.store.database import Database
from service.store.tables import Entry, Petition, Reply

SHORTEST: Final = {"phone": 7, "name": 2, "id_number": 6, "external_id": 1, "text": 2}
"""Letters and digits that a term must have at least."""
MOST_SCANNED: Final = 20_000
"""Petitions that one call looks at."""
MOST_FOUND: Final = 200
_BATCH: Final = 500
_TEXTS: Final = (
    "external_id",
    "title",
    "text",
    "area",
    "outcome",
    "deliberation_outcome",
    "referral_to",
    "referral_result",
)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is looked for; a petition that holds any of it is found."""

    phone: str | None = None
    name: str | None = None
    id_number: str | None = None
    external_id: str | None = None
    text: str | None = None

    def given(self) -> dict[str, str]:
        """Kind of term → the term as `folded` spells it."""
        found: dict[str, str] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if value is not None:
                found[each.name] = folded_phone(value) if each.name == "phone" else folded(value)
        return found

    def too_short(self) -> list[str]:
        """The terms that would find almost everything."""
        return [name for name, term in self.given().items() if len(term) < SHORTEST[name]]


@dataclass(frozen=True, slots=True)
class Finding:
    """A petition that holds some of the terms.

    :param places: term → the fields that hold it; ``history`` is the reasons in its history.
    :param replies: kept answers that show it.
    """

    petition: Petition
    places: Mapping[str, Sequence[str]]
    replies: int


@dataclass(frozen=True, slots=True)
class Findings:
    """What one call found; ``next`` is where the next one goes on, None at the end.

    :param complete: whether the caller may see everything that was looked at.
    """

    items: Sequence[Finding]
    scanned: int
    next: str | None
    complete: bool


def search(database: Database, caller: Principal, terms: Terms, cursor: str | None = None) -> Findings:
    """Look through petitions that the caller may see, newest first, and note in the audit log that it was done."""
    wanted = terms.given()
    items: list[Finding] = []
    scanned, following = 0, cursor
    for batch in _batches(database, caller, cursor):
        items += batch.holding(wanted)
        scanned += len(batch.petitions)
        following = batch.petitions[-1].id
        if scanned >= MOST_SCANNED or len(items) >= MOST_FOUND:
            break
    else:
        following = None
    with database.write() as session:
        audit(session, caller, "privacy_search", terms=fingerprints(wanted), scanned=scanned, found=len(items))
    return Findings(items, scanned, following, caller.may(Scope.RESTRICTED))


def fingerprints(terms: Mapping[str, str]) -> dict[str, str]:
    """Salted hashes of search terms: they can confirm a search for a known term and hardly tell an unknown one."""
    return {name: _fingerprint(term, os.urandom(16)) for name, term in terms.items()}


def is_fingerprint_of(fingerprint: str, term: str) -> bool:
    """Whether a term, as `folded` spells it, is the one that was searched for."""
    salt, _, _ = fingerprint.partition(":")
    return fingerprint == _fingerprint(term, bytes.fromhex(salt))


def _fingerprint(term: str, salt: bytes) -> str:
    return f"{salt.hex()}:{hashlib.scrypt(term.encode(), salt=salt, n=2**14, r=8, p=1, dklen=16).hex()}"


@dataclass(frozen=True, slots=True)
class _Batch:
    petitions: Sequence[Petition]
    entries: Mapping[str, Sequence[Entry]]
    replies: Mapping[str, int]

    def holding(self, wanted: Mapping[str, str]) -> Iterator[Finding]:
        for petition in self.petitions:
            texts = {name: folded(value) for name, value in self._texts(petition) if value}
            places = {term: [name for name, text in texts.items() if sought in text] for term, sought in wanted.items()}
            found = {term: names for term, names in places.items() if names}
            if found:
                yield Finding(petition, found, self.replies.get(petition.id, 0))

    def _texts(self, petition: Petition) -> Iterator[tuple[str, str | None]]:
        for name in _TEXTS:
            yield name, getattr(petition, name)
        yield "resources", _dumped(petition.resources)
        yield "extra", _dumped(petition.extra)
        yield "place", _dumped(petition.place)
        told = [f"{entry.why or ''}\n{_dumped(entry.changes)}" for entry in self.entries.get(petition.id, ())]
        yield "history", "\n".join(told)


def _batches(database: Database, caller: Principal, cursor: str | None) -> Iterator[_Batch]:
    """Petitions with what hangs on them, newest first; each batch in a session of its own."""
    while True:
        query = select(Petition).where(*visible(caller)).order_by(Petition.id.desc()).limit(_BATCH)
        query = query.options(lazyload(Petition.suggestion))
        if cursor is not None:
            query = query.where(Petition.id < cursor)
        with database.read() as session:
            petitions = session.scalars(query).all()
            ids = [petition.id for petition in petitions]
            batch = _Batch(petitions, _entries(session, ids), _replies(session, ids))
        if not petitions:
            return
        yield batch
        cursor = petitions[-1].id


def _entries(session: Session, ids: Sequence[str]) -> Mapping[str, Sequence[Entry]]:
    found: defaultdict[str, list[Entry]] = defaultdict(list)
    for entry in session.scalars(select(Entry).where(Entry.petition.in_(ids)).order_by(Entry.id)):
        found[entry.petition].append(entry)
    return found


def _replies(session: Session, ids: Sequence[str]) -> dict[str, int]:
    query = select(Reply.petition, func.count()).where(Reply.petition.in_(ids)).group_by(Reply.petition)
    return {petition: count for petition, count in session.execute(query) if petition is not None}


def _dumped(value: Any) -> str | None:
    return None if value is None else json.dumps(value, ensure_ascii=False)

"""Past petitions that a person decided on, nearest to a new message by the model's own vectors (相似案例)."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Final

import numpy as np
from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import Session, lazyload

from petition_nlp.embed.ngrams import NgramEmbedder, SparseMatrix
from petition_nlp.embed.sketch import sketches
from petition_nlp.route import Message
from petition_nlp.text.document import prepare
from service.access.principal import Principal
from service.petitions.changes import PERSON
from service.petitions.queries import visible
from service.petitions.similar_index import CaseIndex, RecentVectors
from service.petitions.states import Status
from service.problems import Problem
from service.store.database import Database
from service.store.tables import Entry, Petition
from service.store.tables.base import now

LEAST: Final = 0.3
"""Similarity below which two messages have little in common."""
_NAMED: Final = 5
_COMPARED: Final = 30
_LONGEST: Final = 2_000
"""Characters of a text that are read."""
_CONFIRMING: Final = ("accepted", "corrected")
_FIRST_SECONDS: Final = 2.0
_LOOK_SECONDS: Final = 10.0
_OVERLAP: Final = timedelta(minutes=2)
"""Time that a transaction may have taken between the moment it notes and its end."""
_BATCH: Final = 32
_REST: Final = 3
"""Times as long as reading a batch took: requests go first."""
_CHECKED: Final = 1_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Similar:
    """A past petition, and how alike it is: cosine of the tf-idf vectors, 0 to 1."""

    petition: Petition
    similarity: float


class SimilarCases:
    """Finds similar cases; knows the newest ones by sketches of their vectors, kept in this process.

    What is shown is read from the database each time: what was deleted, masked, or decided otherwise since is not.

    :param embedder: the model's; may raise `Problem` while it loads.
    :param most: how many petitions to know, 0 for none.
    """

    def __init__(self, database: Database, embedder: Callable[[], NgramEmbedder], most: int) -> None:
        self._database = database
        self._embedder = embedder
        self._index = CaseIndex(most)
        self._recent = RecentVectors()
        self._seen: datetime | None = None
        self._checked = ""
        self._over = Event()

    def begin(self) -> None:
        """Read what people decided, from now on, in a thread."""
        if self._index.most:
            Thread(target=self._keep_looking, name="similar", daemon=True).start()

    def end(self) -> None:
        """Read no more."""
        self._over.set()

    def catch_up(self) -> int:
        """Take in what people decided since the last look, the newest first, and let go what is gone.

        :return: how many petitions were taken in.
        """
        began, number = now(), 0
        for batch in self._unknown():
            started = time.monotonic()
            number += self._take_in(batch)
            if self._over.wait(_REST * (time.monotonic() - started)):
                return number
        self._seen = began
        self._check_some()
        return number

    def find(self, caller: Principal, message: Message, besides: str | None = None) -> list[Similar]:
        """The most similar cases that the caller may see, the likest first.

        :param besides: a petition that is not wanted: the message's own.
        """
        if not len(self._index):
            return []
        own = self._embedded([_read(message.title, message.text)])
        if not len(own.indices):
            return []
        near = [petition for petition in self._index.nearest(sketches(own)[0]) if petition != besides]
        with self._database.read() as session:
            seen = select(Petition.id).where(Petition.id.in_(near), *_confirmed(), *visible(caller))
            shown = set(session.scalars(seen))
            compared = [petition for petition in near if petition in shown][:_COMPARED]
            vectors = self._vectors(session, compared)
            alike = {petition: _cosine(own, vectors[petition]) for petition in compared if petition in vectors}
            best = sorted(alike, key=lambda petition: -alike[petition])[:_NAMED]
            found = {petition: alike[petition] for petition in best if alike[petition] >= LEAST}
            rows = session.scalars(
                select(Petition).where(Petition.id.in_(found)).options(lazyload(Petition.suggestion))
            ).all()
        return sorted((Similar(row, found[row.id]) for row in rows), key=lambda each: -each.similarity)

    def _keep_looking(self) -> None:
        pause = _FIRST_SECONDS
        while not self._over.wait(pause):
            pause = _LOOK_SECONDS
            try:
                self.catch_up()
            except Problem:  # the store is gone, or the model is not there yet
                continue
            except Exception:
                _log.error("similar cases not read", exc_info=True)

    def _unknown(self) -> Iterator[list[str]]:
        """Petitions that were decided on since the last look and are not known, in batches."""
        query = select(Entry.petition).where(Entry.action.in_(_CONFIRMING))
        if self._seen is not None:
            query = query.where(Entry.at >= self._seen - _OVERLAP)
        with self._database.read() as session:
            ids = session.scalars(query.order_by(Entry.at.desc()).limit(self._index.most)).all()
        unknown = [petition for petition in dict.fromkeys(ids) if petition not in self._index]
        for start in range(0, len(unknown), _BATCH):
            yield unknown[start : start + _BATCH]

    def _take_in(self, ids: Sequence[str]) -> int:
        with self._database.read() as session:
            texts = self._texts(session, ids)
        if texts:
            self._index.add([*texts], sketches(self._embedded([*texts.values()])))
        return len(texts)

    def _check_some(self) -> None:
        """Let go those of the next known petitions that are deleted or masked by now."""
        some = self._index.after(self._checked, _CHECKED)
        self._checked = some[-1] if len(some) == _CHECKED else ""
        with self._database.read() as session:
            there = set(session.scalars(select(Petition.id).where(Petition.id.in_(some), *_confirmed())))
        gone = set(some) - there
        self._index.drop(gone)
        self._recent.drop(gone)

    def _vectors(self, session: Session, ids: Sequence[str]) -> dict[str, SparseMatrix]:
        """The vectors of petitions: clerks look at one message several times, and at alike ones."""
        known = self._recent.get(ids)
        texts = self._texts(session, [petition for petition in ids if petition not in known])
        matrix = self._embedded([*texts.values()])
        new = {petition: matrix.take(np.array([row])) for row, petition in enumerate(texts)}
        self._recent.add(new)
        return {**known, **new}

    def _texts(self, session: Session, ids: Sequence[str]) -> dict[str, str]:
        text = func.substr(Petition.text, 1, _LONGEST)
        rows = session.execute(select(Petition.id, Petition.title, text).where(Petition.id.in_(ids), *_confirmed()))
        return {petition: _read(title, text) for petition, title, text in rows}

    def _embedded(self, texts: Sequence[str]) -> SparseMatrix:
        return self._embedder().transform([prepare(text) for text in texts])


def _confirmed() -> list[ColumnElement[bool]]:
    """The condition that a person's decision on a petition is in force, and its text as it was sent."""
    return [
        Petition.decided_by == PERSON,
        Petition.review.is_(False),
        Petition.masked.is_(None),
        Petition.status != Status.MERGED,
    ]


def _read(title: str | None, text: str) -> str:
    return (f"{title}\n{text}" if title else text)[:_LONGEST]


def _cosine(one: SparseMatrix, other: SparseMatrix) -> float:
    """Of two rows."""
    _, own, others = np.intersect1d(one.indices, other.indices, assume_unique=True, return_indices=True)
    lengths = float(np.linalg.norm(one.values) * np.linalg.norm(other.values))
    return float(one.values[own] @ other.values[others]) / lengths if lengths else 0.0

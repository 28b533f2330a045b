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


class _Known:
    """What is known of past cases, by the vectors of one model; vectors of two models are never compared.

    :param seen: when was last looked for new ones; :param checked: the last petition that was found to be there still.
    """

    def __init__(self, embedder: NgramEmbedder, most: int) -> None:
        self.embedder = embedder
        self.index = CaseIndex(most)
        self.recent = RecentVectors()
        self.seen: datetime | None = None
        self.checked = ""

    def embedded(self, texts: Sequence[str]) -> SparseMatrix:
        """The vectors of texts."""
        return self.embedder.transform([prepare(text) for text in texts])


class SimilarCases:
    """Finds similar cases; knows the newest ones by sketches of their vectors, kept in this process.

    After a change of the model they are read anew by its vectors; until that is done, the former model's go on.

    What is shown is read from the database each time: what was deleted, masked, or decided otherwise since is not.

    :param embedder: the model's; may raise `Problem` while it loads.
    :param most: how many petitions to know, 0 for none.
    """

    def __init__(self, database: Database, embedder: Callable[[], NgramEmbedder], most: int) -> None:
        self._database = database
        self._embedder = embedder
        self._most = most
        self._known: _Known | None = None
        self._over = Event()

    def begin(self) -> None:
        """Read what people decided, from now on, in a thread."""
        if self._most:
            Thread(target=self._keep_looking, name="similar", daemon=True).start()

    def end(self) -> None:
        """Read no more."""
        self._over.set()

    def catch_up(self) -> int:
        """Take in what people decided since the last look, the newest first, and let go what is gone.

        :return: how many petitions were taken in.
        """
        known, number = self._of_present_model(), 0
        began = now()
        for batch in self._unknown(known):
            started = time.monotonic()
            number += self._take_in(known, batch)
            if self._over.wait(_REST * (time.monotonic() - started)):
                return number
        known.seen = began
        self._known = known
        self._check_some(known)
        return number

    def find(self, caller: Principal, message: Message, besides: str | None = None) -> list[Similar]:
        """The most similar cases that the caller may see, the likest first.

        :param besides: a petition that is not wanted: the message's own.
        """
        known = self._known
        if known is None or not len(known.index):
            return []
        own = known.embedded([_read(message.title, message.text)])
        if not len(own.indices):
            return []
        near = [petition for petition in known.index.nearest(sketches(own)[0]) if petition != besides]
        with self._database.read() as session:
            seen = select(Petition.id).where(Petition.id.in_(near), *_confirmed(), *visible(caller))
            shown = set(session.scalars(seen))
            compared = [petition for petition in near if petition in shown][:_COMPARED]
            vectors = self._vectors(session, known, compared)
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

    def _of_present_model(self) -> _Known:
        """What is known by the vectors of the model in use; after a change nothing yet, beside what others still use.

        At first it is of use while it grows.
        """
        embedder = self._embedder()
        if self._known is None:
            self._known = _Known(embedder, self._most)
        return self._known if self._known.embedder is embedder else _Known(embedder, self._most)

    def _unknown(self, known: _Known) -> Iterator[list[str]]:
        """Petitions that were decided on since the last look and are not known, in batches."""
        query = select(Entry.petition).where(Entry.action.in_(_CONFIRMING))
        if known.seen is not None:
            query = query.where(Entry.at >= known.seen - _OVERLAP)
        with self._database.read() as session:
            ids = session.scalars(query.order_by(Entry.at.desc()).limit(self._most)).all()
        unknown = [petition for petition in dict.fromkeys(ids) if petition not in known.index]
        for start in range(0, len(unknown), _BATCH):
            yield unknown[start : start + _BATCH]

    def _take_in(self, known: _Known, ids: Sequence[str]) -> int:
        with self._database.read() as session:
            texts = self._texts(session, ids)
        if texts:
            known.index.add([*texts], sketches(known.embedded([*texts.values()])))
        return len(texts)

    def _check_some(self, known: _Known) -> None:
        """Let go those of the next known petitions that are deleted or masked by now."""
        some = known.index.after(known.checked, _CHECKED)
        known.checked = some[-1] if len(some) == _CHECKED else ""
        with self._database.read() as session:
            there = set(session.scalars(select(Petition.id).where(Petition.id.in_(some), *_confirmed())))
        gone = set(some) - there
        known.index.drop(gone)
        known.recent.drop(gone)

    def _vectors(self, session: Session, known: _Known, ids: Sequence[str]) -> dict[str, SparseMatrix]:
        """The vectors of petitions: clerks look at one message several times, and at alike ones."""
        at_hand = known.recent.get(ids)
        texts = self._texts(session, [petition for petition in ids if petition not in at_hand])
        matrix = known.embedded([*texts.values()])
        new = {petition: matrix.take(np.array([row])) for row, petition in enumerate(texts)}
        known.recent.add(new)
        return {**at_hand, **new}

    def _texts(self, session: Session, ids: Sequence[str]) -> dict[str, str]:
        text = func.substr(Petition.text, 1, _LONGEST)
        rows = session.execute(select(Petition.id, Petition.title, text).where(Petition.id.in_(ids), *_confirmed()))
        return {petition: _read(title, text) for petition, title, text in rows}


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

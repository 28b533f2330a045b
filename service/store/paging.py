"""Pages that continue where the last one ended (keyset), so that what comes in meanwhile shifts nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute, Session

from service.store.tables.base import Base

Row = TypeVar("Row", bound=Base)
Key = TypeVar("Key", int, str)

MOST = 200
"""Rows of a page."""


@dataclass(frozen=True, slots=True)
class Page(Generic[Row, Key]):
    """Rows, newest first; ``next`` is the cursor of the following page, None after the last."""

    items: Sequence[Row]
    next: Key | None


def page_of(
    session: Session,
    query: Select[Row],
    key: InstrumentedAttribute[Key],
    *,
    cursor: Key | None,
    limit: int,
) -> Page[Row, Key]:
    """One page.

    :param key: a unique column that grows with time.
    :param cursor: ``next`` of the page before.
    """
    if cursor is not None:
        query = query.where(key < cursor)
    rows = session.scalars(query.order_by(key.desc()).limit(limit + 1)).all()
    return Page(rows[:limit], getattr(rows[limit - 1], key.key) if len(rows) > limit else None)

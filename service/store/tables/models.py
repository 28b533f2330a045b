"""Versions of the model, and which process routes with which."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, ID, NAME, Base, now


class ModelVersion(Base):
    """A model that was registered; its folder lies in the data folder under its ``digest``.

    ``id`` is the beginning of the digest. ``promoted`` and the names beside it tell of the last time that it was put
    into use, ``before`` which one it replaced then, ``refusal`` why it could not be loaded. ``figures`` and ``card``
    are what training wrote, ``gate`` the verdict of a retraining.
    """

    __tablename__ = "model_version"

    id: Mapped[str] = mapped_column(CODE, primary_key=True)
    digest: Mapped[str] = mapped_column(CODE)
    name: Mapped[str] = mapped_column(NAME)
    version: Mapped[str] = mapped_column(NAME)
    taxonomy: Mapped[str] = mapped_column(CODE)
    state: Mapped[str] = mapped_column(CODE)
    added: Mapped[datetime] = mapped_column(default=now)
    added_by: Mapped[str] = mapped_column(NAME)
    added_by_name: Mapped[str] = mapped_column(NAME)
    promoted: Mapped[datetime | None]
    promoted_by: Mapped[str | None] = mapped_column(NAME)
    promoted_by_name: Mapped[str | None] = mapped_column(NAME)
    why: Mapped[str | None] = mapped_column(Text)
    before: Mapped[str | None] = mapped_column(CODE)
    refusal: Mapped[str | None] = mapped_column(Text)
    figures: Mapped[dict[str, Any]]
    gate: Mapped[dict[str, Any] | None]
    card: Mapped[str] = mapped_column(Text)

    __table_args__ = (Index("uq_model_version_name_version", "name", "version", unique=True),)


class ModelUse(Base):
    """A running process of the service; it renews ``seen`` as long as it lives.

    ``digest`` is None for a model that is not of the registry, ``problem`` why the promoted one is not in use.
    """

    __tablename__ = "model_use"

    process: Mapped[str] = mapped_column(ID, primary_key=True)
    host: Mapped[str] = mapped_column(NAME)
    pid: Mapped[int]
    model: Mapped[str] = mapped_column(NAME)
    digest: Mapped[str | None] = mapped_column(CODE)
    problem: Mapped[str | None] = mapped_column(Text)
    seen: Mapped[datetime]

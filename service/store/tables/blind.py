"""What people said of petitions without having seen the model's suggestion, and whether it may dispatch by itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, NAME, Base, now


class BlindVerdict(Base):
    """One blind review: what was suggested, what a person decided, and whether the suggestion was right.

    ``drawn`` is when the petition was stored, ``month`` when it was judged, as ``2026-11`` in China. A verdict of
    somebody who had ``seen`` the suggestion is kept and not counted. It outlives its petition.
    ``confidence`` is what the model gave what ``right`` speaks of.
    ``decided_co_departments`` is None where the person said nothing of them.
    """

    __tablename__ = "blind_verdict"

    id: Mapped[int] = mapped_column(primary_key=True)
    petition: Mapped[str | None] = mapped_column(ForeignKey("petition.id", ondelete="SET NULL"), unique=True)
    model: Mapped[str] = mapped_column(NAME)
    profile: Mapped[str] = mapped_column(CODE)
    policy: Mapped[str] = mapped_column(NAME)
    suggested_matter: Mapped[str | None] = mapped_column(CODE)
    suggested_department: Mapped[str | None] = mapped_column(CODE)
    suggested_co_departments: Mapped[list[str]]
    decided_matter: Mapped[str] = mapped_column(CODE)
    decided_department: Mapped[str] = mapped_column(CODE)
    decided_co_departments: Mapped[list[str] | None]
    right: Mapped[bool]
    confidence: Mapped[float]
    seen: Mapped[bool]
    actor: Mapped[str] = mapped_column(NAME)
    actor_name: Mapped[str] = mapped_column(NAME)
    drawn: Mapped[datetime]
    at: Mapped[datetime] = mapped_column(default=now)
    month: Mapped[str] = mapped_column(CODE)

    __table_args__ = (Index("ix_blind_verdict_model_policy_drawn", "model", "policy", "drawn"),)


class RoutingState(Base):
    """Automatic routing was stopped or resumed; the newest row counts, and without one it runs.

    ``figures`` are the live precision as it stood then.
    """

    __tablename__ = "routing_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    running: Mapped[bool]
    since: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(NAME)
    actor_name: Mapped[str] = mapped_column(NAME)
    why: Mapped[str] = mapped_column(Text)
    model: Mapped[str] = mapped_column(NAME)
    policy: Mapped[str] = mapped_column(NAME)
    figures: Mapped[dict[str, Any]]

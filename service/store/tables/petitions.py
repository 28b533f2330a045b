"""Petitions (诉求), what happened to them, and which of them are about the same matter."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, SmallInteger, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from service.store.tables.base import CODE, ID, NAME, Base, now

_COUNTED: Final = (
    "status",
    "matter",
    "kind",
    "deliberation_state",
    "referral_kind",
    "due",
    "due_at",
    "hard",
    "urges",
    "unanswered",
    "community",
    "unit",
    "restricted",
    "created_by",
)
"""What the counts above a list are made of, first what they are grouped by: with an index of all of it nobody sorts,
or reads texts, to count."""


class Petition(Base):
    """One message with the decision in force and where its handling stands.

    ``suggestion`` is the model's route as it was made and never changes; the columns beside it hold what is in force
    now. Every change of them has an `Entry`. ``version`` counts the changes and is the resource's ETag.
    ``review`` says that a person must look now, ``asked_review`` that the route did; ``redirected`` that the petition
    was sent to one department and then to another, or came back. ``created_by`` is the id of the caller who stored it.
    ``unseen`` is the share of its words that the model's vocabulary lacks.
    ``blind`` says that it was drawn for a blind review, which has not been made yet: it is handled meanwhile.

    The last part is what the list of three matters (三事清单) keeps of it. ``returned_by`` names the units that sent it
    back, or their departments; ``final`` says that a manager has decided which unit it is for good. ``unanswered`` says
    that the unit was urged or asked and has not replied since.
    """

    __tablename__ = "petition"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    version: Mapped[int] = mapped_column(default=1)
    created: Mapped[datetime] = mapped_column(default=now)
    created_by: Mapped[str] = mapped_column(NAME)
    received: Mapped[datetime]

    kind: Mapped[str] = mapped_column(CODE, default="petition")
    external_id: Mapped[str | None] = mapped_column(NAME)
    channel: Mapped[str] = mapped_column(NAME, default="")
    title: Mapped[str | None] = mapped_column(Text)
    text: Mapped[str] = mapped_column(Text)
    area: Mapped[str | None] = mapped_column(Text)
    extra: Mapped[dict[str, Any] | None]
    masked: Mapped[datetime | None]

    suggestion: Mapped[Suggestion] = relationship(lazy="selectin", cascade="all, delete-orphan", passive_deletes=True)
    model: Mapped[str] = mapped_column(NAME)
    taxonomy: Mapped[str] = mapped_column(NAME)
    policy: Mapped[str] = mapped_column(NAME)

    matter: Mapped[str | None] = mapped_column(CODE)
    department: Mapped[str | None] = mapped_column(CODE)
    co_departments: Mapped[list[str]]
    request_type: Mapped[str | None] = mapped_column(CODE)
    confidence: Mapped[float]
    unseen: Mapped[float | None]
    review: Mapped[bool]
    asked_review: Mapped[bool]
    blind: Mapped[bool] = mapped_column(default=False)
    review_reasons: Mapped[list[str]]
    emergency: Mapped[str | None] = mapped_column(CODE)
    sensitive: Mapped[list[str]]
    restricted: Mapped[bool] = mapped_column(default=False)

    district: Mapped[str | None] = mapped_column(NAME)
    street: Mapped[str | None] = mapped_column(NAME)
    community: Mapped[str | None] = mapped_column(NAME)
    grid: Mapped[str | None] = mapped_column(NAME)
    place: Mapped[dict[str, Any] | None]
    unit: Mapped[str | None] = mapped_column(CODE)
    unit_name: Mapped[str | None] = mapped_column(NAME)
    unit_rule: Mapped[str | None] = mapped_column(Text)
    directory: Mapped[int | None]

    status: Mapped[str] = mapped_column(CODE)
    due: Mapped[date | None]
    due_at: Mapped[datetime | None]
    due_provisional: Mapped[bool] = mapped_column(default=False)
    extensions: Mapped[int] = mapped_column(default=0)
    returns: Mapped[int] = mapped_column(default=0)
    redirected: Mapped[bool] = mapped_column(default=False)
    decided_by: Mapped[str | None] = mapped_column(NAME)
    taken_by: Mapped[str | None] = mapped_column(NAME)
    taken_until: Mapped[datetime | None]
    closed: Mapped[datetime | None]
    outcome: Mapped[str | None] = mapped_column(Text)
    satisfied: Mapped[bool | None]
    merged_into: Mapped[str | None] = mapped_column(ForeignKey("petition.id"), index=True)

    returned_by: Mapped[list[str]] = mapped_column(default=list)
    hard: Mapped[bool] = mapped_column(default=False)
    final: Mapped[bool] = mapped_column(default=False)
    urges: Mapped[int] = mapped_column(default=0)
    urged: Mapped[datetime | None]
    inquiries: Mapped[int] = mapped_column(default=0)
    inquired: Mapped[datetime | None]
    unanswered: Mapped[bool] = mapped_column(default=False)
    replied: Mapped[datetime | None]
    progress: Mapped[int | None]
    deliberation_state: Mapped[str | None] = mapped_column(CODE)
    deliberation_level: Mapped[str | None] = mapped_column(CODE)
    deliberation_date: Mapped[date | None]
    deliberation_participants: Mapped[int | None]
    deliberation_outcome: Mapped[str | None] = mapped_column(Text)
    referral_kind: Mapped[str | None] = mapped_column(CODE)
    referral_service: Mapped[str | None] = mapped_column(NAME)
    referral_to: Mapped[str | None] = mapped_column(Text)
    referral_result: Mapped[str | None] = mapped_column(Text)
    resources: Mapped[dict[str, Any] | None]

    __table_args__ = (
        Index("ix_petition_status_id", "status", "id"),
        Index("ix_petition_department_id", "department", "id"),
        Index("ix_petition_matter_id", "matter", "id"),
        Index("ix_petition_unit_id", "unit", "id"),
        Index("ix_petition_review_id", "review", "status", "id"),
        Index("ix_petition_blind_id", "blind", "id"),
        Index("ix_petition_received", "received", "status", "restricted", "created_by"),
        Index("ix_petition_restricted_created_by_received", "restricted", "created_by", "received"),
        Index("uq_petition_channel_external_id", "channel", "external_id", unique=True),
        Index("ix_petition_external_id", "external_id"),
        Index("ix_petition_community_id", "community", "id"),
        Index("ix_petition_community_matter_id", "community", "matter", "id"),
        Index("ix_petition_due", "status", "due"),
        Index("ix_petition_kind_id", "kind", "id"),
        Index("ix_petition_deliberation_state_id", "deliberation_state", "id"),
        Index("ix_petition_referral_kind_id", "referral_kind", "id"),
        Index("ix_petition_hard_id", "hard", "id"),
        Index("ix_petition_unanswered_id", "unanswered", "id"),
        Index("ix_petition_counts", *_COUNTED),
    )


class Suggestion(Base):
    """The route of a petition; it is larger than all else of it, and a table of its own keeps searches quick."""

    __tablename__ = "suggestion"

    petition: Mapped[str] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), primary_key=True)
    route: Mapped[dict[str, Any]]


class Entry(Base):
    """Who changed what in a petition, when and why; never changed, and deleted only together with the petition.

    ``changes`` maps a field to its values before and after.
    """

    __tablename__ = "entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    petition: Mapped[str] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), index=True)
    at: Mapped[datetime] = mapped_column(default=now)
    actor: Mapped[str] = mapped_column(NAME)
    actor_name: Mapped[str] = mapped_column(NAME)
    action: Mapped[str] = mapped_column(CODE)
    why: Mapped[str | None] = mapped_column(Text)
    changes: Mapped[dict[str, Any]]
    model: Mapped[str | None] = mapped_column(NAME)
    taxonomy: Mapped[str | None] = mapped_column(NAME)
    policy: Mapped[str | None] = mapped_column(NAME)
    directory: Mapped[int | None]

    __table_args__ = (Index("ix_entry_action_at", "action", "at"),)


class Link(Base):
    """Two petitions that are about the same matter (重复诉求): likely, confirmed or refused.

    ``petition`` is the later of the two. ``score`` is 0 to 1; ``reason`` is what they have in common.
    """

    __tablename__ = "link"

    petition: Mapped[str] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), primary_key=True)
    other: Mapped[str] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), primary_key=True, index=True)
    state: Mapped[str] = mapped_column(CODE)
    score: Mapped[float]
    reason: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime] = mapped_column(default=now)


class Clue(Base):
    """A key under which petitions about the same matter find each other, and how much it tells."""

    __tablename__ = "clue"

    clue: Mapped[str] = mapped_column(CODE, primary_key=True)
    petition: Mapped[str] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), primary_key=True, index=True)
    strength: Mapped[int] = mapped_column(SmallInteger)

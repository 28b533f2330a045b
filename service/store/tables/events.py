"""What happened and who is told of it: events, the webhooks that want them, and their deliveries."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.store.tables.base import CODE, ID, NAME, Base, now


class Event(Base):
    """Something that happened, written in the transaction in which it did.

    ``number`` grows in the order in which a petition changes. ``data`` holds decisions as they were at that moment and
    nothing of the resident's words: those are added when it is sent, and an event goes with its petition.
    ``spread`` says that its deliveries have been written.
    """

    __tablename__ = "event"

    number: Mapped[int] = mapped_column(primary_key=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    kind: Mapped[str] = mapped_column(CODE)
    petition: Mapped[str | None] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), index=True)
    subject: Mapped[str] = mapped_column(NAME)
    channel: Mapped[str | None] = mapped_column(NAME)
    at: Mapped[datetime] = mapped_column(default=now)
    data: Mapped[dict[str, Any]]
    spread: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (Index("ix_event_spread_number", "spread", "number"), Index("ix_event_at", "at"))


class Webhook(Base):
    """An address that is told of events of some kinds; no ``channels`` mean all.

    ``secret`` signs what is sent, and until ``former_until`` the one before does, too. ``personal`` and ``restricted``
    say what it may be told besides. ``failures`` counts rounds in a row that failed, and until ``retry_at`` there is no
    other. ``holder`` is the process that delivers now; if that ends, another goes on after ``leased_until``.
    """

    __tablename__ = "webhook"

    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(NAME)
    url: Mapped[str] = mapped_column(Text)
    kinds: Mapped[list[str]]
    channels: Mapped[list[str]]
    personal: Mapped[bool] = mapped_column(default=False)
    restricted: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    secret: Mapped[str] = mapped_column(Text)
    former_secret: Mapped[str | None] = mapped_column(Text)
    former_until: Mapped[datetime | None]
    created: Mapped[datetime] = mapped_column(default=now)
    failures: Mapped[int] = mapped_column(default=0)
    retry_at: Mapped[datetime | None]
    succeeded: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(CODE)
    holder: Mapped[str | None] = mapped_column(CODE)
    leased_until: Mapped[datetime | None]


class Delivery(Base):
    """One event on its way to one webhook: ``waiting``, ``delivered``, or ``dead`` after too many hours of trying.

    ``since`` is when it began to be tried, ``due`` when it is tried next.
    """

    __tablename__ = "delivery"

    webhook: Mapped[str] = mapped_column(ForeignKey("webhook.id", ondelete="CASCADE"), primary_key=True)
    event: Mapped[int] = mapped_column(ForeignKey("event.number", ondelete="CASCADE"), primary_key=True, index=True)
    subject: Mapped[str] = mapped_column(NAME)
    state: Mapped[str] = mapped_column(CODE)
    attempts: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(default=now)
    due: Mapped[datetime] = mapped_column(default=now)
    tried: Mapped[datetime | None]
    delivered: Mapped[datetime | None]
    status: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(CODE)

    __table_args__ = (
        Index("ix_delivery_webhook_state_event", "webhook", "state", "event"),
        Index("ix_delivery_webhook_state_due", "webhook", "state", "due"),
        Index("ix_delivery_webhook_subject", "webhook", "subject", "state", "event"),
    )


class OverdueNotice(Base):
    """The deadline of a petition whose passing has been told."""

    __tablename__ = "overdue_notice"

    petition: Mapped[str] = mapped_column(ForeignKey("petition.id", ondelete="CASCADE"), primary_key=True)
    deadline: Mapped[str] = mapped_column(CODE)

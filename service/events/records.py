"""What became of events: counted, paged, sent again, forgotten."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, Select, exists, func, insert, or_, select, update
from sqlalchemy.orm import Session

from service.events.kinds import DeliveryState
from service.periodic import Task, delete_in_batches
from service.store.database import Database
from service.store.paging import Page, page_of
from service.store.tables import Delivery, Event, Webhook
from service.store.tables.base import now


def send_again(session: Session, webhook: Webhook, which: ColumnElement[bool]) -> int:
    """Have deliveries that were made or given up made anew, in their order.

    :return: how many.
    """
    moment = now()
    fresh = {"state": DeliveryState.WAITING, "attempts": 0, "since": moment, "due": moment, "delivered": None}
    webhook.retry_at = None
    query = update(Delivery).where(Delivery.webhook == webhook.id, which).values(**fresh)
    result = session.execute(query, execution_options={"synchronize_session": False})
    return cast(CursorResult[Any], result).rowcount


def send_span(session: Session, webhook: Webhook, at_from: datetime, at_to: datetime) -> int:
    """Send all events of a span of time, again or for the first time.

    :return: how many.
    """
    span = (Event.at >= at_from, Event.at < at_to, Event.spread)
    known = exists().where(Delivery.webhook == webhook.id, Delivery.event == Event.number)
    wanted: list[ColumnElement[bool]] = [Event.kind.in_(webhook.kinds)]
    if webhook.channels:
        wanted.append(or_(Event.channel.is_(None), Event.channel.in_(webhook.channels)))
    again = send_again(session, webhook, Delivery.event.in_(select(Event.number).where(*span)))
    missing = session.execute(select(Event.number, Event.subject).where(*span, *wanted, ~known)).all()
    rows = [
        {"webhook": webhook.id, "event": number, "subject": subject, "state": DeliveryState.WAITING}
        for number, subject in missing
    ]
    if rows:
        session.execute(insert(Delivery), rows)
    return again + len(rows)


def counts(session: Session) -> dict[tuple[str, str], int]:
    """How many deliveries wait and are dead, by webhook and state."""
    open_ = (DeliveryState.WAITING, DeliveryState.DEAD)
    query = select(Delivery.webhook, Delivery.state, func.count()).where(Delivery.state.in_(open_))
    grouped = session.execute(query.group_by(Delivery.webhook, Delivery.state))
    return {(webhook, state): number for webhook, state, number in grouped}


def oldest(session: Session) -> datetime | None:
    """Since when the oldest event waits that should have been sent; those of paused webhooks may wait."""
    waiting = select(func.min(Event.at)).join(Delivery, Delivery.event == Event.number)
    waiting = waiting.join(Webhook, Webhook.id == Delivery.webhook)
    found = [
        session.scalar(waiting.where(Delivery.state == DeliveryState.WAITING, Webhook.active)),
        session.scalar(select(func.min(Event.at)).where(Event.spread.is_(False))),
    ]
    return min((moment for moment in found if moment is not None), default=None)


def page(session: Session, webhook: str, state: str | None, *, cursor: int | None, limit: int) -> Page[Delivery, int]:
    """One page of a webhook's deliveries, the newest events first."""
    query: Select[Any] = select(Delivery).where(Delivery.webhook == webhook)
    if state is not None:
        query = query.where(Delivery.state == state)
    return page_of(session, query, Delivery.event, cursor=cursor, limit=limit)


def forget(database: Database, days: int) -> dict[str, int]:
    """Forget events of some days ago, with their deliveries, whatever became of them."""
    before = now() - timedelta(days=days)
    return {"deleted": delete_in_batches(database, (Event.number,), Event.at < before)}


def task(days: int) -> Task:
    """`forget` once an hour."""
    return Task("expire_events", timedelta(hours=1), lambda database: forget(database, days))

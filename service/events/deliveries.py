"""Events on their way to webhooks: spread, claimed, tried, delivered, dead."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, insert, or_, select, update
from sqlalchemy.orm import Session, aliased

from service.access.audit import READ, audit
from service.access.principal import SYSTEM, Principal
from service.events.envelope import encoded, event_json
from service.events.kinds import DeliveryState
from service.events.sending import GONE, Outcome
from service.store.database import Database
from service.store.tables import Delivery, Event, Petition, Webhook
from service.store.tables.base import now

LEASE: Final = timedelta(seconds=10)
"""How long a process that died keeps others from delivering to a webhook."""
_SPREAD: Final = 500
_PARCEL: Final = 20
_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 3600.0
_LONGEST_PAUSE_OF_ALL: Final = 60.0
"""Of a webhook that answers but takes nothing: that may be one event alone, and others are not to wait for it."""
_PATIENCE: Final = 5
"""Rounds in a row without a success after which a webhook as a whole is left alone for a while."""


@dataclass(frozen=True, slots=True)
class Letter:
    """An event as it is sent to one webhook."""

    event: int
    id: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Parcel:
    """Letters to one webhook that may be sent in any order: of each petition the first."""

    webhook: Webhook
    letters: Sequence[Letter]


def is_unspread(connection: Connection) -> bool:
    """Whether there are events whose deliveries have not been written."""
    return bool(connection.scalar(select(exists().where(Event.spread.is_(False)))))


def ready(connection: Connection) -> list[str]:
    """Webhooks to which something is to be sent and nobody sends."""
    moment = now()
    due = exists().where(*_due(Webhook.id, moment))
    may = or_(Webhook.retry_at.is_(None), Webhook.retry_at <= moment)
    return list(connection.scalars(select(Webhook.id).where(Webhook.active, may, _free(moment), due)))


def spread(database: Database) -> int:
    """Write the deliveries of new events; of several processes one does it at a time, in the order of the events.

    :return: how many events.
    """
    query = select(Event.number, Event.kind, Event.subject, Event.channel).where(Event.spread.is_(False))
    with database.write() as session:
        events = session.execute(query.order_by(Event.number).limit(_SPREAD).with_for_update()).all()
        if not events:
            return 0
        webhooks = session.scalars(select(Webhook)).all()
        rows = [
            {"webhook": webhook.id, "event": event.number, "subject": event.subject, "state": DeliveryState.WAITING}
            for event in events
            for webhook in webhooks
            if wants(webhook, event.kind, event.channel)
        ]
        if rows:
            session.execute(insert(Delivery), rows)
        session.execute(update(Event).where(Event.number.in_([event.number for event in events])).values(spread=True))
    return len(events)


def wants(webhook: Webhook, kind: str, channel: str | None) -> bool:
    """Whether a webhook is told of an event."""
    return kind in webhook.kinds and (not webhook.channels or channel is None or channel in webhook.channels)


def claim(database: Database, webhook: str, holder: str) -> bool:
    """Be the one who delivers to a webhook, or go on being it."""
    moment = now()
    own = or_(_free(moment), Webhook.holder == holder)
    take = update(Webhook).where(Webhook.id == webhook, own).values(holder=holder, leased_until=moment + LEASE)
    with database.write() as session:
        return session.scalar(take.returning(Webhook.id)) is not None


def renew(database: Database, webhooks: Sequence[str], holder: str) -> None:
    """Stay the one who delivers to some webhooks."""
    own = update(Webhook).where(Webhook.id.in_(webhooks), Webhook.holder == holder)
    with database.write() as session:
        session.execute(own.values(leased_until=now() + LEASE))


def release(database: Database, webhook: str, holder: str) -> None:
    """Let others deliver to a webhook."""
    own = update(Webhook).where(Webhook.id == webhook, Webhook.holder == holder)
    with database.write() as session:
        session.execute(own.values(holder=None, leased_until=None))


def parcel(database: Database, webhook: str, source: str) -> Parcel | None:
    """What can be sent to a webhook now; None if that is nothing."""
    moment = now()
    query = (
        select(Event, Petition)
        .join(Delivery, Delivery.event == Event.number)
        .outerjoin(Petition, Petition.id == Event.petition)
        .where(*_due(webhook, moment))
        .order_by(Delivery.event)
        .limit(_PARCEL)
    )
    with database.read() as session:
        found = session.get(Webhook, webhook)
        if found is None or not found.active or (found.retry_at is not None and found.retry_at > moment):
            return None
        letters = [
            Letter(event.number, event.id, encoded(event_json(event, petition, found, source)))
            for event, petition in session.execute(query)
        ]
    return Parcel(found, letters) if letters else None


def record(database: Database, webhook: str, outcomes: Mapping[int, Outcome], hours: int) -> None:
    """Write down what became of some letters.

    :param outcomes: by event, in the order in which they came; :param hours: after which a letter is given up.
    """
    if not outcomes:  # the end came before the first
        return
    moment = now()
    with database.write() as session:
        found = session.get(Webhook, webhook, with_for_update=True)
        if found is None:  # it was removed meanwhile
            return
        for event, outcome in outcomes.items():
            delivery = session.get(Delivery, (webhook, event))
            if delivery is not None:
                _note(delivery, outcome, moment, hours)
        if found.restricted:
            _note_looks(session, found, [event for event, outcome in outcomes.items() if outcome.error is None])
        _note_webhook(session, found, list(outcomes.values()), moment, hours)


def pause(attempts: int, at_most: float = _LONGEST_PAUSE) -> float:
    """Seconds until the next attempt: longer after each, and not the same for all."""
    longest: float = min(_FIRST_PAUSE * 2 ** min(attempts - 1, 20), at_most)
    return longest * random.uniform(0.5, 1.0)


def _free(moment: datetime) -> ColumnElement[bool]:
    return or_(Webhook.leased_until.is_(None), Webhook.leased_until < moment)


def _waiting(webhook: Any) -> tuple[ColumnElement[bool], ...]:
    return Delivery.webhook == webhook, Delivery.state == DeliveryState.WAITING


def _due(webhook: Any, moment: datetime) -> tuple[ColumnElement[bool], ...]:
    """What can be sent now: it waits for no pause, and for no earlier event of the same petition."""
    earlier = aliased(Delivery)
    held_up = exists().where(
        earlier.webhook == Delivery.webhook,
        earlier.subject == Delivery.subject,
        earlier.state == DeliveryState.WAITING,
        earlier.event < Delivery.event,
    )
    return *_waiting(webhook), Delivery.due <= moment, ~held_up


def _note(delivery: Delivery, outcome: Outcome, moment: datetime, hours: int) -> None:
    delivery.attempts += 1
    delivery.tried, delivery.status, delivery.error = moment, outcome.status, outcome.error
    if outcome.error is None:
        delivery.state, delivery.delivered = DeliveryState.DELIVERED, moment
    elif delivery.since <= moment - timedelta(hours=hours):
        delivery.state = DeliveryState.DEAD
    else:
        delivery.due = moment + timedelta(seconds=pause(delivery.attempts))


def _note_looks(session: Session, webhook: Webhook, events: Sequence[int]) -> None:
    """What a webhook was told of restricted petitions is in the audit log, as every look at them is."""
    reader = Principal(f"webhook:{webhook.id}", webhook.name, frozenset())
    query = select(Petition.id).join(Event, Event.petition == Petition.id)
    for petition in session.scalars(query.where(Event.number.in_(events), Petition.restricted)):
        audit(session, reader, READ, f"petition:{petition}", how="webhook")


def _note_webhook(
    session: Session, webhook: Webhook, outcomes: Sequence[Outcome], moment: datetime, hours: int
) -> None:
    failed = [outcome for outcome in outcomes if outcome.error is not None]
    if len(failed) < len(outcomes):
        _note_success(session, webhook, moment)
        return
    webhook.failures += 1
    webhook.status, webhook.error = failed[-1].status, failed[-1].error
    out_of_reach = any(outcome.is_out_of_reach for outcome in failed)
    if GONE in {outcome.status for outcome in failed}:
        webhook.active = False
        audit(session, SYSTEM, "webhook_changed", f"webhook:{webhook.id}", changes={"active": [True, False]})
    if out_of_reach or webhook.failures >= _PATIENCE:
        asked = max((outcome.wait or 0.0 for outcome in failed), default=0.0)
        longest = _LONGEST_PAUSE if out_of_reach else _LONGEST_PAUSE_OF_ALL
        seconds = max(pause(webhook.failures, longest), min(asked, _LONGEST_PAUSE))
        webhook.retry_at = moment + timedelta(seconds=seconds)
        _give_up(session, webhook, moment - timedelta(hours=hours))


def _note_success(session: Session, webhook: Webhook, moment: datetime) -> None:
    webhook.succeeded, webhook.failures, webhook.status, webhook.error = moment, 0, None, None
    if webhook.retry_at is None:
        return
    webhook.retry_at = None  # it is back: what waited for it waits no longer
    session.execute(update(Delivery).where(*_waiting(webhook.id), Delivery.due > moment).values(due=moment))


def _give_up(session: Session, webhook: Webhook, before: datetime) -> None:
    """What was not even tried, because the receiver is gone for so long, is dead as well."""
    late = and_(*_waiting(webhook.id), Delivery.since <= before)
    session.execute(update(Delivery).where(late).values(state=DeliveryState.DEAD, error="out_of_reach"))

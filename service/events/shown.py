"""Webhooks and deliveries in their one JSON form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.events.kinds import STATE_NAMES, DeliveryState
from service.events.records import counts
from service.events.sending import Outcome
from service.events.subscriptions import every
from service.events.wording import ERRORS
from service.moments import moment_json
from service.store.tables import Delivery, Event, Webhook

_AS_STORED = ("id", "name", "url", "kinds", "channels", "personal", "restricted", "active", "failures")
_MOMENTS = ("created", "succeeded", "retry_at")


def webhook_json(webhook: Webhook, counted: Mapping[tuple[str, str], int]) -> dict[str, Any]:
    """As `service.events.schemas.WebhookOut` describes it.

    :param counted: as `counts` counts.
    """
    return {
        **{name: getattr(webhook, name) for name in _AS_STORED},
        **{name: moment_json(getattr(webhook, name)) for name in _MOMENTS},
        "former_until": moment_json(webhook.former_until),
        **_failure(webhook.status, webhook.error),
        "waiting": counted.get((webhook.id, DeliveryState.WAITING), 0),
        "dead": counted.get((webhook.id, DeliveryState.DEAD), 0),
    }


def webhooks_json(session: Session) -> list[dict[str, Any]]:
    """All webhooks, the newest last."""
    counted = counts(session)
    return [webhook_json(webhook, counted) for webhook in every(session)]


def deliveries_json(session: Session, deliveries: Sequence[Delivery]) -> list[dict[str, Any]]:
    """As `service.events.schemas.DeliveryOut` describes them."""
    numbers = [delivery.event for delivery in deliveries]
    columns = (Event.number, Event.id, Event.kind, Event.at)
    rows = session.execute(select(*columns).where(Event.number.in_(numbers)))
    events = {row.number: row for row in rows}
    return [_delivery_json(delivery, events[delivery.event]) for delivery in deliveries if delivery.event in events]


def outcome_json(outcome: Outcome) -> dict[str, Any]:
    """As `service.events.schemas.TrialOut` describes it."""
    failure = _failure(outcome.status, outcome.error)
    return {"delivered": outcome.error is None, **failure, "ms": round(outcome.seconds * 1000)}


def _delivery_json(delivery: Delivery, event: Any) -> dict[str, Any]:
    waiting = delivery.state == DeliveryState.WAITING
    return {
        "event": event.id,
        "kind": event.kind,
        "subject": delivery.subject,
        "time": moment_json(event.at),
        "state": delivery.state,
        "state_name": STATE_NAMES[DeliveryState(delivery.state)],
        "attempts": delivery.attempts,
        "due": moment_json(delivery.due) if waiting else None,
        "tried": moment_json(delivery.tried),
        "delivered": moment_json(delivery.delivered),
        **_failure(delivery.status, delivery.error),
    }


def _failure(status: int | None, error: str | None) -> dict[str, Any]:
    return {"status": status, "error": error, "error_name": error and ERRORS[error]}

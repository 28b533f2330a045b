"""Webhooks: made, changed, removed, given another secret. Every change leaves an audit entry."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from petition_nlp.settings import Settings
from service import problems
from service.access.audit import audit
from service.access.principal import SCOPE_MEANINGS, Principal, Scope
from service.events import envelope, records, signing
from service.events.addresses import RefusedError, Rules, host_of
from service.events.kinds import TEST, DeliveryState
from service.events.schemas import ReplayIn, WebhookChangeIn, WebhookIn
from service.events.sending import Outcome, send
from service.events.wording import ERRORS
from service.moments import moment_json
from service.problems import FieldError
from service.store.tables import Delivery, Event, Webhook
from service.store.tables.base import new_id, now

MOST: Final = 50
"""Webhooks of a service."""


def create(session: Session, caller: Principal, wanted: WebhookIn, rules: Rules) -> Webhook:
    """A new webhook, with the secret that is told this once.

    :raises Problem: 422, the address; 403, what it may be told; 409, there are too many.
    """
    _check_url(wanted.url, rules)
    _require_scopes(caller, personal=wanted.personal, restricted=wanted.restricted)
    if (session.scalar(select(func.count()).select_from(Webhook)) or 0) >= MOST:
        raise problems.not_possible(f"最多 {MOST} 个推送，请先删除不再需要的。")
    webhook = Webhook(
        id=new_id(),
        secret=signing.new_secret(),
        active=True,
        created=now(),
        failures=0,
        **wanted.model_dump(exclude={"kinds", "channels"}),
        kinds=sorted(set(wanted.kinds)),
        channels=sorted(set(wanted.channels)),
    )
    session.add(webhook)
    session.flush()
    details = {name: getattr(webhook, name) for name in ("name", "kinds", "channels", "personal", "restricted")}
    audit(session, caller, "webhook_created", _target(webhook), host=host_of(webhook.url), **details)
    return webhook


def change(session: Session, caller: Principal, webhook: Webhook, wanted: WebhookChangeIn, rules: Rules) -> None:
    """Set what is given. Who sends elsewhere what is personal needs the scope for it, as who asks for it does.

    :raises Problem: 422, the address; 403, what it may be told.
    """
    given = wanted.model_dump(exclude={"why"}, exclude_none=True)
    given |= {name: sorted(set(given[name])) for name in ("kinds", "channels") if name in given}
    values = {name: value for name, value in given.items() if getattr(webhook, name) != value}
    if "url" in values:
        _check_url(values["url"], rules)
    if values.keys() & {"url", "personal", "restricted"}:
        told = {name: values.get(name, getattr(webhook, name)) for name in ("personal", "restricted")}
        _require_scopes(caller, **told)
    if not values:
        return
    changes = {name: [_noted(name, getattr(webhook, name)), _noted(name, value)] for name, value in values.items()}
    for name, value in values.items():
        setattr(webhook, name, value)
    if values.keys() & {"url", "active"}:
        _begin_anew(session, webhook)
    audit(session, caller, "webhook_changed", _target(webhook), wanted.why, changes=changes)


def remove(session: Session, caller: Principal, webhook: Webhook, why: str | None = None) -> None:
    """End a webhook; what waits for it is forgotten."""
    audit(session, caller, "webhook_removed", _target(webhook), why, name=webhook.name)
    session.delete(webhook)


def rotate(session: Session, caller: Principal, webhook: Webhook, hours: int) -> None:
    """Give a webhook another secret; the present one signs too for some hours."""
    webhook.former_secret, webhook.former_until = webhook.secret, now() + timedelta(hours=hours)
    webhook.secret = signing.new_secret()
    audit(session, caller, "webhook_secret_changed", _target(webhook), hours=hours)


def replay(session: Session, caller: Principal, webhook: Webhook, wanted: ReplayIn) -> int:
    """Send events again: one, all that are dead, or those of a span of time.

    :return: how many.
    :raises Problem: 404, it was never sent that event; 422, what is to be sent is not said in one way.
    """
    number = _send_again(session, webhook, wanted)
    if wanted.event is not None and not number:
        raise problems.no_such("事件")
    audit(session, caller, "webhook_replayed", _target(webhook), events=number)
    return number


def try_out(webhook: Webhook, settings: Settings) -> Outcome:
    """Send an event that means nothing, here and now."""
    moment, identifier = now(), new_id()
    document = envelope.cloud_event(
        identifier,
        TEST,
        webhook.id,
        moment_json(moment),
        {"webhook": webhook.id, "name": webhook.name},
        source=settings.event_source,
    )
    body = envelope.encoded(document)
    headers = signing.headers(signing.secrets_of(webhook, moment), identifier, moment, body)
    return send(webhook.url, headers, body, rules=Rules(settings.webhook_hosts), limit=settings.webhook_seconds)


def every(session: Session) -> Sequence[Webhook]:
    """All webhooks, the newest last."""
    return session.scalars(select(Webhook).order_by(Webhook.created, Webhook.id)).all()


def by_id(session: Session, identifier: str, *, lock: bool = False) -> Webhook:
    """The webhook with an identifier.

    :raises Problem: 404.
    """
    found = session.get(Webhook, identifier, with_for_update=lock)
    if found is None:
        raise problems.no_such("推送")
    return found


def _send_again(session: Session, webhook: Webhook, wanted: ReplayIn) -> int:
    match wanted.event, wanted.dead, wanted.at_from, wanted.at_to:
        case str() as event, None, None, None:
            number = select(Event.number).where(Event.id == event).scalar_subquery()
            return records.send_again(session, webhook, Delivery.event == number)
        case None, True, None, None:
            return records.send_again(session, webhook, Delivery.state == DeliveryState.DEAD)
        case None, None, at_from, at_to if at_from is not None and at_to is not None and at_from < at_to:
            return records.send_span(session, webhook, at_from, at_to)
        case _:
            message = "请给出其中之一：event；dead 为 true；at_from 和 at_to，先早后晚"
            raise problems.invalid_request([FieldError("$", message)])


def _check_url(url: str, rules: Rules) -> None:
    try:
        rules.check(url)
    except RefusedError as refused:
        raise problems.invalid_request([FieldError("url", ERRORS[refused.code])]) from None


def _require_scopes(caller: Principal, *, personal: bool, restricted: bool) -> None:
    for asked, scope in ((personal, Scope.PERSONAL), (restricted, Scope.RESTRICTED)):
        if asked and not caller.may(scope):
            raise problems.forbidden(scope, SCOPE_MEANINGS[scope])


def _begin_anew(session: Session, webhook: Webhook) -> None:
    """Let nothing that is past count against a webhook that was mended or resumed."""
    webhook.failures, webhook.retry_at, webhook.status, webhook.error = 0, None, None, None
    waiting = (Delivery.webhook == webhook.id, Delivery.state == DeliveryState.WAITING)
    session.execute(update(Delivery).where(*waiting).values(since=now(), due=now()))


def _noted(name: str, value: Any) -> Any:
    return host_of(value) if name == "url" else value


def _target(webhook: Webhook) -> str:
    return f"webhook:{webhook.id}"

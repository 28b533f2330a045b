"""The page 事件推送: the systems that are told of events, and how each fares."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse
from pydantic import Field
from sqlalchemy import select
from sqlalchemy.orm import Session

from petition_nlp.settings import Settings
from service import problems
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.access.schemas import Name
from service.api.dependencies import DatabaseOfApp, SettingsOfApp
from service.console.forms import form_of
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import webhooks as texts
from service.events import records, subscriptions
from service.events.addresses import Rules, host_of
from service.events.kinds import KIND_NAMES, DeliveryState, Kind
from service.events.schemas import ReplayIn, Url, WebhookChangeIn, WebhookIn
from service.events.shown import deliveries_json, outcome_json, webhook_json, webhooks_json
from service.petitions.schemas import Reason
from service.problems import FieldError
from service.schemas import In, Text
from service.store.database import Database
from service.store.tables import Event, Webhook
from service.store.tables.base import now

PAGE: Final = Page("webhooks", "/webhooks", Scope.WEBHOOKS, texts, place=71, group="administration")
router: Final = PageRouter(PAGE)

Keeper = Annotated[Principal, Depends(needs(Scope.WEBHOOKS))]
Id = Annotated[str, Path(pattern="^[0-9a-f]{32}$")]

_TOLD: Final = {"personal": Scope.PERSONAL, "restricted": Scope.RESTRICTED}
_COMMAS: Final = re.compile("[、，,]")
_SHOWN_DEAD: Final = 10
_SHORT: Final = 12
_OLD_SECRET_HOURS: Final = 24


class WebhookForm(In):
    """A webhook as it shall be; what is not ticked is not sent."""

    name: Name
    url: Url
    kinds: list[Kind] = Field(default_factory=list)
    channels: Text = ""
    personal: bool = False
    restricted: bool = False
    why: Reason | None = None
    seen: Text = ""

    def wanted(self) -> WebhookIn:
        """The same as the API takes it.

        :raises Problem: 422, it would be told of nothing.
        """
        if not self.kinds:
            raise problems.invalid_request([FieldError("kinds", texts.PAGE["no_kind"])])
        return WebhookIn(
            name=self.name,
            url=self.url,
            kinds=self.kinds,
            channels=[name.strip() for name in _COMMAS.split(self.channels) if name.strip()],
            personal=self.personal,
            restricted=self.restricted,
        )


class ReasonIn(In):
    """Why something is done."""

    why: Reason | None = None


@router.get("/webhooks")
def show(request: Request, _: Keeper, database: DatabaseOfApp) -> HTMLResponse:
    """All webhooks."""
    return render(request, **_listed(database))


@router.get("/webhooks/new")
def show_new(request: Request, caller: Keeper) -> HTMLResponse:
    """The form for another one."""
    return fragment(request, "webhooks/new.html", **_choices(caller))


@router.post("/webhooks")
def create(
    request: Request,
    caller: Keeper,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    form: Annotated[WebhookForm, form_of(WebhookForm)],
) -> HTMLResponse:
    """Make it, and tell its secret once."""
    with database.write() as session:
        made = subscriptions.create(session, caller, form.wanted(), Rules(settings.webhook_hosts))
    return fragment(request, "webhooks/told.html", webhook=made, **_listed(database))


@router.get("/webhooks/{webhook}")
def show_one(
    request: Request, caller: Keeper, database: DatabaseOfApp, settings: SettingsOfApp, webhook: Id
) -> HTMLResponse:
    """What can be changed, and what could not be delivered."""
    with database.read() as session:
        found = subscriptions.by_id(session, webhook)
        shown: dict[str, Any] = {
            "item": webhook_json(found, records.counts(session)),
            "dead": _dead(session, found),
            "seen": _digest(found),
            "still_former": found.former_until is not None and found.former_until > now(),
        }
    return fragment(request, "webhooks/one.html", event_days=settings.event_days, **shown, **_choices(caller))


@router.post("/webhooks/{webhook}")
def change(
    request: Request,
    caller: Keeper,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    webhook: Id,
    form: Annotated[WebhookForm, form_of(WebhookForm)],
) -> HTMLResponse:
    """Set what the form says; what the caller was not offered stays.

    :raises Problem: 409, somebody else has changed it since the form was opened.
    """
    kept = {name for name, scope in _TOLD.items() if not caller.may(scope)}
    wanted = WebhookChangeIn(**form.wanted().model_dump(exclude=kept), why=form.why)
    with database.write() as session:
        found = subscriptions.by_id(session, webhook, lock=True)
        if form.seen and form.seen != _digest(found):
            raise problems.not_possible(texts.PAGE["changed_meanwhile"])
        subscriptions.change(session, caller, found, wanted, Rules(settings.webhook_hosts))
    return _done(request, database, texts.PAGE["saved"])


@router.post("/webhooks/{webhook}/pause")
def pause(
    request: Request,
    caller: Keeper,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    webhook: Id,
    form: Annotated[ReasonIn, form_of(ReasonIn)],
) -> HTMLResponse:
    """Let its events wait."""
    _change(database, settings, caller, webhook, WebhookChangeIn(active=False, why=form.why))
    return _done(request, database, texts.PAGE["was_paused"])


@router.post("/webhooks/{webhook}/resume")
def resume(
    request: Request,
    caller: Keeper,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    webhook: Id,
    form: Annotated[ReasonIn, form_of(ReasonIn)],
) -> HTMLResponse:
    """Send what waited."""
    _change(database, settings, caller, webhook, WebhookChangeIn(active=True, why=form.why))
    return _done(request, database, texts.PAGE["was_resumed"])


@router.post("/webhooks/{webhook}/test")
def try_out(
    request: Request,
    caller: Keeper,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    webhook: Id,
) -> HTMLResponse:
    """Send an event that means nothing, and tell what the receiver said."""
    with database.read() as session:
        found = subscriptions.by_id(session, webhook)
    outcome = outcome_json(subscriptions.try_out(found, settings))
    return fragment(request, "webhooks/trial.html", outcome=outcome)


@router.post("/webhooks/{webhook}/replay")
def replay(
    request: Request,
    caller: Keeper,
    database: DatabaseOfApp,
    webhook: Id,
) -> HTMLResponse:
    """Send again all that could not be delivered."""
    with database.write() as session:
        found = subscriptions.by_id(session, webhook, lock=True)
        number = subscriptions.replay(session, caller, found, ReplayIn(dead=True))
    return _done(request, database, texts.PAGE["was_replayed"].format(number=number))


@router.post("/webhooks/{webhook}/secret")
def rotate(
    request: Request,
    caller: Keeper,
    database: DatabaseOfApp,
    webhook: Id,
) -> HTMLResponse:
    """Another secret, told once; the one before signs for a day."""
    with database.write() as session:
        found = subscriptions.by_id(session, webhook, lock=True)
        subscriptions.rotate(session, caller, found, _OLD_SECRET_HOURS)
    return fragment(request, "webhooks/told.html", webhook=found, **_listed(database))


@router.post("/webhooks/{webhook}/remove")
def remove(
    request: Request,
    caller: Keeper,
    database: DatabaseOfApp,
    webhook: Id,
    form: Annotated[ReasonIn, form_of(ReasonIn)],
) -> HTMLResponse:
    """End it."""
    with database.write() as session:
        found = subscriptions.by_id(session, webhook, lock=True)
        subscriptions.remove(session, caller, found, form.why)
    return _done(request, database, texts.PAGE["was_removed"].format(name=found.name))


def _digest(webhook: Webhook) -> str:
    """Stands for what the form shows."""
    shown = [getattr(webhook, name) for name in ("name", "url", "kinds", "channels", "personal", "restricted")]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:16]


def _dead(session: Session, webhook: Webhook) -> list[dict[str, Any]]:
    page = records.page(session, webhook.id, DeliveryState.DEAD, cursor=None, limit=_SHOWN_DEAD)
    found = deliveries_json(session, page.items)
    rows = session.execute(select(Event.id, Event.data).where(Event.id.in_([one["event"] for one in found])))
    data = {event: told for event, told in rows}
    return [
        {**one, "name": KIND_NAMES[one["kind"]], "about": _about(one["subject"], data[one["event"]])} for one in found
    ]


def _about(subject: str, data: Mapping[str, Any]) -> str:
    """What an event is about, as people call it."""
    if "petition" in data:
        return data["external_id"] or subject[:_SHORT]
    return str(data.get("title") or subject)


def _change(database: Database, settings: Settings, caller: Principal, webhook: str, wanted: WebhookChangeIn) -> None:
    with database.write() as session:
        found = subscriptions.by_id(session, webhook, lock=True)
        subscriptions.change(session, caller, found, wanted, Rules(settings.webhook_hosts))


def _done(request: Request, database: Database, notice: str) -> HTMLResponse:
    return fragment(request, "webhooks/done.html", notice=notice, **_listed(database))


def _listed(database: Database) -> dict[str, Any]:
    with database.read() as session:
        found = webhooks_json(session)
    return {"items": [{**one, "host": host_of(one["url"]), "told": _kinds(one)} for one in found]}


def _kinds(webhook: Mapping[str, Any]) -> list[str]:
    """What a webhook is told of, in short."""
    names = [name for kind, name in KIND_NAMES.items() if kind in webhook["kinds"]]
    return [texts.PAGE["every_kind"]] if len(names) == len(KIND_NAMES) else names


def _choices(caller: Principal) -> dict[str, Any]:
    """What can be chosen; what the caller may not have told to others is not offered."""
    return {
        "kinds": [(kind.value, name, texts.KINDS[kind]) for kind, name in KIND_NAMES.items()],
        **{f"may_{name}": caller.may(scope) for name, scope in _TOLD.items()},
    }

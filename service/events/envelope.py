"""What is sent: a CloudEvent 1.0 in JSON, with as much of a petition as the webhook may be told."""

from __future__ import annotations

import json
from typing import Any, Final

from petition_nlp.text.strict import mask_strictly
from service.events.kinds import type_of
from service.moments import moment_json
from service.store.tables import Event, Petition, Webhook

_IDENTIFIERS: Final = ("petition", "external_id", "channel", "version", "received")
_TEXTS: Final = ("title", "text", "area")


def cloud_event(identifier: str, kind: str, subject: str, at: str, data: Any, *, source: str) -> dict[str, Any]:
    """The envelope around data."""
    return {
        "specversion": "1.0",
        "id": identifier,
        "source": source,
        "type": type_of(kind),
        "subject": subject,
        "time": at,
        "datacontenttype": "application/json",
        "dataschema": f"urn:petition-nlp:schema:{kind.partition('.')[0]}-event:v1",
        "data": data,
    }


def event_json(event: Event, petition: Petition | None, webhook: Webhook, source: str) -> dict[str, Any]:
    """An event as a webhook is told of it.

    :param petition: as it stands now: what has been masked or restricted since is not told any more.
    """
    data = event.data if petition is None else _told(event.data, petition, webhook)
    return cloud_event(event.id, event.kind, event.subject, moment_json(event.at), data, source=source)


def encoded(document: dict[str, Any]) -> bytes:
    """As it is signed and sent."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _told(data: dict[str, Any], petition: Petition, webhook: Webhook) -> dict[str, Any]:
    sensitive = petition.restricted or bool(petition.sensitive)
    if sensitive and not webhook.restricted:
        return {**{name: data[name] for name in _IDENTIFIERS}, "sensitive": True}
    texts = {name: getattr(petition, name) for name in _TEXTS}
    if not webhook.personal:
        texts = {name: None if text is None else mask_strictly(text) for name, text in texts.items()}
    return {**data, "sensitive": sensitive, **texts}

"""Signatures of what is sent, as Standard Webhooks 1.0 (standardwebhooks.com) describes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from service.store.tables import Webhook

_PREFIX: Final = "whsec_"
_BYTES: Final = 32


def new_secret() -> str:
    """A secret that nobody can guess."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def secrets_of(webhook: Webhook, moment: datetime) -> list[str]:
    """The secrets that sign at a moment, the newest first."""
    former = webhook.former_until is not None and webhook.former_until > moment and webhook.former_secret
    return [webhook.secret, former] if former else [webhook.secret]


def headers(keys: Sequence[str], event: str, moment: datetime, body: bytes) -> Mapping[str, str]:
    """The headers that show that a body comes from who knows the secrets.

    :param event: the event's id, the same in every attempt.
    """
    stamp = str(int(moment.timestamp()))
    signed = b".".join((event.encode(), stamp.encode(), body))
    return {
        "webhook-id": event,
        "webhook-timestamp": stamp,
        "webhook-signature": " ".join(f"v1,{_signature(key, signed)}" for key in keys),
    }


def _signature(key: str, signed: bytes) -> str:
    raw = base64.b64decode(key.removeprefix(_PREFIX))
    return base64.b64encode(hmac.new(raw, signed, hashlib.sha256).digest()).decode()

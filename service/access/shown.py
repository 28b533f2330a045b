"""Sessions, accounts, keys and audit entries in their one JSON form; times are China's."""

from __future__ import annotations

from typing import Any

from service.access.guard import Recognised
from service.access.keys import in_use
from service.access.principal import ROLE_NAMES
from service.moments import moment_json
from service.store.tables import Account, ApiKey, AuditEntry


def session_json(found: Recognised) -> dict[str, Any]:
    """As `service.access.schemas.SessionOut` describes it."""
    return {
        "id": found.principal.id,
        "name": found.principal.name,
        "role": found.role,
        "role_name": found.role and ROLE_NAMES[found.role],
        "scopes": sorted(found.principal.scopes),
        "expires": moment_json(found.expires),
        "csrf": found.csrf,
    }


def account_json(account: Account) -> dict[str, Any]:
    """As `service.access.schemas.AccountOut` describes it."""
    return {
        "id": account.id,
        "name": account.name,
        "shown_name": account.shown_name,
        "role": account.role,
        "role_name": ROLE_NAMES[account.role],
        "active": account.active,
        "locked_until": moment_json(account.locked_until),
        "created": moment_json(account.created),
        "signed_in": moment_json(account.signed_in),
    }


def key_json(key: ApiKey) -> dict[str, Any]:
    """As `service.access.schemas.KeyOut` describes it."""
    return {
        "id": key.id,
        "name": key.name,
        "scopes": key.scopes,
        "rate": key.rate,
        "created": moment_json(key.created),
        "expires": moment_json(key.expires),
        "revoked": moment_json(key.revoked),
        "used": moment_json(key.used),
        "in_use": in_use(key),
    }


def audit_json(entry: AuditEntry) -> dict[str, Any]:
    """As `service.access.schemas.AuditEntryOut` describes it."""
    names = ("actor", "actor_name", "action", "target", "why", "details")
    return {"id": entry.id, "at": moment_json(entry.at), **{name: getattr(entry, name) for name in names}}

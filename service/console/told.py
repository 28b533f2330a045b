"""Entries of the audit log in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from service.access.principal import ROLE_NAMES
from service.console.texts import audit as texts
from service.console.texts import keys as key_texts
from service.console.wording import moment_text, number_text
from service.events.kinds import KIND_NAMES
from service.store.tables import AuditEntry

NAMES: Final = {action: name for group in texts.GROUPS.values() for action, name in group.items()}
"""Action → what it is called."""
_SHORT: Final = 8
_PETITION: Final = "petition"


@dataclass(frozen=True, slots=True)
class Told:
    """An entry as people read it.

    :param kind: of its tag.
    :param target: what it was about, :param address: where that can be seen.
    :param told: what else is known, :param why: the reason in the actor's words.
    """

    id: int
    at: datetime
    who: str
    actor: str
    action: str
    code: str
    kind: str
    target: str
    target_code: str
    address: str | None
    told: list[str]
    why: str | None


@dataclass(frozen=True, slots=True)
class Teller:
    """Puts entries into words.

    :param names: ``account:ID`` and ``key:ID`` → what they are called.
    :param petition: the address of a petition that whoever reads may see.
    """

    names: Mapping[str, str]
    petition: Callable[[str], str | None]

    def tell(self, entry: AuditEntry) -> Told:
        """One entry."""
        kind, _, number = (entry.target or "").partition(":")
        return Told(
            id=entry.id,
            at=entry.at,
            who=entry.actor_name,
            actor=entry.actor,
            action=NAMES.get(entry.action, entry.action),
            code=entry.action,
            kind="alarm" if entry.action in texts.ALARMING else "look" if entry.action in texts.NOTABLE else "quiet",
            target=self._target(entry.target),
            target_code=entry.target or "",
            address=self.petition(number) if kind == _PETITION else None,
            told=list(_details(entry.details)),
            why=entry.why,
        )

    def _target(self, target: str | None) -> str:
        if target is None:
            return ""
        kind, _, number = target.partition(":")
        if kind not in texts.TARGETS:
            return target
        name = self.names.get(target) or (number[:_SHORT] if kind in (_PETITION, "job") else number)
        return texts.TARGETS[kind].format(name=name)


def _details(details: Mapping[str, Any]) -> Iterator[str]:
    for name, value in details.items():
        if name == "changes":
            for field, (before, after) in value.items():
                yield texts.CHANGE.format(field=_field(field), before=_value(field, before), after=_value(field, after))
        elif value not in (None, {}, []):
            yield texts.DETAIL.format(field=_field(name), value=_value(name, value))


def _field(name: str) -> str:
    return texts.FIELDS.get(name, name)


def _value(field: str, value: Any) -> str:
    known = _CODES.get(field, {})
    match value:
        case None:
            return texts.EMPTY
        case bool():
            return texts.YES_NO[value]
        case int():
            return number_text(value)
        case float():
            return f"{value:.1%}"
        case list():
            return texts.SEPARATOR.join(_value(field, part) for part in value) or texts.EMPTY
        case dict() if field == "terms":
            return texts.SEPARATOR.join(str(texts.TERMS.get(name, name)) for name in value)
        case dict():
            return texts.SEPARATOR.join(f"{name}={_value('', part)}" for name, part in value.items())
        case _ if field == "expires":
            return moment_text(value)
        case _:
            return str(known.get(value, value))


_CODES: Final[dict[str, Mapping[str, str]]] = {
    "role": ROLE_NAMES,
    "reason": texts.REASONS,
    "scopes": key_texts.PAGE["scope_names"],
    "how": texts.HOWS,
    "kind": texts.KINDS,
    "kinds": {kind.value: name for kind, name in KIND_NAMES.items()},
}

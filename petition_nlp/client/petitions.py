"""Stored petitions: store, find, and say what people decided."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, Final, Literal
from urllib.parse import quote

from petition_nlp.client.connection import Connection, plain
from petition_nlp.client.reading import read, read_all
from petition_nlp.client.routes import message_json
from petition_nlp.client.shapes import AnyPetition, Entry, Petition
from petition_nlp.route import Message

_PATH: Final = "/v1/petitions"

Status = Literal["pending", "assigned", "in_progress", "resolved", "archived", "merged"]


class Petitions:
    """``client.petitions``.

    Where a method takes a petition, give the one that you have read: the change is made only if nobody has changed it
    since (412 ``changed_meanwhile``). Its ``id`` alone changes it in any case. ``key`` is the ``Idempotency-Key``, by
    which a change that is sent again after a crash is made once; without one, every call is a change of its own.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def store(
        self,
        message: Message | str,
        *,
        channel: str = "",
        received: datetime | str | None = None,
        key: str | None = None,
    ) -> Petition:
        """Store a message and route it.

        :param channel: where it comes from; in one channel, the message's ``id`` must be new.
        :raises ApiError: ``already_stored``, with the ``location`` of the petition that has this id.
        """
        body = {**message_json(message), "channel": channel}
        if received is not None:
            body["received"] = plain(received)
        return read(Petition, self._connection.change(_PATH, body, key=key))

    def get(self, petition: Petition | str) -> Petition:
        """A petition as it stands now."""
        return read(Petition, self._connection.get(path_of(petition)))

    def find(
        self,
        *,
        text: str | None = None,
        matter: str | None = None,
        department: str | None = None,
        unit: str | None = None,
        request_type: str | None = None,
        area: str | None = None,
        channel: str | None = None,
        external_id: str | None = None,
        status: Status | Sequence[Status] = (),
        review: bool | None = None,
        emergency: bool | None = None,
        received_from: datetime | None = None,
        received_to: datetime | None = None,
    ) -> Iterator[Petition]:
        """Petitions, newest first; further pages are fetched as they are needed."""
        wanted: dict[str, Any] = {
            "text": text,
            "matter": matter,
            "department": department,
            "unit": unit,
            "request_type": request_type,
            "area": area,
            "channel": channel,
            "external_id": external_id,
            "status": status or None,
            "review": review,
            "emergency": emergency,
            "received_from": received_from,
            "received_to": received_to,
        }
        for page in self._connection.pages(_PATH, **wanted):
            yield from read_all(Petition, page)

    def history(self, petition: Petition | str) -> list[Entry]:
        """Who changed what, when and why, oldest first."""
        return read_all(Entry, self._connection.get(path_of(petition, "history")))

    def correct(
        self,
        petition: Petition | str,
        *,
        why: str,
        matter: str | None = None,
        department: str | None = None,
        co_departments: Sequence[str] | None = None,
        request_type: str | None = None,
        unit: str | None = None,
        key: str | None = None,
    ) -> Petition:
        """Put a person's decision in the place of the present one; labels are codes or names.

        What is None stays as it is.
        """
        body = decision(matter, department, co_departments, request_type, unit, why)
        return self._change(petition, "corrections", body, key)

    def send_back(
        self,
        petition: Petition | str,
        *,
        reason: str,
        next_department: str | None = None,
        next_unit: str | None = None,
        key: str | None = None,
    ) -> Petition:
        """A unit sends it back (退单), to the department or unit that it names, or to people."""
        body = {"reason": reason, "next_department": next_department, "next_unit": next_unit}
        return self._change(petition, "returns", body, key)

    def move(
        self,
        petition: Petition | str,
        status: Status,
        *,
        why: str | None = None,
        outcome: str | None = None,
        key: str | None = None,
    ) -> Petition:
        """Bring it into the next state of handling."""
        return self._change(petition, "status", {"status": status, "why": why, "outcome": outcome}, key)

    def close(self, petition: Petition | str, *, outcome: str, key: str | None = None) -> Petition:
        """It is resolved (办结)."""
        return self.move(petition, "resolved", outcome=outcome, key=key)

    def extend(self, petition: Petition | str, *, days: int, why: str, key: str | None = None) -> Petition:
        """Give more working days."""
        return self._change(petition, "extension", {"days": days, "why": why}, key)

    def rate(
        self, petition: Petition | str, *, satisfied: bool, why: str | None = None, key: str | None = None
    ) -> Petition:
        """Note what the resident says of the outcome (回访评价)."""
        return self._change(petition, "satisfaction", {"satisfied": satisfied, "why": why}, key)

    def link(
        self, petition: Petition | str, other: Petition | str, *, why: str | None = None, key: str | None = None
    ) -> Petition:
        """Both are about the same matter."""
        return self._same_matter(petition, other, "linked", why, key)

    def merge(
        self, petition: Petition | str, into: Petition | str, *, why: str | None = None, key: str | None = None
    ) -> Petition:
        """It is no longer handled by itself, but with the other (并单)."""
        return self._same_matter(petition, into, "merged", why, key)

    def tell_apart(
        self, petition: Petition | str, other: Petition | str, *, why: str | None = None, key: str | None = None
    ) -> Petition:
        """They are not about the same matter."""
        return self._same_matter(petition, other, "refused", why, key)

    def _same_matter(
        self, petition: Petition | str, other: Petition | str, state: str, why: str | None, key: str | None
    ) -> Petition:
        return self._change(petition, "links", {"other": id_of(other), "state": state, "why": why}, key)

    def _change(self, petition: Petition | str, what: str, body: dict[str, Any], key: str | None) -> Petition:
        answer = self._connection.change(path_of(petition, what), body, key=key, version=version_of(petition))
        return read(Petition, answer)


def decision(
    matter: str | None,
    department: str | None,
    co_departments: Sequence[str] | None,
    request_type: str | None,
    unit: str | None,
    why: str | None,
) -> dict[str, Any]:
    """The body of a correction or decision."""
    return {
        "matter": matter,
        "department": department,
        "co_departments": None if co_departments is None else list(co_departments),
        "request_type": request_type,
        "unit": unit,
        "why": why,
    }


def id_of(petition: AnyPetition | str) -> str:
    """A petition's identifier."""
    return petition if isinstance(petition, str) else petition.id


def version_of(petition: AnyPetition | str) -> int | None:
    """The version that the caller has read, if it has."""
    return None if isinstance(petition, str) else petition.version


def path_of(petition: Petition | str, what: str = "") -> str:
    """The address of a petition, or of something below it."""
    return f"{_PATH}/{quote(id_of(petition), safe='')}{'/' if what else ''}{what}"

"""Stored petitions: store, find, and say what people decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, Literal, TypedDict, Unpack
from urllib.parse import quote, urlencode

from petition_nlp.client.connection import Connection, plain
from petition_nlp.client.reading import read, read_all
from petition_nlp.client.routes import message_json
from petition_nlp.client.shapes import AnyPetition, Counts, Entry, Needed, Petition, Pledged
from petition_nlp.route import Message

_PATH: Final = "/v1/petitions"

Status = Literal["pending", "assigned", "in_progress", "resolved", "archived", "merged"]
Kind = Literal["petition", "wish", "project"]
DeliberationState = Literal["waiting", "going_on", "agreed", "not_agreed"]
ReferralKind = Literal["mediation", "legal_aid", "market", "other"]


class Wanted(TypedDict, total=False):
    """Which petitions are wanted; what is not given does not matter."""

    text: str | None
    matter: str | None
    department: str | None
    unit: str | None
    request_type: str | None
    area: str | None
    community: str | None
    channel: str | None
    external_id: str | None
    status: Status | Sequence[Status]
    review: bool | None
    emergency: bool | None
    received_from: datetime | None
    received_to: datetime | None
    kind: Kind | Sequence[Kind] | None
    hard: bool | None
    urged: bool | None
    unanswered: bool | None
    deliberation: DeliberationState | None
    referral: ReferralKind | None
    overdue: bool | None
    due_within: int | None
    due_to: date | None


class Decision(TypedDict, total=False):
    """What a person decides on a message; labels are codes or names, and a change of the suggestion needs a ``why``."""

    matter: str
    department: str
    co_departments: Sequence[str]
    request_type: str
    unit: str
    why: str


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
        kind: Kind = "petition",
        matter: str | None = None,
        decision: Decision | None = None,
        key: str | None = None,
    ) -> Petition:
        """Store a message and route it.

        :param channel: where it comes from; in one channel, the message's ``id`` must be new.
        :param matter: of a wish or project, if it is known.
        :param decision: what a person has decided already; an empty one agrees with the suggestion.
        :raises ApiError: ``already_stored``, with the ``location`` of the petition that has this id.
        """
        body = {**message_json(message), "channel": channel, "kind": kind, "matter": matter}
        if decision is not None:
            body["decision"] = dict(decision)
        if received is not None:
            body["received"] = plain(received)
        return read(Petition, self._connection.change(_PATH, body, key=key))

    def get(self, petition: Petition | str) -> Petition:
        """A petition as it stands now."""
        return read(Petition, self._connection.get(path_of(petition)))

    def find(self, **wanted: Unpack[Wanted]) -> Iterator[Petition]:
        """Petitions, newest first; further pages are fetched as they are needed."""
        for page in self._connection.pages(_PATH, **_query(wanted)):
            yield from read_all(Petition, page)

    def counts(self, **wanted: Unpack[Wanted]) -> Counts:
        """How many petitions there are, by status and by what the list of three matters tells apart."""
        return read(Counts, self._connection.get(f"{_PATH}/counts", **_query(wanted)))

    def meeting(
        self,
        target: Path,
        *,
        by: Literal["matter", "community"] = "matter",
        heading: str = "三事清单",
        **wanted: Unpack[Wanted],
    ) -> None:
        """Write the workbook for a meeting (会议材料), with a sheet for each matter or community."""
        asked = {**_query(wanted), "by": by, "heading": heading}
        given = {name: _written(value) for name, value in asked.items() if value is not None}
        self._connection.download(f"{_PATH}/meeting?{urlencode(given, doseq=True)}", target)

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
        final: bool | None = None,
        key: str | None = None,
    ) -> Petition:
        """Put a person's decision in the place of the present one; labels are codes or names.

        What is None stays as it is.

        :param final: from now on only managers may move it (定责), or others again.
        """
        body = {**decision(matter, department, co_departments, request_type, unit, why), "final": final}
        return self._change(petition, "corrections", body, key)

    def withdraw(self, petition: Petition | str, *, why: str | None = None, key: str | None = None) -> Petition:
        """Take back what you have just stored (撤回): it waits for a person, with the suggestion as it was made."""
        return self._change(petition, "withdrawal", {"why": why}, key)

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

    def set_resources(
        self,
        petition: Petition | str,
        *,
        needed: Needed | None = None,
        pledged: Pledged | None = None,
        why: str | None = None,
        key: str | None = None,
    ) -> Petition:
        """Note what a wish or project needs, or what has been pledged to it; None leaves a side as it is."""
        body = {"needed": needed and asdict(needed), "pledged": pledged and asdict(pledged), "why": why}
        return self._change(petition, "resources", body, key)

    def deliberate(
        self,
        petition: Petition | str,
        state: DeliberationState,
        *,
        level: str | None = None,
        date: date | None = None,
        participants: int | None = None,
        outcome: str | None = None,
        why: str | None = None,
        key: str | None = None,
    ) -> Petition:
        """Note where the deliberation (协商) of a 小事 stands; what is None stays as it is."""
        body = {
            "state": state,
            "level": level,
            "date": plain(date),
            "participants": participants,
            "outcome": outcome,
            "why": why,
        }
        return self._change(petition, "deliberation", body, key)

    def refer(
        self,
        petition: Petition | str,
        kind: ReferralKind | None = None,
        *,
        service: str | None = None,
        to: str | None = None,
        result: str | None = None,
        why: str | None = None,
        key: str | None = None,
    ) -> Petition:
        """Note where a resident is referred to (转介), or what came of it; what is None stays as it is.

        :param service: of the directory; :param to: anything else, in words.
        """
        body = {"kind": kind, "service": service, "to": to, "result": result, "why": why}
        return self._change(petition, "referral", body, key)

    def urge(self, petition: Petition | str, *, why: str, key: str | None = None) -> Petition:
        """Urge the unit (催办)."""
        return self._change(petition, "urges", {"kind": "urge", "why": why}, key)

    def inquire(self, petition: Petition | str, *, why: str, key: str | None = None) -> Petition:
        """Ask the unit how far it is (查询)."""
        return self._change(petition, "urges", {"kind": "inquiry", "why": why}, key)

    def reply(
        self, petition: Petition | str, text: str, *, progress: int | None = None, key: str | None = None
    ) -> Petition:
        """The unit's answer; with a progress in percent it is in progress."""
        return self._change(petition, "replies", {"text": text, "progress": progress}, key)

    def mark_hard(self, petition: Petition | str, *, hard: bool, why: str, key: str | None = None) -> Petition:
        """Say whether it is a hard case (疑难)."""
        return self._change(petition, "hard", {"hard": hard, "why": why}, key)

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


def _query(wanted: Mapping[str, Any]) -> dict[str, Any]:
    """A filter as query parameters."""
    return {**wanted, "status": wanted.get("status") or None}


def _written(value: Any) -> Any:
    return str(value).lower() if isinstance(value, bool) else plain(value)


def id_of(petition: AnyPetition | str) -> str:
    """A petition's identifier."""
    return petition if isinstance(petition, str) else petition.id


def version_of(petition: AnyPetition | str) -> int | None:
    """The version that the caller has read, if it has."""
    return None if isinstance(petition, str) else petition.version


def path_of(petition: Petition | str, what: str = "") -> str:
    """The address of a petition, or of something below it."""
    return f"{_PATH}/{quote(id_of(petition), safe='')}{'/' if what else ''}{what}"

"""The queue of petitions that wait for a person."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Literal
from urllib.parse import quote

from petition_nlp.client.connection import Connection
from petition_nlp.client.petitions import decision, id_of, version_of
from petition_nlp.client.reading import read
from petition_nlp.client.shapes import AnyPetition, Petition, Queue, Queued

_PATH: Final = "/v1/review"

Kind = Literal["all", "asked", "blind"]


class Review:
    """``client.review``. A petition for a blind review comes without the suggestion.

    Petitions and keys are given as to `petition_nlp.client.petitions.Petitions`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def queue(
        self,
        *,
        matter: str | None = None,
        department: str | None = None,
        area: str | None = None,
        kind: Kind = "all",
        limit: int = 50,
    ) -> Queue:
        """What waits, the most urgent first."""
        answer = self._connection.get(_PATH, matter=matter, department=department, area=area, kind=kind, limit=limit)
        return read(Queue, answer)

    def take(
        self,
        petition: AnyPetition | str | None = None,
        *,
        matter: str | None = None,
        department: str | None = None,
        area: str | None = None,
        kind: Kind = "all",
        key: str | None = None,
    ) -> Queued | None:
        """Take a certain petition, or the most urgent one that nobody has; None where none waits.

        :raises ApiError: ``taken``, somebody else has it.
        """
        wanted = None if petition is None else id_of(petition)
        body = {"petition": wanted, "matter": matter, "department": department, "area": area, "kind": kind}
        found = self._connection.change(f"{_PATH}/take", body, key=key)["petition"]
        return None if found is None else read(Queued, found)

    def decide(
        self,
        petition: AnyPetition | str,
        *,
        why: str | None = None,
        matter: str | None = None,
        department: str | None = None,
        co_departments: Sequence[str] | None = None,
        request_type: str | None = None,
        unit: str | None = None,
        key: str | None = None,
    ) -> Petition:
        """Confirm the suggestion, or put something else in its place and say why.

        A blind review needs ``matter`` and ``department``, and no ``why``.
        """
        body = decision(matter, department, co_departments, request_type, unit, why)
        return read(Petition, self._change(petition, "decide", body, key))

    def release(self, petition: AnyPetition | str, *, key: str | None = None) -> Queued:
        """Put it back for others."""
        return read(Queued, self._change(petition, "release", {}, key))

    def _change(self, petition: AnyPetition | str, what: str, body: dict[str, Any], key: str | None) -> Any:
        path = f"{_PATH}/{quote(id_of(petition), safe='')}/{what}"
        return self._connection.change(path, body, key=key, version=version_of(petition))

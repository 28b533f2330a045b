"""Answers that show a petition, and requests that change one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import Path, Request, Response
from sqlalchemy.orm import Session

from petition_nlp.taxonomy import Taxonomy
from service.access.principal import Principal
from service.api.writing import Answer, check_unchanged, etag, write
from service.openapi import problem_responses
from service.petitions import history, queries
from service.petitions.schemas import PetitionNumber
from service.petitions.shown import entry_json, named_in, petition_json, queued_json
from service.store.tables import Link, Petition

Form = Callable[[Petition, Sequence[Link], Taxonomy, Collection[str]], dict[str, Any]]
PetitionId = Annotated[PetitionNumber, Path(description="诉求编号")]

READING = problem_responses("unauthorised", "forbidden", "no_such_resource", "store_unavailable")
CHANGING_CODES: Final = (
    "malformed_json",
    "invalid_utf8",
    "unauthorised",
    "forbidden",
    "no_such_resource",
    "not_possible",
    "changed_meanwhile",
    "body_too_large",
    "unsupported_media_type",
    "invalid_request",
    "text_too_long",
    "idempotency_key_reused",
    "store_unavailable",
)
CHANGING = problem_responses(*CHANGING_CODES)


def shown(
    session: Session, caller: Principal, petitions: Sequence[Petition], taxonomy: Taxonomy
) -> list[dict[str, Any]]:
    """Petitions in their JSON form, with their links."""
    return _shown(session, caller, petitions, taxonomy, petition_json)


def queued(
    session: Session, caller: Principal, petitions: Sequence[Petition], taxonomy: Taxonomy
) -> list[dict[str, Any]]:
    """Petitions as the review queue shows them, those for a blind review without the suggestion."""
    return _shown(session, caller, petitions, taxonomy, queued_json)


def _shown(
    session: Session, caller: Principal, petitions: Sequence[Petition], taxonomy: Taxonomy, form: Form
) -> list[dict[str, Any]]:
    links = queries.links(session, petitions, caller)
    merged = {petition.merged_into for petition in petitions if petition.merged_into is not None}
    known = queries.visible_ids(session, caller, merged)
    return [form(petition, links.get(petition.id, []), taxonomy, known) for petition in petitions]


def shown_history(session: Session, caller: Principal, petition: Petition) -> list[dict[str, Any]]:
    """A petition's history in its JSON form, without the numbers of petitions that the caller may not know of."""
    found = history.entries(session, petition.id)
    known = queries.visible_ids(session, caller, named_in(found))
    return [entry_json(entry, known) for entry in found]


def petition_answer(session: Session, caller: Principal, petition: Petition, taxonomy: Taxonomy) -> Answer:
    """One petition with its ETag."""
    session.flush()
    [body] = shown(session, caller, [petition], taxonomy)
    return _tagged(petition, body)


def queued_answer(session: Session, caller: Principal, petition: Petition, taxonomy: Taxonomy) -> Answer:
    """One petition as the review queue shows it, with its ETag."""
    session.flush()
    [body] = queued(session, caller, [petition], taxonomy)
    return _tagged(petition, body)


def _tagged(petition: Petition, body: Mapping[str, Any]) -> Answer:
    return Answer(body, headers={"ETag": etag(petition.version, body)}, petition=petition.id)


async def change_petition(
    request: Request,
    caller: Principal,
    petition: str,
    taxonomy: Taxonomy,
    act: Callable[[Session, Petition], None],
    answer: Callable[[Session, Principal, Petition, Taxonomy], Answer] = petition_answer,
) -> Response:
    """Change one petition that the caller may see, if the caller has seen its present version.

    :param answer: how it is shown then.
    """

    def work(session: Session) -> Answer:
        found = queries.get(session, caller, petition, lock=True)
        check_unchanged(request, found.version)
        act(session, found)
        return answer(session, caller, found, taxonomy)

    return await write(request, caller, work)

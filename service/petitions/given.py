"""What a person decides of a wish or project while it is being stored: its matter, which no model has to guess."""

from __future__ import annotations

from dataclasses import dataclass

from petition_nlp.route import Route, code_of
from petition_nlp.taxonomy import Taxonomy
from service import problems
from service.petitions.kinds import Kind
from service.petitions.labels import known_code
from service.petitions.schemas import PetitionIn
from service.problems import FieldError


@dataclass(frozen=True, slots=True)
class Labels:
    """Codes of a matter and a department.

    :param by_hand: whether a person gave the matter.
    """

    matter: str | None
    department: str | None
    by_hand: bool = False


def labels(message: PetitionIn, route: Route, taxonomy: Taxonomy) -> Labels:
    """What a new entry is about: what its sender says of a wish or project, else what the route says.

    :raises Problem: 422, there is no such matter, or it is given for a petition, which the model decides on.
    """
    routed = Labels(code_of(route.matter), code_of(route.department))
    matter = known_code(taxonomy, "matter", message.matter, "matter")
    if matter is None:
        return routed
    if message.kind == Kind.PETITION:
        raise problems.invalid_request([FieldError("matter", "只有微心愿和社区项目可以在登记时给出事项类别")])
    return Labels(matter, routed.department if matter == routed.matter else None, by_hand=True)

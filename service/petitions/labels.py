"""Labels of the taxonomy as requests write them."""

from __future__ import annotations

from petition_nlp.taxonomy import Taxonomy
from service import problems
from service.problems import FieldError


def known_code(taxonomy: Taxonomy, head: str, label: str | None, field: str) -> str | None:
    """The code of a matter or department that a request names by code or name.

    :raises Problem: 422, the taxonomy has no such label.
    """
    if label is None:
        return None
    code = taxonomy.resolve(head, label)
    known = taxonomy.matters if head == "matter" else taxonomy.departments
    if code not in known:
        raise problems.invalid_request([FieldError(field, "分类中没有这一项，可用的代码见 /v1/taxonomy")])
    return code


def searched_code(taxonomy: Taxonomy, head: str, label: str | None, field: str) -> str | None:
    """As `known_code`, for a search: what was stored under a code that no longer exists can still be found.

    :raises Problem: 422, the taxonomy has and had no such label.
    """
    code = label and taxonomy.resolve(head, label)
    return code if code in taxonomy.retired.get(head, {}) else known_code(taxonomy, head, label, field)

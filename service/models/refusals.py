"""Errors of the registry as problems."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Final

from petition_nlp.errors import ModelError
from service import problems
from service.models.registry import Refusal, RegistryError, UnknownModelError
from service.problems import Problem

_PROBLEMS: Final[Mapping[Refusal, Callable[[RegistryError], Problem]]] = {
    "not_possible": lambda error: problems.not_possible(str(error)),
    "gate_failed": problems.gate_failed,
    "model_pinned": problems.model_pinned,
}


@contextmanager
def answered() -> Iterator[None]:
    """Turn what the registry refuses into a problem.

    :raises Problem: 404, 409 or 422.
    """
    try:
        yield
    except UnknownModelError:
        raise problems.no_such("模型") from None
    except RegistryError as error:
        raise _PROBLEMS[error.kind](error) from None
    except ModelError as error:
        raise problems.unfit_model(error) from None

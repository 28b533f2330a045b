"""Errors of the registry as problems."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from petition_nlp.errors import ModelError
from service import problems
from service.models.registry import RegistryError, UnknownModelError


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
        raise problems.model_refused(error.kind, error) from None
    except ModelError as error:
        raise problems.unfit_model(error) from None

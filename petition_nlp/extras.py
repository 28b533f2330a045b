"""Optional components: packages of an extra that a feature needs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from petition_nlp.errors import MissingExtraError

_OWN_PACKAGES = ("petition_nlp", "service")


@contextmanager
def needs_extra(extra: str) -> Iterator[None]:
    """Say which extra to install where one of its packages is missing.

    :raises MissingExtraError: in place of `ModuleNotFoundError` for any package but our own.
    """
    try:
        yield
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package in _OWN_PACKAGES:
            raise
        raise MissingExtraError(
            f"这一步需要额外的组件（缺少 {package}）", todo=f'请运行：pip install "petition-nlp[{extra}]"'
        ) from error

"""The file in which the operator says what only they know; a broken one stops nothing but its own answers."""

from __future__ import annotations

import logging

from petition_nlp.disclosure import Operator
from petition_nlp.errors import ConfigError
from petition_nlp.settings import Settings

_log = logging.getLogger(__name__)


def operator_of(settings: Settings) -> Operator | None:
    """The operator's answers; None where their file cannot be used."""
    if settings.operator is None:
        return Operator()
    try:
        return Operator.load(settings.operator)
    except ConfigError:
        return None


def warn_of_broken(settings: Settings) -> None:
    """Say what is wrong with the operator's file; nobody but the page 关于模型 needs it."""
    if settings.operator is None:
        return
    try:
        Operator.load(settings.operator)
    except ConfigError as error:
        _log.warning("operator's file not used: %s", error)

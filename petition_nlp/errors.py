"""Every error that a user can cause, in one family.

The command line turns them into exit codes and the service into problem documents (RFC 9457), each in one
place. A message says what was wrong, where, and what to do; it never quotes a resident's text.
"""

from __future__ import annotations


class PetitionError(Exception):
    """Base of all user-facing errors.

    :param what: what was wrong, with the values that matter.
    :param where: file, row, field or line; empty if there is no place to name.
    :param todo: what the user can do about it.
    """

    code = "error"
    exit_code = 1

    def __init__(self, what: str, *, where: str = "", todo: str = "") -> None:
        self.what, self.where, self.todo = what, where, todo
        super().__init__("".join([f"{where}：" if where else "", what, f"。{todo}" if todo else ""]))


class InputError(PetitionError):
    """An input file, row or field cannot be used."""

    code = "bad_input"
    exit_code = 3


class NoRowsError(InputError):
    """An input file holds no rows."""


class ModelError(PetitionError):
    """A model folder is missing, damaged, or does not fit this program or its taxonomy."""

    code = "bad_model"
    exit_code = 4


class ConfigError(PetitionError):
    """A setting, such as an address or a threshold, cannot be used."""

    code = "bad_config"
    exit_code = 5


class TaxonomyError(ConfigError):
    """A taxonomy or policy file is not valid."""

    code = "bad_taxonomy"


class OutputError(PetitionError):
    """An output cannot be written where the user wants it."""

    code = "bad_output"
    exit_code = 6


class MissingExtraError(PetitionError):
    """A command needs packages of an extra that is not installed."""

    code = "missing_extra"
    exit_code = 7


class RunError(PetitionError):
    """A long run could not go on, for a reason outside its inputs and outputs."""

    code = "run_stopped"
    exit_code = 9

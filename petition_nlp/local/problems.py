"""What is wrong with a directory file, all of it at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from petition_nlp.errors import InputError


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that cannot be used: what, where (sheet, row and column) and what to do."""

    what: str
    where: str
    todo: str

    def __str__(self) -> str:
        return f"{self.where}：{self.what}。{self.todo}"

    def to_dict(self) -> dict[str, str]:
        """JSON form."""
        return {"what": self.what, "where": self.where, "todo": self.todo}


class DirectoryError(InputError):
    """A directory cannot be used; ``problems`` holds everything that is wrong with it."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = tuple(problems)
        first, more = self.problems[0], len(self.problems) - 1
        what = f"{first.what}（另有 {more} 处问题）" if more else first.what
        super().__init__(what, where=first.where, todo=first.todo)

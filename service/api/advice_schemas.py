"""Advice as the API takes and gives it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from petition_nlp.route import Message
from service.moments import OutMoment
from service.petitions.schemas import NamedOut, PetitionNumber
from service.schemas import Out, StatementIn


class AdviceIn(StatementIn):
    """A message that advice is wanted on."""

    petition: PetitionNumber | None = Field(
        default=None, description="这条诉求自己的编号；已登记的给出，答复里就不列它自己"
    )

    def message(self) -> Message:
        """The library's form."""
        return Message(self.text, title=self.title, area=self.area, extra=self.extra)


class QuoteOut(Out):
    """A span of a text; offsets count Unicode code points."""

    start: int
    end: int
    text: str


class HintOut(Out):
    """Why the message may be none for the hotline: the ground, and what to tell the resident."""

    code: str
    name: str
    ground: str = Field(description="依据")
    tell: str = Field(description="告知语")
    line: str | None = Field(description="应转的紧急热线")
    strength: Literal["clear", "possible"]
    evidence: list[QuoteOut]


class KnownPetitionOut(Out):
    """A stored petition in short; the excerpt is masked."""

    petition: str
    received: OutMoment
    excerpt: str
    matter: NamedOut | None
    department: NamedOut | None
    unit: NamedOut | None
    status: str
    status_name: str


class SimilarOut(KnownPetitionOut):
    """A past petition that a person decided on; ``similarity`` is a cosine, 0 to 1."""

    outcome: str | None
    similarity: float


class RepeatOut(KnownPetitionOut):
    """An open petition that is likely about the same matter; ``score`` is an estimated probability.

    One that waits for a blind review (盲审) comes without matter, department, unit and reason.
    """

    score: float
    reason: str | None
    blind: bool


class DutyOut(Out):
    """What the suggested department answers for; ``matches`` are spans of ``text`` that speak of the message."""

    department: NamedOut
    text: str
    matches: list[QuoteOut]
    typical: list[str] = Field(description="这个部门与本条相近的典型事项")


class AdviceOut(Out):
    """Advice beside a route; ``similar`` and ``repeats`` are null for callers who may not read petitions."""

    acceptance: list[HintOut]
    similar: list[SimilarOut] | None
    repeats: list[RepeatOut] | None
    duty: DutyOut | None

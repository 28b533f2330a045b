"""The list of three matters (三事清单): what is counted above it, and what a meeting gets of it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from service.petitions.queries import Filter
from service.petitions.schemas import CountOut
from service.schemas import Out

By = Literal["matter", "community"]


class CountsOut(Out):
    """How many petitions a filter finds. Codes that nothing has are there with 0."""

    petitions: int
    open: int
    overdue: int
    hard: int
    urged: int
    unanswered: int
    by_status: list[CountOut]
    by_matter: list[CountOut]
    by_kind: list[CountOut]
    by_deliberation: list[CountOut]
    by_referral: list[CountOut]


class MeetingFilter(Filter):
    """Which petitions a meeting is about, and how they are laid out."""

    by: By = Field(default="matter", description="每张工作表一类：matter 事项类别，community 社区")
    heading: str = Field(default="三事清单", min_length=1, max_length=60, description="材料的标题")

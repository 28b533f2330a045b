"""The directory as the API takes and gives it. What a record holds is described in ``docs/local-units.md``."""

from __future__ import annotations

from typing import Annotated, Any, Final

from pydantic import ConfigDict, Field

from service.moments import Day, OutMoment
from service.petitions.schemas import NamedOut, Reason
from service.schemas import WHOLE, In, Out, Text

Record = dict[str, Any]
MOST_VERSION: Final = 2**31 - 1
"""What the column of a version can hold."""


class DirectoryIn(In):
    """A whole directory."""

    units: list[Record] = Field(default=[], description="单位")
    rules: list[Record] = Field(default=[], description="规则，靠前的优先")
    places: list[Record] = Field(default=[], description="区、街道、社区、网格、小区、道路、路口")
    services: list[Record] = Field(default=[], description="社区组织、市场服务、调解、法律援助")
    why: Reason = Field(description="修改的理由")


class CaseIn(In):
    """A message to try the directory on."""

    text: Text = Field(description="诉求内容")
    title: Text | None = Field(default=None, description="诉求标题")
    area: Text | None = Field(default=None, description="区、街道或社区")
    matter: Text | None = Field(default=None, description="事项类别的代码或名称；不给则由模型判断")
    department: Text | None = Field(default=None, description="责任部门的代码或名称；不给则由模型判断")
    on: Day | None = Field(default=None, description="哪一天的规则；不给则为今天")
    version: Annotated[int, Field(ge=0, le=MOST_VERSION), WHOLE] | None = Field(
        default=None, description="目录版本；不给则为在用的版本"
    )


class VersionOut(Out):
    """Who made a version, when and why."""

    version: int
    at: OutMoment | None
    actor: str | None
    actor_name: str | None
    why: str | None


class DirectoryOut(VersionOut):
    """A version with everything in it."""

    units: list[Record]
    rules: list[Record]
    places: list[Record]
    services: list[Record]


class VersionsOut(Out):
    """One page of versions, newest first."""

    items: list[VersionOut]
    next: int | None


class DiffOut(Out):
    """What differs between two versions, by kind of record."""

    old: int
    new: int
    changes: dict[str, Any]


class ImportOut(Out):
    """What a new directory changes and what is odd in it; ``version`` is null if it was not saved."""

    version: int | None
    changes: dict[str, Any]
    notes: list[str]


class AssignmentOut(Out):
    """Where a message would go, and every step that leads there."""

    model_config = ConfigDict(extra="forbid")

    version: int
    matter: NamedOut | None
    department: NamedOut | None
    place: dict[str, Any]
    assignment: dict[str, Any]
    services: list[Record]
    steps: list[str]


class ServicesOut(Out):
    """Services that can help, the most fitting first."""

    items: list[Record]

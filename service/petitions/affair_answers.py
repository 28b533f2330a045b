"""What the list of three matters keeps of a petition, as the API gives it."""

from __future__ import annotations

import datetime

from pydantic import Field

from service.schemas import Out


class DeliberationOut(Out):
    """The deliberation (协商) of a 小事: at which level it takes place, and what came out of it."""

    level: str | None
    level_name: str | None
    state: str
    state_name: str
    date: datetime.date | None
    participants: int | None
    outcome: str | None


class ReferralOut(Out):
    """Where a resident was referred to (转介): a service of the directory, or what was written."""

    kind: str
    kind_name: str
    service: str | None = Field(description="目录中服务的代码")
    to: str | None = Field(description="转介到哪里")
    result: str | None


class NeededOut(Out):
    """What a wish or project needs."""

    fund: int | None = Field(description="资金，元")
    volunteers: int | None = Field(description="志愿者人数")
    other: str | None = Field(description="其他，如物品、场地")


class PledgedOut(NeededOut):
    """What has been pledged to a wish or project, and by whom."""

    donors: list[str] = Field(description="捐助方")


class ResourcesOut(Out):
    """Resources (资源) of a wish or project."""

    needed: NeededOut | None
    pledged: PledgedOut | None

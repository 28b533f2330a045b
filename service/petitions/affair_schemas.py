"""What the list of three matters takes: resources, deliberation, referral, urging and replies."""

from __future__ import annotations

from typing import Annotated, Final

from pydantic import Field

from service.moments import Day
from service.petitions.kinds import GivenAsked, GivenDeliberation, GivenReferral
from service.petitions.schemas import Reason
from service.schemas import WHOLE, In, Text

_MOST_YUAN: Final = 10**12
_MOST_PEOPLE: Final = 10**6
_MOST_DONORS: Final = 50
_Name = Annotated[Text, Field(min_length=1, max_length=200)]


class NeededIn(In):
    """What is needed."""

    fund: Annotated[int, Field(ge=0, le=_MOST_YUAN, description="资金，整元"), WHOLE] | None = None
    volunteers: Annotated[int, Field(ge=0, le=_MOST_PEOPLE, description="志愿者人数"), WHOLE] | None = None
    other: Reason | None = Field(default=None, description="其他，如物品、场地")


class PledgedIn(NeededIn):
    """What has been pledged, and by whom."""

    donors: list[_Name] = Field(default=[], max_length=_MOST_DONORS, description="捐助方")


class ResourcesIn(In):
    """Resources of a wish or project; what is given takes the place of what was noted, the other side stays."""

    needed: NeededIn | None = Field(default=None, description="需要的")
    pledged: PledgedIn | None = Field(default=None, description="已认领的")
    why: Reason | None = Field(default=None, description="说明")


class DeliberationIn(In):
    """Where a deliberation stands; what is not given stays as it is."""

    state: GivenDeliberation = Field(description="waiting 待协商、going_on 协商中、agreed 达成一致、not_agreed 未达成")
    level: Text | None = Field(default=None, description="层级的代码或名称：楼栋、小区、社区；不给则按分拨建议")
    date: Day | None = Field(default=None, description="协商日期")
    participants: Annotated[int, Field(ge=0, le=_MOST_PEOPLE, description="参加人数"), WHOLE] | None = None
    outcome: Reason | None = Field(default=None, description="协商结果；达成一致和未达成时必填")
    why: Reason | None = Field(default=None, description="说明")


class ReferralIn(In):
    """Where a resident is referred to, or what came of it; what is not given stays as it is."""

    kind: GivenReferral | None = Field(
        default=None, description="mediation 调解、legal_aid 法律援助、market 市场服务、other 其他"
    )
    service: Text | None = Field(default=None, description="转介到目录中的哪项服务：代码或名称，见 /v1/directory")
    to: Reason | None = Field(default=None, description="转介到哪里；目录中没有的直接写明")
    result: Reason | None = Field(default=None, description="转介的结果")
    why: Reason | None = Field(default=None, description="说明")


class UrgeIn(In):
    """A unit is urged, or asked how far it is."""

    kind: GivenAsked = Field(description="urge 催办、inquiry 查询")
    why: Reason = Field(description="催办或查询的内容")


class ReplyIn(In):
    """The unit's answer."""

    text: Reason = Field(description="承办单位的答复")
    progress: Annotated[int, Field(ge=0, le=100), WHOLE] | None = Field(
        default=None, description="办理进度，百分之几；给出则已交办的转为办理中"
    )


class HardIn(In):
    """Whether a petition is a hard case (疑难)."""

    hard: bool = Field(description="true 认定为疑难，false 解除")
    why: Reason = Field(description="理由")

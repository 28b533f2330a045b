"""What the list of three matters (三事清单) tells apart: kinds of entries, states of a deliberation, ways to refer."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Strict

from service.schemas import by_name


class Kind(StrEnum):
    """Kind of an entry."""

    PETITION = "petition"
    WISH = "wish"
    PROJECT = "project"


KIND_NAMES: Final = {Kind.PETITION: "诉求", Kind.WISH: "微心愿", Kind.PROJECT: "社区项目"}
GivenKind = Annotated[Kind, Strict(False), by_name(KIND_NAMES)]
"""A kind as callers may write it: by its code or its Chinese name."""


class Deliberation(StrEnum):
    """Where a deliberation (协商) stands."""

    WAITING = "waiting"
    GOING_ON = "going_on"
    AGREED = "agreed"
    NOT_AGREED = "not_agreed"


DELIBERATION_NAMES: Final = {
    Deliberation.WAITING: "待协商",
    Deliberation.GOING_ON: "协商中",
    Deliberation.AGREED: "达成一致",
    Deliberation.NOT_AGREED: "未达成",
}
GivenDeliberation = Annotated[Deliberation, Strict(False), by_name(DELIBERATION_NAMES)]

DELIBERATED: Final = frozenset({Deliberation.AGREED, Deliberation.NOT_AGREED})
"""States in which the deliberation has come to an end, with or without agreement."""


class Referral(StrEnum):
    """What somebody is referred to (转介)."""

    MEDIATION = "mediation"
    LEGAL_AID = "legal_aid"
    MARKET = "market"
    OTHER = "other"


REFERRAL_NAMES: Final = {
    Referral.MEDIATION: "调解",
    Referral.LEGAL_AID: "法律援助",
    Referral.MARKET: "市场服务",
    Referral.OTHER: "其他",
}
GivenReferral = Annotated[Referral, Strict(False), by_name(REFERRAL_NAMES)]


class Asked(StrEnum):
    """How a unit is asked about a petition that it handles."""

    URGE = "urge"
    INQUIRY = "inquiry"


ASKED_NAMES: Final = {Asked.URGE: "催办", Asked.INQUIRY: "查询"}
GivenAsked = Annotated[Asked, Strict(False), by_name(ASKED_NAMES)]

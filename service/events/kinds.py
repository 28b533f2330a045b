"""Kinds of events, and how a delivery stands."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class Kind(StrEnum):
    """What can happen that others are told of."""

    ROUTED = "petition.routed"
    REVIEW_REQUIRED = "petition.review_required"
    CORRECTED = "petition.corrected"
    RETURNED = "petition.returned"
    OVERDUE = "petition.overdue"
    PROMOTED = "model.promoted"
    ALARM = "alarm.raised"


KIND_NAMES: Final = {
    Kind.ROUTED: "诉求已交办",
    Kind.REVIEW_REQUIRED: "诉求待复核",
    Kind.CORRECTED: "诉求已更正",
    Kind.RETURNED: "诉求被退回",
    Kind.OVERDUE: "诉求已超期",
    Kind.PROMOTED: "启用新模型",
    Kind.ALARM: "运行告警",
}
TEST: Final = "webhook.test"
"""What a webhook is sent to try it out; nobody can ask for it."""


class DeliveryState(StrEnum):
    """How a delivery stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DEAD = "dead"


STATE_NAMES: Final = {
    DeliveryState.WAITING: "等待",
    DeliveryState.DELIVERED: "已送达",
    DeliveryState.DEAD: "未送达",
}


def type_of(kind: str) -> str:
    """The CloudEvents type of a kind; a change of the data that breaks readers gets a new number."""
    return f"petition-nlp.{kind}.v1"

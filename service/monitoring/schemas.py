"""What the operations on alarms take and answer."""

from __future__ import annotations

from datetime import date
from typing import Final, Literal

from pydantic import Field

from service.moments import OutMoment
from service.petitions.schemas import NamedOut, Reason
from service.schemas import In, Out

_WEEK: Final = "这一天为止的 7 天里"


class AcknowledgeIn(In):
    """Say that an alarm is known."""

    why: Reason = Field(description="已查明的原因或已采取的措施")


class AlarmPartOut(Out):
    """A class whose share changed."""

    code: str
    name: str
    before: float
    now: float


class AlarmOut(Out):
    """Something that a supervisor should look at (预警)."""

    id: str
    code: str = Field(description="哪一种，见文档")
    level: Literal["watch", "alarm"] = Field(description="watch 留意，alarm 预警")
    level_name: str
    about: NamedOut | None = Field(description="所涉的单位、部门或构成；没有则为 null")
    title: str
    seen: str = Field(description="看到了什么")
    todo: str = Field(description="怎么办")
    before: float = Field(description="此前的数")
    now: float = Field(description="现在的数")
    size: int = Field(description="现在的数出自多少件")
    parts: list[AlarmPartOut] = Field(description="变化最大的类别")
    state: Literal["open", "acknowledged", "over"] = Field(description="open 待确认，acknowledged 已确认，over 已结束")
    since: date = Field(description="从哪一天起")
    last: date = Field(description="最近一次仍有的那一天")
    over: date | None = Field(description="哪一天起不再有；仍有则为 null")
    raised: OutMoment
    acknowledged: OutMoment | None
    acknowledged_by: str | None
    acknowledged_name: str | None
    why: str | None


class ExpectedOut(Out):
    """A share of right routes with its 95 % interval."""

    share: float
    low: float
    high: float


class BlindGapOut(Out):
    """What the model said of the petitions that people judged blindly, and what they found."""

    expected: float
    found: float
    verdicts: int


class MeasuresOut(Out):
    """What was measured of the week that a day ends; null where there was too little."""

    petitions: int
    psi: dict[str, float] = Field(description="构成指数，按 matter、department、channel、length")
    unseen_share: float | None = Field(description=f"{_WEEK}模型没见过的词的比例")
    review_share: float | None = Field(description=f"{_WEEK}须人工复核的比例")
    correction_share: float | None = Field(description=f"{_WEEK}由人决定的诉求中更正过的比例")
    slow_share: float | None = Field(description=f"{_WEEK}超过 1 秒才答复的比例")
    expected_accuracy: ExpectedOut | None = Field(description=f"{_WEEK}模型自估的准确率：平均把握")
    blind: BlindGapOut | None = Field(description="近一年的盲审与模型自估；不足 30 件为 null")


class AlarmsOut(Out):
    """Alarms, those to be acknowledged first, with the newest measures."""

    day: date | None = Field(description="看到哪一天为止；还没有看过则为 null")
    as_of: OutMoment | None
    measures: MeasuresOut | None
    items: list[AlarmOut]

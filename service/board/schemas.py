"""What the board's operations answer."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Final, Literal

from pydantic import Field

from service.moments import OutMoment
from service.petitions.schemas import CountOut, NamedOut
from service.schemas import Out

_AS_OF: Final = "统计到这一时刻为止的改动；还没有统计过则为 null"
AsOf = Annotated[OutMoment | None, Field(description=_AS_OF)]


class PeriodCountsOut(Out):
    """Petitions received in a period, as they stand now."""

    petitions: int = Field(description="诉求件数")
    emergencies: int = Field(description="其中紧急的")
    to_people: int = Field(description="模型建议人工复核的")
    dispatched: int = Field(description="已交办的")
    redirected: int = Field(description="已交办的诉求中，退过单或改派过部门的")
    returned: int = Field(description="退过单的")
    decided: int = Field(description="由人确认或更正过的")
    agreed: int = Field(description="其中现在的事项类别和责任部门与模型建议一致的")
    closed: int = Field(description="已办结且有办理期限的")
    in_time: int = Field(description="其中按期办结的")
    rated: int = Field(description="有回访评价的")
    satisfied: int = Field(description="其中满意的")
    overdue: int = Field(description="现在未办结且已超期的")


class RatesOut(Out):
    """Shares of them; null where there is nothing to divide by."""

    review: float | None = Field(description="模型建议人工复核的比例")
    first_dispatch_precision: float | None = Field(description="首派准确率")
    returned: float | None = Field(description="退单率")
    agreement: float | None = Field(description="人机一致率：由人决定的诉求中与模型建议一致的比例")
    in_time: float | None = Field(description="按期办结率：按期办结的，占已办结的和超期未办结的之和")
    satisfied: float | None = Field(description="满意率")


class PeriodOut(Out):
    """A day, week (``2026-W45``), month (``2026-11``) or hour of day (``07``); an hour has no days of its own."""

    period: str
    first_day: date | None
    last_day: date | None
    counts: PeriodCountsOut
    shares: RatesOut
    by_matter: list[CountOut]


class SpanOut(Out):
    """The days that are counted, both included."""

    first_day: date
    last_day: date
    as_of: AsOf


class SeriesOut(SpanOut):
    """Petitions received, period by period; periods without any are there too."""

    by: Literal["hour", "day", "week", "month"]
    total: PeriodOut
    items: list[PeriodOut]


class WeekdayOut(Out):
    """The petitions that came in on a day of the week, by hour of day."""

    weekday: int = Field(description="1 周一 … 7 周日")
    name: str
    days: int = Field(description="所问的日子里有几个这样的日子")
    petitions: list[int] = Field(description="0 时至 23 时各收到多少件")


class WeekOut(SpanOut):
    """Petitions by weekday and hour."""

    items: list[WeekdayOut]


class RoutedOut(Out):
    """How many petitions have a matter and a department; null where nobody has decided it."""

    matter: NamedOut | None
    department: NamedOut | None
    count: int


class ChannelOut(Out):
    """How many petitions came by a channel."""

    channel: str | None
    count: int


class ChannelsOut(Out):
    """The largest channels, and how many petitions came by the others."""

    items: list[ChannelOut]
    rest: int


class DistrictOut(Out):
    """How many petitions are about a district; null where it is not known."""

    district: str | None
    count: int


class DistrictsOut(Out):
    """The districts with most petitions, and how many the others have."""

    items: list[DistrictOut]
    rest: int


class CommunityOut(DistrictOut):
    """How many petitions are about a community."""

    street: str | None
    community: str | None


class CommunitiesOut(Out):
    """The communities with most petitions, and how many the others have; petitions without one are not among them."""

    items: list[CommunityOut]
    rest: int


class SharesOut(SpanOut):
    """What the petitions are about, and where they come from."""

    petitions: int
    by_matter_and_department: list[RoutedOut]
    by_channel: ChannelsOut
    by_district: DistrictsOut
    by_community: CommunitiesOut


class CorrectionsOut(SpanOut):
    """How often people and returns moved petitions from one department (row) to another (column)."""

    departments: list[NamedOut] = Field(description="涉及改派最多的部门，行和列都按这个顺序")
    matrix: list[list[int]] = Field(description="matrix[原部门][新部门] 的次数")
    total: int = Field(description="改派总次数")
    elsewhere: int = Field(description="其中不在矩阵里的次数")


class UnitOut(Out):
    """What a unit did; a department stands for the petitions whose unit is not known."""

    kind: Literal["unit", "department"]
    code: str
    name: str
    dispatched: int = Field(description="交办给它的诉求件数")
    returned: int = Field(description="其中它退回的")
    return_share: float | None = Field(description="退单率")
    closed: int = Field(description="它办结的")
    median_working_days: int | None = Field(description="从收到到办结的工作日数的中位数")
    overdue: int = Field(description="现在在它名下未办结且已超期的")


class UnitsOut(SpanOut):
    """Units, those with most petitions first; ``more`` is how many others there are."""

    items: list[UnitOut]
    more: int


class ExcerptOut(Out):
    """The beginning of a petition, without personal data."""

    petition: str
    excerpt: str


class SignOut(Out):
    """Petitions that are likely one matter; counted from those that the caller may see."""

    level: int = Field(description="0 热点；1 关注：突增或群体用语；2 重点关注：两者都有")
    level_name: str
    burst: bool = Field(description="突增：三天内来件多得不像偶然")
    crowd: bool = Field(description="群体用语：至少两件、两成以上提到许多人一起行动")
    count: int = Field(description="件数")
    wordings: int = Field(description="不同表述的件数；同文可能是一人重复来电，也可能是多人用同一文本")
    first: OutMoment
    last: OutMoment
    recent: int = Field(description="最近三天的件数")
    before: int = Field(description="再往前三天的件数")
    peak: int = Field(description="最密的三天的件数")
    usual: float = Field(description="同一区域、同一部门平时三天的全部来件数")
    matter: NamedOut | None
    department: NamedOut | None
    district: str | None
    street: str | None
    community: str | None
    sample: ExcerptOut | None = Field(description="最典型的一件，已遮盖个人信息；无权查询诉求时为 null")
    petitions: list[str] = Field(description="诉求编号，最新的在前，至多五十件；无权查询诉求时为空")


class SignsOut(Out):
    """Matters that many people report in the last days, the most pressing first."""

    as_of: AsOf
    days: int = Field(description="看最近多少天")
    items: list[SignOut]


class ClassOut(Out):
    """A class of a feature, and what it adds to the index."""

    code: str | None
    name: str
    before: float
    recent: float
    psi: float


class FeatureOut(Out):
    """How much a feature changed; without enough petitions nothing is said."""

    feature: Literal["matter", "department", "channel", "length", "hour"]
    name: str
    level: Literal["stable", "watch", "changed", "too_few"]
    level_name: str
    psi: float | None = Field(description="群体稳定性指数：小于 0.1 稳定，0.1 起留意，0.25 起变化明显")
    chance: float | None = Field(description="没有变化时也会偶然达到的程度（95%）；不超过它仍算稳定")
    parts: list[ClassOut] = Field(description="变化最大的几类")


class ComparedOut(Out):
    """Days that are compared, and the petitions received in them."""

    first_day: date
    last_day: date
    petitions: int


class DriftOut(Out):
    """Whether what comes in now differs from what came in before."""

    as_of: AsOf
    recent: ComparedOut
    before: ComparedOut
    items: list[FeatureOut]

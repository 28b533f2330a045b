"""Petitions as the API takes and gives them."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BeforeValidator, ConfigDict, Field
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

from petition_nlp.profiles import ProfileName
from petition_nlp.route import Message
from service.moments import CHINA, OutMoment
from service.petitions.affair_answers import DeliberationOut, ReferralOut, ResourcesOut
from service.petitions.kinds import GivenKind, Kind
from service.petitions.states import GivenStatus
from service.schemas import WHOLE, In, Out, RouteOut, StatementIn, Text

_YEARS: Final = range(2, 9999)
"""Those around which there is room for time zones, spans and working days."""
_NUMBER: Final = re.compile("[0-9a-f]{32}")
_MOST_CO_DEPARTMENTS: Final = 10
_MOST_REASON: Final = 2000


def _moment(value: Any) -> Any:
    if value is None or isinstance(value, datetime):
        return value
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise PydanticCustomError("time", "not a time") from None
    if moment.year not in _YEARS:
        raise PydanticCustomError("time", "out of range")
    return moment if moment.tzinfo else moment.replace(tzinfo=CHINA)


def _petition_number(value: Any) -> Any:
    if isinstance(value, str) and not _NUMBER.fullmatch(value):
        raise PydanticCustomError("petition_number", "not a petition's number")
    return value


Moment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema({"type": "string", "format": "date-time"})]
"""A time as RFC 3339 writes it; without a zone it is China's."""

Reason = Annotated[Text, Field(min_length=1, max_length=_MOST_REASON)]
Number = Annotated[Text, Field(min_length=1, max_length=200)]
PetitionNumber = Annotated[
    str, Field(pattern="^[0-9a-f]{32}$", min_length=32, max_length=32), BeforeValidator(_petition_number)
]
"""A petition's own number; the length keeps out a line end, which some readers of ``$`` let through."""


QueueKind = Literal["all", "asked", "blind"]
QUEUE_KINDS: Final = "asked 须复核的；blind 抽中盲审的；all 都要。按事项类别或部门筛选时没有盲审的"


class PetitionIn(StatementIn):
    """A message to be stored and routed. ``id`` is the caller's own number and must be new within its channel."""

    id: Number | None = Field(default=None, description="调用方自己的编号；在同一来源内不可重复。")
    channel: Annotated[Text, Field(max_length=200)] | None = Field(
        default=None, description="来源，如 12345热线、网络问政。"
    )
    received: Moment | None = Field(default=None, description="收到时间；不给则为现在。不写时区按北京时间。")
    kind: GivenKind = Field(default=Kind.PETITION, description="种类：petition 诉求、wish 微心愿、project 社区项目")
    matter: Text | None = Field(
        default=None, description="微心愿、社区项目的事项类别，代码或名称；不给则由模型判断。诉求一律由模型判断。"
    )

    def message(self) -> Message:
        """The library's form."""
        received = None if self.received is None else self.received.isoformat()
        return Message(self.text, self.title, self.id, self.area, received, self.extra)


class _ChangesIn(In):
    matter: Text | None = Field(default=None, description="事项类别的代码或名称")
    department: Text | None = Field(default=None, description="责任部门的代码或名称")
    co_departments: list[Text] | None = Field(
        default=None, max_length=_MOST_CO_DEPARTMENTS, description="协办部门的代码或名称"
    )
    request_type: Text | None = Field(default=None, description="诉求类型，如 投诉")
    unit: Text | None = Field(default=None, description="承办单位的代码（见 /v1/directory）")


class CorrectionIn(_ChangesIn):
    """What a person decides otherwise; fields that are not given stay as they are."""

    why: Reason = Field(description="更正的理由")
    final: bool | None = Field(
        default=None,
        description="true 为主管定责，此后只有主管能更正和退单；false 为解除。须有 supervise 权限。",
    )


class DecisionIn(_ChangesIn):
    """What a reviewer decides: without a field the suggestion is confirmed; a blind review needs two."""

    why: Reason | None = Field(default=None, description="理由；改动建议时必填，盲审时不必填")


class NewPetitionIn(PetitionIn):
    """A message to be stored, with what a person has decided on it already, if so."""

    decision: DecisionIn | None = Field(
        default=None, description="登记时已由人作出的决定；{} 为同意模型的建议。不给则由模型分拨。"
    )


class WithdrawalIn(In):
    """What was just stored is taken back."""

    why: Reason | None = Field(default=None, description="说明")


class ReturnIn(In):
    """A unit sends a petition back (退单)."""

    reason: Reason = Field(description="退单理由")
    next_department: Text | None = Field(default=None, description="退单方认为应由哪个部门负责：代码或名称")
    next_unit: Text | None = Field(default=None, description="退单方认为应由哪个单位承办：代码")


class StatusIn(In):
    """The next state of handling."""

    status: GivenStatus = Field(strict=False, description="新的办理状态，代码或名称")
    why: Reason | None = Field(default=None, description="说明；重新办理时必填")
    outcome: Reason | None = Field(default=None, description="办理结果；办结时必填")


class ExtensionIn(In):
    """More time, in working days."""

    days: Annotated[int, Field(ge=1, le=60, description="延长的工作日数"), WHOLE]
    why: Reason = Field(description="延期理由")


class SatisfactionIn(In):
    """What the resident says of the outcome (回访评价)."""

    satisfied: bool = Field(description="是否满意")
    why: Reason | None = Field(default=None, description="不满意的原因")


class TakeIn(In):
    """Which petition to take; without a number the most urgent one that nobody has."""

    petition: PetitionNumber | None = Field(default=None, description="要领取的诉求编号；不给则领取最急的一件")
    matter: Text | None = Field(default=None, description="只领取这一事项类别：代码")
    department: Text | None = Field(default=None, description="只领取这一责任部门：代码")
    area: Text | None = Field(default=None, description="只领取这一区、街道、社区或网格")
    kind: QueueKind = Field(default="all", description=QUEUE_KINDS)


class SameMatterIn(In):
    """What a person says of another petition: about the same matter, merged into it, or not the same."""

    other: PetitionNumber = Field(description="另一件诉求的编号")
    state: Literal["linked", "merged", "refused"] = Field(
        description="linked 关联；merged 并入另一件，本件随之不再单独办理；refused 不是同一件事"
    )
    why: Reason | None = Field(default=None, description="说明")


class AutoRoutingIn(In):
    """Stop or resume automatic routing."""

    state: Literal["running", "stopped"] = Field(description="running 恢复自动分拨；stopped 停止，一律人工复核")
    why: Reason = Field(description="理由")


class NamedOut(Out):
    """A code with its name."""

    code: str
    name: str


class LinkOut(Out):
    """Another petition about the same matter: ``likely``, or ``linked``, ``merged``, ``refused`` by a person."""

    petition: str
    state: str
    score: float
    reason: str


class _AnyPetitionOut(Out):
    id: str
    version: int
    created: OutMoment
    received: OutMoment
    kind: str
    kind_name: str
    external_id: str | None
    channel: str
    title: str | None
    text: str
    area: str | None
    extra: dict[str, Any] | None
    masked: OutMoment | None
    matter: NamedOut | None
    department: NamedOut | None
    co_departments: list[NamedOut]
    request_type: str | None
    unit: NamedOut | None
    unit_rule: str | None
    place: dict[str, Any] | None
    status: str | None
    status_name: str | None
    due: date | None = Field(description="办理期限：最后一天")
    due_at: OutMoment | None = Field(description="紧急诉求的办理期限：时刻")
    due_provisional: bool = Field(description="期限跨入尚未公布放假安排的年份，可能变动")
    overdue: bool = Field(description="未办结而期限已过")
    extensions: int
    returns: int
    hard: bool = Field(description="疑难：两个单位退过单，或人工认定")
    final: bool = Field(description="主管已定责")
    urges: int = Field(description="催办次数")
    urged: OutMoment | None = Field(description="最近一次催办")
    inquiries: int = Field(description="查询次数")
    inquired: OutMoment | None = Field(description="最近一次查询")
    unanswered: bool = Field(description="催办或查询之后，承办单位还没有答复")
    replied: OutMoment | None = Field(description="承办单位最近一次答复")
    progress: int | None = Field(description="承办单位所说的办理进度，百分之几")
    deliberation: DeliberationOut | None
    referral: ReferralOut | None
    resources: ResourcesOut | None
    review: bool
    review_reasons: list[str]
    emergency: str | None
    sensitive: list[str]
    restricted: bool
    confidence: float | None
    decided_by: str | None
    taken_by: str | None
    taken_until: OutMoment | None
    closed: OutMoment | None
    outcome: str | None
    satisfied: bool | None
    merged_into: str | None
    same_matter: list[LinkOut]
    route: RouteOut | None
    directory: int | None


class PetitionOut(_AnyPetitionOut):
    """A stored petition. ``route`` is the suggestion as it was made; the fields beside it are what is in force."""

    status: str
    status_name: str
    confidence: float
    route: RouteOut


class QueuedOut(_AnyPetitionOut):
    """A petition in the review queue. One for a blind review (盲审) comes without anything that follows from the
    suggestion: what is null, false, 0 or empty in it says nothing.
    """

    blind: bool = Field(description="盲审：不显示模型建议，由复核员独立判断")


class PetitionPageOut(Out):
    """Petitions, newest first; ``next`` is the cursor of the following page."""

    items: list[PetitionOut]
    next: str | None


class QueueOut(Out):
    """Petitions that wait for a person, the most urgent first; ``waiting`` is how many there are in all.

    ``restricted_waiting`` counts the restricted ones besides that the caller may not see.
    """

    waiting: int
    restricted_waiting: int
    items: list[QueuedOut]


class TakenOut(Out):
    """The petition that was taken; null where none waits."""

    petition: QueuedOut | None


class EntryOut(Out):
    """One change of a petition; ``changes`` maps a field to its values before and after."""

    at: OutMoment
    actor: str
    actor_name: str
    action: str
    why: str | None
    changes: dict[str, Any]
    model: str | None
    taxonomy: str | None
    policy: str | None
    directory: int | None


class HistoryOut(Out):
    """A petition's history, oldest first."""

    items: list[EntryOut]


class CountOut(NamedOut):
    """How many petitions have this label."""

    count: int


class MovedOut(Out):
    """How many petitions people or returns moved from one department to another."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    before: NamedOut = Field(alias="from")
    after: NamedOut = Field(alias="to")
    count: int


class TallyOut(Out):
    """Blind verdicts, those that say that the model was right, their share and its 95 % interval (Wilson)."""

    verdicts: int
    right: int
    precision: float | None
    low: float | None
    high: float | None


class MonthTallyOut(TallyOut):
    """Those of one month."""

    month: str = Field(description="盲审的月份，如 2026-11")


class DepartmentTallyOut(TallyOut):
    """Those on petitions for which the model suggested one department."""

    code: str
    name: str


class PrecisionFiguresOut(TallyOut):
    """Live precision (现场准确率) of the model, profile and policy in use, as a whole."""

    model: str
    profile: ProfileName
    policy: str
    target_precision: float
    seen: int = Field(description="复核员事先看过模型建议、因此不计入的件数")
    evidence: float = Field(description="低于目标的证据；达到 evidence_limit 即自动停止")
    evidence_limit: float
    least_verdicts: int = Field(description="至少有多少件才可能自动停止")


class LivePrecisionOut(PrecisionFiguresOut):
    """Live precision since automatic routing was last stopped or resumed; ever, if it never was."""

    by_month: list[MonthTallyOut]
    by_department: list[DepartmentTallyOut]


class AutoRoutingOut(Out):
    """Whether the model dispatches by itself (自动分拨), who said so last, and how precise it is since then."""

    state: Literal["running", "stopped"]
    since: OutMoment | None = Field(description="何时起；从未停止过为 null")
    actor: str | None
    actor_name: str | None
    why: str | None
    figures: PrecisionFiguresOut | None = Field(description="当时的现场准确率")
    precision: LivePrecisionOut


class StatsOut(Out):
    """Petitions received in a span of time, as they stand now. A share is null where there is nothing to divide by."""

    received_from: OutMoment
    received_to: OutMoment
    petitions: int
    open: int
    overdue: int
    emergencies: int
    hard: int = Field(description="疑难的件数")
    review_share: float | None = Field(description="模型建议人工复核的比例")
    first_dispatch_precision: float | None = Field(description="首派准确率：已交办的诉求中，没有退单或改派部门的比例")
    return_share: float | None = Field(description="退单率：已交办的诉求中退过单的比例")
    satisfied_share: float | None = Field(description="满意率：有回访评价的诉求中满意的比例")
    by_status: list[CountOut]
    by_matter: list[CountOut]
    by_department: list[CountOut]
    corrections: list[MovedOut]
    blind: LivePrecisionOut = Field(description="现场准确率：盲审结论中模型正确的比例，与收到时间无关")

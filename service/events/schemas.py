"""Webhooks, deliveries and events as the API takes and gives them."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from service.access.schemas import Name
from service.events.kinds import Kind
from service.moments import OutMoment
from service.petitions.schemas import Moment, Reason
from service.schemas import WHOLE, In, Out, Text

Url = Annotated[Text, Field(min_length=1, max_length=2000)]
_Kinds = Annotated[list[Annotated[Kind, Field(strict=False)]], Field(min_length=1, max_length=len(Kind))]
_Channels = Annotated[list[Name], Field(max_length=50)]
_EventId = Annotated[Text, Field(pattern="^[0-9a-f]{32}$", min_length=32, max_length=32)]
State = Literal["waiting", "delivered", "dead"]


class WebhookIn(In):
    """A new webhook."""

    name: Name = Field(description="接收系统的名称")
    url: Url = Field(description="接收地址，https；设置 webhook_hosts 列出的主机可用 http 和内网地址")
    kinds: _Kinds = Field(default_factory=lambda: list(Kind), description="要哪些事件；不给则全部")
    channels: _Channels = Field(default_factory=list, description="只要这些来源的诉求；不给则不限")
    personal: bool = Field(default=False, description="不遮盖个人信息；须有权限 personal")
    restricted: bool = Field(default=False, description="敏感诉求也给出内容；须有权限 restricted")


class WebhookChangeIn(In):
    """What to change in a webhook; fields that are not given stay as they are."""

    name: Name | None = Field(default=None, description="名称")
    url: Url | None = Field(default=None, description="接收地址")
    kinds: _Kinds | None = Field(default=None, description="要哪些事件")
    channels: _Channels | None = Field(default=None, description="只要这些来源；空列表为不限")
    personal: bool | None = Field(default=None, description="不遮盖个人信息")
    restricted: bool | None = Field(default=None, description="敏感诉求也给出内容")
    active: bool | None = Field(default=None, description="false 暂停，事件留着等；true 恢复")
    why: Reason | None = Field(default=None, description="理由，记入审计日志")


class SecretIn(In):
    """How a secret is replaced."""

    hours: Annotated[int, Field(ge=0, le=168), WHOLE] = Field(
        default=24, description="原来的签名密钥还用多少小时，期间两个签名都带"
    )


class ReplayIn(In):
    """What is sent again: one event, all that are dead, or those of a span of time."""

    event: _EventId | None = Field(default=None, description="一个事件的编号")
    dead: Literal[True] | None = Field(default=None, description="true：全部未送达的")
    at_from: Moment | None = Field(default=None, description="不早于此时发生的事件，送达过的也再送")
    at_to: Moment | None = Field(default=None, description="早于此时发生的")


class WebhookOut(Out):
    """A webhook without its secret."""

    id: str
    name: str
    url: str
    kinds: list[Kind]
    channels: list[str]
    personal: bool
    restricted: bool
    active: bool
    created: OutMoment
    former_until: OutMoment | None = Field(description="原来的签名密钥用到什么时候")
    succeeded: OutMoment | None = Field(description="最近一次送达")
    failures: int = Field(description="连续失败的轮数")
    status: int | None = Field(description="最近一次失败时对方的答复")
    error: str | None = Field(description="最近一次失败的原因")
    error_name: str | None
    retry_at: OutMoment | None = Field(description="此前不再尝试")
    waiting: int
    dead: int


class NewWebhookOut(WebhookOut):
    """A webhook with a secret that was just made."""

    secret: str = Field(description="签名密钥，只在这里给出一次")


class WebhooksOut(Out):
    """All webhooks, the newest last."""

    items: list[WebhookOut]


class TrialOut(Out):
    """What became of a test event."""

    delivered: bool
    status: int | None
    error: str | None
    error_name: str | None
    ms: int


class DeliveryOut(Out):
    """An event on its way to a webhook."""

    event: str = Field(description="事件编号，即 CloudEvents 的 id")
    kind: Kind
    subject: str
    time: OutMoment
    state: State
    state_name: str
    attempts: int
    due: OutMoment | None = Field(description="下一次尝试")
    tried: OutMoment | None
    delivered: OutMoment | None
    status: int | None
    error: str | None
    error_name: str | None


class DeliveryPageOut(Out):
    """Deliveries, the newest events first; ``next`` is the cursor of the following page."""

    items: list[DeliveryOut]
    next: int | None


class ReplayOut(Out):
    """How many events are sent again."""

    events: int


class ChangeOut(Out):
    """What somebody did to a petition; ``changes`` maps a field to its values before and after."""

    action: str
    actor: str
    why: str | None
    changes: dict[str, Any]


class PetitionEventOut(Out):
    """``data`` of events of petitions; of sensitive ones only the first six fields, unless the webhook may have all."""

    petition: str
    external_id: str | None
    channel: str
    version: int = Field(description="诉求的版本，越大越新")
    received: OutMoment
    sensitive: bool
    kind: str | None = None
    matter: str | None = None
    department: str | None = None
    co_departments: list[str] | None = None
    request_type: str | None = None
    unit: str | None = None
    unit_name: str | None = None
    status: str | None = None
    review: bool | None = None
    review_reasons: list[str] | None = None
    emergency: str | None = None
    confidence: float | None = None
    decided_by: str | None = None
    returns: int | None = None
    due: str | None = None
    due_at: OutMoment | None = None
    model: str | None = None
    taxonomy: str | None = None
    policy: str | None = None
    title: str | None = None
    text: str | None = None
    area: str | None = None
    change: ChangeOut | None = None


class ModelEventOut(Out):
    """``data`` of ``model.promoted``."""

    model: str
    previous: str | None
    actor: str
    why: str | None
    figures: dict[str, Any]


class AlarmEventOut(Out):
    """``data`` of ``alarm.raised``."""

    alarm: str
    level: str
    title: str
    todo: str
    figures: dict[str, Any]


class CloudEventOut(Out):
    """The envelope of every event (CloudEvents 1.0)."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: OutMoment
    datacontenttype: Literal["application/json"]
    dataschema: str
    data: PetitionEventOut | ModelEventOut | AlarmEventOut

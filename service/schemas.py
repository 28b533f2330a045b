"""What goes in and out, as typed models: they validate requests and describe the API in OpenAPI.

Answers are made by `Route.to_dict`; the models here mirror it, and a test keeps the two in agreement.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from petition_nlp.profiles import ProfileName
from petition_nlp.route import Message

_DEEPEST: Final = 32


def _unicode(value: Any) -> Any:
    try:
        if isinstance(value, str):
            value.encode()
            return value
        json.dumps(value, ensure_ascii=False).encode()
        if _depth(value) > _DEEPEST:
            raise RecursionError
    except UnicodeEncodeError:
        raise PydanticCustomError("string_unicode", "unpaired surrogate") from None
    except RecursionError:
        raise PydanticCustomError("too_deep", "nested too deeply") from None
    return value


def _depth(value: Any) -> int:
    """How many objects and lists lie one in another."""
    depth, level = 0, [value]
    while level := [one for one in level if isinstance(one, dict | list)]:
        depth += 1
        level = [part for one in level for part in (one.values() if isinstance(one, dict) else one)]
    return depth


Text = Annotated[str, AfterValidator(_unicode)]
"""A text without lone surrogates, which JSON can spell but no file can hold."""


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


WHOLE: Final = BeforeValidator(_whole)
"""For an ``int``, behind its limits, which the JSON schema lacks otherwise: JSON may write 60 as 60.0."""


def by_name(names: Mapping[Any, str]) -> BeforeValidator:
    """For a field whose codes have Chinese names: either may be given, and 已办结 also as 办结."""
    codes = {_without_done(name): code for code, name in names.items()}
    choices = "、".join(f"{code} {name}" for code, name in names.items())

    def code_of(value: Any) -> Any:
        if not isinstance(value, str) or value in names:
            return value
        code = codes.get(_without_done(value))
        if code is None:
            raise PydanticCustomError("one_of", "none of the choices", {"choices": choices})
        return code

    return BeforeValidator(code_of)


def _without_done(name: str) -> str:
    return name.removeprefix("已")


class In(BaseModel):
    """What comes in: strictly typed, without unknown fields."""

    model_config = ConfigDict(extra="forbid", strict=True, defer_build=True)


class StatementIn(In):
    """What a resident said, and where."""

    text: Text = Field(description="诉求内容。空白内容不是错误：答复为“需人工复核”。")
    title: Text | None = Field(default=None, description="诉求标题，与内容一起阅读。")
    area: Text | None = Field(default=None, description="区、街道或社区。")
    extra: Annotated[dict[str, Any], AfterValidator(_unicode)] | None = Field(
        default=None, description="来源的其他字段，不参与判断。"
    )


class MessageIn(StatementIn):
    """One message of a resident."""

    id: Text | None = Field(default=None, description="调用方自己的编号，列表答复中原样返回。")
    received: Text | None = Field(default=None, description="收到时间，按来源系统的写法。")

    def message(self) -> Message:
        """The library's form."""
        return Message(
            text=self.text,
            title=self.title,
            id=self.id,
            area=self.area,
            received=self.received,
            extra=self.extra,
        )


class BatchIn(In):
    """Several messages at once."""

    items: list[MessageIn] = Field(description="诉求列表，答复保持同样的顺序。")


class Out(BaseModel):
    """What goes out."""

    model_config = ConfigDict(extra="forbid", defer_build=True)


class ChoiceOut(Out):
    """One possible answer with its calibrated probability."""

    code: str
    name: str
    confidence: float = Field(ge=0, le=1)


class PredictionOut(ChoiceOut):
    """The first choice and the next best ones in falling order."""

    alternatives: list[ChoiceOut]


class CandidatesOut(Out):
    """Departments in falling order of confidence; of ``coverage`` of all messages the right one is among them."""

    coverage: float = Field(ge=0, le=1)
    departments: list[ChoiceOut]


class ResponsibleOut(Out):
    """Who has to act (责任主体)."""

    kind: str
    name: str
    channel: str
    level: str | None


class ReasonOut(Out):
    """Why a person should look."""

    code: str
    message: str


class ReviewOut(Out):
    """Whether a person should look, and why."""

    required: bool
    reasons: list[ReasonOut]


class EmergencyOut(Out):
    """To be transferred at once, not queued."""

    line: str = Field(description="110、119、120 或 122")
    message: str


class EvidenceOut(Out):
    """A span of the text as it was sent; offsets count Unicode characters (code points)."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)

    start: int = Field(ge=0)
    end: int = Field(ge=0)
    text: str
    weight: float
    head: str = Field(alias="for", description="matter 或 department")


class AppliedOut(Out):
    """A written rule that changed what the model had decided; ``from`` and ``to`` are codes."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, defer_build=True)

    kind: str = Field(description="split 拆分、reassign 改派、district 各区规则")
    rule: str
    head: str = Field(description="matter、department 或 level")
    before: str = Field(alias="from")
    after: str = Field(alias="to")
    message: str


class RouteOut(Out):
    """Where a message should go. Keys may be added in later versions, never changed."""

    matter: PredictionOut | None
    department: PredictionOut | None
    responsible: ResponsibleOut | None
    candidates: CandidatesOut | None
    co_departments: list[ChoiceOut]
    request_type: PredictionOut | None
    confidence: float = Field(ge=0, le=1, description="事项类别和责任部门同时正确的概率")
    review: ReviewOut
    emergency: EmergencyOut | None
    evidence: list[EvidenceOut]
    labels: dict[str, PredictionOut]
    rules: list[AppliedOut] = Field(default=[], description="改动了模型判断的成文规则")
    model: str
    profile: ProfileName = Field(description="作出判断的模型档位：fast 快速、balanced 均衡、best 最准")
    taxonomy: str
    mapped_from: str | None = Field(default=None, description="模型按这一版旧分类训练，结果已换算")
    policy: dict[str, Any]


class RoutedItemOut(Out):
    """One element of a list answer."""

    id: str | None
    route: RouteOut


class BatchOut(Out):
    """The answer to a list, in the order of the request."""

    items: list[RoutedItemOut]


class FieldErrorOut(Out):
    """What is wrong with one field."""

    field: str
    message: str


class ProblemOut(Out):
    """An error answer (RFC 9457)."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    instance: str | None = None
    errors: list[FieldErrorOut] | None = None


class HealthOut(Out):
    """The process is up."""

    status: str


class ReadyOut(Out):
    """The model is loaded."""

    status: str
    model: str
    profile: str
    taxonomy: str
    store: Literal["ok", "unavailable"] = Field(description="数据库是否可用；不可用时分拨照常")


class ModelOut(Out):
    """What routes are made with; ``policy`` is the target precision and a digest of the rules."""

    model: str
    taxonomy: str
    policy: str
    profile: ProfileName
    profiles: list[ProfileName]
    target_precision: float
    heads: dict[str, int] = Field(description="判断项目及其标签数")

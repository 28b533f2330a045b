"""Registered models as the API takes and gives them."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from service.moments import OutMoment
from service.petitions.schemas import Reason
from service.schemas import In, ModelOut, Out

State = Literal["candidate", "current", "retired", "refused"]


class PromotionIn(In):
    """Why a model is put into use."""

    why: Reason = Field(description="理由，记入审计日志")
    despite: Reason | None = Field(default=None, description="门槛没有通过，或比较的不是现在启用的模型，仍要启用的理由")


class RollbackIn(In):
    """Why the model before is put back."""

    why: Reason = Field(description="理由，记入审计日志")


class ModelBriefOut(Out):
    """A registered model in short."""

    id: str
    model: str = Field(description="名称和版本，与 Route 里的 model 相同")
    taxonomy: str
    state: State
    state_name: str
    added: OutMoment
    promoted: OutMoment | None = Field(description="最近一次启用")
    processes: int = Field(description="在用它的进程数")


class ModelsOut(Out):
    """What this process routes with, and the registered models."""

    items: list[ModelOut] = Field(description="本进程在用的模型")
    versions: list[ModelBriefOut] | None = Field(description="登记的模型，新的在前；null：数据库暂时不可用")
    pinned: bool = Field(description="设置 model 指定了模型，登记的模型不能启用")


class GateOut(Out):
    """What a retraining said of its candidate."""

    promote: bool
    reasons: list[str]
    details: dict[str, Any] = Field(description="gate.json 的其余内容")


class ModelUseOut(Out):
    """A process that uses a model."""

    host: str
    pid: int
    model: str
    problem: str | None = Field(description="为什么没有用上启用的模型")
    seen: OutMoment


class ModelVersionOut(ModelBriefOut):
    """A registered model."""

    digest: str = Field(description="model.json 的 SHA-256；数据文件夹里 models/ 下的同名文件夹")
    added_by_name: str
    promoted_by_name: str | None
    why: str | None = Field(description="最近一次启用的理由")
    before: str | None = Field(description="启用时取代的模型的编号")
    refusal: str | None = Field(description="为什么未能启用")
    figures: dict[str, dict[str, float]] = Field(description="训练报告的主要数字：判断项目 → 指标 → 值")
    gate: GateOut | None
    used_by: list[ModelUseOut] = Field(description="在用它的进程")
    card: str = Field(description="模型说明（Markdown）")

"""Registered models in their JSON form; times are China's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from service.models.registry import name_of
from service.models.states import MODEL_STATE_NAMES, ModelState
from service.moments import moment_json
from service.store.tables import ModelUse, ModelVersion

_AS_STORED = ("digest", "added_by_name", "promoted_by_name", "why", "before", "refusal", "figures", "card")


def brief_json(row: ModelVersion, uses: Sequence[ModelUse]) -> dict[str, Any]:
    """As `service.models.schemas.ModelBriefOut` describes it.

    :param uses: of all models.
    """
    return {
        "id": row.id,
        "model": name_of(row),
        "taxonomy": row.taxonomy,
        "state": row.state,
        "state_name": MODEL_STATE_NAMES[ModelState(row.state)],
        "added": moment_json(row.added),
        "promoted": moment_json(row.promoted),
        "processes": sum(use.digest == row.digest for use in uses),
    }


def version_json(row: ModelVersion, uses: Sequence[ModelUse]) -> dict[str, Any]:
    """As `service.models.schemas.ModelVersionOut` describes it."""
    return {
        **brief_json(row, uses),
        **{name: getattr(row, name) for name in _AS_STORED},
        "gate": row.gate and gate_json(row.gate),
        "used_by": [use_json(use) for use in uses if use.digest == row.digest],
    }


def gate_json(gate: dict[str, Any]) -> dict[str, Any]:
    """As `service.models.schemas.GateOut` describes it."""
    said = ("promote", "reasons")
    details = {name: value for name, value in gate.items() if name not in said}
    return {**{name: gate[name] for name in said}, "details": details}


def use_json(use: ModelUse) -> dict[str, Any]:
    """As `service.models.schemas.ModelUseOut` describes it."""
    names = ("host", "pid", "model", "problem")
    return {**{name: getattr(use, name) for name in names}, "seen": moment_json(use.seen)}

"""What the verdict of a retraining says against putting its candidate in the place of the model in use."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

ID_LENGTH: Final = 12
"""Of a digest's characters."""


@dataclass(frozen=True, slots=True)
class Present:
    """A model that routes are made with: its digest, and its name and version."""

    digest: str
    model: str


def objections(gate: Mapping[str, Any] | None, present: Present | None) -> list[str]:
    """Everything that speaks against a promotion; nothing where no gate was asked.

    :param gate: as the registry keeps it. :param present: what would be replaced.
    """
    if gate is None:
        return []
    said = [] if gate["promote"] else gate["reasons"] or ["没有写明原因"]
    other = other_comparison(gate, present)
    return [*said, *([other] if other else [])]


def other_comparison(gate: Mapping[str, Any], present: Present | None) -> str | None:
    """That the candidate was compared with another model than the one that it would replace; None where it was not.

    :param present: None where nothing is in use.
    """
    compared = gate["digest"]["current"]
    if present is None or present.digest == compared:
        return None
    was, now = _told(str(gate.get("current", "")), compared), _told(present.model, present.digest)
    return f"重新训练时比较的是 {was}，不是现在启用的 {now}"


def _told(model: str, digest: str) -> str:
    return f"{model}（编号 {digest[:ID_LENGTH]}）"

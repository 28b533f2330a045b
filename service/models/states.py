"""The states of a registered model."""

from __future__ import annotations

from enum import StrEnum
from typing import Final


class ModelState(StrEnum):
    """Where a model stands."""

    CANDIDATE = "candidate"
    CURRENT = "current"
    RETIRED = "retired"
    REFUSED = "refused"


MODEL_STATE_NAMES: Final = {
    ModelState.CANDIDATE: "候选",
    ModelState.CURRENT: "启用",
    ModelState.RETIRED: "停用",
    ModelState.REFUSED: "未能启用",
}

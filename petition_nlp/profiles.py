"""Names of a model's profiles (档位): how much work a message is worth."""

from __future__ import annotations

from typing import Final, Literal, get_args

ProfileName = Literal["fast", "balanced", "best"]

FAST: Final = "fast"
"""The n-grams alone."""
BALANCED: Final = "balanced"
"""The encoder reads what the n-grams are unsure of."""
BEST: Final = "best"
"""The encoder reads every message."""
PROFILES: Final[tuple[str, ...]] = get_args(ProfileName)

from __future__ import annotations

from hypothesis import settings

settings.register_profile("text", deadline=None, derandomize=True, database=None, max_examples=80)
settings.load_profile("text")

"""Fixtures that several rooms of tests share."""

from __future__ import annotations

import pytest
from stand_in import StandInRouter


@pytest.fixture
def stand_in() -> StandInRouter:
    return StandInRouter()

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from stand_in import StandInRouter

from petition_nlp.archive import ClassifyJob, ClassifyOptions, Summary


@pytest.fixture
def classify(stand_in: StandInRouter) -> Callable[..., Summary]:
    def run(source: Path, target: Path, **options: Any) -> Summary:
        return ClassifyJob(ClassifyOptions([source], target, **options)).run(stand_in)

    return run

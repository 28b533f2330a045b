from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from stand_in import StandInRouter

from petition_nlp.cli import main

ROOT = Path(__file__).resolve().parents[2]
Run = Callable[..., int]


@pytest.fixture
def run(stand_in: StandInRouter) -> Run:
    """The command line with the stand-in router."""

    def call(*arguments: str | Path) -> int:
        return main([str(argument) for argument in arguments], load_router=lambda *_: stand_in)

    return call


@pytest.fixture
def process() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """The command line as a process of its own, with the real router."""

    def call(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[bytes]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
        return subprocess.run(
            command(*arguments), env=environment, capture_output=True, timeout=120, check=False, **options
        )

    return call


def command(*arguments: str | Path) -> Sequence[str]:
    return [sys.executable, "-m", "petition_nlp.cli", *map(str, arguments)]

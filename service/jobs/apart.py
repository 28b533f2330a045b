"""Looks at uploads, from a process of its own where the file needs that care."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from service.apart import ask, needs_care
from service.jobs import reading
from service.jobs.reading import Look, Sample
from service.jobs.wording import not_looked_at


def look(upload: Path, chosen: Mapping[str, Any]) -> Look:
    """As `service.jobs.reading.look`."""
    if not needs_care(upload):
        return reading.look(upload, chosen)
    seen = ask(reading.look, upload, dict(chosen))
    return Look(None, not_looked_at()) if seen is None else Look(**seen)


def sample(upload: Path, chosen: Mapping[str, Any]) -> Sample:
    """As `service.jobs.reading.sample`."""
    if not needs_care(upload):
        return reading.sample(upload, chosen)
    seen = ask(reading.sample, upload, dict(chosen))
    return Sample([], [], not_looked_at()) if seen is None else Sample(**seen)

"""How the pages write times, numbers and probabilities."""

from __future__ import annotations

from datetime import date, datetime

from service.moments import CHINA


def moment_text(moment: datetime | str | None) -> str:
    """China's time to the minute: ``2026-11-30 09:05``; answers write times as text."""
    if moment is None:
        return ""
    found = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return found.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def date_text(day: date | str | None) -> str:
    """A day: ``2026-11-30``."""
    return "" if day is None else str(day)[:10]


def number_text(number: int | float) -> str:
    """A number with its thousands apart."""
    return f"{number:,}"


def size_text(size: int) -> str:
    """Bytes: ``1.2 MB``."""
    if size < 1000:
        return f"{size} B"
    amount = size / 1000
    for unit in ("KB", "MB"):
        if amount < 1000:
            return f"{amount:.1f} {unit}" if amount < 10 else f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def percent_text(probability: float) -> str:
    """A probability as a percentage; never rounded to certainty."""
    if probability < 0.01:
        return "<1%"
    if probability > 0.99:
        return ">99%"
    return f"{probability:.0%}"

"""Points in time as answers write them, China's to the millisecond, and days as requests do."""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from typing import Annotated, Any, Final, overload

from pydantic import BeforeValidator, PlainSerializer
from pydantic.json_schema import WithJsonSchema
from pydantic_core import PydanticCustomError

CHINA: Final = timezone(timedelta(hours=8))


@overload
def moment_json(moment: datetime) -> str: ...
@overload
def moment_json(moment: datetime | None) -> str | None: ...
def moment_json(moment: datetime | None) -> str | None:
    """A time as answers write it."""
    return None if moment is None else moment.astimezone(CHINA).isoformat(timespec="milliseconds")


OutMoment = Annotated[
    datetime,
    PlainSerializer(moment_json, when_used="json"),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A time in a model of answers."""


def _day(value: Any) -> Any:
    if value is None or isinstance(value, date):
        return value
    try:
        return date.fromisoformat(value)
    except (TypeError, ValueError):
        raise PydanticCustomError("date", "not a day") from None


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
"""A day in a request, as RFC 3339 writes it."""

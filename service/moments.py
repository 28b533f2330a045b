"""Points in time as answers write them: China's, to the millisecond."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Annotated, Final, overload

from pydantic import PlainSerializer
from pydantic.json_schema import WithJsonSchema

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

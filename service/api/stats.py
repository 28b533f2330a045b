"""``GET /v1/stats``: counts and shares of the stored petitions."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query

from service import automatic, problems
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.answers import READING
from service.api.dependencies import DatabaseOfApp, EngineOfApp, StandardOfApp
from service.moments import moment_json
from service.petitions.schemas import Moment, StatsOut
from service.petitions.statistics import Span, statistics
from service.problems import FieldError
from service.store.tables.base import now

router = APIRouter(tags=["统计"])

_DAYS: Final = 30


@router.get("/v1/stats", summary="统计", response_model=StatsOut, responses=READING)
def get_stats(
    caller: Annotated[Principal, Depends(needs(Scope.STATS))],
    database: DatabaseOfApp,
    engine: EngineOfApp,
    standard: StandardOfApp,
    received_from: Annotated[Moment | None, Query(description="收到时间不早于；不给则为三十天前")] = None,
    received_to: Annotated[Moment | None, Query(description="收到时间早于；不给则为现在")] = None,
) -> dict[str, Any]:
    """一段时间内收到的诉求：数量、状态、事项类别、部门、复核比例、首派准确率、退单率、满意率，以及部门之间的改派；另有盲审得出的现场准确率。"""
    end = received_to or now()
    span = Span(received_from or end - timedelta(days=_DAYS), end)
    if span.start >= span.end:
        raise problems.invalid_request([FieldError("received_from", "应早于 received_to")])
    with database.read() as session:
        found = statistics(session, caller, span, engine.router.taxonomy)
        precision = automatic.present(session, standard).to_dict(engine.router.taxonomy)
    moments = {"received_from": moment_json(span.start), "received_to": moment_json(span.end)}
    return {**moments, **found, "blind": precision}

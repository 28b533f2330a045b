"""``/v1/alarms``: what monitoring found, and who has taken note of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.answers import CHANGING, READING
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, EngineOfApp, watch_of
from service.api.writing import Answer, write
from service.monitoring.alarms import acknowledge
from service.monitoring.schemas import AcknowledgeIn, AlarmOut, AlarmsOut
from service.monitoring.shown import alarm_json, alarms_json
from service.petitions.schemas import PetitionNumber

router = APIRouter(prefix="/v1/alarms", tags=["预警"])


@router.get("", summary="预警", response_model=AlarmsOut, responses=READING)
def get_alarms(
    _: Annotated[Principal, Depends(needs(Scope.STATS))],
    database: DatabaseOfApp,
    engine: EngineOfApp,
    state: Annotated[Literal["open", "all"], Query(description="open 仍有的；all 最近二百条，包括已结束的")] = "open",
) -> dict[str, Any]:
    """来件、模型判断、退单和答复与前八周相比有没有明显变化，怎么办；另有最近一周的各项数字。每天看前一天，导出是否损坏当天就看。"""
    with database.read() as session:
        return alarms_json(session, state, engine.router.taxonomy)


@router.post(
    "/{alarm}/acknowledge",
    summary="确认预警",
    response_model=AlarmOut,
    responses=CHANGING,
    openapi_extra=described(AcknowledgeIn, 确认=examples.ACKNOWLEDGEMENT),
)
async def acknowledge_alarm(
    request: Request,
    caller: Annotated[Principal, Depends(needs(Scope.ALARMS))],
    engine: EngineOfApp,
    alarm: Annotated[PetitionNumber, Path(description="预警编号")],
    body: Annotated[AcknowledgeIn, body_of(AcknowledgeIn)],
) -> Response:
    """说明已知情：原因或措施。预警留在列表里直到不再有，但不再催促。"""
    taxonomy = engine.router.taxonomy

    def work(session: Session) -> Answer:
        row = acknowledge(session, alarm, caller, body.why)
        session.flush()
        return Answer(alarm_json(row, taxonomy))

    answer = await write(request, caller, work)
    await run_in_threadpool(watch_of(request).look)
    return answer

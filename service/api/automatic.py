"""``/v1/auto-routing``: whether the model may dispatch by itself; stop and resume it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service import automatic
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.answers import CHANGING, READING
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, EngineOfApp, StandardOfApp, automatic_of
from service.api.writing import Answer, write
from service.openapi import problem_responses
from service.petitions.schemas import AutoRoutingIn, AutoRoutingOut

router = APIRouter(prefix="/v1/auto-routing", tags=["自动分拨"])

_LOADING = problem_responses("loading", "store_unavailable")


@router.get("", summary="自动分拨的状态", response_model=AutoRoutingOut, responses={**READING, **_LOADING})
def get_auto_routing(
    _: Annotated[Principal, Depends(needs(Scope.STATS))],
    database: DatabaseOfApp,
    engine: EngineOfApp,
    standard: StandardOfApp,
) -> dict[str, Any]:
    """自动分拨是否在运行，谁何时为何停止或恢复，当时和现在的现场准确率。"""
    with database.read() as session:
        return automatic.routing_json(session, standard, engine.router.taxonomy)


@router.post(
    "",
    summary="停止或恢复自动分拨",
    response_model=AutoRoutingOut,
    responses={**CHANGING, **_LOADING},
    openapi_extra=described(AutoRoutingIn, 恢复=examples.AUTO_ROUTING),
)
async def set_auto_routing(
    request: Request,
    caller: Annotated[Principal, Depends(needs(Scope.AUTOMATIC))],
    engine: EngineOfApp,
    standard: StandardOfApp,
    body: Annotated[AutoRoutingIn, body_of(AutoRoutingIn)],
) -> Response:
    """停止后，所有进程在几秒内对每条诉求都要求人工复核。恢复后，只计此后登记的诉求的盲审结论。"""

    def work(session: Session) -> Answer:
        automatic.say(session, caller, body, standard)
        session.flush()
        return Answer(automatic.routing_json(session, standard, engine.router.taxonomy))

    answer = await write(request, caller, work)
    await run_in_threadpool(automatic_of(request).look)
    return answer

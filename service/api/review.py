"""``/v1/review``: take a petition that waits for a person, decide on it, or put it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from service.access.audit import audit_reading
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.answers import CHANGING, READING, PetitionId, change_petition, petition_answer, shown
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, EngineOfApp, LocalRulesOfApp, SettingsOfApp
from service.api.writing import Answer, write
from service.openapi import problem_responses
from service.petitions import changes, queries, review
from service.petitions.queries import Filter
from service.petitions.review import QueueFilter
from service.petitions.schemas import DecisionIn, PetitionOut, QueueOut, TakeIn, TakenOut
from service.store.tables import Petition

router = APIRouter(prefix="/v1/review", tags=["人工复核"])

Reviewer = Annotated[Principal, Depends(needs(Scope.REVIEW))]
_TAKING = {**CHANGING, **problem_responses("taken", "not_possible")}


@router.get("", summary="复核队列", response_model=QueueOut, responses=READING)
def get_queue(
    caller: Reviewer,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    wanted: Annotated[QueueFilter, Query()],
) -> dict[str, Any]:
    """等待人工复核的诉求：紧急的在前，其次是期限近的，再次是模型把握小的。

    `restricted_waiting` 是另有多少件敏感诉求在等候而您无权查看，只有件数，与筛选条件无关；不为 0 时请主管处理。
    """
    narrowed = Filter(matter=wanted.matter, department=wanted.department, area=wanted.area)
    narrowed = narrowed.with_codes(engine.router.taxonomy)
    with database.read() as session:
        found = review.queue(session, caller, narrowed, limit=wanted.limit)
        items = shown(session, caller, found.items, engine.router.taxonomy)
    audit_reading(database, caller, found.items, "review")
    return {"waiting": found.waiting, "restricted_waiting": found.restricted, "items": items}


@router.post(
    "/take",
    summary="领取一件",
    response_model=TakenOut,
    responses=_TAKING,
    openapi_extra=described(TakeIn, 下一件={}, 指定的一件=examples.TAKE),
)
async def take_petition(
    request: Request,
    caller: Reviewer,
    engine: EngineOfApp,
    settings: SettingsOfApp,
    body: Annotated[TakeIn, body_of(TakeIn)],
) -> Response:
    """领取后在一定时间内他人不能领取；再次领取同一件则延长时间。没有可领的，答复 `{"petition": null}`。"""
    taxonomy = engine.router.taxonomy
    minutes = settings.review_minutes
    wanted = Filter(matter=body.matter, department=body.department, area=body.area).with_codes(taxonomy)

    def work(session: Session) -> Answer:
        if body.petition is None:
            found = review.take_next(session, caller, wanted, minutes=minutes)
        else:
            found = queries.get(session, caller, body.petition, lock=True)
            review.take(session, found, caller, minutes=minutes)
        if found is None:
            return Answer({"petition": None})
        answer = petition_answer(session, caller, found, taxonomy)
        return replace(answer, body={"petition": answer.body})

    return await write(request, caller, work)


@router.post(
    "/{petition}/decide",
    summary="完成复核",
    response_model=PetitionOut,
    responses=_TAKING,
    openapi_extra=described(DecisionIn, 改派=examples.DECISION, 同意建议={}),
)
async def decide_petition(
    request: Request,
    caller: Reviewer,
    rules: LocalRulesOfApp,
    petition: PetitionId,
    body: Annotated[DecisionIn, body_of(DecisionIn)],
) -> Response:
    """不给任何一项为同意现有的分拨；给出的各项替换现有的，须写明理由。诉求随之交办。"""

    def act(session: Session, found: Petition) -> None:
        review.require_free(found, caller)
        changes.decide(session, found, caller, body, rules)

    return await change_petition(request, caller, petition, rules.taxonomy, act)


@router.post("/{petition}/release", summary="放回队列", response_model=PetitionOut, responses=_TAKING)
async def release_petition(request: Request, caller: Reviewer, engine: EngineOfApp, petition: PetitionId) -> Response:
    """放回领取的诉求，让他人领取。"""
    taxonomy = engine.router.taxonomy
    return await change_petition(request, caller, petition, taxonomy, lambda s, found: review.release(s, found, caller))

"""``/v1/review``: take a petition that waits for a person, decide on it, or put it back."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from petition_nlp.taxonomy import Taxonomy
from service.access.audit import audit_reading
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.answers import CHANGING, READING, PetitionId, change_petition, queued, queued_answer
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, EngineOfApp, LocalRulesOfApp, SettingsOfApp, StandardOfApp
from service.api.writing import Answer, write
from service.openapi import problem_responses
from service.petitions import queries, review
from service.petitions.queries import Filter
from service.petitions.review import QueueFilter, Wanted
from service.petitions.schemas import DecisionIn, PetitionOut, QueuedOut, QueueOut, TakeIn, TakenOut
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

    其中 `blind` 为真的是盲审：已自动分拨，抽来估计现场准确率，不显示模型建议，请独立判断。
    `restricted_waiting` 是另有多少件敏感诉求在等候而您无权查看，只有件数，与筛选条件无关；不为 0 时请主管处理。
    """
    part = _part(wanted, engine.router.taxonomy)
    with database.read() as session:
        found = review.queue(session, caller, part, limit=wanted.limit)
        items = queued(session, caller, found.items, engine.router.taxonomy)
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
    wanted = _part(body, taxonomy)

    def work(session: Session) -> Answer:
        if body.petition is None:
            found = review.take_next(session, caller, wanted, minutes=minutes)
        else:
            found = queries.get(session, caller, body.petition, lock=True)
            review.take(session, found, caller, minutes=minutes)
        if found is None:
            return Answer({"petition": None})
        answer = queued_answer(session, caller, found, taxonomy)
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
    standard: StandardOfApp,
    petition: PetitionId,
    body: Annotated[DecisionIn, body_of(DecisionIn)],
) -> Response:
    """不给任何一项为同意现有的分拨；给出的各项替换现有的，须写明理由。诉求随之交办。

    盲审的须给出事项类别和责任部门，结论计入现场准确率；与模型建议不同的随之更正。
    """

    def act(session: Session, found: Petition) -> None:
        review.decide(session, found, caller, body, rules, standard)

    return await change_petition(request, caller, petition, rules.taxonomy, act)


@router.post("/{petition}/release", summary="放回队列", response_model=QueuedOut, responses=_TAKING)
async def release_petition(request: Request, caller: Reviewer, engine: EngineOfApp, petition: PetitionId) -> Response:
    """放回领取的诉求，让他人领取。"""
    taxonomy = engine.router.taxonomy
    return await change_petition(
        request, caller, petition, taxonomy, lambda s, found: review.release(s, found, caller), queued_answer
    )


def _part(wanted: QueueFilter | TakeIn, taxonomy: Taxonomy) -> Wanted:
    narrowed = Filter(matter=wanted.matter, department=wanted.department, area=wanted.area)
    return Wanted(narrowed.with_codes(taxonomy), wanted.kind)

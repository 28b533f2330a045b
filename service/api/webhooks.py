"""``/v1/webhooks``: who is told of events, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Response
from fastapi.responses import JSONResponse
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.administration import CHANGING
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, SettingsOfApp
from service.events import records, subscriptions
from service.events.addresses import Rules
from service.events.schemas import (
    DeliveryPageOut,
    NewWebhookOut,
    ReplayIn,
    ReplayOut,
    SecretIn,
    State,
    TrialOut,
    WebhookChangeIn,
    WebhookIn,
    WebhookOut,
    WebhooksOut,
)
from service.events.shown import deliveries_json, outcome_json, webhook_json, webhooks_json
from service.openapi import problem_responses
from service.store.paging import MOST
from service.store.tables import Webhook

router = APIRouter(prefix="/v1/webhooks", tags=["事件推送"])

Keeper = Annotated[Principal, Depends(needs(Scope.WEBHOOKS))]
Id = Annotated[str, Path(description="推送编号", pattern="^[0-9a-f]{32}$", min_length=32, max_length=32)]

_ONE: Final = problem_responses("no_such_resource", "invalid_request", "store_unavailable")
_CHANGING_ONE: Final[dict[int | str, dict[str, Any]]] = {**CHANGING, **problem_responses("no_such_resource")}
_SECRET: Final = {"Cache-Control": "no-store"}


@router.get("", summary="全部推送", response_model=WebhooksOut)
def list_webhooks(_: Keeper, database: DatabaseOfApp) -> dict[str, Any]:
    """按设立的先后排列，各有多少事件在等、多少未送达；不含签名密钥。"""
    with database.read() as session:
        return {"items": webhooks_json(session)}


@router.post(
    "",
    summary="设立推送",
    status_code=201,
    response_model=NewWebhookOut,
    responses={**CHANGING, **problem_responses("not_possible")},
    openapi_extra=described(WebhookIn, 工单系统=examples.WEBHOOK),
)
async def create_webhook(
    caller: Keeper, database: DatabaseOfApp, settings: SettingsOfApp, body: Annotated[WebhookIn, body_of(WebhookIn)]
) -> Response:
    """此后发生的事件以 CloudEvents 1.0 推送过去。答复里的 secret 只给出这一次，接收方用它验证签名。"""

    def work(session: Session) -> dict[str, Any]:
        made = subscriptions.create(session, caller, body, Rules(settings.webhook_hosts))
        return {**webhook_json(made, {}), "secret": made.secret}

    return JSONResponse(await _write(database, work), 201, headers=_SECRET)


@router.get("/{webhook}", summary="读取一个推送", response_model=WebhookOut, responses=_ONE)
def get_webhook(_: Keeper, database: DatabaseOfApp, webhook: Id) -> dict[str, Any]:
    """它现在怎样：最近一次送达，失败的原因，在等和未送达的事件数。"""
    with database.read() as session:
        return _shown(session, subscriptions.by_id(session, webhook))


@router.patch(
    "/{webhook}",
    summary="修改推送",
    response_model=WebhookOut,
    responses=_CHANGING_ONE,
    openapi_extra=described(WebhookChangeIn, 暂停=examples.WEBHOOK_CHANGE),
)
async def change_webhook(
    caller: Keeper,
    database: DatabaseOfApp,
    settings: SettingsOfApp,
    webhook: Id,
    body: Annotated[WebhookChangeIn, body_of(WebhookChangeIn)],
) -> dict[str, Any]:
    """改名称、地址、事件、范围，或暂停、恢复。不遮盖的推送要改地址，也须有相应的权限。"""

    def work(session: Session) -> dict[str, Any]:
        found = subscriptions.by_id(session, webhook, lock=True)
        subscriptions.change(session, caller, found, body, Rules(settings.webhook_hosts))
        return _shown(session, found)

    return await _write(database, work)


@router.delete("/{webhook}", summary="删除推送", status_code=204, responses=_ONE)
async def remove_webhook(caller: Keeper, database: DatabaseOfApp, webhook: Id) -> None:
    """还没有送达的事件不再推送给它。"""

    def work(session: Session) -> dict[str, Any]:
        subscriptions.remove(session, caller, subscriptions.by_id(session, webhook, lock=True))
        return {}

    await _write(database, work)


@router.post(
    "/{webhook}/secret",
    summary="更换签名密钥",
    response_model=NewWebhookOut,
    responses=_CHANGING_ONE,
    openapi_extra=described(SecretIn, 一天后停用原来的=examples.WEBHOOK_SECRET),
)
async def rotate_secret(
    caller: Keeper, database: DatabaseOfApp, webhook: Id, body: Annotated[SecretIn, body_of(SecretIn)]
) -> Response:
    """新的只给出这一次。原来的在 hours 小时内仍有效：每次推送带两个签名，接收方可从容更换。"""

    def work(session: Session) -> dict[str, Any]:
        found = subscriptions.by_id(session, webhook, lock=True)
        subscriptions.rotate(session, caller, found, body.hours)
        return {**_shown(session, found), "secret": found.secret}

    return JSONResponse(await _write(database, work), headers=_SECRET)


@router.post("/{webhook}/test", summary="试推送", response_model=TrialOut, responses=_ONE)
def test_webhook(_: Keeper, database: DatabaseOfApp, settings: SettingsOfApp, webhook: Id) -> dict[str, Any]:
    """立即推送一个没有内容的测试事件，答复对方怎样回应；不重试。"""
    with database.read() as session:
        found = subscriptions.by_id(session, webhook)
    return outcome_json(subscriptions.try_out(found, settings))


@router.get("/{webhook}/deliveries", summary="推送记录", response_model=DeliveryPageOut, responses=_ONE)
def list_deliveries(
    _: Keeper,
    database: DatabaseOfApp,
    webhook: Id,
    state: Annotated[State | None, Query(description="waiting 等待、delivered 已送达、dead 未送达")] = None,
    cursor: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="上一页答复中的 next")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST, description="一页的条数")] = 50,
) -> dict[str, Any]:
    """最新的事件在前：试过几次，对方怎样答复，何时再试。"""
    with database.read() as session:
        subscriptions.by_id(session, webhook)
        page = records.page(session, webhook, state, cursor=cursor, limit=limit)
        return {"items": deliveries_json(session, page.items), "next": page.next}


@router.post(
    "/{webhook}/replay",
    summary="再送",
    response_model=ReplayOut,
    responses=_CHANGING_ONE,
    openapi_extra=described(ReplayIn, 全部未送达的=examples.WEBHOOK_REPLAY),
)
async def replay_events(
    caller: Keeper, database: DatabaseOfApp, webhook: Id, body: Annotated[ReplayIn, body_of(ReplayIn)]
) -> dict[str, Any]:
    """再送一个事件、全部未送达的，或某段时间里发生的。编号不变，接收方据此去重。"""

    def work(session: Session) -> dict[str, Any]:
        found = subscriptions.by_id(session, webhook, lock=True)
        return {"events": subscriptions.replay(session, caller, found, body)}

    return await _write(database, work)


def _shown(session: Session, webhook: Webhook) -> dict[str, Any]:
    session.flush()
    return webhook_json(webhook, records.counts(session))


async def _write(database: DatabaseOfApp, work: Callable[[Session], dict[str, Any]]) -> dict[str, Any]:
    """Do ``work`` in a transaction; no answer is kept for repetition, since it may hold a secret."""

    def act() -> dict[str, Any]:
        with database.write() as session:
            return work(session)

    return await run_in_threadpool(act)

"""``/v1/models``: what routes are made with, and the registry: add, put into use, roll back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Request, Response
from fastapi import Path as InPath
from sqlalchemy.orm import Session
from starlette.concurrency import run_in_threadpool
from starlette.convertors import Convertor, register_url_convertor

from service import problems
from service.access.guard import anybody, needs
from service.access.principal import Principal, Scope
from service.api import examples
from service.api.answers import CHANGING_CODES
from service.api.bodies import body_of, described
from service.api.dependencies import DatabaseOfApp, EngineOfApp, SettingsOfApp, models_of
from service.api.writing import Answer, write
from service.engine import Engine
from service.jobs.uploads import storing, write_body
from service.models import registry, uses
from service.models.changing import Registrar, Work
from service.models.examining import Examined
from service.models.refusals import answered
from service.models.schemas import ModelsOut, ModelVersionOut, PromotionIn, RollbackIn
from service.models.shown import brief_json, version_json
from service.openapi import problem_responses
from service.problems import Problem
from service.store.database import Database


class _Hex(Convertor[str]):
    """Identifiers alone, so that ``/v1/models/rollback`` is no model's address."""

    regex = "[0-9a-f]+"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("hex", _Hex())

router = APIRouter(prefix="/v1/models", tags=["模型"])

Manager = Annotated[Principal, Depends(needs(Scope.MODELS))]
Id = Annotated[str, InPath(description="模型编号", pattern="^[0-9a-f]{12}$")]

MEDIA_TYPE: Final = "application/zip"
_CHANGING: Final = problem_responses(*CHANGING_CODES, "gate_failed", "model_pinned", "unfit_model")
_UPLOAD: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {MEDIA_TYPE: {"schema": {"type": "string", "format": "binary"}}},
    }
}


@router.get(
    "",
    summary="在用的模型和登记的模型",
    response_model=ModelsOut,
    responses=problem_responses("unauthorised", "loading", "bad_model"),
)
async def get_models(
    request: Request, _: Annotated[Principal, Depends(anybody)], engine: EngineOfApp, database: DatabaseOfApp
) -> dict[str, Any]:
    """在用模型的名称和版本、可用和在用的档位、分类版本、规则版本、目标准确率，以及每个判断项目的标签数；登记的模型及其状态。"""
    return {
        "items": [_in_use(engine)],
        "versions": await run_in_threadpool(_versions, database),
        "pinned": models_of(request).pinned,
    }


@router.get(
    "/{model:hex}",
    summary="一个登记的模型",
    response_model=ModelVersionOut,
    responses=problem_responses("no_such_resource"),
)
def get_model(_: Manager, database: DatabaseOfApp, model: Id) -> dict[str, Any]:
    """模型说明、训练报告的主要数字、门槛的结论，谁何时为何登记和启用，在用它的进程。"""
    with answered(), database.read() as session:
        return version_json(registry.by_id(session, model), uses.running(session))


@router.post(
    "",
    summary="登记一个模型",
    status_code=201,
    response_model=ModelVersionOut,
    responses=problem_responses(
        "invalid_request",
        "body_too_large",
        "unsupported_upload",
        "not_possible",
        "unfit_model",
        "idempotency_key_reused",
        "storage_full",
        "store_unavailable",
    ),
    openapi_extra=_UPLOAD,
)
async def add_model(request: Request, caller: Manager, settings: SettingsOfApp) -> Response:
    """上传模型文件夹的 ZIP；核对完整并能载入后登记为候选，不影响在用的模型。已登记的再传一次，没有变化。"""
    limit = settings.max_upload_bytes
    _check_upload(request, limit)
    registrar = Registrar(settings)
    with registrar.folders.workplace() as work:
        archive = work / "upload.zip"
        with storing(), archive.open("xb") as out:
            request.state.body_hash = await write_body(request, out, limit)
        examined = await run_in_threadpool(_taken_in, registrar, archive)

    def register(session: Session) -> Answer:
        with answered():
            row = registry.register(session, caller, examined)
        return Answer(version_json(row, uses.running(session)), 201, {"Location": f"/v1/models/{row.id}"})

    return await write(request, caller, register)


@router.post(
    "/rollback",
    summary="回退到前一个模型",
    response_model=ModelVersionOut,
    responses=_CHANGING,
    openapi_extra=described(RollbackIn, 回退=examples.ROLLBACK),
)
async def roll_back(
    request: Request,
    caller: Manager,
    settings: SettingsOfApp,
    database: DatabaseOfApp,
    body: Annotated[RollbackIn, body_of(RollbackIn)],
) -> Response:
    """启用在用模型所取代的那一个，不再核对门槛；各进程在几秒内换用，正在处理的请求不受影响。"""
    return await _change(request, caller, lambda: Registrar(settings).rollback(database, body.why))


@router.post(
    "/{model:hex}/promote",
    summary="启用一个模型",
    response_model=ModelVersionOut,
    responses=_CHANGING,
    openapi_extra=described(PromotionIn, 启用=examples.PROMOTION),
)
async def promote(
    request: Request,
    caller: Manager,
    settings: SettingsOfApp,
    database: DatabaseOfApp,
    model: Id,
    body: Annotated[PromotionIn, body_of(PromotionIn)],
) -> Response:
    """各进程在几秒内换用，正在处理的请求用原来的模型做完。

    门槛没有通过、或比较的不是现在启用的模型的，须另给出 despite；都记入审计日志。
    """
    return await _change(
        request, caller, lambda: Registrar(settings).promotion(database, model, body.why, body.despite)
    )


async def _change(request: Request, caller: Principal, prepare: Any) -> Response:
    """Put a model into use; this process changes over before it answers."""

    def prepared() -> Work:
        with answered():
            work: Work = prepare()
            return work

    work = await run_in_threadpool(prepared)

    def change(session: Session) -> Answer:
        with answered():
            row = work(session, caller)
        session.flush()
        return Answer(version_json(row, uses.running(session)))

    answer = await write(request, caller, change)
    await run_in_threadpool(models_of(request).look)
    return answer


def _in_use(engine: Engine) -> dict[str, Any]:
    found = engine.in_use
    loaded, versions = found.router, found.versions
    return {
        "model": versions.model,
        "taxonomy": versions.taxonomy,
        "policy": versions.policy,
        "profile": loaded.profile.name,
        "profiles": list(loaded.loaded.profiles),
        "target_precision": loaded.policy.target_precision,
        "heads": {name: len(head.labels) for name, head in loaded.loaded.heads.items()},
    }


def _versions(database: Database) -> list[dict[str, Any]] | None:
    try:
        with database.read() as session:
            running = uses.running(session)
            return [brief_json(row, running) for row in registry.all_versions(session)]
    except Problem:  # routing goes on without the store, and so does telling with what
        return None


def _check_upload(request: Request, limit: int) -> None:
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media != MEDIA_TYPE:
        raise problems.unsupported_upload([MEDIA_TYPE])
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise problems.file_too_large(limit)


def _taken_in(registrar: Registrar, archive: Path) -> Examined:
    with answered(), storing():
        return registrar.take_in_stranger(archive)

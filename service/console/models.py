"""The page 模型: registered models with their figures, which one is in use; add, put into use, roll back, remove."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import Field
from starlette.concurrency import run_in_threadpool

from petition_nlp.errors import ModelError
from service import problems
from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api import models as api
from service.api.dependencies import DatabaseOfApp, EngineOfApp, SettingsOfApp, models_of
from service.console.forms import form_of
from service.console.models_gate import gate_of
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import models as texts
from service.console.wording import number_text, size_text
from service.engine import Engine
from service.models import registry, uses
from service.models.changing import Registrar, Work, present_model
from service.models.folders import ModelFolders
from service.models.objections import objections, other_comparison
from service.models.refusals import answered
from service.models.schemas import PromotionIn, RollbackIn
from service.models.shown import brief_json, use_json, version_json
from service.petitions.schemas import Reason
from service.schemas import In, Text
from service.store.database import Database
from service.store.tables import ModelUse, ModelVersion

PAGE: Final = Page("models", "/models", Scope.MODELS, texts, place=73, group="administration")
router: Final = PageRouter(PAGE)

Manager = Annotated[Principal, Depends(needs(Scope.MODELS))]
Id = Annotated[str, Path(pattern="^[0-9a-f]{12}$")]

Figures = Mapping[str, Mapping[str, float]]

_FIRST_HEADS: Final = ("department", "matter")
_PLAIN: Final = ("macro_f1", "ece")
"""Figures that are no shares."""
_SHOWN: Final = {
    "accuracy": ("department", "accuracy"),
    "macro_f1": ("department", "macro_f1"),
    "matter": ("matter", "accuracy"),
    "ece": ("department", "ece"),
}
"""Columns of the table → head and figure."""
_ARCHIVE: Final = ".zip"


class ArchiveIn(In):
    """A file that is about to be uploaded."""

    name: Annotated[Text, Field(min_length=1, max_length=1000)]
    size: Annotated[int, Field(ge=0)]


class RemovalIn(In):
    """Why a model is removed."""

    why: Reason


@router.get("/models")
def show(
    request: Request, _: Manager, database: DatabaseOfApp, engine: EngineOfApp, settings: SettingsOfApp
) -> HTMLResponse:
    """All models, the newest first."""
    return render(request, limit=size_text(settings.max_upload_bytes), **_listed(request, database, engine))


@router.post("/models/check")
def check(_: Manager, settings: SettingsOfApp, file: Annotated[ArchiveIn, form_of(ArchiveIn)]) -> Response:
    """Refuse before the upload what would be refused after it."""
    if not file.name.lower().endswith(_ARCHIVE):
        raise problems.unfit_model(ModelError(texts.PAGE["no_zip"], todo=texts.PAGE["no_zip_todo"]))
    if file.size > settings.max_upload_bytes:
        raise problems.model_too_large(settings.max_upload_bytes)
    return Response(status_code=204)


@router.post("/models")
async def upload(request: Request, caller: Manager, database: DatabaseOfApp, settings: SettingsOfApp) -> Response:
    """Take a model; the answer is the API's."""
    return await api.add_model(request, caller, settings, database)


@router.get("/models/list")
def show_list(request: Request, _: Manager, database: DatabaseOfApp, engine: EngineOfApp) -> HTMLResponse:
    """All models as they stand, for a page that watches processes change over."""
    return fragment(request, "models/table.html", **_listed(request, database, engine))


@router.get("/models/rollback")
def show_rollback(request: Request, _: Manager, database: DatabaseOfApp) -> HTMLResponse:
    """What a rollback would do."""
    with database.read() as session:
        present, target = registry.current(session), registry.previous(session)
        names = [row and registry.name_of(row) for row in (present, target)]
        seen = present and present.id
    return fragment(request, "models/rollback.html", present=names[0], target=names[1], seen=seen)


@router.post("/models/rollback")
async def roll_back(
    request: Request,
    caller: Manager,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    settings: SettingsOfApp,
    form: Annotated[RollbackIn, form_of(RollbackIn)],
) -> HTMLResponse:
    """Put the model before back into use."""

    def act() -> str:
        return _done(database, caller, Registrar(settings).rollback(database, form.why, form.current))

    return await _changed(request, database, engine, act, "was_rolled_back")


@router.get("/models/{model}")
def show_one(request: Request, _: Manager, database: DatabaseOfApp, engine: EngineOfApp, model: Id) -> HTMLResponse:
    """A model: its gate's verdict, its figures beside those of the one in use, its card; put into use, or removed."""
    return fragment(request, "models/one.html", **_one(request, database, engine, model))


@router.get("/models/{model}/added")
def show_added(request: Request, _: Manager, database: DatabaseOfApp, engine: EngineOfApp, model: Id) -> HTMLResponse:
    """The same after its upload, with all models."""
    shown = _one(request, database, engine, model)
    notice = texts.PAGE["was_added"].format(model=shown["item"]["model"])
    return fragment(request, "models/added.html", notice=notice, **shown, **_listed(request, database, engine))


@router.post("/models/{model}")
async def promote(
    request: Request,
    caller: Manager,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    settings: SettingsOfApp,
    model: Id,
    form: Annotated[PromotionIn, form_of(PromotionIn)],
) -> HTMLResponse:
    """Put a model into use."""

    def act() -> str:
        work = Registrar(settings).promotion(database, model, form.why, form.despite, form.current)
        return _done(database, caller, work)

    return await _changed(request, database, engine, act, "was_promoted")


@router.post("/models/{model}/remove")
async def remove(
    request: Request,
    caller: Manager,
    database: DatabaseOfApp,
    engine: EngineOfApp,
    settings: SettingsOfApp,
    model: Id,
    form: Annotated[RemovalIn, form_of(RemovalIn)],
) -> HTMLResponse:
    """Delete a model and its files."""

    def act() -> str:
        with database.write() as session:
            row = registry.by_id(session, model)
            registry.remove(session, caller, row, form.why)
        ModelFolders(settings).remove(row.digest)
        return registry.name_of(row)

    return await _changed(request, database, engine, act, "was_removed")


async def _changed(
    request: Request, database: Database, engine: Engine, act: Callable[[], str], said: str
) -> HTMLResponse:
    name = await run_in_threadpool(_answered, act)
    await run_in_threadpool(models_of(request).look)
    listed = await run_in_threadpool(_listed, request, database, engine)
    return fragment(request, "models/done.html", notice=texts.PAGE[said].format(model=name), **listed)


def _answered(act: Callable[[], str]) -> str:
    with answered():
        return act()


def _done(database: Database, caller: Principal, work: Work) -> str:
    with database.write() as session:
        return registry.name_of(work(session, caller))


def _one(request: Request, database: Database, engine: Engine, model: str) -> dict[str, Any]:
    """What the template ``models/one.html`` shows."""
    with answered(), database.read() as session:
        row, present, target = registry.by_id(session, model), registry.current(session), registry.previous(session)
        item = version_json(row, uses.running(session))
        other = None if present is None or present.id == row.id else present
        name, theirs = (None, {}) if other is None else (registry.name_of(other), dict(other.figures))
        promotable = item["state"] != "current" and not models_of(request).pinned
        replaced = present_model(session) if promotable else None
        seen, is_target = present and present.id, target is not None and target.id == row.id
        gate = row.gate
    return {
        "item": item,
        "present": name,
        "seen": seen,
        "gate": gate and gate_of(gate, engine.router.taxonomy),
        "heads": _heads(item["figures"], theirs),
        "promotable": promotable,
        "needs_despite": bool(objections(gate, replaced)),
        "compared": gate and other_comparison(gate, replaced),
        "removable": item["state"] != "current" and not is_target,
        "is_target": is_target,
    }


def _listed(request: Request, database: Database, engine: Engine) -> dict[str, Any]:
    pinned = models_of(request).pinned
    with database.read() as session:
        running = uses.running(session)
        items = [_item(row, running) for row in registry.all_versions(session)]
        target = None if pinned else registry.previous(session)
    used = Counter(use.model for use in running) or {engine.router.model: 0}
    return {
        "items": items,
        "used": used,
        "problems": [use_json(use) for use in running if use.problem is not None],
        "can_roll_back": target is not None,
        "pinned": pinned,
    }


def _item(row: ModelVersion, running: Sequence[ModelUse]) -> dict[str, Any]:
    """A model as the table shows it."""
    shown = {name: _figure(row.figures, head, figure) for name, (head, figure) in _SHOWN.items()}
    gate = None if row.gate is None else row.gate["promote"]
    return {**brief_json(row, running), "shown": shown, "gate": gate}


def _heads(own: Figures, theirs: Figures) -> list[tuple[str, list[tuple[str | None, str | None]]]]:
    """Head → its figures, each of this model and of the one in use."""
    further = sorted(own.keys() - _FIRST_HEADS)
    return [
        (head, [(_figure(own, head, name), _figure(theirs, head, name)) for name in texts.PAGE["figure_names"]])
        for head in (*(first for first in _FIRST_HEADS if first in own), *further)
    ]


def _figure(figures: Figures, head: str, name: str) -> str | None:
    value = figures.get(head, {}).get(name)
    if value is None:
        return None
    if name == "n":
        return number_text(int(value))
    return f"{value:.3f}" if name in _PLAIN else f"{value:.1%}"

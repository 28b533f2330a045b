"""The page 模型: registered models with their figures, which one is in use, put another into use, roll back."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Final

from fastapi import Depends, Path, Request
from fastapi.responses import HTMLResponse
from starlette.concurrency import run_in_threadpool

from service.access.guard import needs
from service.access.principal import Principal, Scope
from service.api.dependencies import DatabaseOfApp, EngineOfApp, SettingsOfApp, models_of
from service.console.forms import form_of
from service.console.pages import Page, PageRouter
from service.console.shell import fragment, render
from service.console.texts import models as texts
from service.console.wording import number_text
from service.engine import Engine
from service.models import registry, uses
from service.models.changing import Registrar, Work, present_model
from service.models.objections import objections, other_comparison
from service.models.refusals import answered
from service.models.schemas import PromotionIn, RollbackIn
from service.models.shown import brief_json, use_json, version_json
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


@router.get("/models")
def show(request: Request, _: Manager, database: DatabaseOfApp, engine: EngineOfApp) -> HTMLResponse:
    """All models, the newest first."""
    return render(request, **_listed(request, database, engine))


@router.get("/models/rollback")
def show_rollback(request: Request, _: Manager, database: DatabaseOfApp) -> HTMLResponse:
    """What a rollback would do."""
    with database.read() as session:
        present, target = registry.current(session), registry.previous(session)
        names = [row and registry.name_of(row) for row in (present, target)]
    return fragment(request, "models/rollback.html", present=names[0], target=names[1])


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
        return _done(database, caller, Registrar(settings).rollback(database, form.why))

    return await _changed(request, database, engine, act, "was_rolled_back")


@router.get("/models/{model}")
def show_one(request: Request, _: Manager, database: DatabaseOfApp, model: Id) -> HTMLResponse:
    """A model: its figures beside those of the one in use, its card, and the way to put it into use."""
    with answered(), database.read() as session:
        row, present = registry.by_id(session, model), registry.current(session)
        item = version_json(row, uses.running(session))
        other = None if present is None or present.id == row.id else present
        name, theirs = (None, {}) if other is None else (registry.name_of(other), dict(other.figures))
        promotable = item["state"] != "current" and not models_of(request).pinned
        replaced = present_model(session) if promotable else None
        against = objections(row.gate, replaced)
        compared = None if row.gate is None else other_comparison(row.gate, replaced)
    return fragment(
        request,
        "models/one.html",
        item=item,
        present=name,
        heads=_heads(item["figures"], theirs),
        promotable=promotable,
        needs_despite=bool(against),
        compared=compared,
    )


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
        return _done(database, caller, Registrar(settings).promotion(database, model, form.why, form.despite))

    return await _changed(request, database, engine, act, "was_promoted")


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

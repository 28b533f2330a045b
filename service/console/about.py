"""The page 关于模型: the algorithm register's record of the model in use, for everybody who is signed in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.responses import HTMLResponse

from petition_nlp.disclosure import Deployment, Operator, describe
from petition_nlp.disclosure.page import cell_text
from petition_nlp.disclosure.record import Field, Table
from petition_nlp.errors import ModelError
from service.access.guard import anybody
from service.access.principal import Principal
from service.api.dependencies import EngineOfApp, SettingsOfApp
from service.console.pages import Page, PageRouter
from service.console.shell import render
from service.console.texts import about as texts
from service.moments import CHINA
from service.operator_file import operator_of

PAGE: Final = Page("about", "/about", None, texts)
router: Final = PageRouter(PAGE)


@router.get("/about")
def show(
    request: Request, _: Annotated[Principal, Depends(anybody)], engine: EngineOfApp, settings: SettingsOfApp
) -> HTMLResponse:
    """What `petition-nlp disclosure` writes for the public, of this process's model and settings."""
    operator = operator_of(settings)
    today = datetime.now(CHINA).date()
    try:
        record = describe(engine.router, Deployment.of(settings), operator or Operator(), day=today)
    except ModelError:
        return render(request, record=None, unreadable=operator is None)
    return render(request, record=record, unreadable=operator is None, kind_of=_kind, cell=cell_text)


def _kind(field: Field) -> str:
    """How a field's value is shown."""
    if field.value is None or isinstance(field.value, str):
        return "words" if field.value else "missing"
    return "table" if isinstance(field.value, Table) else "list"

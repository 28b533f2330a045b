"""What is around every page: navigation, who is signed in, headers; renders pages and parts of them."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final, Literal, cast

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from service.access.guard import Recognised
from service.access.principal import ROLE_NAMES, Scope
from service.api.dependencies import automatic_of, watch_of
from service.console.texts import common
from service.console.wording import date_text, moment_text, number_text, percent_text

if TYPE_CHECKING:
    from service.console.pages import Page

_TEMPLATES: Final = Path(__file__).resolve().parent / "templates"

HEADERS: Final = {
    # Forms are sent by scripts only: without them, what was typed would stand in the address.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Vary": "HX-Request, Cookie",
}

_HTMX: Final = {
    # Neither eval nor inline styles: the Content-Security-Policy allows none.
    "allowEval": False,
    "allowScriptTags": False,
    "includeIndicatorStyles": False,
    "attributesToSettle": ["class", "width", "height"],
    "selfRequestsOnly": True,
    # What has come in listens at once: Enter in a new form must not find it without htmx.
    "defaultSettleDelay": 0,
    # Pages hold personal data, which must not stay in the browser.
    "historyCacheSize": 0,
    "refreshOnHistoryMiss": True,
    "timeout": 30_000,
    "scrollBehavior": "instant",
}


@dataclass(frozen=True, slots=True)
class Notice:
    """What is told in the corner of a page; what went well (``ok``) goes by itself, the rest is looked at."""

    text: str
    kind: Literal["ok", "look", "alarm"] = "ok"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the navigation, with those below it."""

    label: str
    path: str
    current: bool
    below: Sequence[Entry] = ()


class Shell:
    """The parts that all pages share.

    :param static: address of the static files.
    """

    def __init__(self, pages: Sequence[Page], static: str) -> None:
        self.pages = [page for page in pages if page.place is not None]
        self.environment = _environment(static)

    def navigation(self, who: Recognised, current: Page | None) -> list[Entry]:
        """The pages that a caller may see."""
        allowed = [page for page in self.pages if page.scope is None or who.principal.may(page.scope)]
        return [
            entry
            for group, pages in groupby(allowed, key=lambda page: page.group)
            for entry in _entries(group, list(pages), current)
        ]


@cache
def _environment(static: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(moment=moment_text, date=date_text, number=number_text, percent=percent_text)
    made.globals.update(
        static=static,
        shell=SimpleNamespace(**common.SHELL),
        shell_texts=common.SHELL_SCRIPT,
        htmx_config=json.dumps(_HTMX),
    )
    made.globals["ui"] = made.get_template("macros.html").module
    return made


def render(request: Request, *, template: str | None = None, **context: Any) -> HTMLResponse:
    """A whole page.

    :param template: default: the one with the page's name.
    """
    page = _page_of(request)
    found = _shell_of(request).environment.get_template(template or f"{page.name}.html")
    return HTMLResponse(found.render(_values(request) | context), headers=HEADERS)


def fragment(
    request: Request, template: str, block: str | None = None, *, notice: Notice | str | None = None, **context: Any
) -> HTMLResponse:
    """A part of a page: a template that the page includes, or one of its blocks.

    :param notice: what is told beside it, such as that something was saved; words alone tell of what went well.
    """
    found = _shell_of(request).environment.get_template(template)
    values = _values(request) | context
    html = found.render(values) if block is None else "".join(found.blocks[block](found.new_context(values)))
    said = Notice(notice) if isinstance(notice, str) else notice
    told = {} if said is None else {"HX-Trigger": json.dumps({"notice": asdict(said)})}
    return HTMLResponse(html, headers={**HEADERS, **told})


def first_page(request: Request) -> str | None:
    """The first page that the caller may see."""
    who = _recognised(request)
    found = _shell_of(request).navigation(who, None) if who else []
    return found[0].path if found else None


def is_htmx(request: Request) -> bool:
    """Whether a page asks for a part of itself."""
    return "hx-request" in request.headers and "hx-history-restore-request" not in request.headers


def _values(request: Request) -> dict[str, Any]:
    page, who = _page_of(request), _recognised(request)
    return {
        "page": page,
        "t": SimpleNamespace(**page.texts.PAGE),
        "script_texts": page.texts.SCRIPT,
        "who": who and who.principal,
        "role": ROLE_NAMES.get(who.role or "") if who else None,
        "csrf": who.csrf if who else None,
        "automatic_stopped": _is_told_of_stop(request, who),
        "open_alarms": _open_alarms(request, who),
        "navigation": _shell_of(request).navigation(who, page) if who else [],
        "request_id": getattr(request.state, "request_id", None),
    }


def _is_told_of_stop(request: Request, who: Recognised | None) -> bool:
    """Whether automatic routing is stopped, for those who have the more to review or can resume it."""
    told = who is not None and (who.principal.may(Scope.REVIEW) or who.principal.may(Scope.AUTOMATIC))
    return told and not automatic_of(request).running


def _open_alarms(request: Request, who: Recognised | None) -> int:
    """How many alarms wait to be acknowledged, for those who can do it."""
    return watch_of(request).alarms if who is not None and who.principal.may(Scope.ALARMS) else 0


def _entries(group: str | None, pages: Sequence[Page], current: Page | None) -> Iterator[Entry]:
    own = [Entry(page.label, page.path, page is current) for page in pages]
    if group is None:
        yield from own
    else:
        yield Entry(common.SHELL[group], own[0].path, any(entry.current for entry in own), own)


def _page_of(request: Request) -> Page:
    return cast("Page", request.state.page)


def _recognised(request: Request) -> Recognised | None:
    return getattr(request.state, "recognised", None)


def _shell_of(request: Request) -> Shell:
    return cast(Shell, request.app.state.shell)

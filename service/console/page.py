"""``GET /`` and ``GET /sign-in``: renders 分拨台 and the page to sign in once, and serves their static files."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from types import SimpleNamespace
from typing import Final

from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from petition_nlp.settings import Settings
from service.console import texts

_HERE: Final = Path(__file__).resolve().parent
_STATIC: Final = _HERE / "static"

_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}


def install(app: FastAPI, settings: Settings) -> None:
    """Add the pages and their static files to ``app``; they hold nothing that needs a caller."""
    # The address changes with the content, so a browser never mixes files of two versions.
    static = f"/static/{_digest()}"
    html = _console(static, settings)
    sign_in_html = _sign_in(static)

    @app.get("/", include_in_schema=False)
    async def console() -> HTMLResponse:
        return HTMLResponse(html, headers=_HEADERS)

    @app.get("/sign-in", include_in_schema=False)
    async def sign_in() -> HTMLResponse:
        return HTMLResponse(sign_in_html, headers=_HEADERS)

    app.mount(static, StaticFiles(directory=_STATIC), name="static")


def _console(static: str, settings: Settings) -> str:
    return _template("console.html").render(
        t=SimpleNamespace(**texts.PAGE),
        script_texts=texts.SCRIPT,
        examples=texts.EXAMPLES,
        limit=settings.max_text_chars,
        static=static,
    )


def _sign_in(static: str) -> str:
    return _template("sign-in.html").render(
        t=SimpleNamespace(**texts.SIGN_IN), script_texts=texts.SIGN_IN_SCRIPT, static=static
    )


def _template(name: str) -> Template:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)


def _digest() -> str:
    content = sha256()
    for path in sorted(_STATIC.iterdir()):
        content.update(path.read_bytes())
    return content.hexdigest()[:12]

"""A service with people of every role, who need not type their passwords."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from console_page import OFFICE, serving
from playwright.sync_api import Browser, BrowserContext, Page

from petition_nlp.router import Router
from petition_nlp.settings import Settings
from service.access import accounts, passwords
from service.access.guard import COOKIE
from service.access.principal import ROLES, SYSTEM
from service.access.tokens import digest, new_session
from service.store import migrate
from service.store.database import Database
from service.store.tables import SignIn
from service.store.tables.base import now

NAMES = {"clerk": "王芳", "reviewer": "李明", "manager": "陈静", "admin": "系统管理员"}

on_postgresql = pytest.mark.parametrize("office", ["postgresql"], indirect=True)
"""For tests that need an office on PostgreSQL."""
on_both = pytest.mark.parametrize("office", ["sqlite", "postgresql"], indirect=True)
"""For tests of what the databases may do differently."""
with_20_000_petitions = pytest.mark.parametrize("office", ["crowd"], indirect=True)
"""For tests that need a full store, on SQLite; it takes some seconds, once for all of them."""


@dataclass(frozen=True)
class Office:
    """A running service.

    :param address: by which browsers reach it, over plain HTTP and not as localhost.
    :param database: its store, open for tests to fill and to look at.
    :param accounts: identifier of each role's account.
    """

    address: str
    database: Database
    accounts: Mapping[str, str]

    def session(self, role: str) -> str:
        """The cookie of somebody who has just signed in."""
        token = new_session()
        with self.database.write() as session:
            session.add(SignIn(id=digest(token), account=self.accounts[role], expires=now() + timedelta(hours=1)))
        return token

    def set_password(self, role: str, password: str) -> None:
        """Give a role's account a password, for tests of signing in; its sessions end."""
        hashed = passwords.hashed(password)
        with self.database.write() as session:
            accounts.set_password(session, SYSTEM, accounts.by_name(session, NAMES[role]), hashed)


@contextmanager
def open_office(router: Router, folder: Path, database_url: str | None = None, **more: Any) -> Iterator[Office]:
    """Run a service with an account of each role."""
    settings = Settings(data_folder=folder, database=database_url, profile="fast", **more)
    database = Database(settings.database_url)
    migrate.upgrade(database)
    with database.write() as session:
        made = {
            role: accounts.create(session, SYSTEM, NAMES[role], role=role, password_hash="none").id  # type: ignore[arg-type]
            for role in ROLES
        }
    with serving(settings, router) as port:
        yield Office(f"http://{OFFICE}:{port}", database, made)
    database.close()


class People:
    """Opens pages for people of an office, with a note of what went wrong behind them."""

    def __init__(self, browser: Browser, office: Office) -> None:
        self.complaints: list[str] = []
        self._browser, self._office = browser, office
        self._contexts: list[BrowserContext] = []

    def sign_in(
        self, role: str = "clerk", *, path: str = "/", size: tuple[int, int] = (1366, 768), **more: Any
    ) -> Page:
        """A page at ``path``; each call has a browser of its own. More: options of Playwright's new_context."""
        context = self._browser.new_context(viewport={"width": size[0], "height": size[1]}, **more)
        context.add_cookies([{"name": COOKIE, "value": self._office.session(role), "url": self._office.address}])
        context.set_default_timeout(10_000)
        self._contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: self._note(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.goto(self._office.address + path)
        return page

    def leave(self) -> None:
        """Close all."""
        for context in self._contexts:
            context.close()

    def _note(self, text: str) -> None:
        """Answers such as 409 are told there too, and are no mistake."""
        if "Content Security Policy" in text or "Uncaught" in text:
            self.complaints.append(text)

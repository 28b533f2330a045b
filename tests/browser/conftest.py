from __future__ import annotations

import itertools
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from chromium import ARGUMENTS, CHROMIUM
from console_page import Console, serving
from filling import fill
from looking import Artefacts, accessible
from office import Office, People, open_office
from playwright.sync_api import Browser, Page, sync_playwright

from petition_nlp.router import Router
from petition_nlp.settings import DATABASE_FILE, Settings
from service.store import migrate
from service.store.database import Database


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run what failed here once more: on a busy machine a browser can be late for one of hundreds of steps."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the service with the default model."""
    with serving(Settings(data_folder=tmp_path_factory.mktemp("data"))) as port:
        yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Closed after the module, because its event loop keeps other tests from running theirs."""
    if CHROMIUM is None:
        pytest.skip("no Chromium found: install Debian's package chromium")
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield launched
        launched.close()


@pytest.fixture
def console(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Console]:
    """A fresh page; an indirect parameter sets its width and height."""
    width, height = getattr(request, "param", (1366, 768))
    context = browser.new_context(viewport={"width": width, "height": height})
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    yield Console(context.new_page(), address)
    context.close()


@pytest.fixture(scope="module")
def artefacts() -> Path:
    folder = Path(__file__).parent / "artefacts"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def fast_router() -> Router:
    """The default model's fast profile, loaded once."""
    return Router.load(None, profile="fast", target_precision=0.9)


_databases = (f"office{n}" for n in itertools.count())


@pytest.fixture(scope="session")
def crowd(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with 20,000 petitions."""
    path = tmp_path_factory.mktemp("crowd") / DATABASE_FILE
    database = Database(f"sqlite:///{path}")
    migrate.upgrade(database)
    fill(database, 20_000)
    database.close()
    return path


@pytest.fixture(scope="module")
def office(
    fast_router: Router, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Office]:
    """A service with an account of each role; marks of `office` say which store it has, else an empty SQLite file."""
    folder, url = tmp_path_factory.mktemp("office"), None
    match getattr(request, "param", "sqlite"):
        case "postgresql":
            cluster, name = request.getfixturevalue("postgresql"), next(_databases)
            cluster.sql(f"CREATE DATABASE {name} TEMPLATE template")
            url = cluster.url(name)
        case "crowd":
            shutil.copy(request.getfixturevalue("crowd"), folder)
    with open_office(fast_router, folder, url) as opened:
        yield opened


@pytest.fixture
def signed_in(browser: Browser, office: Office) -> Iterator[Callable[..., Page]]:
    """Opens a page in a browser of its own in which somebody of a role is signed in.

    At the end no page may have broken its Content-Security-Policy or ended a script with an error.
    """
    people = People(browser, office)
    yield people.sign_in
    people.leave()
    assert people.complaints == []


@pytest.fixture(scope="session")
def axe() -> Callable[[Page], None]:
    """Checks that a page keeps WCAG 2.2 AA, in both themes."""
    return accessible


@pytest.fixture
def shots(artefacts: Path) -> Callable[[Page, str], None]:
    """Saves a page in both themes, on an office screen and on a phone, where nothing may need sideways scrolling."""
    return Artefacts(artefacts).save
